//! The keys of one cell, asked of custody whenever one is needed.

use std::sync::Arc;

use seal::crypt4gh::{HeaderError, OpenedHeader};
use seal::{DataKey, DecryptionKey, EncryptionKey};
use store::custody::{Custody, Destroyed, KeyName};
use words::noun::{Cell, Scope};
use words::{Id, Rand, Reason, Refusal, Secret};

use crate::cell::agreed::Agreed;
use crate::cell::format::KeyRef;

pub type Key = Secret<[u8; 32]>;

/// What opens and seals in one cell.
#[derive(Clone)]
pub struct Keys {
    cell: Id<Cell>,
    custody: Arc<dyn Custody>,
    rand: Arc<dyn Rand>,
    agreed: Arc<Agreed>,
}

impl Keys {
    pub fn new(cell: Id<Cell>, custody: Arc<dyn Custody>, rand: Arc<dyn Rand>, agreed: Arc<Agreed>) -> Self {
        Self { cell, custody, rand, agreed }
    }

    /// The key of a box, if it still exists.
    pub fn find(&self, key: KeyRef) -> Result<Option<Key>, Refusal> {
        self.custody.key(&self.name(key)).map_err(unheld)
    }

    /// The key of a box to be sealed; none is made on the way, for a lost key must be noticed.
    pub fn sealing(&self, key: KeyRef) -> Result<Key, Refusal> {
        self.find(key)?.ok_or_else(|| match key {
            KeyRef::Audit(_) | KeyRef::Cell(_) => {
                Refusal::with(Reason::Unavailable, "the cell's key is not in custody")
            }
            KeyRef::Scope(_) => Refusal::new(Reason::ScopeErased),
        })
    }

    /// Makes a generation of the cell's own key; one that exists is kept.
    pub fn found_cell(&self, generation: u32) -> Result<(), Refusal> {
        self.sure(self.name(KeyRef::Cell(generation)))
    }

    /// Makes a scope's metadata key and a generation of its data pair; gives the public half.
    pub fn found_scope(&self, scope: Id<Scope>, generation: u32) -> Result<[u8; 32], Refusal> {
        self.sure(self.name(KeyRef::Scope(scope)))?;
        self.sure(KeyName::ScopeData(self.cell, scope, generation))?;
        Ok(self.data_pair(scope, generation)?.public().to_bytes())
    }

    /// Makes the key that names of a scope are sealed under, where it has no data.
    pub fn found_names(&self, scope: Id<Scope>) -> Result<(), Refusal> {
        self.sure(self.name(KeyRef::Scope(scope)))
    }

    /// Makes the key of a year's access records.
    pub fn found_year(&self, year: i32) -> Result<(), Refusal> {
        self.sure(self.name(KeyRef::Audit(year)))
    }

    /// The secret half that opens a scope's objects of a generation.
    pub fn data_pair(&self, scope: Id<Scope>, generation: u32) -> Result<DecryptionKey, Refusal> {
        let name = KeyName::ScopeData(self.cell, scope, generation);
        let secret = self.custody.key(&name).map_err(unheld)?;
        let secret = secret.ok_or(Refusal::new(Reason::ScopeErased))?;
        Ok(DecryptionKey::from_secret(&secret))
    }

    /// A header of a data key that only the holder of a scope's data pair opens.
    pub fn seal_header(&self, key: &DataKey, to: EncryptionKey) -> Result<Vec<u8>, HeaderError> {
        self.agreed.seal(key, to, self.rand.as_ref())
    }

    /// What a header says to a scope's data pair of a generation.
    pub fn open_header(
        &self,
        scope: Id<Scope>,
        generation: u32,
        header: &[u8],
    ) -> Result<Result<OpenedHeader, HeaderError>, Refusal> {
        let name = KeyName::ScopeData(self.cell, scope, generation);
        let held = self.agreed.held(name, |name| self.custody.key(name)).map_err(unheld)?;
        let held = held.ok_or(Refusal::new(Reason::ScopeErased))?;
        Ok(self.agreed.open(&held, header))
    }

    /// The key an index generation is sealed under.
    pub fn index(&self, generation: u64) -> Result<Key, Refusal> {
        let name = KeyName::Index(self.cell, generation);
        self.sure(name)?;
        self.custody.key(&name).map_err(unheld)?.ok_or(Refusal::new(Reason::Unavailable))
    }

    pub fn has_cell(&self) -> Result<bool, Refusal> {
        Ok(self.find(KeyRef::Cell(1))?.is_some())
    }

    pub fn has_index(&self, generation: u64) -> Result<bool, Refusal> {
        Ok(self.custody.key(&KeyName::Index(self.cell, generation)).map_err(unheld)?.is_some())
    }

    pub fn has_scope(&self, scope: Id<Scope>) -> Result<bool, Refusal> {
        Ok(self.find(KeyRef::Scope(scope))?.is_some())
    }

    pub fn has_year(&self, year: i32) -> Result<bool, Refusal> {
        Ok(self.find(KeyRef::Audit(year))?.is_some())
    }

    /// A key that custody still holds of these scopes, of names or of data, in this cell or another.
    pub fn held_of(&self, scopes: &[Id<Scope>]) -> Result<Option<KeyName>, Refusal> {
        let names = self.custody.names().map_err(unheld)?;
        Ok(names.into_iter().find(|name| is_of(name, scopes)))
    }

    /// Destroys the keys of scopes and the index keys that could reveal their names.
    pub fn destroy_scopes(&self, scopes: &[Id<Scope>], index_generation: u64) -> Result<Destroyed, Refusal> {
        self.destroy(|name| match name {
            KeyName::Index(_, generation) => *generation <= index_generation,
            _ => is_of(name, scopes),
        })
    }

    /// Destroys some keys of this cell; none where none of them is there any more.
    pub fn destroy_chosen(&self, chosen: impl Fn(&KeyName) -> bool) -> Result<Option<Destroyed>, Refusal> {
        let is_there = |name: &KeyName| name.cell() == Some(self.cell) && chosen(name);
        match self.custody.names().map_err(unheld)?.iter().any(is_there) {
            true => self.destroy(chosen).map(Some),
            false => Ok(None),
        }
    }

    /// Destroys everything that opens anything in this cell.
    pub fn destroy_cell(&self) -> Result<Destroyed, Refusal> {
        self.destroy(|_| true)
    }

    fn destroy(&self, chosen: impl Fn(&KeyName) -> bool) -> Result<Destroyed, Refusal> {
        let of_cell = |name: &KeyName| name.cell() == Some(self.cell) && chosen(name);
        let names: Vec<_> = self.custody.names().map_err(unheld)?.into_iter().filter(of_cell).collect();
        let destroyed = self.custody.destroy(&names).map_err(unheld);
        // WHY also after a failure: some of them may be gone.
        self.agreed.forget();
        destroyed
    }

    /// Whether custody holds any key of this cell.
    pub fn is_destroyed(&self) -> Result<bool, Refusal> {
        let names = self.custody.names().map_err(unheld)?;
        Ok(names.iter().all(|name| name.cell() != Some(self.cell)))
    }

    pub fn custody(&self) -> &Arc<dyn Custody> {
        &self.custody
    }

    fn name(&self, key: KeyRef) -> KeyName {
        match key {
            KeyRef::Cell(generation) => KeyName::Cell(self.cell, generation),
            KeyRef::Audit(year) => KeyName::Audit(self.cell, year),
            KeyRef::Scope(scope) => KeyName::ScopeMetadata(self.cell, scope),
        }
    }

    fn sure(&self, name: KeyName) -> Result<(), Refusal> {
        if self.custody.key(&name).map_err(unheld)?.is_some() {
            return Ok(());
        }
        self.custody.insert(&[(name, seal::keys::random(self.rand.as_ref()))]).map_err(unheld)
    }
}

/// Whether a key opens something of these scopes, in the root or in a project.
fn is_of(name: &KeyName, scopes: &[Id<Scope>]) -> bool {
    match name {
        KeyName::ScopeMetadata(_, of) | KeyName::ScopeData(_, of, _) => scopes.contains(of),
        KeyName::Region | KeyName::SigV4 | KeyName::Cell(..) | KeyName::Index(..) | KeyName::Audit(..) => {
            false
        }
    }
}

fn unheld<E>(_: E) -> Refusal {
    Refusal::with(Reason::Unavailable, "custody does not answer")
}
