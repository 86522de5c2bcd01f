//! The stored form of a commit: what an auditor reads in a hundred years.
//!
//! CBOR (RFC 8949) with numbered fields. The clear part proves order and
//! completeness; everything that says something lies in sealed boxes. It never
//! holds a name, a person or a key in clear.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use words::noun::{Cell, Scope, Writer};
use words::{Id, Timestamp};

/// Version of this format.
pub const VERSION: u8 = 1;
/// What a head's signature is over: this and the SHA-256 of the body.
pub const HEAD_DOMAIN: &[u8] = b"epic commit head v1\n";

/// One object of the log.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Commit {
    /// A `Body`, encoded: signed and hashed as these bytes.
    #[n(0)]
    pub body: ByteVec,
    /// Ed25519 over `HEAD_DOMAIN` and the body's SHA-256.
    #[n(1)]
    pub signature: ByteArray<64>,
}

/// What a commit says.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Body {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub cell: Id<Cell>,
    #[n(2)]
    pub seq: u64,
    /// SHA-256 of the previous log object; zeros in the first.
    #[n(3)]
    pub previous: ByteArray<32>,
    #[n(4)]
    pub writer: Id<Writer>,
    /// Grows by one whenever another process takes the cell over.
    #[n(5)]
    pub term: u64,
    #[n(6)]
    pub time: Timestamp,
    /// The root's next number as the writer last confirmed it.
    #[n(7)]
    pub root_seq: u64,
    /// Salted commitments of this commit's leaves, 32 bytes each.
    #[n(8)]
    pub leaves: ByteVec,
    #[n(9)]
    pub boxes: Vec<SealedBox>,
    /// Leaves in the tree after this commit.
    #[n(10)]
    pub tree_size: u64,
    /// RFC 6962 root after this commit.
    #[n(11)]
    pub root: ByteArray<32>,
}

/// Items sealed under one key.
#[derive(Debug, Clone, Encode, Decode)]
pub struct SealedBox {
    #[n(0)]
    pub key: KeyRef,
    /// `Contents`, sealed; associated data binds cell, number and key.
    #[n(1)]
    pub bytes: ByteVec,
}

/// Which key opens a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum KeyRef {
    /// The cell's own key of a generation.
    #[n(0)]
    Cell(#[n(0)] u32),
    /// Access records of a calendar year.
    #[n(1)]
    Audit(#[n(0)] i32),
    /// Names and details of an erasure scope.
    #[n(2)]
    Scope(#[n(0)] Id<Scope>),
}

/// The plain form of a box.
#[derive(Debug, Default, Encode, Decode)]
pub struct Contents {
    #[n(0)]
    pub items: Vec<Item>,
}

/// One thing a commit carries.
#[derive(Debug, Clone, Encode, Decode)]
pub enum Item {
    /// A row is written.
    #[n(0)]
    Put(#[n(0)] u32, #[n(1)] ByteVec, #[n(2)] ByteVec),
    /// A row is removed.
    #[n(1)]
    Delete(#[n(0)] u32, #[n(1)] ByteVec),
    /// What remains of a scope's row when its key is gone.
    #[n(2)]
    Stub(#[n(0)] u32, #[n(1)] Stub),
    /// The same, removed.
    #[n(3)]
    Unstub(#[n(0)] u32, #[n(1)] Stub),
    /// The record of the leaf at this place of the commit: a `Record`, encoded.
    #[n(4)]
    Record(#[n(0)] u32, #[n(1)] ByteVec),
    /// Its detail and salt, without which its commitment cannot be opened.
    #[n(5)]
    Detail(#[n(0)] u32, #[n(1)] ByteArray<32>, #[n(2)] ByteVec),
}

/// Opaque remainder of a row in an erasure scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Stub {
    #[n(0)]
    pub scope: Id<Scope>,
    #[n(1)]
    pub id: ByteArray<16>,
    /// Table of the row.
    #[n(2)]
    pub table: u8,
    #[n(3)]
    pub size_bytes: u64,
}

/// Who did what to what, when, from where and by which permission.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Record {
    /// Name in the table of acts, or of a step of the house.
    #[n(0)]
    pub act: String,
    /// None: the region itself.
    #[n(1)]
    pub person: Option<Id<words::noun::Person>>,
    #[n(2)]
    pub credential: Option<Id<words::noun::Credential>>,
    /// `inside` or `outside`.
    #[n(3)]
    pub place: Option<String>,
    /// The code of the reason when it was refused.
    #[n(4)]
    pub refused: Option<String>,
    #[n(5)]
    pub time: Timestamp,
    /// Opaque ids of what it was about, as `noun:id`.
    #[n(6)]
    pub subjects: Vec<String>,
    /// The policies that decided.
    #[n(7)]
    pub policies: Vec<String>,
    /// State of the house that was decided upon.
    #[n(8)]
    pub root_seq: u64,
}
