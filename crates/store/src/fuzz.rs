//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic, hang or allocate by a claimed length, whatever the bytes.

use words::Secret;

use crate::backup::Lines;
use crate::custody::copy::Copy;
use crate::custody::{KeyName, fuzz_sheet};

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 5] =
    [("sheet", sheet), ("keyname", keyname), ("listing", listing), ("copy", copy), ("list", list)];

/// A custody file: a clear header and a sealed list.
pub fn sheet(bytes: &[u8]) {
    fuzz_sheet(bytes, &Secret::new([7; 32]));
}

/// The name of a key as custody files hold it; what parses is spelled one way only.
pub fn keyname(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(name) = text.parse::<KeyName>() {
        assert_eq!(name.to_string(), text);
    }
}

/// A copy of custody as it is once its seal is off, and sealed bytes of another's making.
pub fn copy(bytes: &[u8]) {
    if let Ok(copy) = Copy::from_secret(bytes) {
        let _opened = (copy.key(None, &KeyName::Region), copy.heads(None));
    }
    let _closed = Copy::unseal(bytes, &Secret::new(String::new()));
}

/// A list of what a backup holds; each line is spelled one way only.
pub fn list(bytes: &[u8]) {
    if let Ok(found) = Lines::read(bytes) {
        let mut lines = Lines::default();
        found.into_iter().for_each(|line| lines.push(line));
        if let Some(again) = lines.take() {
            assert!(Lines::read(&again).is_ok());
        }
    }
}

/// A page of a listing, as a server that data come from sends it.
pub fn listing(bytes: &[u8]) {
    crate::remote::fuzz(bytes);
}
