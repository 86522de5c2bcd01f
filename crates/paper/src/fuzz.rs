//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic, hang or allocate by a claimed length, whatever the bytes; none may find a signature that is not there.

use crate::authority::Authority;
use crate::pdf::{self, Block, Document, Language, Part};
use crate::revocation::{self, List};
use crate::signed;

/// When the corpus' signatures hold: 2027-01-15, in unix milliseconds.
pub const NOW_UNIX_MS: u64 = 1_800_000_000_000;

/// The document that the corpus signs.
pub fn document() -> Document {
    let blocks = vec![Block::Title("Accordo".to_owned()), Block::Paragraph("Si conviene.".to_owned())];
    Document {
        title: "Accordo".to_owned(),
        author: "EPIC".to_owned(),
        producer: "EPIC".to_owned(),
        made_at: 1_790_000_000,
        footer: "Accordo".to_owned(),
        parts: vec![Part { language: Language::Italian, blocks }],
    }
}

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 5] = [
    ("authority", fuzz_authority),
    ("list", fuzz_list),
    ("message", fuzz_message),
    ("points", fuzz_points),
    ("update", fuzz_update),
];

pub fn fuzz_authority(bytes: &[u8]) {
    if let Ok(read) = Authority::read(bytes) {
        assert_eq!(Authority::read(read.der()).as_ref(), Ok(&read));
    }
}

pub fn fuzz_list(bytes: &[u8]) {
    if let Ok(read) = List::read(bytes) {
        assert_eq!(List::read(read.der()).as_ref(), Ok(&read));
    }
}

/// Where a certificate says that its list is.
pub fn fuzz_points(bytes: &[u8]) {
    drop(revocation::points_of(bytes));
}

/// A message beside the document or around it. Without authorities nothing can hold.
pub fn fuzz_message(bytes: &[u8]) {
    assert!(signed::check(b"document", bytes, &[], &[], NOW_UNIX_MS).is_err());
}

/// What is appended to the document.
pub fn fuzz_update(bytes: &[u8]) {
    static ORIGINAL: std::sync::LazyLock<Vec<u8>> =
        std::sync::LazyLock::new(|| pdf::write(&document()).unwrap_or_default());
    let whole = [ORIGINAL.as_slice(), bytes].concat();
    assert!(signed::check(&ORIGINAL, &whole, &[], &[], NOW_UNIX_MS).is_err());
}
