//! Survival tables (Kaplan-Meier): who was still at risk, and how many left at each step.

use super::finding::{Coordinate, Finding, Report, Rule, Verdict};
use super::limits::{Fault, Limits};

/// One step of a survival table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// In the unit of the curve.
    pub time: f64,
    /// People under observation just before.
    pub at_risk: u64,
    pub events: u64,
}

/// A step after rounding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rounded {
    pub step: Step,
    /// Probability of no event until here.
    pub survival: f64,
}

fn check(steps: &[Step]) -> Result<(), Fault> {
    let falls = |pair: &[Step]| {
        pair[0].time < pair[1].time && pair[0].at_risk >= pair[1].at_risk.saturating_add(pair[0].events)
    };
    let is_possible = |step: &Step| step.events <= step.at_risk && step.time.is_finite();
    let holds = steps.iter().all(is_possible) && steps.windows(2).all(falls);
    if holds { Ok(()) } else { Err(Fault::Steps) }
}

fn place(step: &Step) -> Vec<Coordinate> {
    vec![Coordinate { variable: "time".into(), category: Some(step.time.to_string()) }]
}

/// A survival table or the curve of one.
///
/// Fails where fewer than `survival_threshold` are at risk ([`Rule::AtRisk`]) or, between one step that is shown and the next,
/// fewer leave, by event or by the end of observation ([`Rule::Step`]): the size of the step says who. Plots made beside it
/// are outputs of their own. Source: ACRO, `surv_func`.
pub fn judge_survival(steps: &[Step], limits: &Limits) -> Result<Report, Fault> {
    limits.check()?;
    check(steps)?;
    let (mut report, fewest) = (Report::default(), limits.survival_threshold);
    let mut found = |rule: Rule, step: &Step, figure: u64| {
        report.add(rule, Verdict::Fail, || {
            Finding::new(rule, Verdict::Fail, place(step)).measured(figure as f64)
        });
    };
    for step in steps.iter().filter(|step| (1..fewest).contains(&step.at_risk)) {
        found(Rule::AtRisk, step, step.at_risk);
    }
    if let Some(first) = steps.first().filter(|first| (1..fewest).contains(&first.events)) {
        found(Rule::Step, first, first.events);
    }
    for pair in steps.windows(2) {
        let left = pair[0].at_risk - pair[1].at_risk;
        if (1..fewest).contains(&left) {
            found(Rule::Step, &pair[1], left);
        }
    }
    Ok(report)
}

/// Joins steps until `survival_threshold` people have left, as ACRO does: a step in between repeats the one before, without
/// an event; the events that were held back fall on the step that closes it.
///
/// The first step stays as it is. `survival`: of the true table, its first value; the others are computed from it and from
/// what is left.
pub fn round_survival(steps: &[Step], survival: f64, limits: &Limits) -> Result<Vec<Rounded>, Fault> {
    limits.check()?;
    check(steps)?;
    let Some(first) = steps.first() else { return Ok(Vec::new()) };
    let mut rounded = vec![Rounded { step: *first, survival }];
    let (mut left, mut events, mut before) = (0, 0, *first);
    for pair in steps.windows(2) {
        left += pair[0].at_risk - pair[1].at_risk;
        events += pair[1].events;
        let mut step = Step { time: pair[1].time, at_risk: before.at_risk, events: 0 };
        if left >= limits.survival_threshold {
            step = Step { time: pair[1].time, at_risk: pair[1].at_risk, events };
            (left, events) = (0, 0);
        }
        let probability = rounded.last().map_or(survival, |last| last.survival) * share(&step);
        rounded.push(Rounded { step, survival: probability });
        before = step;
    }
    Ok(rounded)
}

/// The share of those at risk who have no event.
fn share(step: &Step) -> f64 {
    match step.at_risk {
        0 => 0.0,
        at_risk => (at_risk as f64 - step.events as f64) / at_risk as f64,
    }
}
