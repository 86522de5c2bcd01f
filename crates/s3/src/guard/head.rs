//! A request's head: bounded, readable, each header once.

use http::{HeaderMap, Method, Request, header};
use s3s::{S3ErrorCode, S3Result};
use words::limit::PART_BYTES_MAX;
use words::{Reason, Refusal, Timestamp};

use crate::error;
use crate::guard::{name, sign};
use crate::offered;

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

/// WHY: 10,000 parts with their checksums, or 1,000 of the longest keys.
pub const DOCUMENT_BYTES_MAX: u64 = 8 << 20;

/// Refuses what must not reach the protocol.
pub fn check<B>(request: &Request<B>, now: Timestamp) -> S3Result<()> {
    let known = [Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::DELETE];
    if !known.contains(request.method()) {
        return Err(error::invalid(S3ErrorCode::MethodNotAllowed, "GET, HEAD, PUT, POST or DELETE"));
    }
    let (path, query) = (request.uri().path(), request.uri().query());
    if path.len() + query.map_or(0, str::len) > name::TARGET_BYTES_MAX {
        return Err(error::invalid(S3ErrorCode::InvalidURI, "the request's target is too long"));
    }
    name::check_path(path)?;
    let pairs = name::pairs(query)?;
    check_headers(request.headers())?;
    check_document(request)?;
    sign::check(request.method(), request.headers(), &pairs, now)?;
    offered::check_headers(request.headers())
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

/// A body that is read whole, as XML, announces a length that fits.
fn check_document<B>(request: &Request<B>) -> S3Result<()> {
    let key = request.uri().path().strip_prefix('/').and_then(|path| path.split_once('/'));
    let has_key = key.is_some_and(|(_, key)| !key.is_empty());
    if *request.method() != Method::POST && has_key {
        return Ok(());
    }
    if request.headers().contains_key(header::TRANSFER_ENCODING) {
        return Err(error::invalid(S3ErrorCode::MissingContentLength, "a body announces its length"));
    }
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > DOCUMENT_BYTES_MAX) {
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
