//! What comes back: an act's end, or bytes.

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Limited};
use hyper::Response;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::Value;

use super::CallError;
use crate::LEAF_HEADER;
use crate::problem::Problem;

/// WHY: a page of the ledger or of a listing; more comes by another page.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// An act that took effect.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Answer {
    pub leaf: Option<String>,
    pub answer: Value,
    /// Of a look: what an act may be done upon, as its `ETag` says it.
    #[serde(skip)]
    pub upon: Option<String>,
}

impl Answer {
    /// What a command found out by itself.
    pub const fn own(answer: Value) -> Self {
        Self { leaf: None, answer, upon: None }
    }
}

/// Bytes on their way.
pub struct Download {
    pub leaf: Option<String>,
    /// Where it is known before the last byte.
    pub size_bytes: Option<u64>,
    body: Incoming,
}

impl Download {
    /// The next bytes; an end before the whole is an error.
    pub async fn next(&mut self) -> Option<Result<Bytes, CallError>> {
        loop {
            match self.body.frame().await? {
                Err(error) => return Some(Err(CallError::Broken(error))),
                Ok(frame) => {
                    let Ok(bytes) = frame.into_data() else {
                        continue;
                    };
                    return Some(Ok(bytes));
                }
            }
        }
    }

    /// All of it, for what is known to be small.
    pub async fn whole(mut self) -> Result<Bytes, CallError> {
        let mut all = BytesMut::new();
        while let Some(next) = self.next().await {
            all.extend_from_slice(&next?);
        }
        Ok(all.freeze())
    }
}

pub(super) async fn read_answer(response: Response<Incoming>) -> Result<Answer, CallError> {
    let status = response.status().as_u16();
    let tag = response.headers().get("etag").and_then(|tag| tag.to_str().ok());
    let upon = tag.map(|tag| tag.trim_matches('"').to_owned());
    let bytes = read_whole(response.into_body(), status).await?;
    let answer: Answer = serde_json::from_slice(&bytes).map_err(|_| CallError::Strange { status })?;
    Ok(Answer { upon, ..answer })
}

pub(super) fn read_download(response: Response<Incoming>) -> Download {
    let text =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let size_bytes = text("content-length").and_then(|size| size.parse().ok());
    Download { leaf: text(LEAF_HEADER), size_bytes, body: response.into_body() }
}

/// The response of an act that took effect; else the refusal.
pub(super) async fn accepted(response: Response<Incoming>) -> Result<Response<Incoming>, CallError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let status = status.as_u16();
    let bytes = read_whole(response.into_body(), status).await?;
    let problem: Problem = serde_json::from_slice(&bytes).map_err(|_| CallError::Strange { status })?;
    Err(CallError::Refused(Box::new(problem)))
}

async fn read_whole(body: Incoming, status: u16) -> Result<Bytes, CallError> {
    let whole = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    whole.map(|whole| whole.to_bytes()).map_err(|_| CallError::Strange { status })
}
