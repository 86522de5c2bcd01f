//! Answers to browsers, and what they are told not to do with them.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use maud::Markup;
use words::Refusal;

use super::cookie::Cookie;
use crate::perform::Body;
use crate::problem::status;

/// WHY nothing of another origin and nothing inline: what an attacker gets into a page stays text.
///
/// SPEC: CSP level 3; OWASP ASVS 3.4.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What a visit comes to.
pub struct Answered {
    pub status: StatusCode,
    pub what: What,
    pub cookies: Vec<Cookie>,
    /// Where machines find more of it: a `Link` header's value.
    pub links: Option<String>,
}

/// What goes to the browser.
pub enum What {
    Page(Markup),
    /// Look there instead.
    To(String),
    /// The same by a page that leads on by itself: whoever came from another site comes from here then.
    Onward(Markup, String),
    /// Bytes of an object.
    Bytes(Box<Response<Body>>),
}

impl Answered {
    pub const fn page(markup: Markup) -> Self {
        Self { status: StatusCode::OK, what: What::Page(markup), cookies: Vec::new(), links: None }
    }

    /// A page that says why something was refused, if it was.
    pub fn page_after(markup: Markup, refusal: Option<&Refusal>) -> Self {
        let page = Self::page(markup);
        match refusal {
            Some(refusal) => page.for_refusal(refusal),
            None => page,
        }
    }

    pub fn to(path: &str) -> Self {
        Self {
            status: StatusCode::SEE_OTHER,
            what: What::To(path.to_owned()),
            cookies: Vec::new(),
            links: None,
        }
    }

    pub const fn onward(markup: Markup, path: String) -> Self {
        Self { status: StatusCode::OK, what: What::Onward(markup, path), cookies: Vec::new(), links: None }
    }

    pub fn bytes(response: Response<Body>) -> Self {
        Self {
            status: StatusCode::OK,
            what: What::Bytes(Box::new(response)),
            cookies: Vec::new(),
            links: None,
        }
    }

    /// The same, as an answer to what was refused.
    pub fn for_refusal(self, refusal: &Refusal) -> Self {
        Self { status: status(refusal.reason), ..self }
    }

    pub fn with(mut self, cookie: Cookie) -> Self {
        self.cookies.push(cookie);
        self
    }
}

/// A whole answer.
pub fn respond(answered: Answered, is_secure: bool) -> Response<Body> {
    let mut response = match answered.what {
        What::Page(markup) => page(answered.status, markup, is_secure),
        What::To(path) => {
            let mut response = page(answered.status, Markup::default(), is_secure);
            if let Ok(path) = HeaderValue::from_str(&path) {
                response.headers_mut().insert(header::LOCATION, path);
            }
            response
        }
        What::Onward(markup, path) => {
            let mut response = page(answered.status, markup, is_secure);
            if let Ok(onward) = HeaderValue::from_str(&format!("0; url={path}")) {
                response.headers_mut().insert(header::REFRESH, onward);
            }
            response
        }
        What::Bytes(response) => {
            let mut response = *response;
            guard(&mut response, is_secure);
            response
        }
    };
    if let Some(links) = answered.links.and_then(|links| HeaderValue::from_str(&links).ok()) {
        response.headers_mut().insert(header::LINK, links);
    }
    for cookie in &answered.cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie.text()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// A text for machines, that anybody may keep for a while.
pub fn told(text: String, media: &'static str) -> Response<Body> {
    let body = Full::new(Bytes::from(text));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=300"));
    response
}

pub fn page(status: StatusCode, markup: Markup, is_secure: bool) -> Response<Body> {
    let body = Full::new(Bytes::from(markup.into_string()));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // WHY: what one person saw is not in the next one's browser.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    guard(&mut response, is_secure);
    response
}

pub fn guard(response: &mut Response<Body>, is_secure: bool) {
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        // WHY not none: a form that is posted must say where it was, and to us alone.
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_secure {
        headers.insert("strict-transport-security", HeaderValue::from_static("max-age=31536000"));
    }
}
