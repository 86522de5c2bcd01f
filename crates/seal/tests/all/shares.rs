//! Shares and letters: what they keep, and what somebody else's code makes of them.

use crate::{chance, need};

use std::io::Write;
use std::process::{Command, Stdio};

use chance::Seeded;
use proptest::prelude::*;
use seal::keys::DecryptionKey;
use seal::letter;
use seal::shares::{SHARES_MAX, Share, ShareError, join, split};
use words::Secret;
use words::chance::bytes;

fn subsets(count: u8, size: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..1_usize << count)
        .map(move |bits| (0..usize::from(count)).filter(|at| bits >> at & 1 == 1).collect::<Vec<_>>())
        .filter(move |chosen| chosen.len() == size)
}

fn chosen(shares: &[Share], places: &[usize]) -> Vec<Share> {
    places.iter().map(|place| shares[*place].clone()).collect()
}

proptest! {
    // Goal: any `needed` shares make the secret, in any order; one fewer makes another. Method: every choice of them.
    #[test]
    fn enough_shares_make_the_secret_and_fewer_do_not(seed: u64, needed in 2..5_u8, more in 0..3_u8) {
        let rand = Seeded::new(seed);
        let secret = Secret::new(bytes(&rand));
        let shares = split(&secret, needed, needed + more, &rand).unwrap();
        for mut places in subsets(needed + more, usize::from(needed)) {
            prop_assert!(join(&chosen(&shares, &places)).unwrap() == secret);
            places.reverse();
            prop_assert!(join(&chosen(&shares, &places)).unwrap() == secret);
            places.pop();
            if places.len() >= 2 {
                prop_assert!(join(&chosen(&shares, &places)).unwrap() != secret);
            }
        }
    }

    // Goal: one share fits every secret. Method: for any other secret there is a second share that makes it with the first.
    #[test]
    fn one_share_of_two_says_nothing(seed: u64, other: [u8; 32]) {
        let rand = Seeded::new(seed);
        let shares = split(&Secret::new(bytes(&rand)), 2, 3, &rand).unwrap();
        let wanted = split_through(&shares[0], &other);
        prop_assert!(join(&[shares[0].clone(), wanted]).unwrap() == Secret::new(other));
    }
}

/// The second share of the line through `other` at 0 and the first share: at place 1 ^ 3 = 2 the line is a + x(a ^ s).
fn split_through(first: &Share, other: &[u8; 32]) -> Share {
    // At 1 the line `s + c x` is `s ^ c`; so `c` is `s ^ first`, and at 3 it is `s ^ c ^ 2c`.
    let double = |byte: u8| (byte << 1) ^ (if byte >> 7 == 1 { 0x1b } else { 0 });
    let value = std::array::from_fn(|at| {
        let slope = other[at] ^ first.value.expose()[at];
        other[at] ^ slope ^ double(slope)
    });
    Share { place: 3, value: Secret::new(value) }
}

#[test]
fn shares_that_are_none_are_refused() {
    let rand = Seeded::new(1);
    let secret = Secret::new([7; 32]);
    for (needed, count) in [(0, 3), (1, 3), (4, 3), (2, SHARES_MAX + 1)] {
        assert_eq!(
            split(&secret, needed, count, &rand).err(),
            Some(ShareError::Count),
            "{needed} of {count}"
        );
    }
    let shares = split(&secret, 2, 3, &rand).unwrap();
    let twice = [shares[0].clone(), shares[0].clone()];
    assert_eq!(join(&twice).err(), Some(ShareError::Place), "the same share twice");
    assert_eq!(join(&shares[..1]).err(), Some(ShareError::Count), "one share");
    assert_eq!(join(&[]).err(), Some(ShareError::Count));
    let none = Share { place: 0, value: secret.clone() };
    assert_eq!(join(&[none, shares[0].clone()]).err(), Some(ShareError::Place));
    assert!(!format!("{shares:?}").contains(&format!("{:?}", shares[0].value.expose())), "a share prints");
}

/// Runs a program of the tests' Python with lines to read; gives what it wrote.
fn python(modules: &str, program: &str, lines: &str) -> Option<String> {
    let python = need::python(modules)?;
    let mut child = Command::new(python)
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success());
    Some(String::from_utf8(ended.stdout).unwrap())
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

// Goal: our shares are Shamir's over that field. Method: the reference code of SLIP-39 joins them, any of 2 of 3 to 5 of 7.
#[test]
fn another_implementation_joins_our_shares() {
    let program = "
import sys
from shamir_mnemonic.shamir import RawShare, _interpolate
for line in sys.stdin:
    shares = [RawShare(int(p), bytes.fromhex(v)) for p, v in (s.split(':') for s in line.split())]
    print(_interpolate(shares, 0).hex())
";
    let (mut lines, mut expected) = (String::new(), String::new());
    for seed in 0..200_u64 {
        let rand = Seeded::new(seed);
        let secret: [u8; 32] = bytes(&rand);
        let needed = 2 + (seed % 4) as u8;
        let shares = split(&Secret::new(secret), needed, needed + (seed % 3) as u8, &rand).unwrap();
        let last = shares.iter().rev().take(usize::from(needed));
        let told: Vec<_> =
            last.map(|share| format!("{}:{}", share.place, hex(share.value.expose()))).collect();
        lines += &(told.join(" ") + "\n");
        expected += &(hex(&secret) + "\n");
    }
    if let Some(joined) = python("shamir_mnemonic", program, &lines) {
        assert_eq!(joined, expected);
    }
}

#[test]
fn a_letter_opens_for_its_reader_and_its_purpose_alone() {
    let rand = Seeded::new(3);
    let (reader, other) = (DecryptionKey::random(&rand), DecryptionKey::random(&rand));
    let sealed = letter::seal(reader.public(), &rand, b"for this", b"some words").unwrap();
    assert_eq!(letter::open(&reader, b"for this", &sealed).unwrap().expose(), b"some words");
    assert!(letter::open(&other, b"for this", &sealed).is_err());
    assert!(letter::open(&reader, b"for that", &sealed).is_err());
    for at in 0..sealed.len() {
        let mut flipped = sealed.clone();
        flipped[at] ^= 1;
        assert!(letter::open(&reader, b"for this", &flipped).is_err(), "byte {at}");
        assert!(letter::open(&reader, b"for this", &sealed[..at]).is_err(), "cut at {at}");
    }
    let again = letter::seal(reader.public(), &rand, b"for this", b"some words").unwrap();
    assert_ne!(sealed, again);
    // A point that would make the shared key a constant is no reader.
    assert!(letter::seal(seal::EncryptionKey::from_bytes([0; 32]), &rand, b"", b"").is_err());
}

// Goal: a letter is what its page says. Method: the package `cryptography` opens it by that page.
#[test]
fn another_implementation_opens_our_letters() {
    let program = "
import sys
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
secret, letter = (bytes.fromhex(text) for text in sys.stdin.read().split())
own = X25519PrivateKey.from_private_bytes(secret)
public = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
agreed = own.exchange(X25519PublicKey.from_public_bytes(letter[:32]))
key = HKDF(SHA256(), 32, b'epic letter v1', letter[:32] + public).derive(agreed)
print(ChaCha20Poly1305(key).decrypt(letter[32:44], letter[44:], b'for this').decode())
";
    let rand = Seeded::new(4);
    let reader = DecryptionKey::random(&rand);
    let sealed = letter::seal(reader.public(), &rand, b"for this", b"some words").unwrap();
    let lines = format!("{} {}", hex(reader.to_secret().expose()), hex(&sealed));
    if let Some(opened) = python("cryptography", program, &lines) {
        assert_eq!(opened, "some words\n");
    }
}
