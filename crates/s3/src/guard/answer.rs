//! Answers as they leave: every refusal carries its reason, whoever refused.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use s3s::{Body, HttpResponse, S3Error, S3ErrorCode};
use words::{Reason, Refusal};

use crate::error::{self, REASON};
use crate::guard::chunk::Framing;
use crate::guard::inlet::Fault;

/// An error as an answer.
pub fn of(error: S3Error) -> HttpResponse {
    error.to_http_response().unwrap_or_else(|_| {
        let mut response = HttpResponse::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// Adds what an answer of the protocol crate lacks.
pub fn finish(response: HttpResponse, fault: Option<Fault>, is_head: bool) -> HttpResponse {
    let mut response = finished(response, fault, is_head);
    // WHY: what people store may be a page, and beside the console's host it must not run as one.
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    response
}

fn finished(response: HttpResponse, fault: Option<Fault>, is_head: bool) -> HttpResponse {
    let status = response.status();
    let mut response = match fault {
        Some(fault) if !status.is_success() => of(broken(fault)),
        Some(_) | None => explain(response),
    };
    // WHY here: the protocol crate says 200 whatever a HEAD was about.
    if is_head && status == StatusCode::OK && response.headers().contains_key(header::CONTENT_RANGE) {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    if status == StatusCode::NOT_MODIFIED || (is_head && !status.is_success()) {
        return response.map(|_| Body::empty());
    }
    response
}

fn broken(fault: Fault) -> S3Error {
    match fault {
        Fault::Cut => error::error(S3ErrorCode::IncompleteBody, &Reason::BodyCut.into()),
        Fault::Chunk(Framing::Unreadable) => {
            error::invalid(S3ErrorCode::InvalidArgument, "the body's chunks cannot be read")
        }
        Fault::Chunk(Framing::Large) => {
            let refusal = Refusal::with(Reason::TooLarge, "a signed chunk has at most 8 MiB");
            error::error(S3ErrorCode::EntityTooLarge, &refusal)
        }
        Fault::Full => error::slow_down("too many bodies at once"),
        Fault::Sum(algorithm) => error::error(S3ErrorCode::BadDigest, &crate::sums::wrong(algorithm.name())),
        Fault::Slow => {
            error::error(S3ErrorCode::RequestTimeout, &Refusal::with(Reason::BodyCut, "it came too slowly"))
        }
    }
}

/// A refusal of the protocol crate gets its reason, in the header and in words.
fn explain(mut response: HttpResponse) -> HttpResponse {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    if !is_refusal || response.headers().contains_key(REASON) {
        return response;
    }
    let text =
        response.body().bytes().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let code = between(&text, "<Code>", "</Code>").unwrap_or_default();
    let reason = reason_of(code);
    response.headers_mut().insert(REASON, HeaderValue::from_static(reason.code()));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    let told = told(&text, reason);
    response.map(|_| Body::from(Bytes::from(told)))
}

pub fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

fn told(text: &str, reason: Reason) -> String {
    let words = escaped(&error::message(&reason.into()));
    match text.split_once("</Message>") {
        Some((start, end)) => format!("{start}: {words}</Message>{end}"),
        None => text.replacen("</Code>", &format!("</Code><Message>{words}</Message>"), 1),
    }
}

/// Text within XML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Our reason for a code that the protocol crate chose itself.
fn reason_of(code: &str) -> Reason {
    match code {
        "SignatureDoesNotMatch" => Reason::SignatureWrong,
        "RequestTimeTooSkewed" => Reason::ClockSkewed,
        "AccessDenied" | "InvalidAccessKeyId" | "NotSignedUp" => Reason::Unauthenticated,
        "NotImplemented" => Reason::NotOffered,
        "IncompleteBody" => Reason::BodyCut,
        "BadDigest" | "XAmzContentSHA256Mismatch" => Reason::ChecksumWrong,
        "KeyTooLongError" | "MaxMessageLengthExceeded" | "EntityTooLarge" => Reason::TooLarge,
        "InternalError" | "ServiceUnavailable" => Reason::Unavailable,
        _ => Reason::Invalid,
    }
}
