//! What a verb may be asked by headers and query: each is done, or fits what happens anyway, or is refused.
//!
//! Nothing that carries meaning is ignored: a client that was not refused has
//! got what it asked for. What is not known here is refused by its name.

mod table;

use http::HeaderMap;
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::error::{self, not_offered};
use crate::guard::{hoist, name};
use table::{CONDITIONS, FITTING, META, REFUSED, TRANSFER, VERBS, Verb};

/// A verb by its name; none for those that are not served.
fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|(own, _)| *own == name).map(|(_, verb)| verb)
}

/// Refuses a header that this verb would not do.
pub fn check_headers(verb_name: &str, headers: &HeaderMap) -> S3Result<()> {
    let Some(verb) = verb(verb_name) else {
        return Ok(());
    };
    for (name, value) in headers {
        let name = name.as_str();
        if name.starts_with("x-amz-") && !is_done(verb, name) {
            check_asked(verb_name, name, value.as_bytes())?;
        }
        if CONDITIONS.contains(&name) && !verb.conditions.contains(&name) {
            return Err(not_offered(format!("{name}: {verb_name} is not conditioned by it")));
        }
    }
    // SPEC: RFC 9110, 14.4: a part of an object stored as the whole would corrupt it.
    if headers.contains_key(http::header::CONTENT_RANGE) {
        return Err(not_offered("content-range: an object is written whole"));
    }
    check_metadata(verb_name, headers)
}

fn is_done(verb: &Verb, name: &str) -> bool {
    let mut own = verb.headers.iter().copied().flatten();
    TRANSFER.contains(&name) || own.any(|done| *done == name || (*done == META && name.starts_with(META)))
}

/// A header that the verb does not do: it asks for what happens anyway, or is refused.
fn check_asked(verb_name: &str, name: &str, value: &[u8]) -> S3Result<()> {
    if let Some((_, fit, why)) = FITTING.iter().find(|(exact, ..)| name == *exact) {
        let is_fitting = fit.iter().any(|fit| fit.as_bytes() == value);
        return if is_fitting { Ok(()) } else { Err(refused(name, why)) };
    }
    let why = REFUSED.iter().find(|(start, _)| name.starts_with(start)).map(|(_, why)| *why);
    Err(refused(name, why.unwrap_or(&format!("{verb_name} does nothing with it"))))
}

fn refused(name: &str, why: &str) -> S3Error {
    not_offered(format!("{name}: {why}"))
}

/// WHY: metadata that a copy would not take is not taken in silence.
fn check_metadata(verb_name: &str, headers: &HeaderMap) -> S3Result<()> {
    let is_replaced = headers.get("x-amz-metadata-directive").is_some_and(|value| value == "REPLACE");
    let has_own = headers.keys().any(|name| name.as_str().starts_with(META));
    if verb_name == "CopyObject" && has_own && !is_replaced {
        return Err(error::invalid(
            S3ErrorCode::InvalidRequest,
            "metadata of a copy goes with x-amz-metadata-directive: REPLACE",
        ));
    }
    Ok(())
}

/// Refuses a parameter that this verb would not do, and one that comes twice.
pub fn check_query(verb_name: &str, query: Option<&str>) -> S3Result<()> {
    let Some(verb) = verb(verb_name) else {
        return Ok(());
    };
    let pairs = name::pairs(query)?;
    for (index, (name, value)) in pairs.iter().enumerate() {
        let is_signature = hoist::SIGNATURE.contains(&name.as_str()) || hoist::is_header(name);
        // WHY `x-id`: some SDKs write the verb's name there.
        let is_known = is_signature || name == "x-id" || verb.query.contains(&name.as_str());
        if !is_known {
            return Err(not_offered(format!("the parameter {name}: {verb_name} does nothing with it")));
        }
        if name.starts_with("response-") && http::HeaderValue::from_str(value).is_err() {
            let says = format!("the parameter {name} cannot be a header");
            return Err(error::invalid(S3ErrorCode::InvalidArgument, says));
        }
        if pairs.iter().skip(index + 1).any(|(other, _)| other == name) {
            let says = format!("the parameter {name} comes twice");
            return Err(error::invalid(S3ErrorCode::InvalidRequest, says));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
