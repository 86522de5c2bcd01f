//! What a cell remembers about itself, as rows.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use seal::Frontier;
use store::index::{Applied, Batch};
use words::noun::Writer;
use words::{Id, Reason, Refusal, Timestamp};

use crate::cell::about::{FOLD, Marks};
use crate::cell::pack::Head;
use crate::row::{self, Row, Table};

/// The tree's frontier after the last applied commit: derivable, kept to start fast.
#[derive(Debug, Encode, Decode)]
pub struct HeadRow {
    #[n(0)]
    pub frontier: ByteVec,
    #[n(1)]
    pub term: u64,
    #[n(2)]
    pub time: Timestamp,
    #[n(3)]
    pub key_generation: u32,
    #[n(4)]
    pub writer: Id<Writer>,
    /// See [`FOLD`].
    #[n(5)]
    #[cbor(default)]
    pub fold: u32,
}

impl Row for HeadRow {
    const TABLE: Table = Table::Head;
}

/// A year whose access records have a key in custody.
///
/// INVARIANT: made with the first record of its year; without its key the cell does not open, and no other is made.
#[derive(Debug, Clone, Encode, Decode)]
pub struct YearRow {
    #[n(0)]
    pub year: i32,
}

impl Row for YearRow {
    const TABLE: Table = Table::Year;
}

impl YearRow {
    pub fn key(year: i32) -> [u8; 4] {
        year.to_be_bytes()
    }
}

/// Which generation of the cell's key is in use, and whether the end has begun.
#[derive(Debug, Clone, Encode, Decode)]
pub struct CellKeysRow {
    #[n(0)]
    pub generation: u32,
    /// The project's keys are being destroyed: nothing else may be committed.
    #[n(1)]
    pub is_erasing: bool,
    /// Which split key its data are sealed to; none: custody opens them alone.
    #[n(2)]
    pub split: Option<u32>,
}

impl Row for CellKeysRow {
    const TABLE: Table = Table::CellKeys;
}

fn head_row(head: &Head) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    let row = HeadRow {
        frontier: ByteVec::from(head.frontier.encode()),
        term: head.term,
        time: head.time,
        key_generation: head.key_generation,
        writer: head.writer,
        fold: FOLD,
    };
    Ok((row::key(Table::Head, &[]), row::encode(&row)?))
}

/// What the index applies with a commit: its rows, what it is about, and the head after it.
pub fn batch(
    head: &Head,
    seq: u64,
    rows: impl IntoIterator<Item = (Vec<u8>, Option<Vec<u8>>)>,
    about: Marks,
) -> Result<Batch, Refusal> {
    let mut batch = Batch::new(Applied { seq, hash: head.hash });
    for (key, value) in rows.into_iter().chain(about.rows(seq)?) {
        match value {
            Some(value) => batch.put(key, value),
            None => batch.delete(key),
        }
    }
    let (key, value) = head_row(head)?;
    batch.put(key, value);
    Ok(batch)
}

/// The generation of the cell's key that these rows turn to, if they do.
pub fn turned<'a>(
    rows: impl IntoIterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)>,
) -> Result<Option<u32>, Refusal> {
    let own = row::key(Table::CellKeys, &[]);
    let turned =
        rows.into_iter().filter(|(key, _)| **key == own).filter_map(|(_, value)| value.as_ref()).last();
    turned.map(|bytes| row::decode::<CellKeysRow>(bytes).map(|row| row.generation)).transpose()
}

/// The head as of an applied commit.
pub fn read_head(row: &HeadRow, seq: u64, hash: [u8; 32]) -> Result<Head, Refusal> {
    let frontier = Frontier::decode(&row.frontier)
        .map_err(|_| Refusal::with(Reason::Unavailable, "the index does not hold the tree's frontier"))?;
    Ok(Head {
        next_seq: seq + 1,
        hash,
        frontier,
        term: row.term,
        writer: row.writer,
        time: row.time,
        key_generation: row.key_generation,
    })
}
