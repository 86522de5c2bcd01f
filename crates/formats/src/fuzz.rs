//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic, hang or allocate by a claimed length, whatever the bytes; none may say what is not bounded.

use crate::contract::{self, Contract, Known};
use crate::detect::{Confidence, Detected, Dialect, Encoding, detect, detect_bytes};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::report::Report;
use crate::validate::validate;
use crate::worker::Answer;
use crate::{manifest, rule};

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 6] = [
    ("answer", fuzz_answer),
    ("contract", fuzz_contract),
    ("detect", fuzz_detect),
    ("forced", fuzz_forced),
    ("judge", fuzz_judge),
    ("manifest", fuzz_manifest),
];

/// WHY: bounds that a few bytes reach.
fn limits() -> Limits {
    Limits {
        line_bytes_max: 4 << 10,
        columns_max: 100,
        memory_bytes_max: 64 << 10,
        unpacked_bytes_max: 1 << 20,
        ..Limits::default()
    }
}

fn judged(detected: &Detected, bytes: &[u8]) -> Report {
    let report = validate(detected, &mut &*bytes, &limits());
    let report = report.unwrap_or_else(|_| Report::only(detected.kind, rule::WORKER_UNREAD));
    assert!(report.count(rule::WORKER_PANICKED) == 0, "a parser panicked");
    assert!(report.is_sound(&limits()), "a report is not bounded");
    report
}

/// What another process says.
pub fn fuzz_answer(bytes: &[u8]) {
    if let Ok(answer) = serde_json::from_slice::<Answer>(bytes) {
        let _ = answer.report.is_sound(&limits());
        assert_eq!(
            serde_json::to_vec(&answer).ok().and_then(|told| serde_json::from_slice(&told).ok()),
            Some(answer)
        );
    }
}

/// A contract that is proposed from a table holds for that table, unless the table itself does not.
pub fn fuzz_contract(bytes: &[u8]) {
    let dialect = Dialect {
        delimiter: ';',
        quote: Some('"'),
        has_header: true,
        has_decimal_comma: true,
        encoding: Encoding::Utf8,
        preamble_lines: 0,
        columns: 3,
    };
    let mut detected = detect_bytes(b"a;b\n1;2\n3;4\n", true);
    detected.dialect = Some(dialect.clone());
    let report = judged(&detected, bytes);
    let contract = contract::propose(&report.facts);
    let checked = contract::check(&contract, &Known::default(), &dialect, &mut &*bytes, &limits());
    if let Ok(checked) = checked {
        assert_eq!(checked.facts.count("rows"), report.facts.count("rows"));
    }
    if let Ok(contract) = serde_json::from_slice::<Contract>(bytes) {
        let _ = contract::check(&contract, &Known::default(), &dialect, &mut &*bytes, &limits());
    }
}

/// Any bytes are something, the same whether read at once or in pieces.
pub fn fuzz_detect(bytes: &[u8]) {
    let found = detect(&mut &*bytes).ok();
    assert_eq!(found, Some(detect_bytes(bytes, true)));
}

/// Bytes are judged as what they are not: the first byte says what.
pub fn fuzz_forced(bytes: &[u8]) {
    let (Some(first), rest) = (bytes.first(), bytes.get(1..).unwrap_or_default()) else { return };
    let Some(kind) = Kind::ALL.get(usize::from(*first) % Kind::ALL.len()) else { return };
    let detected = Detected { kind: *kind, confidence: Confidence::Likely, ..detect_bytes(b"x", true) };
    judged(&detected, rest);
}

/// Bytes are judged as what they seem to be.
pub fn fuzz_judge(bytes: &[u8]) {
    judged(&detect_bytes(bytes, true), bytes);
}

pub fn fuzz_manifest(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let entries: Vec<_> = text.lines().filter_map(manifest::line).collect();
    let compared = manifest::compare(&entries, &std::collections::BTreeMap::new());
    assert!(compared.agreed.is_empty());
}
