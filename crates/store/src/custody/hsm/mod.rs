//! A wrap key in a device: what custody asks of an HSM, and nothing more.
//!
//! The device makes the wrap key and never gives it out; custody's sheets are
//! sealed under keys that only the device can unwrap. What a device answers is
//! checked as far as it can be: a lying device is noticed before a sheet depends
//! on its answer.

mod pkcs11;

use words::{Rand, Secret};

use super::Key;
use super::sheet::Lock;

pub use pkcs11::{Pkcs11Device, Slot};

/// Which wrap key: of which custody, and the how-manieth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrapName {
    pub custody: [u8; 16],
    /// Grows with every destruction of keys.
    pub number: u64,
}

/// A key sealed by the device (AES-256-GCM).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    pub nonce: Vec<u8>,
    pub sealed: Vec<u8>,
}

/// A holder of wrap keys. One that is not there any more is destroyed already.
pub trait Device: Send + Sync {
    /// Makes a wrap key in the device, marked so that it cannot leave it.
    fn make(&self, name: WrapName) -> Result<(), HsmError>;

    /// Seals a key under a wrap key, after looking that the wrap key still cannot leave.
    fn wrap(&self, name: WrapName, key: &Key, nonce: [u8; 12]) -> Result<Wrapped, HsmError>;

    fn unwrap(&self, name: WrapName, wrapped: &Wrapped) -> Result<Key, HsmError>;

    fn destroy(&self, name: WrapName) -> Result<(), HsmError>;

    /// The numbers of a custody's wrap keys that are there, in order.
    fn numbers(&self, custody: [u8; 16]) -> Result<Vec<u64>, HsmError>;
}

/// Why the device does not serve.
#[derive(Debug, thiserror::Error)]
pub enum HsmError {
    #[error("the HSM's module `{module}` cannot be loaded")]
    Module {
        module: String,
        #[source]
        cause: cryptoki::error::Error,
    },
    #[error("the HSM has no token `{token}`")]
    NoToken { token: String },
    #[error("the HSM has more than one token `{token}`")]
    ManyTokens { token: String },
    #[error("the PIN is not the token's")]
    WrongPin,
    #[error("the token's PIN is locked")]
    PinLocked,
    #[error("the PIN is empty")]
    NoPin,
    #[error("the token has no room for another key")]
    Full,
    #[error("the wrap key of this custody is not in the token")]
    NoKey,
    #[error("the token holds more than one wrap key of the same name")]
    ManyKeys,
    #[error("the token lets the wrap key leave it: it is not {lacks}")]
    Leaves { lacks: &'static str },
    #[error("what the HSM answered does not fit: {why}")]
    Lies { why: &'static str },
    #[error("the HSM does not {tried}")]
    Refused {
        tried: &'static str,
        #[source]
        cause: cryptoki::error::Error,
    },
}

impl HsmError {
    /// What to do about it, for a person.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Module { .. } => "name the PKCS#11 module of your HSM's vendor with `--hsm-module`",
            Self::NoToken { .. } => "connect the HSM, or name its token with `--hsm-token`",
            Self::ManyTokens { .. } => "give the tokens different labels, or disconnect one",
            Self::WrongPin | Self::NoPin => {
                "try again with the right PIN; most tokens lock after a few wrong ones"
            }
            Self::PinLocked => "the token's security officer can set a new PIN",
            Self::Full => "remove what the token no longer needs, or use another",
            Self::NoKey => {
                "connect the token that belongs to it; a copy of custody from before an erasure opens with none, which is meant"
            }
            Self::ManyKeys => "somebody made a second one: find out who; nothing is sealed under either",
            Self::Leaves { .. } => "use a token that keeps its keys; nothing is sealed under this one",
            Self::Lies { .. } => "do not trust this module or this device; restore both from their vendor",
            Self::Refused { .. } => "see whether the HSM is connected and answers its vendor's own tools",
        }
    }
}

/// A custody's part of a device.
pub(super) struct Keeper {
    device: Box<dyn Device>,
    custody: [u8; 16],
}

impl Keeper {
    /// For a custody that is being made.
    pub(super) fn new(device: Box<dyn Device>, rand: &dyn Rand) -> Self {
        Self { device, custody: words::chance::bytes(rand) }
    }

    /// For a custody that was made.
    pub(super) fn of(device: Box<dyn Device>, lock: &Lock) -> Option<Self> {
        match lock {
            Lock::Hsm { custody, .. } => Some(Self { device, custody: *custody }),
            Lock::Open { .. } | Lock::Passphrase { .. } => None,
        }
    }

    /// The key that a lock's sheet is sealed under.
    pub(super) fn open(&self, lock: &Lock) -> Result<Key, HsmError> {
        let Lock::Hsm { custody, number, nonce, sealed } = lock else {
            return Err(HsmError::Lies { why: "the sheet is not locked by an HSM" });
        };
        let name = WrapName { custody: *custody, number: *number };
        self.device.unwrap(name, &Wrapped { nonce: nonce.clone(), sealed: sealed.clone() })
    }

    /// A lock under the wrap key in use, with a fresh key for its sheet.
    pub(super) fn lock(&self, number: u64, rand: &dyn Rand) -> Result<(Lock, Key), HsmError> {
        let name = WrapName { custody: self.custody, number };
        let key: Key = Secret::new(words::chance::bytes(rand));
        let wrapped = self.device.wrap(name, &key, words::chance::bytes(rand))?;
        // Assert in pairs, before a sheet depends on it: what it wrapped is what it unwraps, and it is not in clear.
        if self.device.unwrap(name, &wrapped)? != key {
            return Err(HsmError::Lies { why: "it unwraps another key than it wrapped" });
        }
        if wrapped.sealed.windows(32).any(|window| window == key.expose()) {
            return Err(HsmError::Lies { why: "it gave the key back in clear" });
        }
        let Wrapped { nonce, sealed } = wrapped;
        Ok((Lock::Hsm { custody: self.custody, number, nonce, sealed }, key))
    }

    /// Makes the wrap key that comes after all that are there; gives its number.
    pub(super) fn turn(&self, current: u64) -> Result<u64, HsmError> {
        let newest = self.device.numbers(self.custody)?.into_iter().max().unwrap_or(0);
        let number = newest.max(current).saturating_add(1);
        self.device.make(WrapName { custody: self.custody, number })?;
        Ok(number)
    }

    /// Destroys all wrap keys but the one in use, and looks that they are gone.
    pub(super) fn leave_only(&self, number: u64) -> Result<(), HsmError> {
        self.destroy(|other| other != number)
    }

    /// Destroys the wrap keys before the one in use.
    ///
    /// WHY not later ones: custody put back from a copy must not take the key of what came after it.
    pub(super) fn destroy_before(&self, number: u64) -> Result<(), HsmError> {
        self.destroy(|other| other < number)
    }

    fn destroy(&self, chosen: impl Fn(u64) -> bool) -> Result<(), HsmError> {
        let there = self.device.numbers(self.custody)?;
        for number in there.into_iter().filter(|number| chosen(*number)) {
            self.device.destroy(WrapName { custody: self.custody, number })?;
        }
        match self.device.numbers(self.custody)?.into_iter().any(chosen) {
            true => Err(HsmError::Lies { why: "a key that it destroyed is still there" }),
            false => Ok(()),
        }
    }
}
