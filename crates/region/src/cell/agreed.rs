//! What the pairs of scopes have agreed on with writers, so that a header costs no agreement of its own.
//!
//! WHY: agreeing (X25519) was a fifth of a small PUT's work. One writer's key serves many
//! headers, each under a nonce of its own. It must never open what custody no longer holds, and what it knows ends
//! with the keys: whoever destroys any makes it forget everything.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seal::crypt4gh::{HeaderError, OpenedHeader, Shared, open_header_by, seal_header_by};
use seal::{DataKey, DecryptionKey, EncryptionKey};
use store::custody::KeyName;
use words::Rand;

use crate::cell::keys::Key;

/// WHY: far below the 2^32 headers that random nonces are good for.
const HEADERS_MAX: u32 = 1 << 20;
/// WHY: scopes in use at once, and writers of each; beyond it everything is agreed anew, some 0.1 ms each.
const KNOWN_MAX: usize = 1_024;

/// Of a whole region.
#[derive(Default)]
pub struct Agreed(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Our own writers, by reader.
    writing: HashMap<EncryptionKey, Writing>,
    reading: HashMap<KeyName, Reading>,
    /// How often everything was forgotten.
    forgotten: u64,
}

struct Writing {
    shared: Arc<Shared>,
    headers_left: u32,
}

/// A pair that custody held when this was agreed.
struct Reading {
    secret: Key,
    pair: DecryptionKey,
    with: HashMap<EncryptionKey, Arc<Shared>>,
}

/// A pair as custody holds it.
pub struct Held {
    name: KeyName,
    secret: Key,
    /// How often everything had been forgotten before custody was asked.
    since: u64,
}

impl Agreed {
    /// Asks custody for a pair; `None`: it holds none.
    pub fn held<E>(
        &self,
        name: KeyName,
        custody: impl FnOnce(&KeyName) -> Result<Option<Key>, E>,
    ) -> Result<Option<Held>, E> {
        // WHY before: what is destroyed while custody answers must not be remembered.
        let since = self.known().forgotten;
        Ok(custody(&name)?.map(|secret| Held { name, secret, since }))
    }

    /// Called after keys were destroyed.
    pub fn forget(&self) {
        let mut known = self.known();
        *known = Known { forgotten: known.forgotten + 1, ..Known::default() };
    }

    /// A header that the holder of one pair opens.
    pub fn seal(&self, key: &DataKey, to: EncryptionKey, rand: &dyn Rand) -> Result<Vec<u8>, HeaderError> {
        let shared = self.to(to, rand).ok_or(HeaderError::Seal)?;
        seal_header_by(key, &shared, rand)
    }

    /// Opens a header with a pair.
    pub fn open(&self, held: &Held, header: &[u8]) -> Result<OpenedHeader, HeaderError> {
        open_header_by(header, |writer| self.from(held, writer))
    }

    fn to(&self, reader: EncryptionKey, rand: &dyn Rand) -> Option<Arc<Shared>> {
        let mut known = self.known();
        if let Some(writing) = known.writing.get_mut(&reader).filter(|writing| writing.headers_left > 0) {
            writing.headers_left -= 1;
            return Some(Arc::clone(&writing.shared));
        }
        let shared = Arc::new(Shared::by_writer(&DecryptionKey::random(rand), reader)?);
        if known.writing.len() >= KNOWN_MAX {
            known.writing.clear();
        }
        known.writing.insert(reader, Writing { shared: Arc::clone(&shared), headers_left: HEADERS_MAX - 1 });
        Some(shared)
    }

    fn from(&self, held: &Held, writer: EncryptionKey) -> Option<Arc<Shared>> {
        let known = self.known();
        let reading = known.reading.get(&held.name).filter(|reading| reading.secret == held.secret);
        if let Some(shared) = reading.and_then(|reading| reading.with.get(&writer)) {
            return Some(Arc::clone(shared));
        }
        let pair = reading.map(|reading| reading.pair.clone());
        // WHY without the lock: others need not wait for it.
        drop(known);
        let pair = pair.unwrap_or_else(|| DecryptionKey::from_secret(&held.secret));
        let shared = Arc::new(Shared::by_reader(&pair, writer)?);
        self.keep(held, pair, writer, Arc::clone(&shared));
        Some(shared)
    }

    fn keep(&self, held: &Held, pair: DecryptionKey, writer: EncryptionKey, shared: Arc<Shared>) {
        let mut known = self.known();
        // INVARIANT: keys destroyed since custody was asked are known here no more.
        if known.forgotten != held.since {
            return;
        }
        let reading = known.reading.get(&held.name);
        if reading.is_none_or(|reading| reading.secret != held.secret || reading.with.len() >= KNOWN_MAX) {
            if known.reading.len() >= KNOWN_MAX {
                known.reading.clear();
            }
            let fresh = Reading { secret: held.secret.clone(), pair, with: HashMap::new() };
            known.reading.insert(held.name, fresh);
        }
        if let Some(reading) = known.reading.get_mut(&held.name) {
            reading.with.insert(writer, shared);
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
