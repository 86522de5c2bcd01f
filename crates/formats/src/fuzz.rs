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
use crate::{manifest, rule, values};

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 9] = [
    ("answer", fuzz_answer),
    ("contract", fuzz_contract),
    ("detect", fuzz_detect),
    ("forced", fuzz_forced),
    ("judge", fuzz_judge),
    ("manifest", fuzz_manifest),
    ("pdf", fuzz_pdf),
    ("sheet", fuzz_sheet),
    ("sql", fuzz_sql),
];

/// WHY: bounds that a few bytes reach.
fn limits() -> Limits {
    Limits {
        line_bytes_max: 4 << 10,
        columns_max: 100,
        memory_bytes_max: 64 << 10,
        held_bytes_max: 256 << 10,
        cells_max: 100_000,
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
    refers_to_itself(contract, &dialect, bytes);
    if let Ok(contract) = serde_json::from_slice::<Contract>(bytes) {
        let _ = contract::check(&contract, &Known::default(), &dialect, &mut &*bytes, &limits());
    }
}

/// A table has the values of its own columns.
fn refers_to_itself(mut contract: Contract, dialect: &Dialect, bytes: &[u8]) {
    let names: Vec<String> = contract.columns.iter().map(|term| term.name.clone()).collect();
    let key = [0; 16];
    let Ok(own) = values::gather(&names, &key, dialect, &mut &*bytes, &limits()) else { return };
    for term in &mut contract.columns {
        term.references = Some(format!("own.{}", term.name));
    }
    let tables = names.iter().map(|name| format!("own.{name}")).zip(own).collect();
    let known = Known { tables, key, ..Known::default() };
    if let Ok(checked) = contract::check(&contract, &known, dialect, &mut &*bytes, &limits()) {
        assert_eq!(checked.count(rule::CONTRACT_REFERENCE), 0);
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

/// The words of any bytes are bounded.
pub fn fuzz_pdf(bytes: &[u8]) {
    let mut told = 0;
    let _ = crate::pdf::words(bytes.to_vec(), &limits(), &mut |text| {
        told += text.len();
        told < 1 << 20
    });
}

/// Any bytes as the sheet of a workbook.
pub fn fuzz_sheet(bytes: &[u8]) {
    let path = b"xl/worksheets/sheet1.xml";
    let size = u32::try_from(bytes.len()).unwrap_or_default().to_le_bytes();
    let names = (path.len() as u16).to_le_bytes();
    let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &size, &size, &names, &[0, 0]].concat();
    let mut zip = [&b"PK\x03\x04"[..], &common, path, bytes].concat();
    let start = u32::try_from(zip.len()).unwrap_or_default().to_le_bytes();
    zip.extend([&b"PK\x01\x02\x14\x00"[..], &common, &[0; 14], path].concat());
    zip.extend([&b"PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0"[..], &start, &[0, 0]].concat());
    let detected = Detected { kind: Kind::Xlsx, confidence: Confidence::Likely, ..detect_bytes(b"x", true) };
    judged(&detected, &zip);
}

/// Any text as SQL.
pub fn fuzz_sql(bytes: &[u8]) {
    let _ = crate::cells::sql_columns(&String::from_utf8_lossy(bytes));
}
