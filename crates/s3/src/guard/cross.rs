//! Pages of other origins: a browser asks whether they may, and is told only for those that the region names.
//!
//! Those are its own front's, and those that people of a registered program for S3 come back to. It opens
//! nothing: what a page asks is signed like everything else, or carries a token, and no cookie ever counts. It never
//! reaches the protocol, and a page of any other origin is told nothing, not even what it might have asked.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use region::noun::client::Pages;
use s3s::{Body, HttpResponse, S3ErrorCode};
use words::{Reason, Refusal};

use crate::door::S3Door;
use crate::error;
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

/// What a page may read of an answer, beside every `x-amz-*` and `x-epic-*` that it has.
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
/// WHY: a scheme, the longest host and a port.
const ORIGIN_CHARS_MAX: usize = 512;
/// WHY: a dozen headers; browsers send them sorted, in one line.
const ASKED_CHARS_MAX: usize = 2_048;

/// What a request is told about its page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The origin, if it is one of those.
    origin: Option<HeaderValue>,
}

impl Page {
    pub async fn of(door: &S3Door, headers: &HeaderMap) -> Self {
        let mut said = headers.get_all(header::ORIGIN).iter();
        let origin = said.next().filter(|_| said.next().is_none());
        let Some(origin) = origin.filter(|origin| origin.len() <= ORIGIN_CHARS_MAX) else {
            return Self { origin: None };
        };
        let is_ours = door.front().origins().iter().any(|ours| ours.as_str().as_bytes() == origin.as_bytes());
        let is_known = is_ours || is_registered(door, origin).await;
        Self { origin: Some(origin.clone()).filter(|_| is_known) }
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
        // WHY on all: what was told to one page must not be kept for another.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.origin {
            let exposed = exposed(headers);
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, text(&exposed));
        }
    }
}

/// WHY no star: it stands for no part of a name, and does not mean `authorization`.
fn exposed(headers: &HeaderMap) -> String {
    let is_own = |name: &&str| name.starts_with("x-amz-") || name.starts_with("x-epic-");
    let own = headers.keys().map(HeaderName::as_str).filter(is_own);
    let own = own.filter(|name| !EXPOSED.contains(name));
    EXPOSED.into_iter().chain(own).collect::<Vec<_>>().join(", ")
}

/// Whether the page is of a program that people may use here; one that cannot be looked up now is of none.
async fn is_registered(door: &S3Door, origin: &HeaderValue) -> bool {
    let origins = door.region().page_origins(Pages::S3).await.unwrap_or_default();
    origin.to_str().is_ok_and(|origin| origins.contains(origin))
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
