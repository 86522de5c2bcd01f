//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic, whatever the bytes; what reads must mean the same once written and read again.

use crate::act::{Act, written_again};
use crate::name::Alias;
use crate::{BucketName, Id, ObjectKey, Place, Reason, Role, Timestamp};

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 5] = [("deed", deed), ("id", id), ("name", name), ("time", time), ("word", word)];

/// Two lines and more: an act's name, then its fields as JSON.
pub fn deed(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (act, fields) = text.split_once('\n').unwrap_or((&text, ""));
    let Some(act) = Act::parse(act) else {
        return;
    };
    if let Some(written) = written_again(act, fields) {
        assert_eq!(written_again(act, &written), Some(written));
    }
}

pub fn id(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(id) = text.parse::<Id<()>>() {
        assert_eq!(id.to_string(), text);
    }
}

pub fn name(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(bucket) = text.parse::<BucketName>() {
        assert_eq!(bucket.as_str(), text);
    }
    if let Ok(key) = text.parse::<ObjectKey>() {
        assert_eq!(key.as_str(), text);
    }
    // WHY the id: what is a name must not be taken for an id.
    if let Ok(alias) = text.parse::<Alias>() {
        assert!(alias.as_str() == text && text.parse::<Id<()>>().is_err());
    }
}

pub fn time(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(at) = text.parse::<Timestamp>() {
        assert_eq!(at.to_string().parse(), Ok(at));
    }
}

/// The words with one spelling.
pub fn word(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    assert!(Act::parse(&text).is_none_or(|act| act.name() == text));
    assert!(Reason::parse(&text).is_none_or(|reason| reason.code() == text));
    assert!(Role::parse(&text).is_none_or(|role| role.text() == text));
    assert!(Place::parse(&text).is_none_or(|place| place.text() == text));
}
