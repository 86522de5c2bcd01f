//! Regressions: what a fitted model says of few.

use super::finding::{Finding, Report, Rule, Verdict};
use super::limits::{Fault, Limits};

/// A fitted model of any kind: `observations` that were used, and `parameters` that were estimated, the intercept too.
///
/// Residual degrees of freedom are their difference; with few of them a model is close to a table of its observations.
/// Weights, cells and plots that come with a model are outputs of their own. Source: ACRO `safe_dof_threshold`.
pub fn judge_model(observations: u64, parameters: u64, limits: &Limits) -> Result<Report, Fault> {
    limits.check()?;
    let mut report = Report::default();
    let degrees = i128::from(observations) - i128::from(parameters);
    if degrees < i128::from(limits.degrees_min) {
        report.add(Rule::Degrees, Verdict::Fail, || {
            Finding::new(Rule::Degrees, Verdict::Fail, Vec::new()).measured(degrees as f64)
        });
    }
    Ok(report)
}
