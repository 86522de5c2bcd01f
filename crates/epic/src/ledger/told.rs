//! A verdict as it is told: what was verified, on whose word, and who witnessed it.

use data_encoding::BASE64;
use region::verify::{Report, Witnessed};
use serde_json::json;
use words::Timestamp;

use super::Trust;
use crate::failure::Failure;
use crate::paint::Paint;
use crate::print;
use crate::settings::Settings;

pub(super) fn told(report: &Report, trust: &Trust, settings: &Settings) -> Result<(), Failure> {
    let root = BASE64.encode(&report.root.0);
    let key = trust.key.to_string();
    let witnessed = report.witnessed.as_ref();
    if settings.is_json {
        let by = witnessed.map(|seen| seen.by.iter().map(|(name, at)| json!({ "witness": name, "at": at })));
        let told = json!({
            "witnessed_leaves": witnessed.map(|seen| seen.size), "witnessed": by.map(Vec::from_iter).unwrap_or_default(),
            "whole": true, "ledger": trust.key.name().to_string(), "commits": report.commits, "leaves": report.leaves, "root": root,
            "first": report.first, "last": report.last, "key": key, "key_is_given": trust.is_given,
        });
        return print::out(&format!("{told}\n"));
    }
    let paint = Paint::new(settings.is_out_coloured);
    let first = report.first.map(|at| at.to_string()).unwrap_or_default();
    let whose = if trust.is_given {
        "given by you"
    } else {
        "from the export itself: compare it with one from whom you trust"
    };
    print::out(&format!(
        "{} {}\n  commits  {}\n  leaves   {}\n  root     {root}\n  from     {first}\n  to       {}\n  key      {key}\n           {}\n{}",
        paint.good("whole:"),
        trust.key.name(),
        report.commits,
        report.leaves,
        report.last,
        paint.dim(whose),
        seen(witnessed, paint),
    ))
}

/// Who witnessed it, in lines.
fn seen(witnessed: Option<&Witnessed>, paint: Paint) -> String {
    let Some(seen) = witnessed else {
        return format!("  witness  nobody {}\n", paint.dim("that you named: `--witness`"));
    };
    let line =
        |(name, at): &(String, Timestamp)| format!("  witness  {name} at {at}, of {} leaves\n", seen.size);
    seen.by.iter().map(line).collect()
}
