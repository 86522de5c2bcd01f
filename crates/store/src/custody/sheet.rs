//! One generation of keys as bytes: a clear header and a sealed list.
//!
//! The header says how the list is locked and is authenticated with it, so
//! that a torn, altered or exchanged file is noticed. With plain file custody
//! the key lies in the header: sealing then only detects damage.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use seal::stretch::{Cost, stretch};
use words::{Rand, Secret};
use zeroize::Zeroize;

use super::{Key, KeyName};

/// WHY: ten keys for each of 10,000 cells.
pub(super) const KEYS_MAX: usize = 100_000;
/// WHY: `KEYS_MAX` names of at most 70 characters with their keys.
pub(super) const SHEET_BYTES_MAX: u64 = 16 << 20;
/// WHY: a file from outside must not make us take all memory or time.
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 16;
/// WHY: RFC 9106, 4: the second recommended option, 64 MiB and three passes, one lane here.
const MEMORY_KIB: u32 = 64 << 10;
const PASSES: u32 = 3;

const FORMAT: u32 = 1;
const CHECK: &[u8] = b"epic custody 1: the lock fits";
const LIST: &[u8] = b"epic custody 1: the list of keys";
const HEADS: &[u8] = b"epic custody 1: the key of heads";

/// How the list is locked.
#[derive(Clone, Encode, Decode)]
pub(super) enum Lock {
    /// The key lies here, protected by the file's permissions alone.
    #[n(0)]
    Open {
        #[cbor(n(0), with = "minicbor::bytes")]
        key: [u8; 32],
    },
    /// The key is derived from a passphrase (Argon2id).
    #[n(1)]
    Passphrase {
        #[cbor(n(0), with = "minicbor::bytes")]
        salt: [u8; 16],
        #[n(1)]
        memory_kib: u32,
        #[n(2)]
        passes: u32,
    },
    /// The key was sealed by an HSM; only that device's wrap key opens it.
    #[n(2)]
    Hsm {
        #[cbor(n(0), with = "minicbor::bytes")]
        custody: [u8; 16],
        /// Which wrap key of this custody.
        #[n(1)]
        number: u64,
        #[cbor(n(2), with = "minicbor::bytes")]
        nonce: Vec<u8>,
        #[cbor(n(3), with = "minicbor::bytes")]
        sealed: Vec<u8>,
    },
}

#[derive(Encode, Decode)]
struct Sheet {
    #[n(0)]
    format: u32,
    #[n(1)]
    generation: u64,
    #[n(2)]
    lock: Lock,
    /// Opens only with the right key: tells a wrong passphrase from a damaged list.
    #[cbor(n(3), with = "minicbor::bytes")]
    check: Vec<u8>,
    #[cbor(n(4), with = "minicbor::bytes")]
    list: Vec<u8>,
    /// The key that remembered heads are sealed under, where the sheet's own changes.
    #[cbor(n(5), with = "minicbor::bytes")]
    heads: Option<Vec<u8>>,
}

#[derive(Encode, Decode)]
struct Entry {
    #[n(0)]
    name: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    key: [u8; 32],
}

/// A generation as read.
pub(super) struct Opened {
    pub(super) generation: u64,
    pub(super) keys: BTreeMap<KeyName, Key>,
    pub(super) heads: Option<Key>,
}

/// Why a sheet does not open.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotOpened {
    Damaged,
    WrongKey,
}

impl Lock {
    pub(super) fn open(rand: &dyn Rand) -> Self {
        Self::Open { key: words::chance::bytes(rand) }
    }

    pub(super) fn passphrase(rand: &dyn Rand) -> Self {
        let salt = words::chance::bytes(rand);
        Self::Passphrase { salt, memory_kib: MEMORY_KIB, passes: PASSES }
    }

    /// The key that opens the list; `None` if it is not for a passphrase to open, or the lock makes no sense.
    pub(super) fn key(&self, passphrase: Option<&Secret<String>>) -> Option<Key> {
        match self {
            Self::Open { key } => Some(Secret::new(*key)),
            Self::Passphrase { salt, memory_kib, passes } => derive(passphrase?, salt, *memory_kib, *passes),
            Self::Hsm { .. } => None,
        }
    }
}

fn derive(passphrase: &Secret<String>, salt: &[u8], memory_kib: u32, passes: u32) -> Option<Key> {
    if memory_kib > MEMORY_KIB_MAX || passes > PASSES_MAX {
        return None;
    }
    stretch(passphrase.expose().as_bytes(), salt, Cost { memory_kib, passes })
}

/// The lock of a sheet, before it is opened.
pub(super) fn lock_of(bytes: &[u8]) -> Result<Lock, NotOpened> {
    Ok(decode(bytes)?.lock)
}

fn decode(bytes: &[u8]) -> Result<Sheet, NotOpened> {
    let sheet: Sheet = minicbor::decode(bytes).map_err(|_| NotOpened::Damaged)?;
    match sheet.format == FORMAT {
        true => Ok(sheet),
        false => Err(NotOpened::Damaged),
    }
}

/// WHY the header: a list must not open under another generation or lock than its own.
fn context(purpose: &[u8], generation: u64, lock: &Lock) -> Result<Vec<u8>, NotOpened> {
    let lock = minicbor::to_vec(lock).map_err(|_| NotOpened::Damaged)?;
    Ok([purpose, &generation.to_be_bytes(), &lock].concat())
}

pub(super) fn write(
    generation: u64,
    lock: &Lock,
    key: &Key,
    keys: &BTreeMap<KeyName, Key>,
    heads: Option<&Key>,
    rand: &dyn Rand,
) -> Result<Vec<u8>, NotOpened> {
    let entry = |(name, key): (&KeyName, &Key)| Entry { name: name.to_string(), key: *key.expose() };
    let mut entries: Vec<Entry> = keys.iter().map(entry).collect();
    let plain = Secret::new(minicbor::to_vec(&entries).map_err(|_| NotOpened::Damaged)?);
    entries.iter_mut().for_each(|entry| entry.key.zeroize());
    let seal = |purpose: &[u8], plain: &[u8]| {
        let context = context(purpose, generation, lock)?;
        seal::envelope::seal(key, rand, &context, plain).map_err(|_| NotOpened::Damaged)
    };
    let check = seal(CHECK, CHECK)?;
    let list = seal(LIST, plain.expose())?;
    let heads = heads.map(|heads| seal(HEADS, heads.expose())).transpose()?;
    let sheet = Sheet { format: FORMAT, generation, lock: lock.clone(), check, list, heads };
    minicbor::to_vec(&sheet).map_err(|_| NotOpened::Damaged)
}

pub(super) fn open(bytes: &[u8], key: &Key) -> Result<Opened, NotOpened> {
    let sheet = decode(bytes)?;
    let open = |purpose: &[u8], sealed: &[u8], otherwise: NotOpened| {
        let context = context(purpose, sheet.generation, &sheet.lock)?;
        seal::envelope::open(key, &context, sealed).map_err(|_| otherwise)
    };
    open(CHECK, &sheet.check, NotOpened::WrongKey)?;
    let plain = Secret::new(open(LIST, &sheet.list, NotOpened::Damaged)?);
    let entries: Vec<Entry> = minicbor::decode(plain.expose()).map_err(|_| NotOpened::Damaged)?;
    let mut keys = BTreeMap::new();
    for mut entry in entries {
        let name = entry.name.parse().map_err(|_| NotOpened::Damaged)?;
        keys.insert(name, Secret::new(entry.key));
        entry.key.zeroize();
    }
    let heads = sheet.heads.as_ref().map(|sealed| open(HEADS, sealed, NotOpened::Damaged)).transpose()?;
    let heads = heads.map(|plain| <[u8; 32]>::try_from(plain).map(Secret::new)).transpose();
    Ok(Opened { generation: sheet.generation, keys, heads: heads.map_err(|_| NotOpened::Damaged)? })
}
