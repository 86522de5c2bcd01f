//! Ranges that are none, several ranges too: answered with the whole, as S3 does.
//!
//! SPEC: RFC 9110, 14.2: a server may ignore a Range that it cannot read. The protocol crate refuses it instead, and
//! the header is under the signature. So once that was verified, the request goes on without the header, to a
//! second service that takes the verified key's word for who asks. It must never be reached by another way.

use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use s3s::dto::Range;
use s3s::route::S3Route;
use s3s::service::S3Service;
use s3s::{Body, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use crate::auth::{Verified, anonymous};
use crate::error;
use crate::guard::{hoist, name};

/// The way of reads with such a range.
pub struct Whole(pub S3Service);

#[async_trait::async_trait]
impl S3Route for Whole {
    fn is_match(&self, method: &Method, _: &Uri, headers: &HeaderMap, _: &mut http::Extensions) -> bool {
        let is_read = *method == Method::GET || *method == Method::HEAD;
        let range = headers.get(header::RANGE).filter(|range| !range.is_empty());
        is_read && range.is_some_and(|range| !is_range(range))
    }

    async fn check_access(&self, request: &mut S3Request<Body>) -> S3Result<()> {
        let credentials = request.credentials.as_ref().ok_or_else(anonymous)?;
        let verified = Verified(credentials.access_key.clone());
        request.extensions.insert(verified);
        Ok(())
    }

    async fn call(&self, request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let S3Request { input, method, uri, mut headers, extensions, .. } = request;
        headers.remove(header::RANGE);
        headers.remove(header::AUTHORIZATION);
        let mut request = Request::new(input);
        *request.method_mut() = method;
        *request.uri_mut() = unsigned(&uri)?;
        *request.headers_mut() = headers;
        *request.extensions_mut() = extensions;
        let answered = self.0.call(request).await.map_err(|_| broken())?;
        let (head, body) = answered.into_parts();
        let mut response = S3Response::with_status(body, head.status);
        response.headers = head.headers;
        Ok(response)
    }
}

fn is_range(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|text| Range::parse(text).is_ok())
}

/// The same target without a link's signature, which was verified.
fn unsigned(uri: &Uri) -> S3Result<Uri> {
    let is_own = |pair: &&str| {
        let own = pair.split_once('=').map_or(*pair, |(own, _)| own);
        !name::decode(own).is_some_and(|own| hoist::SIGNATURE.contains(&own.as_str()))
    };
    let query: Vec<_> = uri.query().unwrap_or_default().split('&').filter(is_own).collect();
    let target = format!("{}?{}", uri.path(), query.join("&"));
    target.trim_end_matches('?').parse().map_err(|_| broken())
}

fn broken() -> S3Error {
    error::error(S3ErrorCode::InternalError, &words::Reason::Unavailable.into())
}
