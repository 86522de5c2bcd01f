//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic, hang or allocate by a claimed length, whatever the bytes.

use words::Secret;

use crate::custody::{KeyName, fuzz_sheet};

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 3] = [("sheet", sheet), ("keyname", keyname), ("listing", listing)];

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

/// A page of a listing, as a server that data come from sends it.
pub fn listing(bytes: &[u8]) {
    crate::remote::fuzz(bytes);
}
