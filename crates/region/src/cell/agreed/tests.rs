//! What was agreed saves work and opens nothing more than custody does.

use std::collections::BTreeSet;

use seal::crypt4gh::open_header;
use words::noun::{Cell, Scope};
use words::{Id, Secret};

use super::*;
use crate::twin::SeededRand;

fn name(scope: u8) -> KeyName {
    KeyName::ScopeData(Id::<Cell>::from_bytes([1; 16]), Id::<Scope>::from_bytes([scope; 16]), 1)
}

fn pair(scope: u8) -> (KeyName, Key, EncryptionKey) {
    let secret = Secret::new([scope; 32]);
    let public = DecryptionKey::from_secret(&secret).public();
    (name(scope), secret, public)
}

fn held(agreed: &Agreed, name: KeyName, secret: &Key) -> Held {
    agreed.held(name, |_| Ok::<_, ()>(Some(secret.clone()))).unwrap().unwrap()
}

/// Agreements remembered: to write, to read.
fn known(agreed: &Agreed) -> (usize, usize) {
    let known = agreed.known();
    (known.writing.len(), known.reading.values().map(|reading| reading.with.len()).sum())
}

// Goal: one writer serves many headers, no two are alike, each opens by the plain way and by ours, for its pair alone.
#[test]
fn headers_of_one_writer_open_for_their_reader_alone() {
    let (agreed, rand) = (Agreed::default(), SeededRand::new(1));
    let ((one, secret, public), (other, other_secret, _)) = (pair(1), pair(2));
    let (mut headers, mut writers) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..50 {
        let key = DataKey::random(rand.as_ref());
        let header = agreed.seal(&key, public, rand.as_ref()).unwrap();
        let plainly = open_header(&header, &DecryptionKey::from_secret(&secret)).unwrap();
        let ours = agreed.open(&held(&agreed, one, &secret), &header).unwrap();
        for opened in [&plainly, &ours] {
            assert_eq!(opened.keys[0].secret(), key.secret());
        }
        let closed = agreed.open(&held(&agreed, other, &other_secret), &header);
        assert_eq!(closed.unwrap_err(), HeaderError::NotForThisKey);
        writers.insert(plainly.writer);
        assert!(headers.insert(header), "a header was made twice");
    }
    assert_eq!(writers.len(), 1);
    assert_eq!(known(&agreed).0, 1);
}

#[test]
fn a_writer_ends_after_so_many_headers() {
    let (agreed, rand) = (Agreed::default(), SeededRand::new(2));
    let (_, secret, public) = pair(1);
    let writer = || {
        let header = agreed.seal(&DataKey::random(rand.as_ref()), public, rand.as_ref()).unwrap();
        open_header(&header, &DecryptionKey::from_secret(&secret)).unwrap().writer
    };
    let first = writer();
    assert_eq!(writer(), first);
    assert_eq!(agreed.known().writing[&public].headers_left, HEADERS_MAX - 2);
    agreed.known().writing.get_mut(&public).unwrap().headers_left = 0;
    assert_ne!(writer(), first);
}

// Goal: nothing is remembered of keys that were destroyed, not even by who was reading meanwhile.
#[test]
fn what_was_destroyed_is_forgotten() {
    let (agreed, rand) = (Agreed::default(), SeededRand::new(3));
    let (name, secret, public) = pair(1);
    let header = agreed.seal(&DataKey::random(rand.as_ref()), public, rand.as_ref()).unwrap();
    let slow = held(&agreed, name, &secret);
    agreed.open(&slow, &header).unwrap();
    assert_eq!(known(&agreed), (1, 1));
    agreed.forget();
    assert_eq!(known(&agreed), (0, 0));
    agreed.open(&slow, &header).unwrap();
    assert_eq!(known(&agreed), (0, 0), "remembered after it was destroyed");
    assert!(agreed.held(name, |_| Ok::<_, ()>(None)).unwrap().is_none());
}

// Goal: another secret under the same name opens what it opens, and never what the former did.
#[test]
fn another_secret_under_a_name_has_agreed_on_nothing() {
    let (agreed, rand) = (Agreed::default(), SeededRand::new(4));
    let ((name, secret, public), (_, other, other_public)) = (pair(1), pair(2));
    let [one, two] = [public, other_public]
        .map(|to| agreed.seal(&DataKey::random(rand.as_ref()), to, rand.as_ref()).unwrap());
    for _ in 0..2 {
        agreed.open(&held(&agreed, name, &secret), &one).unwrap();
        assert!(agreed.open(&held(&agreed, name, &secret), &two).is_err());
        agreed.open(&held(&agreed, name, &other), &two).unwrap();
        assert!(agreed.open(&held(&agreed, name, &other), &one).is_err());
    }
}

// Goal: any number of writers and scopes takes a bounded memory.
#[test]
fn what_is_known_is_bounded() {
    let (agreed, rand) = (Agreed::default(), SeededRand::new(5));
    let (name, secret, public) = pair(1);
    for _ in 0..KNOWN_MAX + 9 {
        let writer = Agreed::default();
        let header = writer.seal(&DataKey::random(rand.as_ref()), public, rand.as_ref()).unwrap();
        agreed.open(&held(&agreed, name, &secret), &header).unwrap();
    }
    assert!(known(&agreed).1 <= KNOWN_MAX);
}
