//! What this process holds of split keys, in memory alone: calls under way, shares that were given, keys that are open.
//!
//! None of it is ever written. It ends with its time, with a lock, with the
//! process; what is dropped is wiped. It knows no person's rights: whoever puts
//! something in has asked the gate.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seal::DecryptionKey;
use seal::shares::Share;
use words::noun::{Cell as CellNoun, Key, Person};
use words::{Id, Timestamp};

/// Secret halves of split keys, by generation.
pub type Opened = BTreeMap<u32, DecryptionKey>;

/// Of all cells of this process.
#[derive(Default)]
pub struct Shares {
    cells: Mutex<BTreeMap<Id<CellNoun>, Held>>,
    /// One gift at a time, so that the one that is enough is seen to be.
    giving: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    call: Option<Call>,
    open: Option<Open>,
}

struct Call {
    id: Id<Key>,
    secret: DecryptionKey,
    ends: Timestamp,
    given: BTreeMap<Id<Person>, Share>,
}

struct Open {
    until: Timestamp,
    /// The call that opened them.
    call: Id<Key>,
    secrets: Arc<Opened>,
}

impl Shares {
    fn cells(&self) -> MutexGuard<'_, BTreeMap<Id<CellNoun>, Held>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn giving(&self) -> &tokio::sync::Mutex<()> {
        &self.giving
    }

    /// A call begins; the one before it is over, and its shares are gone.
    pub fn call(&self, cell: Id<CellNoun>, id: Id<Key>, secret: DecryptionKey, ends: Timestamp) {
        let call = Call { id, secret, ends, given: BTreeMap::new() };
        self.cells().entry(cell).or_default().call = Some(call);
    }

    /// What opens gifts to a call, while it lasts.
    pub fn called(&self, cell: Id<CellNoun>, id: Id<Key>, now: Timestamp) -> Option<DecryptionKey> {
        let cells = self.cells();
        let call = cells.get(&cell)?.call.as_ref()?;
        (call.id == id && now <= call.ends).then(|| call.secret.clone())
    }

    /// Keeps a share until the call is over.
    pub fn keep(&self, cell: Id<CellNoun>, id: Id<Key>, person: Id<Person>, share: Share) {
        if let Some(call) = self.cells().get_mut(&cell).and_then(|held| held.call.as_mut())
            && call.id == id
        {
            call.given.insert(person, share);
        }
    }

    /// The shares given to a call by these persons.
    pub fn given(&self, cell: Id<CellNoun>, id: Id<Key>, by: &[Id<Person>]) -> Vec<Share> {
        let cells = self.cells();
        let call = cells.get(&cell).and_then(|held| held.call.as_ref()).filter(|call| call.id == id);
        let given = call.into_iter().flat_map(|call| &call.given);
        given.filter(|(person, _)| by.contains(person)).map(|(_, share)| share.clone()).collect()
    }

    /// Keys are open until a moment; the call that opened them is over.
    pub fn open(&self, cell: Id<CellNoun>, call: Id<Key>, secrets: Opened, until: Timestamp) {
        let open = Some(Open { until, call, secrets: Arc::new(secrets) });
        self.cells().insert(cell, Held { call: None, open });
    }

    /// A key that was just made beside those that are open.
    pub fn add(&self, cell: Id<CellNoun>, generation: u32, secret: DecryptionKey) {
        if let Some(open) = self.cells().get_mut(&cell).and_then(|held| held.open.as_mut()) {
            let mut secrets = Opened::clone(&open.secrets);
            secrets.insert(generation, secret);
            open.secrets = Arc::new(secrets);
        }
    }

    /// The keys, while they are open.
    pub fn opened(&self, cell: Id<CellNoun>, now: Timestamp) -> Option<Arc<Opened>> {
        let cells = self.cells();
        let open = cells.get(&cell)?.open.as_ref()?;
        (now <= open.until).then(|| Arc::clone(&open.secrets))
    }

    /// Until when they are open.
    pub fn opened_until(&self, cell: Id<CellNoun>) -> Option<Timestamp> {
        self.cells().get(&cell)?.open.as_ref().map(|open| open.until)
    }

    /// The call that opened them, while they are open.
    pub fn opened_by(&self, cell: Id<CellNoun>, now: Timestamp) -> Option<Id<Key>> {
        let cells = self.cells();
        let open = cells.get(&cell)?.open.as_ref()?;
        (now <= open.until).then_some(open.call)
    }

    /// Wipes all of a cell.
    pub fn close(&self, cell: Id<CellNoun>) {
        self.cells().remove(&cell);
    }

    /// Wipes what is past its time.
    pub fn forget_past(&self, now: Timestamp) {
        let mut cells = self.cells();
        for held in cells.values_mut() {
            held.call.take_if(|call| call.ends < now);
            held.open.take_if(|open| open.until < now);
        }
        cells.retain(|_, held| held.call.is_some() || held.open.is_some());
    }
}
