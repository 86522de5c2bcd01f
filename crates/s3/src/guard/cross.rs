//! Pages of other origins: a browser asks whether they may, and is told only for those that the region names.
//!
//! It opens nothing: what a page asks is signed like everything else. It never
//! reaches the protocol or the region, and a page of any other origin is told
//! nothing, not even what it might have asked.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use s3s::{Body, HttpResponse, S3ErrorCode};
use words::{Reason, Refusal};

use crate::error;
use crate::front::Front;
use crate::guard::answer;

/// What a page may do, as browsers name it.
pub const METHODS: [&str; 5] = ["GET", "HEAD", "PUT", "POST", "DELETE"];

/// What a page may send; a name that ends in `*` stands for all that begin so.
pub const HEADERS: [&str; 9] = [
    "authorization",
    "cache-control",
    "content-*",
    "expires",
    "if-*",
    "range",
    "x-amz-*",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
];

/// What a page may read of an answer.
pub const EXPOSED: [&str; 15] = [
    "accept-ranges",
    "content-range",
    "etag",
    "last-modified",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-checksum-type",
    "x-amz-delete-marker",
    "x-amz-version-id",
    "x-amz-mp-parts-count",
    "x-epic-leaf",
    "x-epic-reason",
];

/// WHY: ten minutes; an origin that is taken out of the region's words is soon asked again.
pub const MAX_AGE_SECONDS: i32 = 600;
/// WHY: a dozen headers; browsers send them sorted, in one line.
const ASKED_CHARS_MAX: usize = 2_048;

/// What a request is told about its page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The origin, if it is one of the region's.
    origin: Option<HeaderValue>,
    has_origins: bool,
}

impl Page {
    pub fn of(front: &Front, headers: &HeaderMap) -> Self {
        let mut said = headers.get_all(header::ORIGIN).iter();
        let origin = said.next().filter(|_| said.next().is_none());
        let is_ours = |origin: &&HeaderValue| {
            front.origins().iter().any(|ours| ours.as_str().as_bytes() == origin.as_bytes())
        };
        Self { origin: origin.filter(is_ours).cloned(), has_origins: !front.origins().is_empty() }
    }

    /// The answer to a browser that asks whether a page may.
    pub fn preflight(&self, headers: &HeaderMap) -> HttpResponse {
        let asked = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let method = asked(header::ACCESS_CONTROL_REQUEST_METHOD).filter(|method| METHODS.contains(method));
        let wanted = asked(header::ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
        if self.origin.is_none() || method.is_none() || !are_fine(wanted) {
            return forbidden();
        }
        let mut response = HttpResponse::new(Body::empty());
        let own = response.headers_mut();
        own.insert(header::ACCESS_CONTROL_ALLOW_METHODS, text(&METHODS.join(", ")));
        if !wanted.is_empty() {
            own.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, text(wanted));
        }
        own.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS.into());
        response
    }

    /// Says on an answer that the page may read it; to no other.
    pub fn mark(self, response: &mut HttpResponse) {
        let headers = response.headers_mut();
        if self.has_origins {
            // WHY on all: what was told to one page must not be kept for another.
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
        if let Some(origin) = self.origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, text(&EXPOSED.join(", ")));
        }
    }
}

fn are_fine(wanted: &str) -> bool {
    let is_fine = |name: &str| {
        let name = name.trim().to_ascii_lowercase();
        HEADERS.iter().any(|fine| match fine.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *fine,
        })
    };
    wanted.len() <= ASKED_CHARS_MAX && (wanted.is_empty() || wanted.split(',').all(is_fine))
}

/// What was put together here of plain letters.
fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn forbidden() -> HttpResponse {
    let refusal = Refusal::with(Reason::NotOffered, "pages of that origin");
    let mut error = error::error(S3ErrorCode::Custom("AccessForbidden".into()), &refusal);
    error.set_status_code(StatusCode::FORBIDDEN);
    answer::of(error)
}
