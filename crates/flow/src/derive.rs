//! Making: one step of a rule over one object, by a process of its own; what it made lies sealed before any row names it.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::Command;

use async_trait::async_trait;
use bytes::Bytes;
use data_encoding::HEXLOWER;
use recipes::{Bounds, Fault, KeyMaterial, Profile, Recipe, drift};
use region::Region;
use region::derive::{Laid, Made, PROFILE_BYTES_MAX, WORDS_BYTES_MAX, Work, digest_of};
use region::object::body::Body;
use region::rule::Step;
use seal::checksum::{Algorithm, Checksum};
use tokio::sync::{mpsc, oneshot};
use words::{Reason, Refusal};

use crate::examiner::piped;

/// WHY: a few pieces on their way; the store writes on while the process thinks.
const PIECES: usize = 4;
/// WHY: a pipe's usual size.
const PIECE_BYTES: usize = 64 << 10;
/// WHY: the words of a text are told once each; what is longer than this is none that anybody types.
const WORD_BYTES_MAX: usize = 64;
/// WHY: a text for the search has at most a mebibyte, a profile less.
const HEARD_BYTES_MAX: usize = 1 << 20;

/// What came of a process.
pub enum Cooked {
    Made(recipes::Made),
    /// Why nothing was made of it.
    Fault(Fault),
    /// It cannot be made now, and that is not about the object.
    Unread(Refusal),
}

/// Makes of an object's bytes what a recipe says.
#[async_trait]
pub trait Maker: Send + Sync {
    /// `passes`: the object's bytes, as often as the recipe reads them. What is made goes to `to`, and is nothing unless
    /// this says that it was made.
    async fn make(
        &self,
        recipe: Recipe,
        key: Option<KeyMaterial>,
        size_bytes: u64,
        passes: Vec<Body>,
        to: mpsc::Sender<Bytes>,
    ) -> Cooked;
}

/// A program that is started for each step.
#[derive(Debug, Clone)]
pub struct Cook {
    pub program: PathBuf,
    pub args: Vec<String>,
    pub bounds: Bounds,
}

#[async_trait]
impl Maker for Cook {
    async fn make(
        &self,
        recipe: Recipe,
        key: Option<KeyMaterial>,
        size_bytes: u64,
        passes: Vec<Body>,
        to: mpsc::Sender<Bytes>,
    ) -> Cooked {
        let (mut command, mut bounds) = (Command::new(&self.program), self.bounds.clone());
        command.args(&self.args);
        if matches!(recipe, Recipe::Reverse(_)) {
            // WHY: a person waits for it.
            bounds.process.niceness = 0;
        }
        let (mut readers, feeds): (Vec<_>, Vec<_>) = passes.into_iter().map(piped).unzip();
        readers.reverse();
        let cooking = tokio::task::spawn_blocking(move || {
            let mut open = || {
                let next = readers.pop().ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
                Ok(Box::new(next) as Box<dyn io::Read + Send>)
            };
            let mut to = Given { to, rest: Vec::new() };
            let made =
                recipes::run(&mut command, &recipe, key.as_ref(), size_bytes, &mut open, &mut to, &bounds);
            // WHY here: what was given last may be less than a piece.
            match (made, to.flush()) {
                (Ok(Ok(_)), Err(cause)) => Err(recipes::Error::Write(cause)),
                (made, _) => made,
            }
        });
        // WHY one after the other: a pass is read when the one before is over.
        let feeding = async {
            let mut unread = None;
            for feed in feeds {
                unread = unread.or(feed.await);
            }
            unread
        };
        let (unread, cooked) = tokio::join!(feeding, cooking);
        match (unread, cooked) {
            (Some(refusal), _) => Cooked::Unread(refusal),
            (None, Ok(Ok(Ok(made)))) => Cooked::Made(made),
            (None, Ok(Ok(Err(fault)))) => Cooked::Fault(fault),
            // WHY not the object's fault: this machine has no room for a process now, or the store takes no bytes.
            (None, Ok(Err(_)) | Err(_)) => Cooked::Unread(Reason::Unavailable.into()),
        }
    }
}

/// What a process made, on its way to whoever keeps it.
struct Given {
    to: mpsc::Sender<Bytes>,
    rest: Vec<u8>,
}

impl Write for Given {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        if self.rest.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let piece = std::mem::take(&mut self.rest);
        if piece.is_empty() {
            return Ok(());
        }
        self.to.blocking_send(Bytes::from(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

/// What of the made is kept beside laying it: its digest, and the beginning.
#[derive(Default)]
struct Heard {
    sha256: Option<String>,
    head: Vec<u8>,
    is_whole: bool,
}

/// Does one step, and keeps what came of it.
pub(crate) async fn made(region: &Region, maker: &dyn Maker, work: &Work) -> Result<(), Refusal> {
    let tried = match attempt(region, maker, work, work.recipe.clone()).await {
        // WHY once more: only CSI reaches so far, and who reads BAI and TBI reads it too.
        Tried::Fault(fault) if fault.code() == "recipe.needs-csi" => match with_csi() {
            Some(csi) => attempt(region, maker, work, csi).await,
            None => Tried::Fault(fault),
        },
        tried => tried,
    };
    match tried {
        Tried::Gone => Ok(()),
        Tried::Made(made) => match region.keep_made(work, *made).await {
            // WHY kept as a failure: a project that is full is looked at all the same.
            Err(refusal) if refusal.reason != Reason::Unavailable => {
                region.keep_failed(work, refusal.reason.code(), true).await
            }
            kept => kept,
        },
        Tried::Fault(fault) if is_nothing(fault.code()) => region.keep_nothing(work).await,
        Tried::Fault(fault) => {
            region.keep_failed(work, fault.code(), fault.code().starts_with("worker.")).await
        }
        // WHY nothing is kept: nothing in the project can be written now either.
        Tried::Refused(refusal) if refusal.reason == Reason::ProjectLocked => Ok(()),
        Tried::Refused(refusal) => region.keep_failed(work, refusal.reason.code(), true).await,
    }
}

enum Tried {
    Made(Box<Made>),
    Fault(Fault),
    Refused(Refusal),
    Gone,
}

/// Whether a fault says that the step is not for this object, which nobody has to mend.
fn is_nothing(code: &str) -> bool {
    matches!(code, "recipe.not-applicable" | "recipe.not-blocked" | "recipe.not-a-table" | "recipe.not-flat")
}

fn with_csi() -> Option<Recipe> {
    Recipe::read(br#"{"step":"index","form":"csi"}"#).ok()
}

async fn attempt(region: &Region, maker: &dyn Maker, work: &Work, recipe: Recipe) -> Tried {
    match attempted(region, maker, work, recipe).await {
        Ok(tried) => tried,
        Err(refusal) => Tried::Refused(refusal),
    }
}

async fn attempted(
    region: &Region,
    maker: &dyn Maker,
    work: &Work,
    recipe: Recipe,
) -> Result<Tried, Refusal> {
    let (mut passes, mut held) = (Vec::new(), Vec::new());
    for _ in 0..recipe.passes() {
        let Some(opened) = region.open_work(work).await? else { return Ok(Tried::Gone) };
        let (body, hold) = opened.parts();
        passes.push(body);
        held.push(hold);
    }
    let key = match recipe.key() {
        Some(name) => Some(KeyMaterial::new(*region.pseudonym_key(work.cell, name)?.expose())),
        None => None,
    };
    let (give, mut take) = mpsc::channel::<Bytes>(PIECES);
    let (tell, told) = oneshot::channel::<bool>();
    let (hear, heard) = oneshot::channel::<Heard>();
    let is_beside = work.step == Step::Profile;
    let body: Body = Box::pin(async_stream::stream! {
        let (mut sum, mut own) = (Checksum::new(Algorithm::Sha256), Heard { is_whole: true, ..Heard::default() });
        while let Some(piece) = take.recv().await {
            sum.update(&piece);
            match own.head.len() + piece.len() <= HEARD_BYTES_MAX {
                true => own.head.extend_from_slice(&piece),
                false => own.is_whole = false,
            }
            yield Ok(piece);
        }
        // INVARIANT: what came is an object only if its maker says so.
        if !told.await.unwrap_or(false) {
            yield Err(Reason::Unavailable.into());
            return;
        }
        own.sha256 = Some(HEXLOWER.encode(sum.finish().as_bytes()));
        let _nobody_listens = hear.send(own);
    });
    let cooking = async {
        let cooked = maker.make(recipe.clone(), key, work.row.size_bytes, passes, give).await;
        let _nobody_listens = tell.send(matches!(cooked, Cooked::Made(_)));
        cooked
    };
    let laying = async {
        match is_beside {
            true => drained(body).await.map(|()| None),
            false => region.lay(work, body).await.map(Some),
        }
    };
    let (cooked, laid) = tokio::join!(cooking, laying);
    drop(held);
    match cooked {
        Cooked::Fault(fault) => Ok(Tried::Fault(fault)),
        Cooked::Unread(refusal) => Err(laid.err().unwrap_or(refusal)),
        Cooked::Made(_) => {
            let laid = laid?;
            let heard = heard.await.map_err(|_| Refusal::new(Reason::Unavailable))?;
            kept(region, work, &recipe, laid, heard).await
        }
    }
}

async fn drained(mut body: Body) -> Result<(), Refusal> {
    while let Some(piece) = futures::StreamExt::next(&mut body).await {
        piece?;
    }
    Ok(())
}

/// What is kept of what was made.
async fn kept(
    region: &Region,
    work: &Work,
    recipe: &Recipe,
    laid: Option<Laid>,
    heard: Heard,
) -> Result<Tried, Refusal> {
    let ending = recipes::name_of(recipe, "");
    let media = recipes::media_type(recipe).to_owned();
    let sha256 = heard.sha256.unwrap_or_default();
    let mut made = Made {
        recipe: (*recipe != work.recipe).then(|| digest_of(recipe)),
        object: laid.map(|laid| laid.into_object(ending, media, sha256)),
        ..Made::default()
    };
    match work.step {
        Step::Text => made.words = Some(words_of(&heard.head)),
        Step::Profile => {
            let fits = heard.is_whole && heard.head.len() <= PROFILE_BYTES_MAX;
            let Some(profile) = serde_json::from_slice::<Profile>(&heard.head).ok().filter(|_| fits) else {
                // WHY no failure: a table of thousands of columns has a profile that nobody reads.
                return Ok(Tried::Made(Box::new(made)));
            };
            let before = region.profile_before(work).await?;
            let before = before.and_then(|before| serde_json::from_str::<Profile>(&before).ok());
            made.drift = before.map(|before| serde_json::json!(drift(&before, &profile)));
            made.profile = Some(serde_json::json!(profile));
        }
        Step::Table | Step::Index | Step::Preview | Step::Apart => {}
    }
    Ok(Tried::Made(Box::new(made)))
}

/// The words of a text, each once, as many as a search keeps.
fn words_of(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut known = BTreeSet::new();
    let mut words = String::new();
    for word in text.split(|sign: char| !sign.is_alphanumeric()) {
        if word.is_empty() || word.len() > WORD_BYTES_MAX || !known.insert(word.to_lowercase()) {
            continue;
        }
        if words.len() + word.len() + 1 > WORDS_BYTES_MAX {
            break;
        }
        words.push_str(word);
        words.push(' ');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_once_and_bounded() {
        assert_eq!(words_of(b"Asthma, asthma; perch\xc3\xa9 x-ray"), "Asthma perch\u{e9} x ray ");
        let many: String = (0..100_000).map(|number| format!("w{number} ")).collect();
        assert!(words_of(many.as_bytes()).len() <= WORDS_BYTES_MAX);
        assert_eq!(words_of(&[0xFF, b' ', b'a']), "a ");
    }
}
