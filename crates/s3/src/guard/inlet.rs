//! A body as it comes in: counted against the clock and the limit.
//!
//! A client that stalls is let go; what went wrong is remembered, because the
//! protocol crate forgets it on the way. It never buffers.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use listen::Grant;
use seal::checksum::Algorithm;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep, sleep};

use crate::guard::chunk::{Chunks, Framing};
use crate::guard::hold::Hold;

/// WHY: progress below this in one wait is a stall, however it is spread.
const PROGRESS_BYTES: usize = 4 * 1_024;
/// WHY: a refused client that is still sending would see a reset, not its answer.
const DRAIN_BYTES_MAX: usize = 16 << 20;
/// WHY: a client that pauses this long has seen that nobody reads, or waits for its answer.
const DRAIN_PAUSE: Duration = Duration::from_millis(250);

/// What went wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Cut,
    Slow,
    Chunk(Framing),
    /// The door holds as many bytes as it may.
    Full,
    /// A document is not what its checksum says.
    Sum(Algorithm),
}

#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive: {0:?}")]
pub struct Broken(Fault);

/// What the guard keeps of a body that it has handed on.
pub struct Source {
    body: Mutex<Incoming>,
    fault: OnceLock<Fault>,
    has_begun: AtomicBool,
}

impl Source {
    pub fn new(body: Incoming) -> Arc<Self> {
        Arc::new(Self { body: Mutex::new(body), fault: OnceLock::new(), has_begun: AtomicBool::new(false) })
    }

    pub fn fault(&self) -> Option<Fault> {
        self.fault.get().copied()
    }

    /// Whether the client has been asked for its body; until then it may be waiting.
    pub fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Relaxed)
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.has_begun.store(true, Ordering::Relaxed);
        let mut body = self.body.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }

    /// Whether there is no body at all.
    pub fn is_empty(&self) -> bool {
        self.is_at_end()
    }

    fn is_at_end(&self) -> bool {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn hint(&self) -> SizeHint {
        self.body.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}

/// Reads on, within bounds, so that a refusal can be heard.
pub async fn drain(source: &Arc<Source>, wait: Duration) {
    if source.is_at_end() || source.fault().is_some() {
        return;
    }
    let mut rest = Rest(Arc::clone(source));
    let mut left = DRAIN_BYTES_MAX;
    let reading = async {
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(DRAIN_PAUSE, rest.frame()).await {
            left = left.saturating_sub(frame.data_ref().map_or(1, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    // The answer goes out in any case; a client too slow to be drained may miss it.
    let _too_slow = tokio::time::timeout(wait, reading).await;
}

struct Rest(Arc<Source>);

impl Body for Rest {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.0.poll(context)
    }
}

/// The body as the protocol reads it.
pub struct Inlet {
    source: Arc<Source>,
    wait: Duration,
    until: Pin<Box<Sleep>>,
    since_bytes: usize,
    /// Set for bodies that come in chunks, and what of them is to be passed on.
    chunks: Option<Chunks>,
    passing: VecDeque<Bytes>,
    /// WHY: the protocol holds a signed chunk whole before it passes it on.
    hold: Arc<Hold>,
    granted: Option<(u64, Grant)>,
    /// One of the bodies that may be open at once.
    _open: Option<OwnedSemaphorePermit>,
}

impl Inlet {
    pub fn new(
        source: Arc<Source>,
        wait: Duration,
        chunks: Option<Chunks>,
        hold: Arc<Hold>,
        open: Option<OwnedSemaphorePermit>,
    ) -> Self {
        let until = Box::pin(sleep(wait));
        let passing = VecDeque::new();
        Self { source, wait, until, since_bytes: 0, chunks, passing, hold, granted: None, _open: open }
    }

    pub fn broken(&self, fault: Fault) -> Broken {
        Broken(*self.source.fault.get_or_init(|| fault))
    }

    fn arrived(&mut self, bytes: Bytes) -> Result<(), Broken> {
        self.progress(bytes.len());
        match &mut self.chunks {
            None => self.passing.push_back(bytes),
            Some(chunks) => {
                let passed = chunks.pass(bytes, &mut self.passing);
                let held_bytes = chunks.held_bytes();
                passed.map_err(|framing| self.broken(Fault::Chunk(framing)))?;
                self.make_room(held_bytes)?;
            }
        }
        Ok(())
    }

    /// Room for the chunk that the protocol collects, and for no other any more.
    fn make_room(&mut self, held_bytes: u64) -> Result<(), Broken> {
        if self.granted.as_ref().is_some_and(|(granted, _)| *granted == held_bytes) {
            return Ok(());
        }
        self.granted = None;
        let grant = self.hold.bytes(held_bytes).ok_or_else(|| self.broken(Fault::Full))?;
        self.granted = Some((held_bytes, grant));
        Ok(())
    }

    fn progress(&mut self, size_bytes: usize) {
        self.since_bytes = self.since_bytes.saturating_add(size_bytes);
        if self.since_bytes >= PROGRESS_BYTES {
            self.since_bytes = 0;
            self.until.as_mut().reset(Instant::now() + self.wait);
        }
    }
}

impl Body for Inlet {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        loop {
            if let Some(bytes) = self.passing.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            let Poll::Ready(next) = self.source.poll(context) else {
                ready!(self.until.as_mut().poll(context));
                return Poll::Ready(Some(Err(self.broken(Fault::Slow))));
            };
            let Some(next) = next else {
                return Poll::Ready(None);
            };
            let Ok(frame) = next else {
                return Poll::Ready(Some(Err(self.broken(Fault::Cut))));
            };
            // HTTP's own trailers say nothing here.
            let Ok(bytes) = frame.into_data() else {
                continue;
            };
            if let Err(broken) = self.arrived(bytes) {
                return Poll::Ready(Some(Err(broken)));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.passing.is_empty() && self.source.is_at_end()
    }

    fn size_hint(&self) -> SizeHint {
        match self.chunks {
            Some(_) => SizeHint::default(),
            None => self.source.hint(),
        }
    }
}
