//! Pages of other origins: programs that run in a browser ask here from there.
//!
//! Whose people come back to a page, that page may ask: the origins of registered programs that keep no secret, to the
//! letter. Any other is told nothing. No cookie counts at these addresses, so none is allowed.
//! SPEC: Fetch, "CORS protocol".

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use region::noun::client::Pages;

use super::{CONFIGURATION, KEYS, TOKEN, USERINFO, failed, oauth, said};
use crate::door::ActsDoor;
use crate::perform::Body;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST");
const HEADERS: [&str; 3] = ["accept", "authorization", "content-type"];
/// WHY: ten minutes; a program that is removed is soon asked for again.
const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("600");
/// WHY: a scheme, the longest host and a port; a handful of names.
const ASKED_CHARS_MAX: usize = 512;

/// What a request is told about its page.
pub(super) struct Page {
    /// The origin, if it is a registered program's.
    origin: Option<HeaderValue>,
}

/// Where pages ask; a machine without a browser asks elsewhere.
fn is_for_pages(path: &str) -> bool {
    [CONFIGURATION, KEYS, TOKEN, USERINFO].contains(&path)
}

impl Page {
    pub(super) async fn of(door: &ActsDoor, headers: &HeaderMap, path: &str) -> Self {
        let mut all = headers.get_all(header::ORIGIN).iter();
        let one = all.next().filter(|_| all.next().is_none()).filter(|one| one.len() <= ASKED_CHARS_MAX);
        let Some(one) = one.filter(|_| is_for_pages(path)) else {
            return Self { origin: None };
        };
        // One that cannot be looked up now is nobody's.
        let origins = door.region().page_origins(Pages::Public).await.unwrap_or_default();
        let is_known = one.to_str().is_ok_and(|one| origins.contains(one));
        Self { origin: Some(one.clone()).filter(|_| is_known) }
    }

    /// Whether a browser asks if a page may ask.
    pub(super) fn is_preflight(method: &Method, path: &str) -> bool {
        *method == Method::OPTIONS && is_for_pages(path)
    }

    pub(super) fn preflight(&self, headers: &HeaderMap) -> Response<Body> {
        let asked = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let wanted = asked(header::ACCESS_CONTROL_REQUEST_HEADERS).unwrap_or_default();
        let is_fine = |name: &str| HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name.trim()));
        let are_fine =
            wanted.len() <= ASKED_CHARS_MAX && (wanted.is_empty() || wanted.split(',').all(is_fine));
        let method = asked(header::ACCESS_CONTROL_REQUEST_METHOD);
        let is_offered = method.is_some_and(|method| ["GET", "POST"].contains(&method));
        if self.origin.is_none() || !are_fine || !is_offered {
            return failed(
                StatusCode::FORBIDDEN,
                oauth("invalid_request", "pages of that origin do not ask here"),
            );
        }
        let mut response = said(StatusCode::OK, &serde_json::json!({}));
        let own = response.headers_mut();
        own.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        own.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS);
        if let Ok(allowed) = HeaderValue::from_str(&HEADERS.join(", ")) {
            own.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        response
    }

    /// Says on an answer that the page may read it; to no other.
    pub(super) fn mark(self, response: &mut Response<Body>) {
        let headers = response.headers_mut();
        // WHY on all: what was told to one page must not be kept for another.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.origin {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
    }
}
