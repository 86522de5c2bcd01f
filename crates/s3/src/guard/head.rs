//! A request's head: bounded, readable, each header once.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use s3s::{S3ErrorCode, S3Result};
use words::limit::PART_BYTES_MAX;
use words::{Reason, Refusal, Timestamp};

use crate::front::Front;
use crate::guard::{document, hoist, name, sign};
use crate::{error, sts};

/// WHY: chunk signatures and trailers add under 1 % to a body in chunks of 8 KiB and more.
const FRAMED_BYTES_MAX: u64 = PART_BYTES_MAX + PART_BYTES_MAX / 50;

/// Headers that mean one thing; twice, they would mean two.
const ONCE: [header::HeaderName; 12] = [
    header::AUTHORIZATION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::HOST,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
    header::TRANSFER_ENCODING,
];

/// Says of a request that its host names the bucket, so its path is the key.
#[derive(Debug, Clone, Copy)]
pub struct InHost;

/// WHY: 10,000 parts with their checksums, or 1,000 of the longest keys.
pub const DOCUMENT_BYTES_MAX: u64 = 8 << 20;

/// Refuses what must not reach the protocol; gives the request as the protocol is to read it.
pub fn check(mut request: Request<()>, front: &Front, now: Timestamp) -> S3Result<Request<()>> {
    let known = [Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::DELETE];
    if !known.contains(request.method()) {
        return Err(error::invalid(S3ErrorCode::MethodNotAllowed, "GET, HEAD, PUT, POST or DELETE"));
    }
    let (path, query) = (request.uri().path(), request.uri().query());
    if path.len() + query.map_or(0, str::len) > name::TARGET_BYTES_MAX {
        return Err(error::invalid(S3ErrorCode::InvalidURI, "the request's target is too long"));
    }
    let pairs = name::pairs(query)?;
    join_metadata(request.headers_mut());
    check_headers(request.headers())?;
    let in_host = bucket_in_host(&request, front)?;
    name::check_path(request.uri().path(), in_host)?;
    sign::check(request.method(), request.uri(), request.headers(), &pairs, now)?;
    // WHY behind the signature's check: the query is always under it, headers only where it names them.
    hoist::back(request.headers_mut(), &pairs)?;
    if let Some(in_host) = in_host {
        request.extensions_mut().insert(in_host);
    }
    check_headers(request.headers())?;
    check_payload(request.headers())?;
    check_source(request.headers())?;
    check_document(&request)?;
    Ok(request)
}

/// The bucket that the host names, if it does.
///
/// SPEC: RFC 9112, 3.2.2: an address in the request's line counts more than the host. What is signed is the host,
/// so both must say the same.
fn bucket_in_host(request: &Request<()>, front: &Front) -> S3Result<Option<InHost>> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let line = request.uri().authority().map(http::uri::Authority::as_str);
    if line.is_some_and(|line| !line.eq_ignore_ascii_case(host)) {
        return Err(error::invalid(S3ErrorCode::InvalidRequest, "the request's line and its host differ"));
    }
    Ok(front.bucket(host)?.map(|_| InHost))
}

/// SPEC: "Working with object metadata": metadata that comes twice is one list; RFC 9110, 5.3. It is signed so too.
fn join_metadata(headers: &mut HeaderMap) {
    let is_twice = |name: &&HeaderName| {
        name.as_str().starts_with("x-amz-meta-") && headers.get_all(*name).iter().nth(1).is_some()
    };
    let names: Vec<HeaderName> = headers.keys().filter(is_twice).cloned().collect();
    for name in names {
        let values: Vec<_> =
            headers.get_all(&name).iter().map(|value| value.as_bytes().trim_ascii()).collect();
        if let Ok(joined) = HeaderValue::from_bytes(&values.join(&b","[..])) {
            headers.insert(name, joined);
        }
    }
}

fn check_headers(headers: &HeaderMap) -> S3Result<()> {
    for name in headers.keys() {
        let is_once = ONCE.contains(name) || name.as_str().starts_with("x-amz-") || name == "content-md5";
        if is_once && headers.get_all(name).iter().nth(1).is_some() {
            return Err(error::invalid(
                S3ErrorCode::InvalidRequest,
                format!("the header {name} comes twice"),
            ));
        }
        if headers.get_all(name).iter().any(|value| std::str::from_utf8(value.as_bytes()).is_err()) {
            return Err(error::invalid(
                S3ErrorCode::InvalidArgument,
                format!("the header {name} is not UTF-8"),
            ));
        }
    }
    check_size(headers, header::CONTENT_LENGTH.as_str(), FRAMED_BYTES_MAX)?;
    check_size(headers, "x-amz-decoded-content-length", PART_BYTES_MAX)
}

/// WHY: a hash that is none would be told as a signature that does not match.
fn check_payload(headers: &HeaderMap) -> S3Result<()> {
    let Some(payload) = headers.get("x-amz-content-sha256").map(http::HeaderValue::as_bytes) else {
        return Ok(());
    };
    let is_hash = payload.len() == 64 && payload.iter().all(u8::is_ascii_hexdigit);
    if is_hash || payload == b"UNSIGNED-PAYLOAD" || payload.starts_with(b"STREAMING-") {
        return Ok(());
    }
    Err(error::invalid(S3ErrorCode::InvalidArgument, "x-amz-content-sha256 is no SHA-256 in hexadecimal"))
}

/// WHY: the protocol crate says of a key that is too long only that the header is invalid.
fn check_source(headers: &HeaderMap) -> S3Result<()> {
    let source = headers.get("x-amz-copy-source").and_then(|source| source.to_str().ok()).unwrap_or_default();
    let path = source.split('?').next().and_then(name::decode).unwrap_or_default();
    let key = path.trim_start_matches('/').split_once('/').map_or("", |(_, key)| key);
    name::check_key(key)
}

/// A body that is read whole, as XML, announces a length that fits.
fn check_document(request: &Request<()>) -> S3Result<()> {
    if !document::is_document(request) {
        return Ok(());
    }
    if request.headers().contains_key(header::TRANSFER_ENCODING) {
        return Err(error::invalid(S3ErrorCode::MissingContentLength, "a body announces its length"));
    }
    let is_session = sts::is_asked(request.method(), request.uri(), request.headers());
    let bytes_max = if is_session { sts::FORM_BYTES_MAX } else { DOCUMENT_BYTES_MAX };
    if document::length(request.headers()).is_some_and(|length| length > bytes_max) {
        return Err(error::error(S3ErrorCode::MaxMessageLengthExceeded, &Refusal::new(Reason::TooLarge)));
    }
    Ok(())
}

fn check_size(headers: &HeaderMap, name: &str, bytes_max: u64) -> S3Result<()> {
    let Some(value) = headers.get(name) else {
        return Ok(());
    };
    let text = value.to_str().unwrap_or_default();
    // WHY digits alone: the protocol crate would read the start of `12x`.
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(size_bytes) if is_number && size_bytes <= bytes_max => Ok(()),
        Ok(_) if is_number => Err(error::error(S3ErrorCode::EntityTooLarge, &Refusal::new(Reason::TooLarge))),
        Ok(_) | Err(_) => {
            Err(error::invalid(S3ErrorCode::InvalidArgument, format!("{name} is a number of bytes")))
        }
    }
}
