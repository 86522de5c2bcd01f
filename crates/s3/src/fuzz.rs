//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic or hang, whatever the bytes; what reads must write back the same.

use bytes::Bytes;
use s3s::dto::{
    AccessControlPolicy, BucketLifecycleConfiguration, CORSConfiguration, CompletedMultipartUpload,
    CopySource, CreateBucketConfiguration, Delete, ETagCondition, Range, VersioningConfiguration,
};
use s3s::xml::{Deserialize, Deserializer};
use words::Timestamp;

use crate::front::Front;
use crate::guard::{answer, chunk, head, hoist, name, sign};
use crate::kept::word;
use crate::{narrow, page, sums};

/// When the corpus' requests were signed.
const NOW: Timestamp = Timestamp::from_ms(1801396800000);

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 12] = [
    ("authorization", fuzz_authorization),
    ("chunks", fuzz_chunks),
    ("date", fuzz_date),
    ("document", fuzz_document),
    ("head", fuzz_head),
    ("hoist", fuzz_hoist),
    ("name", fuzz_name),
    ("policy", fuzz_policy),
    ("query", fuzz_query),
    ("range", fuzz_range),
    ("token", fuzz_token),
    ("word", fuzz_word),
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

/// A session policy: what is taken is carried whole, and means the same when it is read back.
pub fn fuzz_policy(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(policy) = narrow::read(&text) {
        let carried = policy.write().ok().map(|bounds| narrow::Policy::open(&bounds).ok());
        assert!(carried.is_none_or(|carried| carried == Some(policy)));
    }
    // As it would be carried by somebody who cannot seal it.
    if let Ok(bounds) = region::session::Bounds::new(bytes.to_vec()) {
        let _opened = narrow::Policy::open(&bounds);
    }
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

/// Every document that a verb of ours takes.
pub fn fuzz_document(bytes: &[u8]) {
    fn read<T: for<'xml> Deserialize<'xml>>(bytes: &[u8]) {
        let mut from = Deserializer::new(bytes);
        let _read = T::deserialize(&mut from).and_then(|_| from.expect_eof());
    }
    read::<CompletedMultipartUpload>(bytes);
    read::<Delete>(bytes);
    read::<BucketLifecycleConfiguration>(bytes);
    read::<AccessControlPolicy>(bytes);
    read::<CORSConfiguration>(bytes);
    read::<VersioningConfiguration>(bytes);
    read::<CreateBucketConfiguration>(bytes);
}

/// A request's head in lines: `METHOD target`, then `name: value`.
pub fn fuzz_head(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let (method, target) = lines.next().and_then(|line| line.split_once(' ')).unwrap_or_default();
    let request = http::Request::builder().method(method).uri(target);
    let headers = lines.filter_map(|line| line.split_once(": "));
    let request = headers.fold(request, |request, (name, value)| request.header(name, value));
    if let Ok(request) = request.body(()) {
        let _sums = sums::claimed(request.headers());
        let _announced = sums::announced(request.headers());
        let domains = ["epic.test"].iter().filter_map(|domain| domain.parse().ok()).collect();
        let _checked = head::check(request, &Front::new(domains, Vec::new()), NOW);
    }
}

/// What a reader asks for: bytes, conditions, the source of a copy.
pub fn fuzz_range(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(range) = Range::parse(&text)
        && let Ok(found) = range.check(100)
    {
        assert!(found.start < found.end && found.end <= 100);
    }
    let _condition = ETagCondition::parse_http_header(bytes);
    let _source = CopySource::parse(&text);
}

/// Metadata as a header has them: what is no encoded word is kept.
pub fn fuzz_word(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let read = word::decode(&text);
    assert!(text.contains("=?") || read == text.trim_matches([' ', '\t']));
    assert!(read.len() <= text.len() * 2);
}
