//! One kept connection of the load client: signed requests out, answers counted and let go.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::sign::{Access, Signer, UNSIGNED, stamp};
use super::world;

/// WHY: large enough to cost few calls, small enough that no block of a store is all alike.
const CHUNK_BYTES: usize = 256 << 10;

/// A request's body: nothing, a document, or noise of which no two chunks are alike,
/// so that no store can keep one for many.
pub struct Sent {
    document: Bytes,
    noise_bytes: u64,
    /// Set into each chunk of noise.
    number: u64,
}

impl Sent {
    pub const fn nothing() -> Self {
        Self::noise(0, 0)
    }

    /// `number` tells bodies apart; chunks of a body count on from it in its high bits.
    pub const fn noise(size_bytes: u64, number: u64) -> Self {
        Self { document: Bytes::new(), noise_bytes: size_bytes, number }
    }

    pub fn document(text: String) -> Self {
        Self { document: text.into(), noise_bytes: 0, number: 0 }
    }

    fn left_bytes(&self) -> u64 {
        self.document.len() as u64 + self.noise_bytes
    }
}

fn noise() -> &'static [u8] {
    static NOISE: OnceLock<Vec<u8>> = OnceLock::new();
    NOISE.get_or_init(|| world::noise(CHUNK_BYTES))
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if !self.document.is_empty() {
            let document = std::mem::take(&mut self.document);
            return Poll::Ready(Some(Ok(Frame::data(document))));
        }
        let size = usize::try_from(self.noise_bytes).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        if size == 0 {
            return Poll::Ready(None);
        }
        let mut chunk = noise().get(..size).unwrap_or_default().to_vec();
        chunk.iter_mut().zip(self.number.to_le_bytes()).for_each(|(byte, mark)| *byte ^= mark);
        self.noise_bytes -= size as u64;
        self.number = self.number.wrapping_add(1 << 40);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(chunk)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes())
    }
}

/// What came back.
pub struct Answer {
    pub size_bytes: u64,
    pub etag: String,
    /// The body, where it was asked for.
    pub body: Vec<u8>,
}

/// A connection and the signature that goes over it.
pub struct Line {
    sender: SendRequest<Sent>,
    signer: Signer,
}

impl Line {
    pub async fn open(to: SocketAddr, access: &Access) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(to).await.with_context(|| format!("nobody listens at {to}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the sender.
        tokio::spawn(connection);
        Ok(Self { sender, signer: Signer::new(access, to.to_string(), world::now()) })
    }

    /// Sends one request and reads its answer to the end; anything but a 2xx is an error.
    pub async fn send(&mut self, method: &str, target: &str, body: Sent) -> anyhow::Result<Answer> {
        self.exchange(method, target, body, false).await
    }

    /// The same, and keeps the answer's body.
    pub async fn fetch(&mut self, method: &str, target: &str, body: Sent) -> anyhow::Result<Answer> {
        self.exchange(method, target, body, true).await
    }

    async fn exchange(
        &mut self,
        method: &str,
        target: &str,
        body: Sent,
        is_kept: bool,
    ) -> anyhow::Result<Answer> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let stamp = stamp(world::now());
        let authorization = self.signer.authorization(method, path, query, &stamp);
        let request = http::Request::builder()
            .method(method)
            .uri(target)
            .header("host", self.signer.host())
            .header("x-amz-content-sha256", UNSIGNED)
            .header("x-amz-date", stamp)
            .header("authorization", authorization)
            .body(body)?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let (head, mut body) = response.into_parts();
        let header =
            |name: &str| head.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        let etag = header("etag").unwrap_or_default().to_owned();
        let is_well = head.status.is_success();
        let mut answer = Answer { size_bytes: 0, etag, body: Vec::new() };
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame?.into_data() else { continue };
            answer.size_bytes += bytes.len() as u64;
            if is_kept || !is_well {
                answer.body.extend_from_slice(&bytes);
            }
        }
        let told = || String::from_utf8_lossy(&answer.body).into_owned();
        ensure!(is_well, "{method} {target}: {} {}", head.status, told());
        Ok(answer)
    }
}
