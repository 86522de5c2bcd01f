//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic, hang or allocate by a claimed length, whatever the bytes; what
//! has one spelling must write back the same.

use crate::head::Asked;
use crate::problem::Problem;
use crate::tar;

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 3] = [("problem", problem), ("query", query), ("tar", tar_files)];

/// What reads, writes back the same.
pub fn query(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(asked) = Asked::read(text) {
        assert_eq!(asked.write(), text);
    }
}

pub fn tar_files(bytes: &[u8]) {
    let mut files = tar::Reader::new(bytes);
    while let Ok(Some((name, file))) = files.next_file() {
        assert!(tar::is_plain(&name) && file.len() <= bytes.len());
    }
}

pub fn problem(bytes: &[u8]) {
    if let Ok(problem) = serde_json::from_slice::<Problem>(bytes) {
        let _said = problem.refusal();
    }
}
