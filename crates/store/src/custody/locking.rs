//! How the sheets of a custody are locked, from one generation to the next.
//!
//! A file's lock stays for its life; an HSM's is new for every sheet, and its
//! wrap key is replaced and destroyed whenever keys are. It knows no file.

use words::{Rand, Secret};

use super::hsm::{Device, Keeper};
use super::sheet::Lock;
use super::{CustodyError, Key};

/// What certificates say of a destruction by this custody.
const KIND_OPEN: &str = "file, best effort";
const KIND_PASSPHRASE: &str = "file under passphrase, best effort";
const KIND_HSM: &str = "HSM, wrap key destroyed in it";

/// What somebody brings to open custody.
pub(super) enum Means<'a> {
    Open,
    Passphrase(&'a Secret<String>),
    Device(Box<dyn Device>),
}

impl Means<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Open => KIND_OPEN,
            Self::Passphrase(_) => KIND_PASSPHRASE,
            Self::Device(_) => KIND_HSM,
        }
    }
}

const fn kind_of(lock: &Lock) -> &'static str {
    match lock {
        Lock::Open { .. } => KIND_OPEN,
        Lock::Passphrase { .. } => KIND_PASSPHRASE,
        Lock::Hsm { .. } => KIND_HSM,
    }
}

/// What becomes of the keys that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// All stay: copies of the older sheets may open.
    Keep,
    /// Some go: no copy of an older sheet may open any more.
    Destroy,
}

/// How sheets are locked.
pub(super) enum Locking {
    Fixed { lock: Lock, key: Key },
    Hsm(Keeper),
}

impl Locking {
    /// For a custody that is being made; with the lock that its first sheet follows.
    pub(super) fn new(means: Means<'_>, rand: &dyn Rand) -> Result<(Self, Lock), CustodyError> {
        let (lock, passphrase) = match means {
            Means::Open => (Lock::open(rand), None),
            Means::Passphrase(passphrase) => (Lock::passphrase(rand), Some(passphrase)),
            Means::Device(device) => {
                let keeper = Keeper::new(device, rand);
                let number = keeper.turn(0)?;
                let (lock, _) = keeper.lock(number, rand)?;
                return Ok((Self::Hsm(keeper), lock));
            }
        };
        let key = lock.key(passphrase).ok_or(CustodyError::NoPassphrase)?;
        Ok((Self::Fixed { lock: lock.clone(), key }, lock))
    }

    /// For a custody that was made, with the key of its newest sheet.
    pub(super) fn of(lock: &Lock, means: Means<'_>, file: &str) -> Result<(Self, Key), CustodyError> {
        let (made, asked) = (kind_of(lock), means.kind());
        if made != asked {
            return Err(CustodyError::OtherKind { made, asked });
        }
        let damaged = || CustodyError::Damaged { file: file.to_owned() };
        let passphrase = match means {
            Means::Open => None,
            Means::Passphrase(passphrase) => Some(passphrase),
            Means::Device(device) => {
                let keeper = Keeper::of(device, lock).ok_or_else(damaged)?;
                let key = keeper.open(lock)?;
                return Ok((Self::Hsm(keeper), key));
            }
        };
        let key = lock.key(passphrase).ok_or_else(damaged)?;
        Ok((Self::Fixed { lock: lock.clone(), key: key.clone() }, key))
    }

    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Fixed { lock, .. } => kind_of(lock),
            Self::Hsm(_) => KIND_HSM,
        }
    }

    /// The one key of all its sheets, if there is one.
    pub(super) const fn fixed(&self) -> Option<&Key> {
        match self {
            Self::Fixed { key, .. } => Some(key),
            Self::Hsm(_) => None,
        }
    }

    /// The lock of the next sheet, and the key it is sealed under.
    pub(super) fn next(
        &self,
        current: &Lock,
        turn: Turn,
        rand: &dyn Rand,
    ) -> Result<(Lock, Key), CustodyError> {
        match self {
            Self::Fixed { lock, key } => Ok((lock.clone(), key.clone())),
            Self::Hsm(keeper) => {
                let number = match turn {
                    Turn::Keep => number(current),
                    Turn::Destroy => keeper.turn(number(current))?,
                };
                Ok(keeper.lock(number, rand)?)
            }
        }
    }

    /// Once the next sheet is durable: what opened the sheets before it goes, if it should.
    pub(super) fn retire(&self, lock: &Lock, turn: Turn) -> Result<(), CustodyError> {
        match (self, turn) {
            (Self::Hsm(keeper), Turn::Destroy) => Ok(keeper.leave_only(number(lock))?),
            (Self::Hsm(_), Turn::Keep) | (Self::Fixed { .. }, _) => Ok(()),
        }
    }

    /// What a stop may have left undone.
    pub(super) fn settle(&self, lock: &Lock) -> Result<(), CustodyError> {
        match self {
            Self::Hsm(keeper) => Ok(keeper.destroy_before(number(lock))?),
            Self::Fixed { .. } => Ok(()),
        }
    }
}

const fn number(lock: &Lock) -> u64 {
    match lock {
        Lock::Hsm { number, .. } => *number,
        Lock::Open { .. } | Lock::Passphrase { .. } => 0,
    }
}
