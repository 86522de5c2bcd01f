//! An HSM over PKCS#11: its vendor's module, loaded when the region starts.
//!
//! A session per use: a device that was unplugged and is back serves again, and
//! none keeps a handle that means something else by then. It knows tokens and
//! objects, no sheets.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use words::Secret;
use zeroize::Zeroize;

use super::{Device, HsmError, WrapName, Wrapped};
use crate::custody::Key;

const LABEL: &str = "epic custody";
const KEY_BYTES: u64 = 32;
const TAG_BITS: u64 = 128;
/// WHY: a device's answer is not trusted to be short.
const NUMBERS_MAX: usize = 1_024;

/// Which token of which module.
#[derive(Debug, Clone)]
pub struct Slot {
    pub module: PathBuf,
    pub token: String,
}

/// One token, with the PIN of the account that may use it.
pub struct Pkcs11Device {
    module: Pkcs11,
    token: String,
    pin: Secret<String>,
    /// WHY one at a time: login and logout are the whole process's, not a session's.
    turn: Mutex<()>,
}

impl Pkcs11Device {
    /// Loads the module and logs in once, so that a wrong PIN is told at the start.
    pub fn open(slot: &Slot, pin: Secret<String>) -> Result<Self, HsmError> {
        if pin.expose().is_empty() {
            return Err(HsmError::NoPin);
        }
        let module = load(&slot.module)?;
        let device = Self { module, token: slot.token.clone(), pin, turn: Mutex::default() };
        device.with(|_| Ok(()))?;
        Ok(device)
    }

    fn with<T>(&self, work: impl FnOnce(&Session) -> Result<T, HsmError>) -> Result<T, HsmError> {
        let _one = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        match self.session() {
            Ok(session) => work(&session),
            Err(HsmError::Refused { .. } | HsmError::NoToken { .. }) => work(&self.session_anew()?),
            Err(error) => Err(error),
        }
    }

    /// WHY: some modules never find a device again that was away, until they begin from the start.
    fn session_anew(&self) -> Result<Session, HsmError> {
        // What it says of its end does not matter: it begins again or it does not.
        let _ended = self.module.clone().finalize();
        initialize(&self.module).map_err(refused("begin again"))?;
        self.session()
    }

    fn session(&self) -> Result<Session, HsmError> {
        let slots = self.module.get_slots_with_initialized_token().map_err(refused("list its tokens"))?;
        let label = |slot| self.module.get_token_info(slot).ok().map(|token| token.label().to_owned());
        let mut ours = slots.into_iter().filter(|slot| label(*slot).as_deref() == Some(&self.token));
        let slot = ours.next().ok_or_else(|| HsmError::NoToken { token: self.token.clone() })?;
        if ours.next().is_some() {
            return Err(HsmError::ManyTokens { token: self.token.clone() });
        }
        let session = self.module.open_rw_session(slot).map_err(refused("open a session"))?;
        match session.login(UserType::User, Some(&AuthPin::new(self.pin.expose().as_str().into()))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => Err(unlogged(error)),
        }
    }
}

fn load(module: &Path) -> Result<Pkcs11, HsmError> {
    let unloaded = |cause| HsmError::Module { module: module.display().to_string(), cause };
    let loaded = Pkcs11::new(module).map_err(unloaded)?;
    initialize(&loaded).map_err(unloaded)?;
    Ok(loaded)
}

fn initialize(module: &Pkcs11) -> Result<(), Error> {
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        Err(cause) => Err(cause),
    }
}

fn unlogged(error: Error) -> HsmError {
    match error {
        Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => {
            HsmError::WrongPin
        }
        Error::Pkcs11(RvError::PinLocked | RvError::PinExpired, _) => HsmError::PinLocked,
        cause => HsmError::Refused { tried: "let us log in", cause },
    }
}

fn refused(tried: &'static str) -> impl Fn(Error) -> HsmError {
    move |cause| match cause {
        Error::Pkcs11(RvError::DeviceMemory, _) => HsmError::Full,
        cause => HsmError::Refused { tried, cause },
    }
}

fn id(name: WrapName) -> Vec<u8> {
    [&name.custody[..], &name.number.to_be_bytes()].concat()
}

/// Bound to what it is for, so that no other sealed thing passes for it.
fn context(name: WrapName) -> Vec<u8> {
    [b"epic custody 1: a sheet's key", &id(name)[..]].concat()
}

/// WHY these: made inside, never to be read, wrapped, copied or loosened; it can only be used and destroyed.
fn template(name: WrapName) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::ValueLen(KEY_BYTES.into()),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Modifiable(false),
        Attribute::Copyable(false),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::Wrap(false),
        Attribute::Unwrap(false),
        Attribute::Derive(false),
        Attribute::Id(id(name)),
        Attribute::Label(format!("{LABEL} {}", name.number).into_bytes()),
    ]
}

fn find(session: &Session, name: WrapName) -> Result<Vec<ObjectHandle>, HsmError> {
    let wanted = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::Token(true), Attribute::Id(id(name))];
    session.find_objects(&wanted).map_err(refused("look for its keys"))
}

fn known(session: &Session, name: WrapName) -> Result<ObjectHandle, HsmError> {
    match find(session, name)?[..] {
        [] => Err(HsmError::NoKey),
        [key] => Ok(key),
        [..] => Err(HsmError::ManyKeys),
    }
}

/// Looks that the device itself says that the key cannot leave it and never could.
fn check(session: &Session, key: ObjectHandle) -> Result<(), HsmError> {
    let kinds = [
        AttributeType::Sensitive,
        AttributeType::AlwaysSensitive,
        AttributeType::Extractable,
        AttributeType::NeverExtractable,
        AttributeType::Local,
        AttributeType::Copyable,
        AttributeType::Modifiable,
    ];
    let said = session.get_attributes(key, &kinds).map_err(refused("tell of its key"))?;
    for (wanted, lacks) in [
        (Attribute::Sensitive(true), "sensitive"),
        (Attribute::AlwaysSensitive(true), "sensitive from its making"),
        (Attribute::Extractable(false), "unextractable"),
        (Attribute::NeverExtractable(true), "unextractable from its making"),
        (Attribute::Local(true), "made in the device"),
        (Attribute::Copyable(false), "uncopyable"),
        (Attribute::Modifiable(false), "unchangeable"),
    ] {
        if !said.contains(&wanted) {
            return Err(HsmError::Leaves { lacks });
        }
    }
    Ok(())
}

impl Device for Pkcs11Device {
    fn make(&self, name: WrapName) -> Result<(), HsmError> {
        self.with(|session| {
            // WHY first: a key that somebody put there beforehand is not taken for ours.
            if !find(session, name)?.is_empty() {
                return Err(HsmError::ManyKeys);
            }
            let made = session.generate_key(&Mechanism::AesKeyGen, &template(name));
            check(session, made.map_err(refused("make a key"))?)
        })
    }

    fn wrap(&self, name: WrapName, key: &Key, mut nonce: [u8; 12]) -> Result<Wrapped, HsmError> {
        self.with(|session| {
            let handle = known(session, name)?;
            check(session, handle)?;
            let context = context(name);
            let params = GcmParams::new(&mut nonce, &context, TAG_BITS.into()).map_err(refused("seal"))?;
            let mechanism = Mechanism::AesGcm(params);
            let sealed = session.encrypt(&mechanism, handle, key.expose()).map_err(refused("seal"))?;
            drop(mechanism);
            // WHY after: a device may choose the nonce itself.
            Ok(Wrapped { nonce: nonce.to_vec(), sealed })
        })
    }

    fn unwrap(&self, name: WrapName, wrapped: &Wrapped) -> Result<Key, HsmError> {
        self.with(|session| {
            let handle = known(session, name)?;
            let (mut nonce, context) = (wrapped.nonce.clone(), context(name));
            let params = GcmParams::new(&mut nonce, &context, TAG_BITS.into()).map_err(refused("unseal"))?;
            let opened = session.decrypt(&Mechanism::AesGcm(params), handle, &wrapped.sealed);
            let mut opened = opened.map_err(refused("unseal"))?;
            let key = <[u8; 32]>::try_from(&opened[..]);
            opened.zeroize();
            key.map(Secret::new).map_err(|_| HsmError::Lies { why: "it unwraps something that is no key" })
        })
    }

    fn destroy(&self, name: WrapName) -> Result<(), HsmError> {
        self.with(|session| {
            for key in find(session, name)? {
                session.destroy_object(key).map_err(refused("destroy a key"))?;
            }
            match find(session, name)?.is_empty() {
                true => Ok(()),
                false => Err(HsmError::Lies { why: "a key that it destroyed is still there" }),
            }
        })
    }

    fn numbers(&self, custody: [u8; 16]) -> Result<Vec<u64>, HsmError> {
        self.with(|session| {
            let wanted = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::Token(true)];
            let mut numbers = Vec::new();
            for key in session.find_objects(&wanted).map_err(refused("look for its keys"))? {
                let said = session.get_attributes(key, &[AttributeType::Id]);
                for attribute in said.map_err(refused("tell of its key"))? {
                    numbers.extend(number_of(&attribute, custody));
                }
            }
            if numbers.len() > NUMBERS_MAX {
                return Err(HsmError::Lies { why: "it holds more wrap keys than were ever made" });
            }
            numbers.sort_unstable();
            Ok(numbers)
        })
    }
}

fn number_of(attribute: &Attribute, custody: [u8; 16]) -> Option<u64> {
    let Attribute::Id(id) = attribute else { return None };
    let (own, number) = id.split_at_checked(16)?;
    (own == custody).then(|| number.try_into().ok().map(u64::from_be_bytes)).flatten()
}
