//! Telling: people hear by e-mail or a webhook that something waits for them, ends, or has ended.
//!
//! What a notice holds are counts: no name of a person, a project or data ever
//! leaves here, so that a mail read by others tells nothing of a patient or a
//! study. Who hears of a thing is who has a part in it and may see it now.
//!
//! INVARIANT: a notice goes out first and is written down then, by one commit.
//! So none is lost, and a process that dies between the two repeats one at most.

mod concern;
mod due;
mod key;
mod reach;
mod round;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use words::{Id, Timestamp};

use crate::row::{Row, Table};
pub use due::{Digest, End, Kind, Part, Stage, Wait};
pub use reach::Reach;
pub use round::{Messenger, Notice, Told};

/// A way that notices go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Mail,
    Webhook,
}

impl Way {
    pub const ALL: [Self; 2] = [Self::Mail, Self::Webhook];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }
}

/// Where notices reach a person; who said nothing gets mail. WHY in the person's scope: an address may identify.
#[derive(Debug, Clone, Default, Encode, Decode)]
pub struct ReachRow {
    /// They want no mail.
    #[n(0)]
    pub is_mute: bool,
    #[n(1)]
    pub webhook: Option<String>,
}

impl Row for ReachRow {
    const TABLE: Table = Table::Reach;
}

/// What a person was last told by one way.
///
/// WHY one for each way: a relay that is down must not make a webhook say everything twice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct ToldRow {
    #[n(0)]
    pub at: Timestamp,
    /// How far each end was told, as long as it can still be told further.
    #[n(1)]
    pub ends: Vec<ToldEnd>,
    /// What waited.
    #[n(2)]
    pub waits: Vec<ToldWait>,
}

/// An end at one moment; moved to another it is told anew.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ToldEnd {
    #[n(0)]
    pub thing: ByteArray<16>,
    #[n(1)]
    pub ends: Timestamp,
    /// As [`Stage::number`] has it.
    #[n(2)]
    pub stage: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ToldWait {
    #[n(0)]
    pub thing: ByteArray<16>,
    /// As [`Wait::number`] has it: results wait to be judged, and then to be released.
    #[n(1)]
    pub wait: u8,
}

impl Row for ToldRow {
    const TABLE: Table = Table::Told;
}

impl ToldRow {
    fn key<N>(person: Id<N>, way: Way) -> [u8; 17] {
        let mut key = [0; 17];
        key[..16].copy_from_slice(&person.to_bytes());
        key[16] = way as u8;
        key
    }
}
