//! Whoever looks at bytes: a process of its own, under limits.

use std::io::{self, Read};
use std::path::PathBuf;
use std::process::Command;

use async_trait::async_trait;
use bytes::{Buf, Bytes};
use formats::worker::Bounds;
use futures::StreamExt;
use region::examine::Said;
use region::object::body::Body;
use tokio::sync::mpsc;
use words::{Reason, Refusal};

use crate::refer::Given;
use crate::worker::{self, Held, Terms};

/// WHY: a few pieces on their way; the region reads on while the process thinks.
const PIECES: usize = 4;

/// Why nothing was said.
#[derive(Debug)]
pub enum Fault {
    /// It cannot be looked at now, and that is not about the object.
    Unread(Refusal),
    /// The process did not end well: a rule's code.
    Process(&'static str),
}

/// Says what an object is, whether it holds, and whether it names people.
#[async_trait]
pub trait Examiner: Send + Sync {
    async fn examine(&self, body: Body) -> Result<Said, Fault>;

    /// Holds a table to a contract.
    async fn hold(&self, terms: Terms, body: Body) -> Result<Held, Fault>;

    /// Tells values of a table's columns, as digests under a key: one for each column.
    async fn values(&self, columns: Vec<String>, key: [u8; 16], body: Body) -> Result<Vec<Given>, Fault>;
}

/// A program that is started for each object, with the object on its standard input.
#[derive(Debug, Clone)]
pub struct Process {
    pub program: PathBuf,
    pub args: Vec<String>,
    pub bounds: Bounds,
}

#[async_trait]
impl Examiner for Process {
    async fn examine(&self, body: Body) -> Result<Said, Fault> {
        self.fed(body, |command, from, bounds| worker::run(command, from, bounds)).await
    }

    async fn hold(&self, terms: Terms, body: Body) -> Result<Held, Fault> {
        self.fed(body, move |command, from, bounds| worker::hold(command, terms, from, bounds)).await
    }

    async fn values(&self, columns: Vec<String>, key: [u8; 16], body: Body) -> Result<Vec<Given>, Fault> {
        self.fed(body, move |command, from, bounds| worker::values(command, columns, key, from, bounds)).await
    }
}

/// What a process came to: what it said, or which rule its end breaks.
type Came<T> = Result<Result<T, &'static str>, formats::worker::Error>;

impl Process {
    /// Starts the program, and feeds it with a body from a thread of its own.
    async fn fed<T: Send + 'static>(
        &self,
        body: Body,
        run: impl FnOnce(&mut Command, &mut (dyn Read + Send), &Bounds) -> Came<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (mut command, bounds) = (Command::new(&self.program), self.bounds.clone());
        command.args(&self.args);
        let (piped, feed) = piped(body);
        let looking = tokio::task::spawn_blocking(move || {
            let mut from = piped;
            run(&mut command, &mut from, &bounds)
        });
        let unread = feed.await;
        let came = looking.await.map_err(|_| Fault::Unread(Reason::Unavailable.into()))?;
        match (unread, came) {
            (Some(refusal), _) => Err(Fault::Unread(refusal)),
            (None, Ok(Ok(said))) => Ok(said),
            (None, Ok(Err(cause))) => Err(Fault::Process(cause)),
            // WHY not the object's fault: this machine has no room for a process now, or the store gives no bytes.
            (None, Err(formats::worker::Error::Start(_) | formats::worker::Error::Read(_))) => {
                Err(Fault::Unread(Reason::Unavailable.into()))
            }
        }
    }
}

/// A body as a process's feeder reads it, and what brings it there; that ends with why it could not be read.
pub(crate) fn piped(mut body: Body) -> (Piped, impl Future<Output = Option<Refusal>> + Send) {
    let (give, take) = mpsc::channel(PIECES);
    let feed = async move {
        while let Some(next) = body.next().await {
            let (next, unread) = match next {
                Ok(bytes) => (Ok(bytes), None),
                Err(refusal) => (Err(io::Error::from(io::ErrorKind::UnexpectedEof)), Some(refusal)),
            };
            // WHY no error where nobody takes it: the process may have had enough.
            if give.send(next).await.is_err() || unread.is_some() {
                return unread;
            }
        }
        None
    };
    (Piped { take, rest: Bytes::new() }, feed)
}

/// Pieces of a body as a process's feeder reads them.
pub(crate) struct Piped {
    take: mpsc::Receiver<io::Result<Bytes>>,
    rest: Bytes,
}

impl Read for Piped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.take.blocking_recv() {
                None => return Ok(0),
                Some(next) => self.rest = next?,
            }
        }
        let size = buffer.len().min(self.rest.len());
        self.rest.copy_to_slice(buffer.get_mut(..size).unwrap_or_default());
        Ok(size)
    }
}
