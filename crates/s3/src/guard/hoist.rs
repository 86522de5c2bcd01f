//! Headers that a presigned link carries in its query, as SDKs put them there.
//!
//! `x-amz-acl`, `x-amz-meta-*`, `x-amz-checksum-*` and their kin mean the same
//! in the query as among the headers, so they are put back and meet the same
//! rules. The protocol crate would ignore them.

use http::header::Entry;
use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::error;
use crate::guard::name::Pair;

/// The signature's own parameters, which stay in the query.
pub const SIGNATURE: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];

/// Whether a parameter of a query is a header in disguise.
pub fn is_header(name: &str) -> bool {
    let is_amz = name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"));
    is_amz && !SIGNATURE.contains(&name)
}

/// Puts them back among the headers; one that stands there already is refused.
pub fn back(headers: &mut HeaderMap, pairs: &[Pair]) -> S3Result<()> {
    for (name, value) in pairs.iter().filter(|(name, _)| is_header(name)) {
        let own = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unreadable())?;
        // WHY bytes: S3 takes metadata in UTF-8.
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| unreadable())?;
        match headers.entry(own) {
            Entry::Vacant(free) => drop(free.insert(value)),
            Entry::Occupied(taken) => {
                let says = format!("the header {} comes twice", taken.key());
                return Err(error::invalid(S3ErrorCode::InvalidRequest, says));
            }
        }
    }
    Ok(())
}

fn unreadable() -> S3Error {
    error::invalid(S3ErrorCode::InvalidArgument, "a header in the query cannot be read")
}
