//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic or hang, whatever the bytes; what reads must write back the same.

use bytes::Bytes;

use crate::guard::{answer, chunk, hoist, name, sign};
use crate::page;

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 7] = [
    ("authorization", fuzz_authorization),
    ("chunks", fuzz_chunks),
    ("date", fuzz_date),
    ("hoist", fuzz_hoist),
    ("name", fuzz_name),
    ("query", fuzz_query),
    ("token", fuzz_token),
];

pub fn fuzz_authorization(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(claim) = sign::read_header(&text) {
        assert!(claim.signed.len() <= sign::SIGNED_HEADERS_MAX);
        assert!(text.contains(claim.credential));
    }
}

pub fn fuzz_chunks(bytes: &[u8]) {
    for is_signed in [false, true] {
        let mut whole = Vec::new();
        let at_once = chunk::Chunks::new(is_signed).pass(Bytes::copy_from_slice(bytes), &mut whole);
        let mut chunks = chunk::Chunks::new(is_signed);
        let mut out = Vec::new();
        let in_bytes =
            bytes.chunks(1).try_for_each(|byte| chunks.pass(Bytes::copy_from_slice(byte), &mut out));
        assert_eq!(at_once, in_bytes);
        assert!(!is_signed || at_once.is_err() || whole.concat() == out.concat());
    }
}

pub fn fuzz_date(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(date) = sign::read_date(&text) {
        let written: String = date.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
        let read: String = text.chars().filter(char::is_ascii_digit).collect();
        // A leap second is read as the second before it.
        assert!(written == read || read.ends_with("60"));
    }
}

pub fn fuzz_hoist(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(pairs) = name::pairs(Some(&text)) else {
        return;
    };
    let mut headers = http::HeaderMap::new();
    if hoist::back(&mut headers, &pairs).is_ok() {
        let hoisted = pairs.iter().filter(|(name, _)| hoist::is_header(name)).count();
        assert!(headers.len() == hoisted && headers.keys().all(|name| name.as_str().starts_with("x-amz-")));
    }
}

pub fn fuzz_name(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(read) = name::decode(&text) {
        assert_eq!(name::decode(&page::encode(&read)), Some(read));
    }
    let _inside = answer::between(&text, "<Code>", "</Code>");
}

pub fn fuzz_query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(pairs) = name::pairs(Some(&text)) {
        assert!(pairs.len() <= name::QUERY_PAIRS_MAX);
    }
}

pub fn fuzz_token(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(key) = page::read_token(&text) {
        assert_eq!(page::token(&key), text);
    }
}
