//! From what a person wrote to the row they mean.
//!
//! An alias or an id's text leads to the row's own key. What is not there and
//! what may not be known give the same answer.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use words::name::Alias;
use words::noun::Noun;
use words::{Id, Reason, Refusal};

use crate::cell::draft::Draft;
use crate::row::{Row, Table};

/// One name of one row.
#[derive(Debug, Encode, Decode)]
pub struct AliasRow {
    #[n(0)]
    pub key: ByteVec,
}

impl Row for AliasRow {
    const TABLE: Table = Table::Alias;
}

fn own(noun: Noun, text: &str) -> Vec<u8> {
    [noun.text().as_bytes(), b"/", text.as_bytes()].concat()
}

/// The own key of the row that a person means.
pub async fn find(draft: &Draft, noun: Noun, text: &str) -> Result<Vec<u8>, Refusal> {
    let row: Option<AliasRow> = draft.row(&own(noun, text)).await?;
    let lost = || Refusal::with(Reason::NotFound, format!("{} `{text}`", noun.text()));
    row.map(|row| row.key.into()).ok_or_else(lost)
}

/// The id of a noun whose rows lie under their id alone.
pub async fn find_id<N>(draft: &Draft, noun: Noun, text: &str) -> Result<Id<N>, Refusal> {
    let key = find(draft, noun, text).await?;
    let bytes = <[u8; 16]>::try_from(key).map_err(|_| Refusal::new(Reason::NotFound))?;
    Ok(Id::from_bytes(bytes))
}

/// Gives a row its names: the alias a person chose and its id.
pub async fn claim<N>(
    draft: &mut Draft,
    noun: Noun,
    alias: &str,
    id: Id<N>,
    key: &[u8],
) -> Result<String, Refusal> {
    let alias: Alias = alias
        .parse()
        .map_err(|error: words::name::NameError| Refusal::with(Reason::Invalid, error.to_string()))?;
    let taken: Option<AliasRow> = draft.row(&own(noun, alias.as_str())).await?;
    if taken.is_some() {
        return Err(Refusal::with(Reason::NameTaken, format!("{} `{alias}`", noun.text())));
    }
    for text in [alias.as_str(), &id.to_string()] {
        draft.put(&own(noun, text), &AliasRow { key: ByteVec::from(key.to_vec()) })?;
    }
    Ok(alias.as_str().to_owned())
}
