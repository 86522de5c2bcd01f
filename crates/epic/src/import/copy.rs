//! One object: read, held to what its source says, put as an act.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use store::remote::{Found, Object, Source};
use web::client::{Answer, CallError, Client};
use words::{Act, Kind, Reason};

use super::journal::Mark;
use super::verify::{Expected, Verdict, checked, read_once};
use crate::failure::Failure;

/// WHY: a line that breaks thrice in a row is broken.
const TRIES_MAX: u32 = 3;

/// What is imported into what.
pub struct Job {
    pub source: Source,
    pub client: Client,
    /// The source in words, so that a journal of one source says nothing of another.
    pub from: String,
    pub project: String,
    pub bucket: String,
    /// Put before each key.
    pub into: String,
    pub reads_twice: bool,
    /// Found out at the first object: a delivery may not ask what is there, and overwrites nothing anyway.
    pub is_write_only: AtomicBool,
}

/// How one object ended.
pub enum Ended {
    /// An earlier run moved it.
    There,
    /// Another object of that key is in the bucket.
    ThereBefore,
    Moved(Moved),
    Failed(String),
}

pub struct Moved {
    /// By what it was verified.
    pub by: &'static str,
    pub leaf: Option<String>,
}

impl Job {
    /// Stands for this very object of this very source in this very place.
    pub fn mark(&self, found: &Found) -> Mark {
        let size = found.size_bytes.to_string();
        let parts = [&self.from, &self.project, &self.bucket, &self.into, &found.key, &found.etag, &size];
        let mut told = Vec::new();
        for part in parts {
            told.extend_from_slice(&(part.len() as u64).to_be_bytes());
            told.extend_from_slice(part.as_bytes());
        }
        let digest = seal::sha256(&told);
        std::array::from_fn(|at| digest.get(at).copied().unwrap_or_default())
    }
}

/// What one try found.
enum Tried {
    Ended(Ended),
    /// The same again, in another way or later.
    Again(String),
}

/// Moves one object; an error means that no object can be moved.
pub async fn copy(job: &Job, found: &Found) -> Result<Ended, Failure> {
    let mut last = String::new();
    for _ in 0..TRIES_MAX {
        match try_copy(job, found).await? {
            Tried::Ended(ended) => return Ok(ended),
            Tried::Again(why) => last = why,
        }
    }
    Ok(Ended::Failed(last))
}

async fn try_copy(job: &Job, found: &Found) -> Result<Tried, Failure> {
    let (object, expected) = match opened(job, found).await {
        Ok(opened) => opened,
        Err(why) => return Ok(Tried::Again(why)),
    };
    let (by, verdict) = (expected.by, Verdict::default());
    let mut fields = json!({
        "project": job.project,
        "bucket": job.bucket,
        "key": format!("{}{}", job.into, found.key),
        "media": object.media,
    });
    let is_write_only = job.is_write_only.load(Ordering::Relaxed);
    if !is_write_only {
        // WHY: what lies there already is somebody's, and is never overwritten by an import.
        fields["condition"] = "absent".into();
    }
    let body = checked(object, expected, verdict.clone());
    let put = job.client.upload(Act::ObjectPut, &fields, Some(found.size_bytes), body).await;
    if let Some(why) = verdict.take() {
        return Ok(Tried::Again(why));
    }
    match put {
        Ok(answer) => Ok(Tried::Ended(put_ended(found, by, answer))),
        Err(error) => refused(job, is_write_only, error),
    }
}

/// The object and what it must come to; read once before, where nothing else says what it is.
async fn opened(job: &Job, found: &Found) -> Result<(Object, Expected), String> {
    let open = || async {
        let opened = job.source.object(found).await;
        opened.map_err(|error| Failure::chain(&error, "").says)
    };
    let object = open().await?;
    let expected = Expected::of(found, &object, None);
    if !job.reads_twice || expected.has_sum() {
        return Ok((object, expected));
    }
    let first = read_once(object).await?;
    let again = open().await?;
    let expected = Expected::of(found, &again, Some(first));
    Ok((again, expected))
}

/// INVARIANT: an object counts as moved only if the region says the size that was sent.
fn put_ended(found: &Found, by: &'static str, answer: Answer) -> Ended {
    match answer.answer["size_bytes"].as_u64() == Some(found.size_bytes) {
        true => Ended::Moved(Moved { by, leaf: answer.leaf }),
        false => Ended::Failed("the region stored another size than was sent".to_owned()),
    }
}

fn refused(job: &Job, is_write_only: bool, error: CallError) -> Result<Tried, Failure> {
    let problem = match &error {
        CallError::Refused(problem) => problem,
        CallError::Broken(_) | CallError::Strange { .. } => {
            return Ok(Tried::Again(Failure::from(error).says));
        }
        // Nobody is there to take any object.
        CallError::Address(_)
        | CallError::Unreachable { .. }
        | CallError::Unproven { .. }
        | CallError::Unwritten => {
            return Err(Failure::from(error));
        }
    };
    let Some(reason) = problem.refusal().map(|refusal| refusal.reason) else {
        return Err(Failure::from(error));
    };
    let says = Failure::from(problem.as_ref()).says;
    match (reason, reason.kind()) {
        (Reason::GrantWriteOnly, _) if !is_write_only => {
            job.is_write_only.store(true, Ordering::Relaxed);
            Ok(Tried::Again(says))
        }
        (Reason::PreconditionFailed, _) => Ok(Tried::Ended(Ended::ThereBefore)),
        (_, Kind::Unavailable) | (Reason::BodyCut, _) => Ok(Tried::Again(says)),
        (_, Kind::Invalid) => Ok(Tried::Ended(Ended::Failed(says))),
        // No agreement, no role, no such bucket: the next object would hear the same.
        _ => Err(Failure::from(error)),
    }
}
