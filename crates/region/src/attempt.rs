//! Attempts: an act asked for again under the same id takes no second effect.
//!
//! An attempt belongs to one person, one act and one set of fields: to all
//! others its id says nothing.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use serde_json::Value;
use words::noun::{Attempt, Person};
use words::{Deed, Id, Reason, Refusal, Timestamp};

use crate::act::{Outcome, Request};
use crate::cell::draft::Draft;
use crate::cell::step::Done;
use crate::row::{Row, Seal, Table};

/// What an attempt was answered.
#[derive(Debug, Encode, Decode)]
pub struct AttemptRow {
    #[n(0)]
    pub at: Timestamp,
    /// JSON
    #[n(1)]
    pub answer: String,
    /// SHA-256 of the act's name and fields.
    #[n(2)]
    pub asked: ByteArray<32>,
}

impl Row for AttemptRow {
    const TABLE: Table = Table::Attempt;
}

fn key(person: Id<Person>, attempt: Id<Attempt>) -> [u8; 32] {
    crate::row::pair(person, attempt)
}

fn asked<D: Deed>(deed: &D) -> Result<[u8; 32], Refusal> {
    let fields = serde_json::to_vec(deed).map_err(|_| Refusal::new(Reason::Unavailable))?;
    Ok(seal::sha256(&[D::ACT.name().as_bytes(), b"\n", &fields].concat()))
}

/// The earlier answer, if this very attempt took effect before.
///
/// It carries no leaf: the first answer did, and the ledger shows it.
pub async fn known<D: Deed>(draft: &Draft, request: &Request<D>) -> Result<Option<Done>, Refusal> {
    let Some(attempt) = request.attempt else {
        return Ok(None);
    };
    let row: Option<AttemptRow> = draft.row(&key(request.actor.person, attempt)).await?;
    let Some(row) = row else { return Ok(None) };
    if *row.asked != asked(&request.deed)? {
        return Err(Refusal::with(Reason::StateWrong, "this attempt's id was used for something else"));
    }
    Ok(Some(Done { leaf: None, answer: serde_json::from_str(&row.answer).unwrap_or(Value::Null) }))
}

/// Remembers the answer, as long as the scope it speaks of exists.
pub fn remember<D: Deed>(
    draft: &mut Draft,
    request: &Request<D>,
    now: Timestamp,
    outcome: &Outcome,
) -> Result<(), Refusal> {
    let Some(attempt) = request.attempt else {
        return Ok(());
    };
    let answer = serde_json::to_string(&outcome.answer).map_err(|_| Refusal::new(Reason::Unavailable))?;
    let row = AttemptRow { at: now, answer, asked: asked(&request.deed)?.into() };
    let seal = outcome.scope.map_or(Seal::Cell, |scope| Seal::Scope {
        scope,
        id: attempt.to_bytes(),
        size_bytes: 0,
    });
    draft.put_in(seal, &key(request.actor.person, attempt), &row)
}
