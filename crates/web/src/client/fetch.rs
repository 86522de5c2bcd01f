//! A question to somebody else's server: at the address as it is written, bounded in bytes, following nothing.

use std::convert::Infallible;

use bytes::Bytes;
use data_encoding::BASE64;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use listen::Trust;

use super::{Address, CallError, send};

/// WHY: configurations are 3 to 10 KiB, keys some hundred bytes each, tokens up to 20 KiB.
const ANSWER_BYTES_MAX: usize = 256 * 1_024;

/// SPEC: OpenID Connect Discovery 1.0, 4.
const CONFIGURATION: &str = "/.well-known/openid-configuration";

/// An address and a path of it.
pub(crate) fn place(url: &str) -> Result<(Address, String), CallError> {
    let wrong = || CallError::Address(url.to_owned());
    let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    Ok((format!("{scheme}://{authority}").parse()?, format!("/{path}")))
}

/// Where an identity provider describes itself.
pub(crate) fn configuration_of(issuer: &str) -> String {
    format!("{}{CONFIGURATION}", issuer.trim_end_matches('/'))
}

/// Whether two addresses are one server's.
pub(crate) fn is_same_origin(one: &str, other: &str) -> Result<bool, CallError> {
    Ok(place(one)?.0 == place(other)?.0)
}

/// Asks for JSON; with a form it is posted.
pub(crate) async fn fetch(
    url: &str,
    form: Option<String>,
    trust: Option<&Trust>,
) -> Result<(StatusCode, Bytes), CallError> {
    fetch_as(url, form, None, trust).await
}

/// The same as a program with a name and a secret there.
///
/// SPEC: RFC 6749, 2.3.1: both are form-encoded first, and every server takes them so.
pub(crate) async fn fetch_as(
    url: &str,
    form: Option<String>,
    program: Option<(&str, &str)>,
    trust: Option<&Trust>,
) -> Result<(StatusCode, Bytes), CallError> {
    let (address, path) = place(url)?;
    let method = if form.is_some() { Method::POST } else { Method::GET };
    let body = Full::new(Bytes::from(form.unwrap_or_default()));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, address.host_header())
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = match program {
        Some((name, secret)) => {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let both = BASE64.encode(format!("{}:{}", encoded(name), encoded(secret)).as_bytes());
            request.header(header::AUTHORIZATION, format!("Basic {both}"))
        }
        None => request,
    };
    let request = request
        .body(body.map_err(|never: Infallible| match never {}).boxed_unsync())
        .map_err(|_| CallError::Unwritten)?;
    let response = send(&address, trust, request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    let bytes = body.map_err(|_| CallError::Strange { status: status.as_u16() })?.to_bytes();
    Ok((status, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: an address is asked as it is written. Method: with and without a path and a port.
    #[test]
    fn somebody_else_is_asked_at_their_address() {
        for (url, expected) in [
            ("https://iam.example.org/", Some(("https://iam.example.org:443", "/"))),
            ("https://iam.example.org/realms/a", Some(("https://iam.example.org:443", "/realms/a"))),
            ("http://127.0.0.1:4000", Some(("http://127.0.0.1:4000", "/"))),
            ("http://169.254.169.254/latest", None),
            ("http://iam.example.org/", None),
            ("file:///etc/passwd", None),
            ("iam.example.org", None),
        ] {
            let read = place(url).ok().map(|(address, path)| (address.to_string(), path));
            let expected = expected.map(|(address, path)| (address.to_owned(), path.to_owned()));
            assert_eq!(read, expected, "{url}");
        }
    }
}
