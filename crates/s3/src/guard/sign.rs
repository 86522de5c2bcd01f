//! What a signature must be before it is worth verifying: of one kind, of now, over all that matters.
//!
//! The protocol crate verifies the MAC. It does not ask whether the headers
//! that carry meaning were signed, and reads another clock than ours.
//! SPEC: AWS Signature Version 4, "Create a signed request".

use http::{HeaderMap, Method, Uri, header};
use s3s::{S3Error, S3ErrorCode, S3Result};
use words::limit::{CLOCK_SKEW_MS_MAX, PRESIGN_SECONDS_MAX};
use words::time::SECOND_MS;
use words::{Reason, Refusal, Timestamp};

use crate::auth::anonymous;
use crate::guard::name::{Pair, value};
use crate::{error, sts};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// WHY: an authorization header names about a dozen signed headers.
pub const SIGNED_HEADERS_MAX: usize = 100;

/// A signature's claim, as far as it can be read without the secret.
#[derive(Debug, PartialEq, Eq)]
pub struct Claim<'a> {
    /// `key/date/region/service/aws4_request`
    pub credential: &'a str,
    pub signed: Vec<&'a str>,
}

/// Refuses what must not reach the verification of signatures.
pub fn check(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    pairs: &[Pair],
    now: Timestamp,
) -> S3Result<()> {
    let is_session = sts::is_asked(method, uri, headers);
    refuse_old_ways(method, headers, pairs)?;
    if is_session {
        refuse_open_form(headers, pairs)?;
    }
    let header = headers.get(header::AUTHORIZATION);
    let is_presigned = pairs.iter().any(|(name, _)| name == "X-Amz-Signature" || name == "X-Amz-Algorithm");
    let (claim, date) = match (header, is_presigned) {
        (Some(_), true) => {
            return Err(malformed("sign in the header or in the query, not in both"));
        }
        (Some(header), false) => {
            let text = header.to_str().map_err(|_| malformed("the authorization header cannot be read"))?;
            let claim =
                read_header(text).ok_or_else(|| malformed("the authorization header cannot be read"))?;
            (claim, header_date(headers, now)?)
        }
        (None, true) => {
            let claim =
                read_query(pairs).ok_or_else(|| query_wrong("the signature's parameters cannot be read"))?;
            (claim, query_date(pairs, now)?)
        }
        // What it asks for takes a token, or is refused once it is read.
        (None, false) if is_session => return Ok(()),
        (None, false) => return Err(anonymous()),
    };
    check_scope(claim.credential, date, is_session)?;
    check_cover(&claim.signed, headers)
}

/// What asks for a session is under the signature as a whole, or is no part of one.
fn refuse_open_form(headers: &HeaderMap, pairs: &[Pair]) -> S3Result<()> {
    let payload = headers.get("x-amz-content-sha256").map(http::HeaderValue::as_bytes);
    let is_open = payload.is_some_and(|payload| payload.len() != 64);
    if is_open || !pairs.is_empty() {
        return Err(malformed("a session is asked for in a form, and its hash is signed"));
    }
    Ok(())
}

fn refuse_old_ways(method: &Method, headers: &HeaderMap, pairs: &[Pair]) -> S3Result<()> {
    let authorization = headers.get(header::AUTHORIZATION).map(http::HeaderValue::as_bytes);
    let is_v2 = authorization.is_some_and(|text| text.starts_with(b"AWS "))
        || pairs.iter().any(|(name, _)| name == "Signature" || name == "AWSAccessKeyId");
    if is_v2 {
        let refusal = Refusal::with(Reason::NotOffered, "Signature Version 2: sign with AWS4-HMAC-SHA256");
        return Err(error::error(S3ErrorCode::InvalidRequest, &refusal));
    }
    let media = headers.get(header::CONTENT_TYPE).map_or(&b""[..], http::HeaderValue::as_bytes);
    if *method == Method::POST
        && media.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/"))
    {
        return Err(error::not_offered("POST forms: send a presigned PUT instead"));
    }
    Ok(())
}

/// Reads `AWS4-HMAC-SHA256 Credential=.., SignedHeaders=.., Signature=..`.
pub fn read_header(text: &str) -> Option<Claim<'_>> {
    let fields = text.strip_prefix(ALGORITHM)?;
    let (mut credential, mut signed, mut signature) = (None, None, None);
    for field in fields.splitn(4, ',') {
        let (name, value) = field.trim().split_once('=')?;
        let place = match name {
            "Credential" => &mut credential,
            "SignedHeaders" => &mut signed,
            "Signature" => &mut signature,
            _ => return None,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    signature?;
    Some(Claim { credential: credential?, signed: read_signed(signed?)? })
}

fn read_query(pairs: &[Pair]) -> Option<Claim<'_>> {
    value(pairs, "X-Amz-Algorithm").filter(|algorithm| *algorithm == ALGORITHM)?;
    value(pairs, "X-Amz-Signature")?;
    let credential = value(pairs, "X-Amz-Credential")?;
    Some(Claim { credential, signed: read_signed(value(pairs, "X-Amz-SignedHeaders")?)? })
}

fn read_signed(text: &str) -> Option<Vec<&str>> {
    let signed: Vec<_> = text.splitn(SIGNED_HEADERS_MAX + 1, ';').collect();
    let is_plain = |name: &&str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
    };
    (signed.len() <= SIGNED_HEADERS_MAX && signed.iter().all(is_plain)).then_some(signed)
}

/// Reads `20270131T120000Z`.
pub fn read_date(text: &str) -> Option<Timestamp> {
    let part = |range| text.get(range).filter(|part: &&str| part.bytes().all(|byte| byte.is_ascii_digit()));
    let is_framed = text.len() == 16 && text.get(8..9) == Some("T") && text.ends_with('Z');
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (hour, minute, second) = (part(9..11)?, part(11..13)?, part(13..15)?);
    let written = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    written.parse().ok().filter(|_| is_framed)
}

fn header_date(headers: &HeaderMap, now: Timestamp) -> S3Result<Timestamp> {
    let date = headers.get("x-amz-date").and_then(|date| read_date(date.to_str().ok()?));
    let date = date.ok_or_else(|| {
        error::error(
            S3ErrorCode::AccessDenied,
            &Refusal::with(Reason::Invalid, "x-amz-date is missing or no date"),
        )
    })?;
    if now.since_ms(date).saturating_abs() > CLOCK_SKEW_MS_MAX {
        return Err(skewed());
    }
    Ok(date)
}

fn query_date(pairs: &[Pair], now: Timestamp) -> S3Result<Timestamp> {
    let date = value(pairs, "X-Amz-Date").and_then(read_date);
    let date = date.ok_or_else(|| query_wrong("X-Amz-Date is missing or no date"))?;
    let lasts = value(pairs, "X-Amz-Expires").and_then(|text| text.parse::<u64>().ok());
    let lasts = lasts.filter(|seconds| (1..=PRESIGN_SECONDS_MAX).contains(seconds));
    let lasts = lasts.and_then(|seconds| i64::try_from(seconds).ok());
    let lasts = lasts.ok_or_else(|| query_wrong("X-Amz-Expires is 1 second to 7 days"))?;
    if date.since_ms(now) > CLOCK_SKEW_MS_MAX {
        return Err(skewed());
    }
    if now > date.plus_ms(lasts * SECOND_MS) {
        let refusal = Refusal::with(Reason::CredentialEnded, "Request has expired");
        return Err(error::error(S3ErrorCode::AccessDenied, &refusal));
    }
    Ok(date)
}

/// WHY the service: a scope of another service is signed over less.
fn check_scope(credential: &str, date: Timestamp, is_session: bool) -> S3Result<()> {
    let service = if is_session { "sts" } else { "s3" };
    let parts: Vec<_> = credential.splitn(6, '/').collect();
    let day: String = date.to_string().chars().take(10).filter(char::is_ascii_digit).collect();
    match parts.as_slice() {
        [_, own_day, region, own, "aws4_request"]
            if *own_day == day && !region.is_empty() && *own == service =>
        {
            Ok(())
        }
        _ => Err(malformed(&format!("the credential's scope is `key/day/region/{service}/aws4_request`"))),
    }
}

/// Everything that carries meaning must be under the signature.
fn check_cover(signed: &[&str], headers: &HeaderMap) -> S3Result<()> {
    if !signed.contains(&"host") {
        return Err(uncovered("host"));
    }
    if let Some(absent) = signed.iter().find(|name| !headers.contains_key(**name)) {
        return Err(uncovered(absent));
    }
    let open = headers
        .keys()
        .map(http::HeaderName::as_str)
        .find(|name| name.starts_with("x-amz-") && !signed.contains(name));
    open.map_or(Ok(()), |name| Err(uncovered(name)))
}

fn uncovered(name: &str) -> S3Error {
    let refusal =
        Refusal::with(Reason::SignatureWrong, format!("the header {name} is not covered by the signature"));
    error::error(S3ErrorCode::AccessDenied, &refusal)
}

fn skewed() -> S3Error {
    error::error(S3ErrorCode::RequestTimeTooSkewed, &Reason::ClockSkewed.into())
}

fn malformed(detail: &str) -> S3Error {
    error::invalid(S3ErrorCode::AuthorizationHeaderMalformed, detail)
}

fn query_wrong(detail: &str) -> S3Error {
    error::invalid(S3ErrorCode::AuthorizationQueryParametersError, detail)
}
