//! Custody under a wrap key in a device: an HSM in software, and the same one failing or lying.

use crate::custody::{A, B, conforms, contains, key, raw, sheets};
use crate::kit::{Seeded, cell};
use crate::need::token::{self, LABEL, PIN, Token};

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cryptoki::context::Pkcs11;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use store::custody::hsm::{Device, HsmError, Pkcs11Device, Slot, WrapName, Wrapped};
use store::custody::{Custody, CustodyError, FileCustody, Key};
use words::Secret;

fn slot(token: &Token) -> Slot {
    Slot { module: token.module.clone(), token: LABEL.into() }
}

fn device_with(token: &Token, pin: &str) -> Result<Pkcs11Device, HsmError> {
    Pkcs11Device::open(&slot(token), Secret::new(pin.to_owned()))
}

fn device(token: &Token) -> Arc<Pkcs11Device> {
    Arc::new(device_with(token, PIN).unwrap())
}

/// What a device does to whoever trusts it, from some call on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Honest,
    /// Every call fails.
    Gone,
    /// It wraps nothing and gives the key back.
    Clear,
    /// It unwraps some other key.
    Other,
    /// It says that it destroyed and did not.
    Keeps,
}

/// The real device behind somebody who may lie.
struct Bent {
    inner: Arc<Pkcs11Device>,
    way: Way,
    left: Arc<AtomicU64>,
}

impl Bent {
    fn way(&self) -> Result<Way, HsmError> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match (left, self.way) {
            (Ok(_), _) => Ok(Way::Honest),
            (Err(_), Way::Gone) => Err(HsmError::NoToken { token: "gone as told".into() }),
            (Err(_), way) => Ok(way),
        }
    }
}

impl Device for Bent {
    fn make(&self, name: WrapName) -> Result<(), HsmError> {
        self.way()?;
        self.inner.make(name)
    }

    fn wrap(&self, name: WrapName, key: &Key, nonce: [u8; 12]) -> Result<Wrapped, HsmError> {
        match self.way()? {
            Way::Clear => Ok(Wrapped { nonce: nonce.to_vec(), sealed: key.expose().to_vec() }),
            _ => self.inner.wrap(name, key, nonce),
        }
    }

    fn unwrap(&self, name: WrapName, wrapped: &Wrapped) -> Result<Key, HsmError> {
        match self.way()? {
            Way::Clear => Ok(Secret::new(wrapped.sealed[..].try_into().unwrap())),
            Way::Other => Ok(key(9)),
            _ => self.inner.unwrap(name, wrapped),
        }
    }

    fn destroy(&self, name: WrapName) -> Result<(), HsmError> {
        match self.way()? {
            Way::Keeps => Ok(()),
            _ => self.inner.destroy(name),
        }
    }

    fn numbers(&self, custody: [u8; 16]) -> Result<Vec<u64>, HsmError> {
        self.way()?;
        self.inner.numbers(custody)
    }
}

const NEVER: u64 = u64::MAX;

fn open_bent(
    place: &Path,
    device: &Arc<Pkcs11Device>,
    way: Way,
    left: u64,
) -> Result<FileCustody, CustodyError> {
    let bent = Bent { inner: Arc::clone(device), way, left: Arc::new(AtomicU64::new(left)) };
    FileCustody::open_with_device(place, None, Box::new(bent), Seeded::new(way as u64 + left))
}

fn open(place: &Path, device: &Arc<Pkcs11Device>) -> Result<FileCustody, CustodyError> {
    open_bent(place, device, Way::Honest, NEVER)
}

fn refusal<T>(opened: Result<T, CustodyError>) -> HsmError {
    match opened.err() {
        Some(CustodyError::Hsm(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// The token as its vendor's own tools see it.
fn looked<T>(token: &Token, look: impl FnOnce(&Session) -> T) -> T {
    let module = Pkcs11::new(&token.module).unwrap();
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    let session = module.open_rw_session(slot).unwrap();
    session.login(UserType::User, Some(&AuthPin::new(PIN.into()))).unwrap();
    look(&session)
}

fn keys_of(session: &Session) -> Vec<ObjectHandle> {
    session.find_objects(&[Attribute::Class(ObjectClass::SECRET_KEY)]).unwrap()
}

fn keys_there(token: &Token) -> usize {
    looked(token, |session| keys_of(session).len())
}

#[test]
fn hsm_conforms() {
    token::with("hsm::hsm_conforms", "", |token| {
        let (place, device) = (token.folder.join("custody"), device(token));
        conforms(&mut |before| {
            drop(before);
            Box::new(open(&place, &device).unwrap())
        });
        assert_eq!(keys_there(token), 1, "one wrap key is left");
    });
}

/// Goal: what was destroyed is gone from every copy of custody; what was only added to keeps its copies. Method:
/// copies of the folder before and after, opened with the same token.
#[test]
fn destroying_kills_every_older_copy_of_custody() {
    token::with("hsm::destroying_kills_every_older_copy_of_custody", "", |token| {
        let (place, device) = (token.folder.join("custody"), device(token));
        let copy = |name: &str| {
            let to = token.folder.join(name);
            fs::create_dir(&to).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o700)).unwrap();
            for sheet in sheets(&place) {
                fs::copy(&sheet, to.join(sheet.file_name().unwrap())).unwrap();
            }
            to
        };
        let secret = *b"a secret of exactly 32 bytes, ok";
        let custody = open(&place, &device).unwrap();
        custody.insert(&[(A, Secret::new(secret))]).unwrap();
        let backup = copy("backup");
        custody.insert(&[(B, key(2))]).unwrap();
        custody.remember_head(cell(1), "a checkpoint to be seen").unwrap();
        let files = raw(&place);
        for plain in [&secret[..], b"a checkpoint", PIN.as_bytes()] {
            assert!(!contains(&files, plain));
        }
        assert!(
            open(&backup, &device).unwrap().key(&A).unwrap() == Some(Secret::new(secret)),
            "a backup opens"
        );
        let destroyed = custody.destroy(&[A]).unwrap();
        assert_eq!(destroyed.kind, "HSM, wrap key destroyed in it");
        assert!(matches!(refusal(open(&backup, &device)), HsmError::NoKey), "no copy from before opens");
        drop(custody);
        let custody = open(&place, &device).unwrap();
        assert!(custody.key(&A).unwrap().is_none() && custody.key(&B).unwrap().is_some());
        assert_eq!(custody.known_head(cell(1)).unwrap().as_deref(), Some("a checkpoint to be seen"));
        assert!(open(&copy("later"), &device).is_ok(), "a copy from after opens");
    });
}

#[test]
fn what_does_not_fit_is_refused_with_its_reason() {
    token::with("hsm::what_does_not_fit_is_refused_with_its_reason", "", |token| {
        let (place, other) = (token.folder.join("custody"), token.folder.join("open"));
        let module = |path: &str| {
            Pkcs11Device::open(&Slot { module: path.into(), token: LABEL.into() }, Secret::new(PIN.into()))
                .err()
        };
        assert!(matches!(module("/not/there.so"), Some(HsmError::Module { .. })));
        assert!(matches!(module("/etc/hostname"), Some(HsmError::Module { .. })), "a text is no module");
        let lost = Slot { token: "another".into(), ..slot(token) };
        assert!(matches!(
            Pkcs11Device::open(&lost, Secret::new(PIN.into())).err(),
            Some(HsmError::NoToken { .. })
        ));
        assert!(matches!(device_with(token, "87654322").err(), Some(HsmError::WrongPin)));
        assert!(matches!(device_with(token, "").err(), Some(HsmError::NoPin)));
        let device = device(token);
        drop(open(&place, &device).unwrap());
        let plain = FileCustody::open(&place, None, Seeded::new(1)).err();
        assert!(matches!(plain, Some(CustodyError::OtherKind { .. })), "{plain:?}");
        let phrase =
            FileCustody::open_with_passphrase(&place, None, &Secret::new(PIN.into()), Seeded::new(1));
        assert!(matches!(phrase.err(), Some(CustodyError::OtherKind { .. })));
        drop(FileCustody::open(&other, None, Seeded::new(1)).unwrap());
        assert!(matches!(open(&other, &device).err(), Some(CustodyError::OtherKind { .. })));
        for error in [module("/not/there.so").unwrap(), HsmError::Full, HsmError::NoKey, HsmError::PinLocked]
        {
            assert!(!error.hint().is_empty() && !error.to_string().contains(PIN));
        }
    });
}

#[test]
fn a_wrap_key_deleted_behind_our_back_is_noticed() {
    token::with("hsm::a_wrap_key_deleted_behind_our_back_is_noticed", "", |token| {
        let (place, device) = (token.folder.join("custody"), device(token));
        let custody = open(&place, &device).unwrap();
        custody.insert(&[(A, key(1))]).unwrap();
        looked(token, |session| {
            keys_of(session).into_iter().for_each(|key| session.destroy_object(key).unwrap());
        });
        assert!(matches!(refusal(custody.insert(&[(B, key(2))])), HsmError::NoKey));
        assert!(custody.key(&B).unwrap().is_none(), "it was refused and is not there");
        assert!(custody.key(&A).unwrap().is_some(), "what is in memory serves until the region stops");
        drop(custody);
        assert!(matches!(refusal(open(&place, &device)), HsmError::NoKey));
        // Whoever makes another key of that name gains nothing.
        assert_eq!(keys_there(token), 0);
    });
}

/// Goal: a wrap key that could leave the device seals nothing. Method: whoever has the PIN puts such a key in its place.
#[test]
fn a_wrap_key_that_could_leave_is_not_used() {
    token::with("hsm::a_wrap_key_that_could_leave_is_not_used", "", |token| {
        let (place, device) = (token.folder.join("custody"), device(token));
        let custody = open(&place, &device).unwrap();
        custody.insert(&[(A, key(1))]).unwrap();
        let id = looked(token, |session| {
            let own = keys_of(session)[0];
            let said = session
                .get_attributes(own, &[AttributeType::Id, AttributeType::Extractable, AttributeType::Value])
                .unwrap();
            assert!(said.contains(&Attribute::Extractable(false)));
            assert!(
                !said.iter().any(|attribute| matches!(attribute, Attribute::Value(_))),
                "its bytes are told"
            );
            assert!(
                session.copy_object(own, &[Attribute::Label(b"a copy".to_vec())]).is_err(),
                "it is copied"
            );
            assert!(session.update_attributes(own, &[Attribute::Label(b"another".to_vec())]).is_err());
            let Some(Attribute::Id(id)) = said.into_iter().find(|said| matches!(said, Attribute::Id(_)))
            else {
                panic!("it has an id")
            };
            loose(session, &id);
            id
        });
        assert!(matches!(refusal(custody.insert(&[(B, key(2))])), HsmError::ManyKeys), "two of one name");
        looked(token, |session| {
            keys_of(session).into_iter().for_each(|key| session.destroy_object(key).unwrap());
            loose(session, &id);
        });
        assert!(matches!(refusal(custody.insert(&[(B, key(2))])), HsmError::Leaves { .. }));
        assert!(custody.key(&B).unwrap().is_none());
        // One planted for later is not taken: the next has a number that nobody has, and the planted one goes.
        let mut later = id.clone();
        *later.last_mut().unwrap() += 1;
        looked(token, |session| loose(session, &later));
        custody.destroy(&[A]).unwrap();
        assert_eq!(keys_there(token), 1);
        drop(custody);
        assert!(open(&place, &device).unwrap().key(&A).unwrap().is_none());
    });
}

fn loose(session: &Session, id: &[u8]) -> ObjectHandle {
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::ValueLen(32.into()),
        Attribute::Token(true),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
        Attribute::Encrypt(true),
        Attribute::Decrypt(true),
        Attribute::Id(id.to_vec()),
    ];
    session.generate_key(&Mechanism::AesKeyGen, &template).unwrap()
}

/// Goal: a stop at any step between two sheets leaves the old keys or the new ones, never neither, and what was destroyed
/// stays so. Method: the device ends after every number of calls; then it is back and custody is opened again.
#[test]
fn a_stop_at_every_step_recovers() {
    token::with("hsm::a_stop_at_every_step_recovers", "", |token| {
        let device = device(token);
        let mut refused = 0;
        for step in 0..40_u64 {
            let place = token.folder.join(format!("custody-{step}"));
            let before = keys_there(token);
            let made = open_bent(&place, &device, Way::Gone, step);
            let changed = made.and_then(|custody| {
                custody.insert(&[(A, key(1)), (B, key(2))])?;
                custody.destroy(&[B])
            });
            let custody = open(&place, &device).unwrap();
            custody.insert(&[(A, key(1))]).unwrap();
            match changed {
                Ok(_) => assert!(custody.key(&B).unwrap().is_none(), "step {step}: it came back"),
                Err(_) => refused += 1,
            }
            custody.destroy(&[B]).unwrap();
            drop(custody);
            let custody = open(&place, &device).unwrap();
            assert_eq!(custody.names().unwrap(), [A], "step {step}");
            // A founding that was cut may leave a key that nothing was ever sealed under.
            assert!(keys_there(token) - before <= 2, "step {step}: wrap keys are left over");
            if changed.is_ok() {
                assert!(step > 10 && refused == step, "no step was hit");
                return;
            }
        }
        panic!("it never came to its end");
    });
}

#[test]
fn a_lying_device_is_noticed_before_anything_depends_on_it() {
    token::with("hsm::a_lying_device_is_noticed_before_anything_depends_on_it", "", |token| {
        let device = device(token);
        for way in [Way::Clear, Way::Other, Way::Keeps] {
            let place = token.folder.join(format!("custody-{way:?}"));
            open(&place, &device).unwrap().insert(&[(A, key(1)), (B, key(2))]).unwrap();
            // WHY: opening itself asks the device twice.
            let custody = open_bent(&place, &device, way, 3).unwrap();
            let told = custody.destroy(&[B]);
            assert!(matches!(refusal(told), HsmError::Lies { .. }), "{way:?}");
            drop(custody);
            let custody = open(&place, &device).unwrap();
            assert!(custody.key(&A).unwrap().is_some(), "{way:?}");
            custody.destroy(&[B]).unwrap();
            drop(custody);
            assert!(open(&place, &device).unwrap().key(&B).unwrap().is_none(), "{way:?}");
        }
    });
}

/// Goal: a device that is away refuses changes, and serves again when it is back. Method: its tokens are moved away.
#[test]
fn a_device_that_is_away_changes_nothing() {
    token::with("hsm::a_device_that_is_away_changes_nothing", "", |token| {
        let (place, device, away) = (token.folder.join("custody"), device(token), token.folder.join("away"));
        let custody = open(&place, &device).unwrap();
        custody.insert(&[(A, key(1)), (B, key(2))]).unwrap();
        fs::rename(token.objects(), &away).unwrap();
        let scope = store::custody::KeyName::Index(cell(1), 1);
        refusal(custody.insert(&[(scope, key(3))]));
        refusal(custody.destroy(&[B]));
        assert!(custody.key(&B).unwrap().is_some(), "nothing was destroyed");
        fs::rename(&away, token.objects()).unwrap();
        custody.destroy(&[B]).unwrap();
        drop(custody);
        assert_eq!(open(&place, &device).unwrap().names().unwrap(), [A]);
    });
}

/// Goal: a token that takes no more keys refuses the change. Method: no file of this process may grow.
#[test]
fn a_full_token_changes_nothing() {
    let name = "hsm::a_full_token_changes_nothing";
    token::with(name, "trap '' XFSZ; ulimit -f 0;", |token| {
        let (place, device) = (token.folder.join("custody"), device(token));
        // How a module says it is its own affair: some say that they are full, this one that it fails.
        refusal(open(&place, &device));
        assert!(sheets(&place).is_empty(), "nothing depends on a key that was not stored");
    });
}
