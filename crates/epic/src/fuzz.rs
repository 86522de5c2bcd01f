//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic or hang, whatever the bytes.

use std::path::Path;

use seal::note::NoteVerifier;

use crate::about;
use crate::ledger::{Export, Past, judge, log_of_archive};

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 3] = [("about", about), ("export", export), ("journal", journal)];

/// What a region's folder says about itself.
pub fn about(bytes: &[u8]) {
    let _name = about::name_in(&String::from_utf8_lossy(bytes));
}

/// An archive that is said to be an exported ledger, judged by its own key and against its own checkpoint.
pub fn export(bytes: &[u8]) {
    let Ok(export) = Export::of_archive(Path::new("export"), bytes) else {
        return;
    };
    if let Ok(key) = export.key.trim().parse::<NoteVerifier>() {
        let kept = export.checkpoint.clone();
        let past = Past { kept: Some(kept.as_bytes()), ..Past::default() };
        if let Ok(Err(found)) = judge(&export, log_of_archive(bytes), &key, &past) {
            assert!(!found.place.is_empty() && !found.says.is_empty());
        }
    }
}

/// A line of an import's journal.
pub fn journal(bytes: &[u8]) {
    crate::import::fuzz(bytes);
}
