//! One entry per reader of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic, hang, or report what is not inside the bytes.

use crate::identify::{Column, Finding, in_cell, in_field, in_file_name, in_text, judge_column};
use crate::pseudonym::{Pseudonym, read_table, write_table};

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 4] =
    [("cell", fuzz_cell), ("text", fuzz_text), ("pseudonym", fuzz_pseudonym), ("table", fuzz_table)];

/// Findings are inside, in order, apart from each other, and on characters.
fn holds(bytes: &[u8], found: &[Finding]) {
    let text = std::str::from_utf8(bytes).ok();
    let mut end = 0;
    for finding in found {
        let range = finding.range.clone();
        assert!(end <= range.start && range.start < range.end && range.end <= bytes.len());
        assert!(text.is_none_or(|text| text.get(range).is_some()));
        end = finding.range.end;
    }
}

/// The name of a column, an end of line, and cells.
pub fn fuzz_cell(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (name, cells) = (String::from_utf8_lossy(&bytes[..at]), bytes.get(at + 1..).unwrap_or_default());
    let column = Column::named(&name);
    holds(cells, &in_cell(&column, cells));
    let judgement = judge_column(&name, cells.split(|byte| *byte == b'\n'));
    assert!(judgement.kinds.iter().all(|(kind, _)| judgement.share(*kind) <= 1.0));
    holds(cells, &in_field(&name, cells));
}

pub fn fuzz_text(bytes: &[u8]) {
    holds(bytes, &in_text(bytes));
    holds(bytes, &in_file_name(bytes));
}

pub fn fuzz_pseudonym(bytes: &[u8]) {
    if let Ok(read) = String::from_utf8_lossy(bytes).parse::<Pseudonym>() {
        assert_eq!(read.to_string().parse(), Ok(read));
    }
}

/// What is read whole is written the same.
pub fn fuzz_table(bytes: &[u8]) {
    let Ok(entries) = read_table(bytes) else { return };
    if let Ok(entries) = entries.collect::<Result<Vec<_>, _>>() {
        assert_eq!(write_table(entries).as_deref(), Ok(bytes));
    }
}
