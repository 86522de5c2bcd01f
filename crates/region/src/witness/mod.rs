//! Witnesses: two regions hold each other to one history.
//!
//! `ask` has the root's checkpoints cosigned by the witnesses that operators
//! named; `sign` cosigns the checkpoints of the logs that they follow. What was
//! signed by us, and what others signed of us, is rows of the root: a word goes
//! out only once its leaf is durable. Neither side ever believes the other but
//! for signatures and proofs.

pub mod act;
pub mod ask;
mod memory;
pub mod sign;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use seal::SigningKey;
use seal::merkle::Hash;
use seal::note::{Cosigner, Note};
use store::custody::KeyName;
use words::noun::ROOT_CELL;
use words::time::MINUTE_MS;
use words::{Reason, Refusal, Timestamp};

use crate::cell::step::Leaf;
use crate::row::{Row, Table};
pub use crate::witness::memory::Memory;
use crate::witness::memory::named;
use crate::{Region, cell::draft::Draft};

/// WHY: each is asked once a minute, and each word is a leaf.
pub const WITNESSES_MAX: usize = 16;
/// WHY: a region witnesses those that its operators talk to.
pub const FOLLOWED_MAX: usize = 256;
/// WHY: a witness that restarts is back by then; one that is not is somebody's to look after.
pub const AWAY_MS_MAX: i64 = 60 * MINUTE_MS;

/// A witness that this region asks, under its name.
#[derive(Debug, Clone, Encode, Decode)]
pub struct WitnessRow {
    /// Its verifier key as text.
    #[n(0)]
    pub key: String,
    #[n(1)]
    pub address: String,
    #[n(2)]
    pub since: Timestamp,
    /// The newest checkpoint of the root that it signed.
    #[n(3)]
    pub signed: Option<Signed>,
    /// It knows another history, and has not signed since.
    #[n(4)]
    pub disputed: Option<Dispute>,
}

impl Row for WitnessRow {
    const TABLE: Table = Table::Witness;
}

/// A witness's word.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Signed {
    #[n(0)]
    pub size: u64,
    #[n(1)]
    pub root: ByteArray<32>,
    /// As of when, by the witness.
    #[n(2)]
    pub at: Timestamp,
    /// The signature line, with its end.
    #[n(3)]
    pub line: String,
}

/// What a witness says that it knows instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Dispute {
    /// Leaves of the tree that it signed last.
    #[n(0)]
    pub size: u64,
    #[n(1)]
    pub at: Timestamp,
}

/// A log that this region witnesses, under its origin; it stays when it is followed no more.
#[derive(Debug, Clone, Encode, Decode)]
pub struct FollowRow {
    /// Its verifier key as text.
    #[n(0)]
    pub key: String,
    #[n(1)]
    pub is_followed: bool,
    /// Leaves of the newest checkpoint that was signed; 0: none was.
    #[n(2)]
    pub size: u64,
    #[n(3)]
    pub root: ByteArray<32>,
    /// When that was, or since when it is followed.
    #[n(4)]
    pub at: Timestamp,
}

impl Row for FollowRow {
    const TABLE: Table = Table::Followed;
}

/// How it stands with a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It signs, or was not needed yet.
    Signing,
    /// It has not answered, or not signed what is new for longer than it may, for so long, in milliseconds.
    Away {
        ms: i64,
    },
    Disputed(Dispute),
}

impl State {
    pub const TEXTS: [&str; 3] = ["signing", "away", "disputed"];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Away { .. } => "away",
            Self::Disputed(_) => "disputed",
        }
    }
}

impl Region {
    /// The key that this region witnesses with; it follows from the region's key and signs nothing else.
    pub fn cosigner(&self) -> Result<Cosigner, Refusal> {
        let none = || Refusal::with(Reason::Unavailable, "the witness's key cannot be made");
        let ground = self.ground();
        let region = ground.custody.key(&KeyName::Region).ok().flatten().ok_or_else(none)?;
        let name = format!("{}/witness", ground.origin);
        let seed = seal::derive(&region, "epic witness key v1", name.as_bytes()).map_err(|_| none())?;
        let key = SigningKey::from_seed(&seed).map_err(|_| none())?;
        Ok(Cosigner::new(name.parse().map_err(|_| none())?, key))
    }

    /// Every witness and how it stands.
    pub async fn witnesses(&self) -> Result<Vec<(String, WitnessRow, State)>, Refusal> {
        self.witnesses_in(&self.root().view().await?).await
    }

    async fn witnesses_in(&self, root: &Draft) -> Result<Vec<(String, WitnessRow, State)>, Refusal> {
        let all = named(root).await?;
        let (size, now) = (self.root().head().frontier.size(), self.now());
        let mut memory = self.witnessing();
        memory.look(&all, size, now);
        let told = all.into_iter().map(|(name, row)| {
            let state = memory.state(&name, &row, now);
            (name, row, state)
        });
        Ok(told.collect())
    }

    /// The newest checkpoint of the root that anybody witnessed, with the words of all who signed that one.
    pub async fn witnessed(&self) -> Result<Option<Note>, Refusal> {
        let rows = self.root().view().await?.all::<WitnessRow>(&[]).await?;
        let signed: Vec<Signed> = rows.into_iter().filter_map(|(_, row)| row.signed).collect();
        let Some(newest) = signed.iter().max_by_key(|signed| signed.size) else { return Ok(None) };
        let note = self.root().publisher.sign(newest.size, Hash(*newest.root))?;
        let lines: String = signed
            .iter()
            .filter(|signed| signed.size == newest.size)
            .map(|signed| signed.line.as_str())
            .collect();
        let unread = |_| Refusal::with(Reason::Unavailable, "a witness's word cannot be read");
        note.with_lines(lines.as_bytes()).map(Some).map_err(unread)
    }

    /// A leaf that tells of witnessing is no reason to be witnessed anew: else two regions would never rest.
    fn keep_quiet(&self, leaf: Option<Leaf>) {
        let Some(Leaf { index, .. }) = leaf.filter(|leaf| leaf.cell == ROOT_CELL) else { return };
        self.witnessing().keep_quiet(index);
    }
}
