//! Refusals in S3's words: code, status, reason header, a message that says the way out.
//!
//! The reason's code is the same on every door; S3's code is what its clients
//! act on. Nothing here may turn a refusal into anything weaker.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use s3s::{S3Error, S3ErrorCode};
use words::{Kind, Reason, Refusal};

/// The machine-readable reason of every refusal.
pub const REASON: HeaderName = HeaderName::from_static("x-epic-reason");
/// Where an act was recorded: `cell:index`.
pub const LEAF: HeaderName = HeaderName::from_static("x-epic-leaf");

/// Detail of a checksum that was given as the payload's signed hash.
pub const PAYLOAD_HASH: &str = "x-amz-content-sha256";

/// What a request was about; S3 has a `NoSuch..` for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Bucket,
    Object,
    Version,
    Upload,
}

impl About {
    /// An object, or the version of it that was named.
    pub fn version(named: Option<&str>) -> Self {
        named.map_or(Self::Object, |_| Self::Version)
    }

    /// For `map_err`.
    pub fn told(self) -> impl Fn(Refusal) -> S3Error {
        move |refusal| error(code(&refusal, self), &refusal)
    }
}

/// A refusal under a given S3 code.
pub fn error(code: S3ErrorCode, refusal: &Refusal) -> S3Error {
    let mut error = S3Error::with_message(code, message(refusal));
    error.set_headers(headers(refusal.reason));
    if error.status_code().is_none() {
        let is_denied = refusal.kind() == Kind::Denied;
        error.set_status_code(if is_denied { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST });
    }
    error
}

/// A refusal of the door itself: the request is not well formed.
pub fn invalid(code: S3ErrorCode, detail: impl Into<String>) -> S3Error {
    error(code, &Refusal::with(Reason::Invalid, detail))
}

/// What the region does not do, with one line of why.
pub fn not_offered(detail: impl Into<String>) -> S3Error {
    error(S3ErrorCode::NotImplemented, &Refusal::with(Reason::NotOffered, detail))
}

/// What S3 lets a bucket have and this one has not.
pub fn lacking(code: S3ErrorCode, what: &str) -> S3Error {
    error(code, &Refusal::with(Reason::NotFound, what))
}

/// WHY: what a door holds is given back within seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// The door has given out what it may; nothing is left of the request.
pub fn slow_down(detail: &str) -> S3Error {
    let mut error = error(S3ErrorCode::SlowDown, &Refusal::with(Reason::Unavailable, detail));
    let mut headers = headers(Reason::Unavailable);
    headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS);
    error.set_headers(headers);
    error
}

/// The headers of an answer that refuses.
pub fn headers(reason: Reason) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    headers.insert(REASON, HeaderValue::from_static(reason.code()));
    headers
}

/// What is the matter, its code, and what would make it a yes.
pub fn message(refusal: &Refusal) -> String {
    let hint = refusal.hint();
    let way_out = if hint.is_empty() { String::new() } else { format!("; {hint}") };
    let text = format!("{refusal} [{}]{way_out}", refusal.reason.code());
    crate::page::printable(&text)
}

/// S3's code for a refusal.
pub fn code(refusal: &Refusal, about: About) -> S3ErrorCode {
    match refusal.reason {
        Reason::NotFound => absent(&refusal.detail, about),
        Reason::Unauthenticated if refusal.detail.contains("session token") => S3ErrorCode::InvalidToken,
        Reason::Unauthenticated | Reason::CredentialEnded => S3ErrorCode::InvalidAccessKeyId,
        // SDKs ask for the next session after it.
        Reason::SessionEnded => S3ErrorCode::ExpiredToken,
        Reason::SignatureWrong => S3ErrorCode::SignatureDoesNotMatch,
        Reason::ClockSkewed => S3ErrorCode::RequestTimeTooSkewed,
        Reason::NameTaken => S3ErrorCode::BucketAlreadyOwnedByYou,
        Reason::PreconditionFailed => S3ErrorCode::PreconditionFailed,
        Reason::NotEmpty => S3ErrorCode::BucketNotEmpty,
        Reason::StateWrong if refusal.detail == "the bucket has no object lock" => {
            S3ErrorCode::InvalidRequest
        }
        Reason::StateWrong if refusal.detail.contains("object lock") => S3ErrorCode::InvalidBucketState,
        Reason::Invalid => malformed(&refusal.detail),
        Reason::ChecksumWrong if refusal.detail == PAYLOAD_HASH => {
            S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into())
        }
        Reason::ChecksumWrong => S3ErrorCode::BadDigest,
        Reason::SealWrong => S3ErrorCode::InvalidRequest,
        Reason::BodyCut => S3ErrorCode::IncompleteBody,
        Reason::TooLarge => large(&refusal.detail),
        Reason::NotOffered => S3ErrorCode::NotImplemented,
        // SPEC: S3 has no quotas; Ceph's gateway says so, and clients take it for final.
        Reason::QuotaFull => S3ErrorCode::Custom("QuotaExceeded".into()),
        reason => by_kind(reason),
    }
}

fn by_kind(reason: Reason) -> S3ErrorCode {
    match reason.kind() {
        Kind::Conflict => S3ErrorCode::OperationAborted,
        Kind::Unavailable => S3ErrorCode::ServiceUnavailable,
        Kind::Invalid => S3ErrorCode::InvalidArgument,
        Kind::Unauthenticated | Kind::Denied | Kind::NotFound => S3ErrorCode::AccessDenied,
    }
}

/// WHY by the detail: the region says what is absent, S3 has a code for each.
fn absent(detail: &str, about: About) -> S3ErrorCode {
    if detail.starts_with("bucket") {
        return S3ErrorCode::NoSuchBucket;
    }
    if detail.starts_with("upload") {
        return S3ErrorCode::NoSuchUpload;
    }
    match about {
        About::Bucket => S3ErrorCode::NoSuchBucket,
        About::Object => S3ErrorCode::NoSuchKey,
        About::Version => S3ErrorCode::NoSuchVersion,
        About::Upload => S3ErrorCode::NoSuchUpload,
    }
}

fn malformed(detail: &str) -> S3ErrorCode {
    if detail.contains("ascending order") {
        S3ErrorCode::InvalidPartOrder
    } else if detail.contains("is not the one that was kept") || detail.contains("sent again while") {
        S3ErrorCode::InvalidPart
    } else if detail.contains("x-amz-") {
        S3ErrorCode::InvalidRequest
    } else if detail.starts_with("a bucket name") {
        S3ErrorCode::InvalidBucketName
    } else if detail.starts_with("a label") {
        S3ErrorCode::InvalidTag
    } else {
        S3ErrorCode::InvalidArgument
    }
}

fn large(detail: &str) -> S3ErrorCode {
    if detail.contains("smaller than") {
        S3ErrorCode::EntityTooSmall
    } else if detail.contains("object key") {
        S3ErrorCode::KeyTooLongError
    } else if detail.contains("metadata") {
        S3ErrorCode::MetadataTooLarge
    } else if detail.contains("labels") {
        S3ErrorCode::Custom("BadRequest".into())
    } else {
        S3ErrorCode::EntityTooLarge
    }
}
