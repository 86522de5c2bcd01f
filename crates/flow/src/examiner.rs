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

use crate::worker;

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
    async fn examine(&self, mut body: Body) -> Result<Said, Fault> {
        let (give, take) = mpsc::channel(PIECES);
        let process = self.clone();
        let looking = tokio::task::spawn_blocking(move || process.look(Piped { take, rest: Bytes::new() }));
        let mut unread = None;
        while let Some(next) = body.next().await {
            let next = next.map_err(|refusal| {
                unread = Some(refusal);
                io::Error::from(io::ErrorKind::UnexpectedEof)
            });
            let is_over = next.is_err();
            // WHY no error where nobody takes it: the process may have had enough.
            if give.send(next).await.is_err() || is_over {
                break;
            }
        }
        drop(give);
        let said = looking.await.map_err(|_| Fault::Unread(Reason::Unavailable.into()))?;
        match unread {
            Some(refusal) => Err(Fault::Unread(refusal)),
            None => said,
        }
    }
}

impl Process {
    fn look(&self, mut from: Piped) -> Result<Said, Fault> {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        match worker::run(&mut command, &mut from, &self.bounds) {
            Ok(Ok(said)) => Ok(said),
            Ok(Err(cause)) => Err(Fault::Process(cause)),
            // WHY not the object's fault: this machine has no room for a process now, or the store gives no bytes.
            Err(formats::worker::Error::Start(_) | formats::worker::Error::Read(_)) => {
                Err(Fault::Unread(Reason::Unavailable.into()))
            }
        }
    }
}

/// Pieces of a body as a process's feeder reads them.
struct Piped {
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
