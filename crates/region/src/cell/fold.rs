//! The fold: from a log object back to the rows it wrote and the leaves it holds.
//!
//! It runs no rules. Where a scope's key is gone, the scope's stubs are all
//! that remains, and that is the point.

use std::collections::BTreeSet;

use seal::{VerifyingKey, envelope, leaf_hash};
use words::Id;
use words::noun::{Cell, Scope};

use crate::cell::format::{Body, Commit, Contents, Item, KeyRef, Record, Stub, VERSION};
use crate::cell::keys::Keys;
use crate::cell::pack::{Head, binding, head_text};
use crate::row::{self, Table};

/// What is wrong with a log object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("commit {seq} cannot be read")]
    Unreadable { seq: u64 },
    #[error("commit {seq} belongs to another cell or number")]
    Misplaced { seq: u64 },
    #[error("commit {seq} does not follow the one before it")]
    Unchained { seq: u64 },
    #[error("commit {seq} is not signed by this region")]
    Unsigned { seq: u64 },
    #[error("commit {seq} is of another writer or time than may follow the one before it")]
    Outdated { seq: u64 },
    #[error("commit {seq} says another tree than its leaves make")]
    TreeWrong { seq: u64 },
    #[error("commit {seq} has a box that its key does not open")]
    BoxWrong { seq: u64 },
    #[error("the key of commit {seq} is not in custody: wrong or older custody")]
    KeyMissing { seq: u64 },
}

/// Checks one log object against the head before it; gives what it says and the head after it.
pub fn follow(
    bytes: &[u8],
    cell: Id<Cell>,
    head: &Head,
    signer: VerifyingKey,
) -> Result<(Body, Head), Fault> {
    let seq = head.next_seq;
    let commit: Commit = exact(bytes).ok_or(Fault::Unreadable { seq })?;
    let body: Body = exact(&commit.body).ok_or(Fault::Unreadable { seq })?;
    if body.version != VERSION || !body.leaves.len().is_multiple_of(32) {
        return Err(Fault::Unreadable { seq });
    }
    if body.cell != cell || body.seq != seq {
        return Err(Fault::Misplaced { seq });
    }
    if *body.previous != head.hash {
        return Err(Fault::Unchained { seq });
    }
    // INVARIANT: a term has one writer, and another one takes over with the very next term.
    let is_next_writer = body.term == head.term + 1;
    let is_same_writer = body.term == head.term && body.writer == head.writer;
    if !(is_next_writer || is_same_writer) || body.time < head.time {
        return Err(Fault::Outdated { seq });
    }
    signer.verify(&head_text(&commit.body), &commit.signature[..]).map_err(|_| Fault::Unsigned { seq })?;
    let mut frontier = head.frontier.clone();
    for leaf in body.leaves.chunks_exact(32) {
        frontier.push(leaf_hash(leaf));
    }
    if frontier.size() != body.tree_size || frontier.root().0 != *body.root {
        return Err(Fault::TreeWrong { seq });
    }
    let after = Head {
        next_seq: seq + 1,
        hash: seal::sha256(bytes),
        frontier,
        term: body.term,
        writer: body.writer,
        time: body.time,
        key_generation: head.key_generation,
    };
    Ok((body, after))
}

/// Decodes and refuses what would not be written so: one commit has one spelling, hence one hash.
fn exact<'b, T>(bytes: &'b [u8]) -> Option<T>
where
    T: minicbor::Decode<'b, ()> + minicbor::Encode<()>,
{
    let value: T = whole(bytes)?;
    (minicbor::to_vec(&value).ok()? == bytes).then_some(value)
}

/// Decodes and refuses bytes left over.
fn whole<'b, T: minicbor::Decode<'b, ()>>(bytes: &'b [u8]) -> Option<T> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(value)
}

/// What a commit holds, as far as its keys still exist.
#[derive(Debug, Default)]
pub struct Folded {
    /// Row changes in order.
    pub rows: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// The leaves in order, as far as they can be opened.
    pub leaves: Vec<Opened>,
    /// Scopes whose key is gone.
    pub lost: BTreeSet<Id<Scope>>,
}

/// One leaf as far as it can be opened.
#[derive(Debug, Default, Clone)]
pub struct Opened {
    pub commitment: [u8; 32],
    pub record: Option<Record>,
    /// The record's bytes, as committed to.
    pub record_bytes: Option<Vec<u8>>,
    pub salt: Option<[u8; 32]>,
    pub detail: Option<Vec<u8>>,
}

/// Opens a commit's boxes.
pub fn open(body: &Body, keys: &Keys) -> Result<Folded, Fault> {
    let seq = body.seq;
    let mut folded = Folded::default();
    let commitments = body.leaves.chunks_exact(32);
    folded.leaves = commitments
        .map(|leaf| Opened { commitment: leaf.try_into().unwrap_or_default(), ..Opened::default() })
        .collect();
    let mut changes = Vec::new();
    let mut stubs = Vec::new();
    for sealed in &body.boxes {
        let key = keys.find(sealed.key).map_err(|_| Fault::KeyMissing { seq })?;
        let Some(key) = key else {
            match sealed.key {
                KeyRef::Scope(scope) => drop(folded.lost.insert(scope)),
                KeyRef::Audit(_) => {}
                KeyRef::Cell(_) => return Err(Fault::KeyMissing { seq }),
            }
            continue;
        };
        let aad = binding(body.cell, seq, sealed.key).map_err(|_| Fault::BoxWrong { seq })?;
        let plain = envelope::open(&key, &aad, &sealed.bytes).map_err(|_| Fault::BoxWrong { seq })?;
        let contents: Contents = whole(&plain).ok_or(Fault::BoxWrong { seq })?;
        for item in contents.items {
            sort(item, &mut changes, &mut stubs, &mut folded.leaves);
        }
    }
    let lost = &folded.lost;
    let remains = stubs.into_iter().filter(|(_, stub, _)| lost.contains(&stub.scope));
    changes.extend(remains.map(|(order, stub, is_put)| erased(order, stub, is_put)));
    changes.sort_by_key(|(order, _, _)| *order);
    folded.rows = changes.into_iter().map(|(_, key, value)| (key, value)).collect();
    Ok(folded)
}

type Ordered = (u32, Vec<u8>, Option<Vec<u8>>);

fn sort(item: Item, changes: &mut Vec<Ordered>, stubs: &mut Vec<(u32, Stub, bool)>, leaves: &mut [Opened]) {
    let at = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
    match item {
        Item::Put(order, key, value) => changes.push((order, key.into(), Some(value.into()))),
        Item::Delete(order, key) => changes.push((order, key.into(), None)),
        Item::Stub(order, stub) => stubs.push((order, stub, true)),
        Item::Unstub(order, stub) => stubs.push((order, stub, false)),
        Item::Record(place, record) => {
            if let Some(leaf) = leaves.get_mut(at(place)) {
                leaf.record = minicbor::decode(&record).ok();
                leaf.record_bytes = Some(record.into());
            }
        }
        Item::Detail(place, salt, detail) => {
            if let Some(leaf) = leaves.get_mut(at(place)) {
                leaf.salt = Some(salt.into());
                leaf.detail = Some(detail.into());
            }
        }
    }
}

/// The row that says: here was something, of this size, and it is gone.
fn erased(order: u32, stub: Stub, is_put: bool) -> Ordered {
    // WHY the table: ids of attempts are chosen by clients and must not hide an object's remains.
    let own = [&stub.scope.to_bytes()[..], &[stub.table], &stub.id[..]].concat();
    let value = is_put.then(|| minicbor::to_vec(stub).unwrap_or_default());
    (order, row::key(Table::Erased, &own), value)
}
