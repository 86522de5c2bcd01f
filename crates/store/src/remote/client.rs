//! Signed requests without a body, for what the storage crate does not offer.

use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderName, HeaderValue, Method, Request, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use object_store::client::{HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody};
use words::{Clock, Secret};

use super::fault::Fault;
use super::http::Http;
use super::sign::{Signer, Unsigned, authorization, empty_digest, escape, query, stamp};
use super::{Remote, xml};
use crate::limit::{REMOTE_ANSWER_BYTES_MAX, REMOTE_PAUSE_MS, REMOTE_TRIES_MAX, STALL_WAIT_MS_MAX};

/// One bucket's server, asked as it is.
#[derive(Clone)]
pub(super) struct Client {
    http: Http,
    /// `/bucket`
    root: String,
    region: String,
    id: String,
    secret: Arc<Secret<String>>,
    token: Option<Arc<Secret<String>>>,
    clock: Arc<dyn Clock>,
}

/// What to ask of one key, or of the bucket where the key is empty.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) key: &'a str,
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) headers: &'a [(&'a str, &'a str)],
}

impl Client {
    pub(super) fn new(remote: &Remote, http: Http, clock: Arc<dyn Clock>) -> Self {
        let kept = |secret: &Secret<String>| Arc::new(Secret::new(secret.expose().clone()));
        Self {
            http,
            root: format!("/{}", remote.url.name),
            region: remote.region.clone(),
            id: remote.keys.id.clone(),
            secret: kept(&remote.keys.secret),
            token: remote.keys.token.as_ref().map(kept),
            clock,
        }
    }

    /// The answer's head with its body to come; asked again where that may help.
    pub(super) async fn ask(&self, asked: Asked<'_>) -> Result<HttpResponse, Fault> {
        let mut pause_ms = REMOTE_PAUSE_MS;
        for again in (0..REMOTE_TRIES_MAX).rev() {
            match self.try_ask(asked).await {
                Err(Fault::Busy | Fault::Failing | Fault::Cut | Fault::Slow | Fault::Unreachable)
                    if again > 0 =>
                {
                    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                }
                answered => return answered,
            }
            pause_ms *= 2;
        }
        Err(Fault::Failing)
    }

    /// The same, whole.
    pub(super) async fn read(&self, asked: Asked<'_>) -> Result<Bytes, Fault> {
        whole(self.ask(asked).await?.into_body()).await
    }

    async fn try_ask(&self, asked: Asked<'_>) -> Result<HttpResponse, Fault> {
        let request = self.request(asked).map_err(|_| Fault::Strange)?;
        let answered = self.http.send(request).await.map_err(|error| Fault::unanswered(&error))?;
        let status = answered.status().as_u16();
        if answered.status().is_success() {
            return Ok(answered);
        }
        // WHY ignored: a refusal that cannot be read is told by its status alone.
        let body = whole(answered.into_body()).await.unwrap_or_default();
        let (_, answer) = xml::read(&body, "").unwrap_or_default();
        let code = answer.get("Code").map(String::as_str).unwrap_or_default();
        match (status, code) {
            (404, "" | "NoSuchKey" | "NoSuchUpload") | (412, _) => Err(Fault::Gone),
            _ => Err(Fault::answered(status, code)),
        }
    }

    fn request(&self, asked: Asked<'_>) -> Result<HttpRequest, ::http::Error> {
        let (host, stamp, digest) = (self.http.endpoint.authority(), stamp(self.clock.now()), empty_digest());
        let path = match asked.key {
            "" => self.root.clone(),
            key => format!("{}/{}", self.root, escape(key, "/")),
        };
        let mut headers = vec![
            ("host", host.as_str()),
            ("x-amz-content-sha256", digest.as_str()),
            ("x-amz-date", stamp.as_str()),
        ];
        headers.extend(self.token.as_ref().map(|token| ("x-amz-security-token", token.expose().as_str())));
        headers.extend(asked.headers);
        let signer = Signer { id: &self.id, secret: &self.secret, region: &self.region };
        let method = asked.method.as_str();
        let unsigned = Unsigned { method, path: &path, query: asked.query, headers: &headers };
        let signed = authorization(&unsigned, &signer, &stamp);
        let mut uri = format!("{}{path}", self.http.endpoint);
        if !asked.query.is_empty() {
            uri = format!("{uri}?{}", query(asked.query));
        }
        let mut request = Request::builder().method(asked.method).uri(uri).body(HttpRequestBody::empty())?;
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        request.headers_mut().insert(header::AUTHORIZATION, HeaderValue::try_from(signed)?);
        Ok(request)
    }
}

/// The next bytes of a body that must not stall.
pub(super) async fn next(body: &mut HttpResponseBody) -> Option<Result<Bytes, Fault>> {
    loop {
        let wait = Duration::from_millis(STALL_WAIT_MS_MAX);
        let frame = match tokio::time::timeout(wait, body.frame()).await {
            Err(_) => return Some(Err(Fault::Slow)),
            Ok(None) => return None,
            Ok(Some(Err(_))) => return Some(Err(Fault::Cut)),
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers say nothing here.
        if let Ok(bytes) = frame.into_data() {
            return Some(Ok(bytes));
        }
    }
}

async fn whole(mut body: HttpResponseBody) -> Result<Bytes, Fault> {
    let mut all = BytesMut::new();
    while let Some(bytes) = next(&mut body).await {
        all.extend_from_slice(&bytes?);
        if all.len() > REMOTE_ANSWER_BYTES_MAX {
            return Err(Fault::Strange);
        }
    }
    Ok(all.freeze())
}
