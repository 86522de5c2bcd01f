//! Rows: the state of a cell as its log folds into an ordered map.
//!
//! A row's key is its table's byte and the key's own bytes; its value is CBOR
//! with numbered fields, so that a field can be added and old logs still
//! replay. Rows hold no logic.

use minicbor::{Decode, Encode};

use words::noun::Scope;
use words::{Id, Reason, Refusal};

/// Which table a row lies in. Numbers are stored: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    Head = 1,
    Alias = 2,
    Attempt = 3,
    /// Years whose audit key was made.
    Year = 4,
    Organisation = 16,
    Tenant = 17,
    Person = 18,
    Role = 19,
    Agreement = 20,
    Project = 21,
    Permit = 22,
    Grant = 23,
    Credential = 24,
    Verdict = 25,
    Personal = 26,
    /// Erasures, under way or done.
    Erasure = 27,
    /// Heads of projects' ledgers, as the root last anchored them.
    Anchor = 28,
    /// Buckets that permits name.
    PermitBuckets = 29,
    /// Where grants deliver.
    GrantTarget = 30,
    /// What persons' shares are sealed to.
    ShareKey = 31,
    /// Emergency openings, told until they were seen.
    Notice = 32,
    /// How far sealing to new keys is.
    Reseal = 34,
    /// What permits ask for of another project.
    Wish = 35,
    /// Snapshots: what of which project went to which.
    Snapshot = 36,
    /// What left for a snapshot, in the home's cell.
    Departure = 37,
    /// The format that the region is written in.
    Format = 39,
    /// In a project: returns of a provider's data, and what of them went out.
    Exit = 40,
    /// Witnesses that are shown the root's checkpoints, and what they signed.
    Witness = 41,
    /// Logs that this region witnesses, and what it signed of them.
    Followed = 42,
    /// Identity providers.
    Issuer = 43,
    /// Organisations that let one speak for their persons.
    Adoption = 44,
    /// Whom an issuer means by a name.
    Link = 45,
    /// Groups whose members are researchers of a project.
    Group = 46,
    CellKeys = 47,
    Bucket = 48,
    Object = 49,
    Upload = 50,
    Part = 51,
    Scope = 52,
    Erased = 53,
    Airlock = 54,
    Certificate = 55,
    /// Split keys, and calls for their shares.
    Split = 61,
    Call = 62,
    /// Objects that left for a snapshot, as they were.
    Leaving = 63,
    /// How far a snapshot has arrived, in the study's cell.
    Arrival = 65,
    /// What each scope of a project holds.
    Usage = 66,
    /// How persons sign in here.
    Account = 67,
    /// Programs whose people do.
    Client = 68,
    /// Where notices reach persons.
    Reach = 69,
    /// What persons were last told, by which way.
    Told = 70,
    /// The words of agreements.
    Wording = 71,
    /// Pieces of documents that are signed outside.
    Lodged = 72,
    /// Certification authorities.
    Authority = 73,
    /// What persons have learned, and how they may process a project's data.
    Training = 74,
    Instruction = 75,
    /// Which commits tell of what; in the index alone.
    About = 76,
    /// Lists of what authorities revoked.
    RevocationList = 77,
    /// What was said of objects that were looked at, what was put off, and how far a log was followed.
    Report = 78,
    Delay = 79,
    Follow = 80,
    /// When what is made of what is stored, and what came of that: by rule, and beside each object.
    Rule = 81,
    Tally = 82,
    Runs = 83,
    /// Cards of datasets.
    Dataset = 84,
    /// What deliveries of tables must keep.
    Contract = 85,
    /// Digests that manifests name.
    Expected = 86,
    /// When an object was last read.
    Read = 87,
    /// Which table of an OMOP CDM a file is.
    Cdm = 90,
    /// Deliveries that wait for another one of a table that they refer to.
    Awaited = 91,
}

/// Tables whose changes never change what somebody may do.
pub const PASSING: [u8; 36] = [
    Table::Attempt as u8,
    Table::Year as u8,
    Table::Anchor as u8,
    Table::Object as u8,
    Table::Upload as u8,
    Table::Part as u8,
    Table::Erased as u8,
    Table::Verdict as u8,
    Table::Departure as u8,
    Table::Leaving as u8,
    Table::Arrival as u8,
    Table::Reseal as u8,
    Table::Usage as u8,
    Table::Witness as u8,
    Table::Followed as u8,
    Table::Account as u8,
    Table::Client as u8,
    Table::Reach as u8,
    Table::Told as u8,
    Table::Wording as u8,
    Table::Lodged as u8,
    Table::Authority as u8,
    Table::RevocationList as u8,
    Table::Report as u8,
    Table::Delay as u8,
    Table::Follow as u8,
    Table::Rule as u8,
    Table::Tally as u8,
    Table::Runs as u8,
    Table::Dataset as u8,
    Table::Contract as u8,
    Table::Expected as u8,
    Table::Read as u8,
    Table::Cdm as u8,
    Table::Awaited as u8,
    Table::About as u8,
];

/// A stored row.
pub trait Row: Encode<()> + for<'b> Decode<'b, ()> + Send + Sync {
    const TABLE: Table;
}

/// The whole key of a row.
pub fn key(table: Table, own: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + own.len());
    key.push(table as u8);
    key.extend_from_slice(own);
    key
}

/// The key of a row that lies under another: the owner's id, then its own.
pub fn pair<A, B>(owner: Id<A>, own: Id<B>) -> [u8; 32] {
    let mut key = [0; 32];
    let (left, right) = key.split_at_mut(16);
    left.copy_from_slice(&owner.to_bytes());
    right.copy_from_slice(&own.to_bytes());
    key
}

pub fn encode<R: Row>(row: &R) -> Result<Vec<u8>, Refusal> {
    minicbor::to_vec(row).map_err(|_| Refusal::new(Reason::Unavailable))
}

pub fn decode<R: Row>(bytes: &[u8]) -> Result<R, Refusal> {
    minicbor::decode(bytes).map_err(|_| Refusal::with(Reason::Unavailable, "a row cannot be read"))
}

/// Where a row's change is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// Under the cell's own key.
    Cell,
    /// Under a scope's metadata key; the id and size remain when it is gone.
    Scope { scope: Id<Scope>, id: [u8; 16], size_bytes: u64 },
}
