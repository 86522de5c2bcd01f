//! Packs: small bodies that wait for the disk at the same time share one blob.
//!
//! WHY: a durable file costs the same for one body as for sixty, and many
//! clients that each store a little wait for nothing else. As with commits
//! there is no timer: one pack is on its way, and what comes meanwhile is the
//! next. A body alone is a blob of its own, as it ever was.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::oneshot;
use words::Id;
use words::noun::{Blob, Scope};

use super::Blobs;
use crate::error::StoreError;
use crate::limit::{PACK_BODIES_MAX, PACK_BYTES_MAX};

/// Where a body lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub blob: Id<Blob>,
    /// Where in the blob it begins; none: the blob is this body and nothing else.
    pub offset: Option<u64>,
}

/// The packs of one cell.
#[derive(Clone)]
pub struct Packs(Arc<Inner>);

struct Inner {
    blobs: Blobs,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    waiting: Vec<Waiting>,
    /// Somebody writes, and will look here again.
    is_led: bool,
}

struct Waiting {
    blob: Id<Blob>,
    scope: Id<Scope>,
    bytes: Bytes,
    reply: oneshot::Sender<Result<Placed, StoreError>>,
}

impl Packs {
    pub fn new(blobs: Blobs) -> Self {
        Self(Arc::new(Inner { blobs, line: Mutex::default() }))
    }

    /// Makes a small body durable, in a blob of its own (`blob`) or in one with others of its scope.
    ///
    /// WHY by scope: what is withdrawn together is swept together.
    pub async fn put(&self, blob: Id<Blob>, scope: Id<Scope>, bytes: Bytes) -> Result<Placed, StoreError> {
        let (reply, answer) = oneshot::channel();
        if self.0.joined(Waiting { blob, scope, bytes, reply }) {
            // WHY a task: whoever leads may go away, and the others still wait.
            tokio::spawn(lead(Arc::clone(&self.0)));
        }
        answer.await.unwrap_or_else(|_| Err(unwritten("nobody writes any more")))
    }
}

async fn lead(inner: Arc<Inner>) {
    let mut led = Led { inner, has_ended: false };
    while let Some(pack) = led.inner.next() {
        write(&led.inner.blobs, pack).await;
    }
    // From here on the line may be another's.
    led.has_ended = true;
}

/// WHY a guard: a leader that is cut off must not leave a line that seems to be led.
struct Led {
    inner: Arc<Inner>,
    has_ended: bool,
}

impl Drop for Led {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let mut line = self.inner.line();
        // Whoever waits is told so.
        line.waiting.clear();
        line.is_led = false;
    }
}

impl Inner {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether who joins now leads, for nobody does.
    fn joined(&self, waiting: Waiting) -> bool {
        let mut line = self.line();
        line.waiting.push(waiting);
        !std::mem::replace(&mut line.is_led, true)
    }

    /// The next pack, in the order of coming; none: the line is empty, and led no more.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut line = self.line();
        let Some(scope) = line.waiting.first().map(|first| first.scope) else {
            line.is_led = false;
            return None;
        };
        let (mut bytes, mut bodies) = (0, 0);
        let fits = |one: &mut Waiting| {
            let is_next = one.scope == scope
                && bodies < PACK_BODIES_MAX
                && (bodies == 0 || bytes + one.bytes.len() <= PACK_BYTES_MAX);
            if is_next {
                (bytes, bodies) = (bytes + one.bytes.len(), bodies + 1);
            }
            is_next
        };
        Some(line.waiting.extract_if(.., fits).collect())
    }
}

async fn write(blobs: &Blobs, pack: Vec<Waiting>) {
    let Some(blob) = pack.first().map(|first| first.blob) else { return };
    let is_alone = pack.len() == 1;
    let written = blobs.put_pieces(blob, pack.iter().map(|one| one.bytes.clone()).collect()).await;
    let mut offset = 0;
    for one in pack {
        let placed = Placed { blob, offset: (!is_alone).then_some(offset) };
        offset += one.bytes.len() as u64;
        let told = written.as_ref().map(|()| placed).map_err(|error| unwritten(&error.to_string()));
        // Who went away leaves bytes that no row names.
        let _gone = one.reply.send(told);
    }
}

fn unwritten(cause: &str) -> StoreError {
    StoreError::Unavailable { tried: "write", name: "a pack".to_owned(), cause: cause.into() }
}
