//! One call: sign, send, read.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use gate::identify::digest;
use gate::identify::signed::{Headers, Message, sign};
use http::{Request, Response, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use listen::Trust;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use words::Act;
use words::chance::bytes;

use super::answer::{accepted, read_answer, read_download};
use super::{Address, Answer, CallError, Client, Download, Who};
use crate::head::Asked;
use crate::{ACT_HEADER, ACTS_PATH};

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// WHY: a body begins once the region has said that it will take it; one that says nothing gets it after a moment.
const GO_AHEAD_WAIT: Duration = Duration::from_secs(5);

impl Client {
    /// Does an act that neither sends nor gives bytes.
    pub async fn perform(&self, act: Act, fields: &Value) -> Result<Answer, CallError> {
        read_answer(self.post(act, fields).await?).await
    }

    /// Does an act that gives bytes.
    pub async fn download(&self, act: Act, fields: &Value) -> Result<Download, CallError> {
        Ok(read_download(self.post(act, fields).await?))
    }

    /// Does an act that sends bytes.
    pub async fn upload(
        &self,
        act: Act,
        fields: &Value,
        size_bytes: Option<u64>,
        body: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> Result<Answer, CallError> {
        let fields = digest::write_act(fields.to_string().as_bytes());
        let (go, wait) = oneshot::channel();
        let mut request = self.request(act, (ACT_HEADER, fields), later(body, wait))?;
        let headers = request.headers_mut();
        headers.insert(header::EXPECT, header::HeaderValue::from_static("100-continue"));
        if let Some(size_bytes) = size_bytes {
            headers.insert(header::CONTENT_LENGTH, size_bytes.into());
        }
        let go = Arc::new(Mutex::new(Some(go)));
        hyper::ext::on_informational(&mut request, move |_| {
            if let Some(go) = go.lock().unwrap_or_else(PoisonError::into_inner).take() {
                // Nobody waits any more: the body has begun.
                let _heard = go.send(());
            }
        });
        read_answer(self.send(request).await?).await
    }

    async fn post(&self, act: Act, fields: &Value) -> Result<Response<Incoming>, CallError> {
        let body = fields.to_string().into_bytes();
        let digest = digest::content_digest(&body);
        let body = Full::new(Bytes::from(body)).map_err(|never: Infallible| match never {}).boxed_unsync();
        self.send(self.request(act, ("content-digest", digest), body)?).await
    }

    fn request(
        &self,
        act: Act,
        signed: (&'static str, String),
        body: Body,
    ) -> Result<Request<Body>, CallError> {
        let authority = self.address.authority();
        let path = format!("{ACTS_PATH}{}", act.name());
        let query =
            Asked { credential: self.credential.clone(), attempt: self.attempt, upon: self.upon }.write();
        let (name, value) = &signed;
        let uri = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        let request = Request::post(uri).header(header::HOST, &authority).header(*name, value.as_str());
        let key = match &self.who {
            Who::Key(key) => key,
            Who::Session(session) => {
                let proof = header::HeaderValue::from_str(&format!("Bearer {}", session.expose()));
                let mut proof = proof.map_err(|_| CallError::Unwritten)?;
                proof.set_sensitive(true);
                let request = request.header(header::AUTHORIZATION, proof).body(body);
                return request.map_err(|_| CallError::Unwritten);
            }
        };
        let message = Message {
            method: "POST",
            authority: &authority,
            path: &path,
            query: &query,
            content_digest: (*name == "content-digest").then_some(value),
            epic_act: (*name == ACT_HEADER).then_some(value),
        };
        let Headers { input, signature } = sign(key, &message, self.clock.now(), bytes(self.rand.as_ref()))
            .map_err(|_| CallError::Unwritten)?;
        let request = request.header("signature-input", input).header("signature", signature);
        request.body(body).map_err(|_| CallError::Unwritten)
    }

    async fn send(&self, request: Request<Body>) -> Result<Response<Incoming>, CallError> {
        accepted(send(&self.address, self.trust.as_ref(), request).await?).await
    }
}

/// One request to an address over a connection of its own, and the head of its answer, whatever it says.
pub(crate) async fn send(
    address: &Address,
    trust: Option<&Trust>,
    request: Request<Body>,
) -> Result<Response<Incoming>, CallError> {
    let unreachable = |cause| CallError::Unreachable { address: address.to_string(), cause };
    let stream = TcpStream::connect(address.dial()).await.map_err(unreachable)?;
    send_over(stream, address, trust, request).await
}

/// The same over a connection that leads there already.
pub(crate) async fn send_over(
    stream: TcpStream,
    address: &Address,
    trust: Option<&Trust>,
    request: Request<Body>,
) -> Result<Response<Incoming>, CallError> {
    // A failure costs speed, nothing else.
    let _is_set = stream.set_nodelay(true);
    if !address.is_secure() {
        return exchange(stream, request).await;
    }
    let unproven = |cause| CallError::Unproven { address: address.to_string(), cause };
    let trust = trust.ok_or_else(|| unproven(io::ErrorKind::NotFound.into()))?;
    exchange(trust.connect(address.host(), stream).await.map_err(unproven)?, request).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Body>,
) -> Result<Response<Incoming>, CallError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(CallError::Broken)?;
    // It ends with the answer's last byte, or when the answer is dropped; its error reaches the answer.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(CallError::Broken)
}

/// A body that begins when the region asks for it.
///
/// WHY: a refusal on the head would be lost under bytes that nobody reads.
fn later(body: impl Stream<Item = io::Result<Bytes>> + Send + 'static, go: oneshot::Receiver<()>) -> Body {
    let wait = stream::once(async move {
        let _asked_or_late = tokio::time::timeout(GO_AHEAD_WAIT, go).await;
        Ok(Bytes::new())
    });
    StreamBody::new(wait.chain(body).map(|next| next.map(Frame::data))).boxed_unsync()
}
