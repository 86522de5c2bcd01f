//! Goal: on ACRO's defaults and its kinds of output we say what ACRO says, cell for cell. Method: seeded tables, models and
//! curves that ACRO (PyPI `acro`) judges in its own process; where we look more closely, we must not be milder.

use std::collections::BTreeSet;
use std::process::Command;

use privacy::disclosure::{
    Aggregate, Dimension, Limits, Magnitude, Missing, Report, Rule, Step, Table, Verdict, judge, judge_model,
    round, round_survival,
};
use serde_json::Value;

use crate::need;

/// Every kind of figure with every kind of value, twice.
const TABLES: usize = 112;

type Places = BTreeSet<Vec<Option<String>>>;

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

fn whole(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn dimensions(names: &Value) -> Vec<Dimension> {
    let names = names.as_array().unwrap().iter().enumerate();
    names.map(|(at, codes)| Dimension::of_codes(&format!("d{at}"), texts(codes))).collect()
}

fn aggregate(function: &str) -> Aggregate {
    match function {
        "count" => Aggregate::Count,
        "sum" => Aggregate::Sum,
        "mean" => Aggregate::Mean,
        "median" => Aggregate::Median,
        "std" => Aggregate::StandardDeviation,
        "mode" => Aggregate::Mode,
        "max" => Aggregate::Maximum,
        "min" => Aggregate::Minimum,
        other => panic!("{other}"),
    }
}

/// Where we found any of these rules, gravely or not.
fn ours(report: &Report, rules: &[Rule]) -> Places {
    let found = report.findings.iter().filter(|finding| rules.contains(&finding.rule));
    found.map(|finding| finding.place.iter().map(|at| at.category.clone()).collect()).collect()
}

/// Where ACRO's mask is set, over rows and columns with their totals last.
fn theirs(
    mask: &Value,
    rows: &[Vec<Option<String>>],
    columns: &[Option<String>],
    is_set: impl Fn(f64) -> bool,
) -> Places {
    let mut places = Places::new();
    for (row, line) in rows.iter().zip(mask.as_array().unwrap()) {
        for (column, value) in columns.iter().zip(line.as_array().unwrap()) {
            if value.as_f64().is_some_and(&is_set) {
                places.insert(row.iter().cloned().chain([column.clone()]).collect());
            }
        }
    }
    places
}

fn labels(names: &Value, has_totals: bool) -> Vec<Option<String>> {
    let own = texts(names).into_iter().map(|name| Some(name.to_owned()));
    own.chain(has_totals.then_some(None)).collect()
}

fn rules_of(check: &str, has_negative: bool) -> &'static [Rule] {
    match check {
        "PresenceOfZeroCheck" => &[Rule::Zero],
        // Nobody is fewer than ten, too.
        "MinimumThresholdCheck" => &[Rule::Threshold, Rule::Zero],
        "MinimumDoFCheck" => &[Rule::Degrees, Rule::Zero],
        "NKCheck" | "PPercentCheck" if has_negative => &[Rule::Negative],
        "NKCheck" => &[Rule::Dominance],
        "PPercentCheck" => &[Rule::Ratio],
        "MissingCheck" => &[Rule::Missing],
        other => panic!("{other}"),
    }
}

/// How many places were compared.
fn compare_table(case: &Value) -> usize {
    let (function, flavour) = (case["function"].as_str().unwrap(), case["flavour"].as_str().unwrap());
    let has_totals = case["totals"].as_bool().unwrap();
    let cells: Vec<Vec<f64>> = case["cells"].as_array().unwrap().iter().map(numbers).collect();
    let has_negative = cells.iter().flatten().any(|value| *value < 0.0);
    let magnitudes: Vec<Magnitude> = cells.iter().map(|values| Magnitude::of(values).unwrap()).collect();
    let table =
        Table::of_magnitudes(function, aggregate(function), dimensions(&case["names"]), &magnitudes).unwrap();
    let table = if has_totals { table } else { table.without_totals() };
    let is_missing = flavour == "missing";
    let limits =
        Limits { missing: if is_missing { Missing::Review } else { Missing::Ignored }, ..Limits::default() };
    let report = judge(&table, &[], &limits).unwrap();
    let rows: Vec<_> = labels(&case["names"][0], has_totals).into_iter().map(|row| vec![row]).collect();
    let columns = labels(&case["names"][1], has_totals);
    let mut compared = 0;
    let mut has_theirs = false;
    for (check, mask) in case["masks"].as_object().unwrap() {
        if matches!(check.as_str(), "RequiredZeroCheck" | "PresenceOfLinkedTableCheck") {
            continue;
        }
        let is_set = |value: f64| if check == "MinimumDoFCheck" { value < 10.0 } else { value > 0.0 };
        let (ours, theirs) =
            (ours(&report, rules_of(check, has_negative)), theirs(mask, &rows, &columns, is_set));
        has_theirs |= !theirs.is_empty()
            && check != "MissingCheck"
            && !(has_negative && check != "MinimumThresholdCheck");
        // ACRO counts people without a value as contributors to a mean; we do not.
        let is_stricter = is_missing && function != "count" && check != "MissingCheck";
        if is_stricter {
            assert!(theirs.is_subset(&ours), "{function} {flavour} {check}: {theirs:?} {ours:?}");
        } else {
            assert_eq!(ours, theirs, "{function} {flavour} {check}");
        }
        compared += rows.len() * columns.len();
    }
    let status = case["status"].as_str().unwrap();
    let is_expected = match status {
        "fail" => report.verdict == Verdict::Fail,
        "review" => report.verdict >= Verdict::Review,
        _ => true,
    };
    assert!(is_expected, "{function} {flavour}: ACRO says {status}, we {:?}", report.verdict);
    // What ACRO lets pass fails here only by what it does not look at.
    if status == "pass" {
        let more = [Rule::Class, Rule::AllEqual, Rule::Threshold, Rule::Zero];
        let of_ours = |rule: &Rule| {
            more.contains(rule) && (*rule == Rule::Class || is_missing || *rule == Rule::AllEqual)
        };
        let is_grave = |weight: Verdict| weight == Verdict::Fail;
        let unexpected =
            report.findings.iter().find(|finding| is_grave(finding.weight) && !of_ours(&finding.rule));
        assert_eq!(unexpected, None, "{function} {flavour}");
        assert!(!has_theirs);
    }
    compared
}

fn compare_three(case: &Value) -> usize {
    let names = case["names"].as_array().unwrap();
    let table = Table::of_counts("three", dimensions(&case["names"]), &whole(&case["counts"]))
        .unwrap()
        .without_totals();
    let report = judge(&table, &[], &Limits::default()).unwrap();
    let one = labels(&names[0], false);
    let rows: Vec<Vec<_>> = one
        .iter()
        .flat_map(|one| labels(&names[1], false).into_iter().map(move |two| vec![one.clone(), two]))
        .collect();
    let columns = labels(&names[2], false);
    let mut compared = 0;
    for check in ["PresenceOfZeroCheck", "MinimumThresholdCheck"] {
        let theirs = theirs(&case["masks"][check], &rows, &columns, |value| value > 0.0);
        assert_eq!(ours(&report, rules_of(check, false)), theirs, "{check}");
        compared += rows.len() * columns.len();
    }
    compared
}

fn compare_one(case: &Value) -> usize {
    let cells: Vec<Magnitude> =
        case["cells"].as_array().unwrap().iter().map(|cell| Magnitude::of(&numbers(cell)).unwrap()).collect();
    let table = Table::of_magnitudes("one", Aggregate::Sum, dimensions(&case["names"]), &cells)
        .unwrap()
        .without_totals();
    let report = judge(&table, &[], &Limits::default()).unwrap();
    let names = labels(&case["names"][0], false);
    let mut compared = 0;
    for check in ["NKCheck", "PPercentCheck", "MinimumThresholdCheck"] {
        // A category without anybody is no row of ACRO's here.
        let is_judged = |at: &usize| case["masks"][check][*at].as_f64().is_some();
        let judged: BTreeSet<_> =
            (0..names.len()).filter(is_judged).map(|at| vec![names[at].clone()]).collect();
        let set = |at: &usize| case["masks"][check][*at].as_f64().is_some_and(|value| value > 0.0);
        let theirs: Places = (0..names.len()).filter(set).map(|at| vec![names[at].clone()]).collect();
        let ours: Places = ours(&report, rules_of(check, false)).intersection(&judged).cloned().collect();
        assert_eq!(ours, theirs, "{check}");
        compared += judged.len();
    }
    compared
}

fn compare_rounded(case: &Value) -> usize {
    let names = case["names"].as_array().unwrap();
    let table = Table::of_counts("rounded", dimensions(&case["names"]), &whole(&case["counts"])).unwrap();
    let rounded = round(&table, &Limits::default()).unwrap();
    let places = |at: usize| (0..names[at].as_array().unwrap().len()).map(Some).chain([None]);
    let ours: Vec<u64> = places(0)
        .flat_map(|row| places(1).map(move |column| [row, column]))
        .map(|place| rounded.count(&place).unwrap())
        .collect();
    assert_eq!(ours, whole(&case["shown"]));
    ours.len()
}

fn compare_model(case: &Value) -> usize {
    let of = |name: &str| case[name].as_u64().unwrap();
    let report = judge_model(of("observations"), of("parameters"), &Limits::default()).unwrap();
    assert_eq!(of("observations") - of("parameters"), of("degrees"));
    assert_eq!(report.verdict == Verdict::Fail, case["status"] == "fail");
    1
}

fn compare_survival(case: &Value) -> usize {
    let (times, at_risk) = (numbers(&case["time"]), whole(&case["at_risk"]));
    let steps: Vec<Step> = times
        .into_iter()
        .zip(at_risk)
        .zip(whole(&case["events"]))
        .map(|((time, at_risk), events)| Step { time, at_risk, events })
        .collect();
    let rounded = round_survival(&steps, case["survival"][0].as_f64().unwrap(), &Limits::default()).unwrap();
    let theirs = numbers(&case["rounded"]);
    assert_eq!(rounded.len(), theirs.len());
    for (ours, theirs) in rounded.iter().zip(&theirs) {
        assert!((ours.survival - theirs).abs() < 1e-12, "{} {theirs}", ours.survival);
    }
    theirs.len()
}

#[test]
fn we_agree_with_acro() {
    let Some(python) = need::acro() else { return };
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/disclosure/oracle.py");
    let mut command = Command::new(python);
    // It writes where it is started.
    command.arg(script).args(["20261128", &TABLES.to_string()]).current_dir(folder.path());
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut places, mut cases, mut refused) = (0, 0, 0);
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        places += match case["kind"].as_str().unwrap() {
            "table" => compare_table(&case),
            "three" => compare_three(&case),
            "one" => compare_one(&case),
            "rounded" => compare_rounded(&case),
            "model" => compare_model(&case),
            "survival" => compare_survival(&case),
            _ => {
                refused += 1;
                0
            }
        };
        cases += 1;
    }
    println!(
        "ACRO and we agree on {places} judgements in {} cases; it could not judge {refused}",
        cases - refused
    );
    assert!(refused * 10 < cases, "{refused} of {cases}");
    assert!(places > 4_000, "{places}");
}
