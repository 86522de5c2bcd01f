//! Packing: leaves and row changes into the sealed bytes of one commit.

use std::collections::BTreeMap;

use minicbor::bytes::{ByteArray, ByteVec};
use seal::{Frontier, SigningKey, commitment, envelope, leaf_hash};
use words::noun::{Cell, Writer};
use words::{Id, Rand, Reason, Refusal, Timestamp};

use crate::cell::about::Marks;
use crate::cell::draft::Change;
use crate::cell::format::{Body, Commit, Contents, HEAD_DOMAIN, Item, KeyRef, SealedBox, VERSION};
use crate::cell::keys::Keys;
use crate::cell::step::Entry;
use crate::row::Seal;

/// Where a cell's log stands.
#[derive(Debug, Clone)]
pub struct Head {
    /// Number of the next commit.
    pub next_seq: u64,
    /// SHA-256 of the last log object.
    pub hash: [u8; 32],
    pub frontier: Frontier,
    pub term: u64,
    /// Who wrote the last commit; one term has one writer.
    pub writer: Id<Writer>,
    pub time: Timestamp,
    /// Generation of the cell's key in use.
    pub key_generation: u32,
}

/// What every commit of a writer has in common.
pub struct Pen<'a> {
    pub cell: Id<Cell>,
    pub writer: Id<Writer>,
    pub keys: &'a Keys,
    pub signer: &'a SigningKey,
    pub rand: &'a dyn Rand,
}

/// A commit, frozen.
pub struct Packed {
    pub bytes: Vec<u8>,
    pub head: Head,
    pub leaves: Vec<[u8; 32]>,
    pub about: Marks,
}

/// A commit in the making.
#[derive(Default)]
pub struct Packer {
    boxes: BTreeMap<KeyRef, Contents>,
    leaves: Vec<[u8; 32]>,
    about: Marks,
    order: u32,
    size_bytes: usize,
}

impl Packer {
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Bytes before sealing, roughly.
    pub const fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Adds one leaf and its changes; gives the leaf's place within the commit.
    pub fn add(
        &mut self,
        entry: &Entry,
        changes: Vec<Change>,
        head: &Head,
        rand: &dyn Rand,
    ) -> Result<u64, Refusal> {
        let at = u32::try_from(self.leaves.len()).map_err(|_| unfit())?;
        let salt = words::chance::bytes::<32>(rand);
        let record = minicbor::to_vec(&entry.record).map_err(|_| unfit())?;
        self.leaves.push(commitment::commit(&salt, &record, &entry.detail));
        self.about.add(&entry.record);

        self.size_bytes += record.len() + entry.detail.len();
        let cell = KeyRef::Cell(head.key_generation);
        let year = entry.record.time.year();
        let of_record = if entry.is_access { KeyRef::Audit(year) } else { cell };
        let of_detail = entry.scope.map_or(of_record, KeyRef::Scope);
        self.push(of_record, Item::Record(at, ByteVec::from(record)));
        self.push(of_detail, Item::Detail(at, salt.into(), ByteVec::from(entry.detail.clone())));
        for change in changes {
            self.change(change, cell);
        }
        Ok(u64::from(at))
    }

    fn change(&mut self, change: Change, cell: KeyRef) {
        let key = match change.seal {
            Seal::Cell => cell,
            Seal::Scope { scope, .. } => KeyRef::Scope(scope),
        };
        self.size_bytes += change.key.len() + change.value.as_ref().map_or(0, Vec::len);
        let (item, stub) = change.items(self.order);
        self.order += 1;
        self.push(key, item);
        if let Some(stub) = stub {
            self.push(cell, stub);
        }
    }

    fn push(&mut self, key: KeyRef, item: Item) {
        // WHY 128: a record with its ids; rows are counted where they come in.
        self.size_bytes += 128;
        self.boxes.entry(key).or_default().items.push(item);
    }

    /// Seals, signs and freezes; from here on the bytes of this number never change.
    pub fn pack(self, head: &Head, pen: &Pen<'_>, now: Timestamp, root_seq: u64) -> Result<Packed, Refusal> {
        let mut frontier = head.frontier.clone();
        for leaf in &self.leaves {
            frontier.push(leaf_hash(leaf));
        }
        let boxes = seal_boxes(self.boxes, pen, head.next_seq)?;
        let body = Body {
            version: VERSION,
            cell: pen.cell,
            seq: head.next_seq,
            previous: head.hash.into(),
            writer: pen.writer,
            term: head.term,
            time: now,
            root_seq,
            leaves: ByteVec::from(self.leaves.concat()),
            boxes,
            tree_size: frontier.size(),
            root: frontier.root().0.into(),
        };
        let bytes = sign(&body, pen.signer)?;
        let hash = seal::sha256(&bytes);
        let head = Head {
            next_seq: head.next_seq + 1,
            hash,
            frontier,
            time: now,
            writer: pen.writer,
            ..head.clone()
        };
        Ok(Packed { bytes, head, leaves: self.leaves, about: self.about })
    }
}

fn seal_boxes(boxes: BTreeMap<KeyRef, Contents>, pen: &Pen<'_>, seq: u64) -> Result<Vec<SealedBox>, Refusal> {
    let seal_one = |(key, contents): (KeyRef, Contents)| {
        let plain = minicbor::to_vec(&contents).map_err(|_| unfit())?;
        let secret = pen.keys.sealing(key)?;
        let aad = binding(pen.cell, seq, key)?;
        let bytes = envelope::seal(&secret, pen.rand, &aad, &plain).map_err(|_| unfit())?;
        Ok(SealedBox { key, bytes: ByteVec::from(bytes) })
    };
    boxes.into_iter().map(seal_one).collect()
}

fn sign(body: &Body, signer: &SigningKey) -> Result<Vec<u8>, Refusal> {
    let body = minicbor::to_vec(body).map_err(|_| unfit())?;
    let signature = signer.sign(&head_text(&body)).map_err(|_| unfit())?;
    let commit = Commit { body: ByteVec::from(body), signature: ByteArray::from(signature) };
    minicbor::to_vec(&commit).map_err(|_| unfit())
}

/// What a head's signature is over.
pub fn head_text(body: &[u8]) -> Vec<u8> {
    [HEAD_DOMAIN, &seal::sha256(body)].concat()
}

/// What a box is bound to: it opens nowhere else.
pub fn binding(cell: Id<Cell>, seq: u64, key: KeyRef) -> Result<Vec<u8>, Refusal> {
    minicbor::to_vec(("epic box v1", cell, seq, key)).map_err(|_| unfit())
}

fn unfit() -> Refusal {
    Refusal::with(Reason::Unavailable, "the commit cannot be written down")
}
