//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.

use crate::profile::{CELL_MIN, Profile, drift};
use crate::recipe::Recipe;
use crate::step::Stop;
use crate::worker::derive;

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 7] = [
    ("frame", fuzz_frame),
    ("index", fuzz_index),
    ("preview", fuzz_preview),
    ("profile", fuzz_profile),
    ("recipe", fuzz_recipe),
    ("table", fuzz_table),
    ("text", fuzz_text),
];

/// What is made of bytes, read in pieces of a size; none: a fault.
fn made(recipe: &Recipe, bytes: &[u8]) -> Option<Vec<u8>> {
    let limits = formats::Limits {
        line_bytes_max: 4 << 10,
        columns_max: 100,
        memory_bytes_max: 64 << 10,
        unpacked_bytes_max: 1 << 20,
        ..formats::Limits::default()
    };
    let passes = bytes.repeat(recipe.passes() as usize);
    let key = privacy::pseudonym::Key::new([7; 32]);
    let mut to = Vec::new();
    match derive(recipe, Some(&key), bytes.len() as u64, &mut &*passes, &limits, &mut to) {
        Ok(_) => Some(to),
        Err(Stop::Fault(_)) => None,
        Err(Stop::Alone | Stop::Enough) => {
            assert!(bytes.is_empty(), "a pass was read beyond its end");
            None
        }
    }
}

/// What another process says.
pub fn fuzz_frame(bytes: &[u8]) {
    let mut to = Vec::new();
    if let Ok(heard) = crate::frame::hear(&mut &*bytes, &mut to, 1 << 20) {
        assert_eq!(heard.bytes, to.len() as u64);
    }
}

/// A recipe that is read is written as it was, and has one digest.
pub fn fuzz_recipe(bytes: &[u8]) {
    let Ok(recipe) = Recipe::read(bytes) else { return };
    let told = serde_json::to_vec(&recipe).unwrap_or_default();
    let again = Recipe::read(&told).ok();
    assert_eq!(again.as_ref().map(Recipe::digest), Some(recipe.digest()));
}

/// Bytes as a table: the same ones every time.
pub fn fuzz_table(bytes: &[u8]) {
    let json: &[u8] = br#"{"step":"table","odd":"null","ragged":"null","deduplicate":true}"#;
    let Ok(recipe) = Recipe::read(json) else { return };
    assert_eq!(made(&recipe, bytes), made(&recipe, bytes));
}

/// Bytes as a table's profile: no count below ten, and compared with itself nothing has changed.
pub fn fuzz_profile(bytes: &[u8]) {
    let Ok(recipe) = Recipe::read(br#"{"step":"profile"}"#) else { return };
    let Some(json) = made(&recipe, bytes) else { return };
    let Ok(profile) = serde_json::from_slice::<Profile>(&json) else { return };
    for column in &profile.columns {
        let counts = column.bins.iter().flat_map(|bins| &bins.counts).chain(column.codes.values());
        assert!(counts.chain(&column.other).all(|count| *count >= CELL_MIN), "a small cell is told");
    }
    assert!(drift(&profile, &profile).is_empty());
}

/// Bytes as whatever has an index.
pub fn fuzz_index(bytes: &[u8]) {
    for form in ["fai", "gzi", "tbi", "csi", "bai"] {
        let json = format!("{{\"step\":\"index\",\"form\":\"{form}\"}}");
        if let Ok(recipe) = Recipe::read(json.as_bytes()) {
            made(&recipe, bytes);
        }
    }
}

/// The beginning of anything is text.
pub fn fuzz_preview(bytes: &[u8]) {
    let Ok(recipe) = Recipe::read(br#"{"step":"preview"}"#) else { return };
    assert!(made(&recipe, bytes).is_none_or(|told| String::from_utf8(told).is_ok()));
}

/// The words of anything are text, and bounded.
pub fn fuzz_text(bytes: &[u8]) {
    let Ok(recipe) = Recipe::read(br#"{"step":"text"}"#) else { return };
    let told = made(&recipe, bytes);
    assert!(told.is_none_or(|told| told.len() <= crate::text::BYTES_MAX && String::from_utf8(told).is_ok()));
}
