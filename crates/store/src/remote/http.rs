//! HTTP to one S3 server over connections of our own.
//!
//! WHY not the client that the storage crate brings: it reads proxies from the
//! environment, follows redirects and would be a second HTTP stack beside ours.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::http::Method;
use async_trait::async_trait;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};

use super::place::Endpoint;
use super::wire::Dial;
use crate::error::Cause;
use crate::limit::{BLOB_SMALL_BYTES_MAX, LONG_WAIT_MS_MAX, REMOTE_IDLE_MS_MAX, REMOTE_WAIT_MS_MAX};

/// The connections to one server; cheap to clone.
#[derive(Clone)]
pub(super) struct Http {
    client: Client<Dial, HttpRequestBody>,
    pub(super) endpoint: Arc<Endpoint>,
}

impl Http {
    pub(super) fn new(endpoint: &Endpoint, roots: Option<&Path>) -> Result<Self, Cause> {
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(Duration::from_millis(REMOTE_IDLE_MS_MAX));
        let client = client.build(Dial::new(endpoint, roots)?);
        Ok(Self { client, endpoint: Arc::new(endpoint.clone()) })
    }

    /// One try; its end may be unknown.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let wait = Duration::from_millis(wait_ms(&request));
        let answered = tokio::time::timeout(wait, self.client.request(request)).await;
        let answered = answered.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?;
        let answered = answered.map_err(|error| {
            let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
            HttpError::new(kind, error)
        })?;
        let broken = |error: hyper::Error| HttpError::new(HttpErrorKind::Interrupted, error);
        Ok(answered.map(|body| HttpResponseBody::new(body.map_err(broken))))
    }
}

/// WHY: less than what the caller waits in all, so that one dead connection leaves time for another.
fn wait_ms(request: &HttpRequest) -> u64 {
    let is_large = request.body().content_length() > BLOB_SMALL_BYTES_MAX;
    // WHY: a server may put the parts of a large upload together for a while.
    let is_slow = request.method() == Method::POST;
    if is_large || is_slow { LONG_WAIT_MS_MAX } else { REMOTE_WAIT_MS_MAX }
}

impl fmt::Debug for Http {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Http({})", self.endpoint)
    }
}

#[async_trait]
impl HttpService for Http {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.send(request).await
    }
}

impl HttpConnector for Http {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}
