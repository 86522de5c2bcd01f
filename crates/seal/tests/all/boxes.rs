//! Boxes, index files, keys, commitments: open for whom they are meant, for nothing else.

use crate::chance;

use bytes::BytesMut;
use chance::{Seeded, bytes};
use data_encoding::HEXLOWER;
use proptest::prelude::*;
use seal::commitment::commit;
use seal::envelope::{self, EnvelopeError};
use seal::keys::{S3_SECRET_CHARS, SigningKey, derive, mac, s3_secret};
use seal::segments::{self, FileKey, FileOpener, FileSealer, OpenError, SEALED_SEGMENT_BYTES, SEGMENT_BYTES};
use words::Secret;

static KEY: Secret<[u8; 32]> = Secret::new([6; 32]);

fn file_key(context: &[u8]) -> FileKey {
    FileKey::new(&KEY, context).unwrap()
}

fn seal_file(plain: &[u8]) -> Vec<u8> {
    segments::seal(file_key(b"a"), &Seeded::new(1), plain).unwrap().to_vec()
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    HEXLOWER.decode(text.as_bytes()).unwrap().try_into().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_box_opens_only_as_it_was_sealed(plain: Vec<u8>, aad: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8) {
        let mut sealed = envelope::seal(&KEY, &Seeded::new(1), &aad, &plain).unwrap();
        prop_assert_eq!(sealed.len(), plain.len() + envelope::OVERHEAD_BYTES);
        prop_assert_eq!(envelope::open(&KEY, &aad, &sealed).unwrap(), plain);
        let other = [aad.as_slice(), b"x"].concat();
        prop_assert_eq!(envelope::open(&KEY, &other, &sealed), Err(EnvelopeError::Broken));
        prop_assert!(envelope::open(&Secret::new([7; 32]), &aad, &sealed).is_err());
        prop_assert!(envelope::open(&KEY, &aad, &sealed[..sealed.len() - 1]).is_err());
        *at.get_mut(&mut sealed) ^= 1 << bit;
        prop_assert_eq!(envelope::open(&KEY, &aad, &sealed), Err(EnvelopeError::Broken));
    }

    // Goal: a file opens whole and in any range; lengths map both ways.
    #[test]
    fn files_open_in_any_range(segments_full in 0..3_u64, around in 0..20_u64, a: u64, b: u64, piece in 1..90_000_usize) {
        let size = (segments_full * SEGMENT_BYTES as u64 + around).saturating_sub(10);
        let plain = bytes(3, size as usize);
        let mut sealer = FileSealer::new(file_key(b"a"), &Seeded::new(1));
        let mut sealed = BytesMut::new();
        plain.chunks(piece).for_each(|part| sealer.push(part, &mut sealed).unwrap());
        sealer.finish(&mut sealed).unwrap();
        prop_assert_eq!(&sealed[..], &seal_file(&plain)[..]);
        prop_assert_eq!(sealed.len() as u64, segments::sealed_bytes(size));
        prop_assert_eq!(segments::plain_bytes(sealed.len() as u64), Ok(size));
        prop_assert_eq!(&segments::open(file_key(b"a"), &sealed).unwrap()[..], &plain[..]);
        let (a, b) = (a % (size + 1), b % (size + 1));
        let (start, end) = (a.min(b), a.max(b));
        let map = segments::sealed_range(start..end, size).unwrap();
        let mut opener = FileOpener::new(file_key(b"a"), &map);
        let mut found = BytesMut::new();
        for part in sealed[map.sealed.start as usize..map.sealed.end as usize].chunks(piece) {
            opener.push(part, &mut found).unwrap();
        }
        opener.finish().unwrap();
        prop_assert_eq!(&found[..], &plain[start as usize..end as usize]);
    }

    #[test]
    fn a_flip_in_a_file_is_noticed(size in 0..150_000_usize, at: prop::sample::Index, bit in 0..8_u8) {
        let mut sealed = seal_file(&bytes(4, size));
        *at.get_mut(&mut sealed) ^= 1 << bit;
        prop_assert!(segments::open(file_key(b"a"), &sealed).is_err());
    }

    // Goal: a commitment moves with every input and with where one ends and the next begins.
    #[test]
    fn commitments_bind_all_inputs(salt: [u8; 32], record: Vec<u8>, detail in prop::collection::vec(any::<u8>(), 1..50)) {
        let found = commit(&salt, &record, &detail);
        let (head, tail) = detail.split_at(1);
        let mut other_salt = salt;
        other_salt[0] ^= 1;
        prop_assert_ne!(found, commit(&other_salt, &record, &detail));
        prop_assert_ne!(found, commit(&salt, &[record.as_slice(), head].concat(), tail));
        prop_assert_ne!(found, commit(&salt, &detail, &[record.as_slice(), b"x"].concat()));
        prop_assert_eq!(found, commit(&salt, &record, &detail));
    }
}

// Goal: no whole segment of a file can be moved, dropped or lent to another file.
#[test]
fn rearranged_file_segments_are_noticed() {
    let sealed = seal_file(&bytes(1, 3 * SEGMENT_BYTES));
    let twin =
        segments::seal(file_key(b"a"), &Seeded::new(2), &bytes(1, 3 * SEGMENT_BYTES)).unwrap().to_vec();
    let part =
        |from: &[u8], index: usize| from[index * SEALED_SEGMENT_BYTES..][..SEALED_SEGMENT_BYTES].to_vec();
    let check = |parts: Vec<Vec<u8>>| segments::open(file_key(b"a"), &parts.concat()).map(drop);
    let (a, b, c) = (part(&sealed, 0), part(&sealed, 1), part(&sealed, 2));
    assert_eq!(check(vec![a.clone(), b.clone(), c.clone()]), Ok(()));
    assert_eq!(check(vec![b.clone(), a.clone(), c.clone()]), Err(OpenError::Misplaced { index: 0 }));
    assert_eq!(check(vec![a.clone(), b.clone()]), Err(OpenError::Broken { index: 1 }), "the end is missing");
    assert_eq!(check(vec![a.clone(), part(&twin, 1), c.clone()]), Err(OpenError::Misplaced { index: 1 }));
    assert_eq!(check(vec![a, b, c.clone(), c]), Err(OpenError::Broken { index: 2 }));
    assert!(segments::open(file_key(b"b"), &sealed).is_err(), "another file's context");
    assert!(segments::open(file_key(b"a"), &[]).is_err(), "even emptiness is proven");
    assert_eq!(segments::open(file_key(b"a"), &seal_file(&[])).unwrap().len(), 0);
}

// Goal: the primitives are the standard ones. Method: published vectors.
#[test]
fn keys_follow_their_standards() {
    // RFC 8032, 7.1, test 2.
    let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let key = SigningKey::from_seed(&Secret::new(seed)).unwrap();
    let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    assert_eq!(HEXLOWER.encode(&key.public().to_bytes()), public);
    let signature = key.sign(&[0x72]).unwrap();
    assert!(
        HEXLOWER
            .encode(&signature)
            .starts_with("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")
    );
    assert!(key.public().verify(&[0x72], &signature).is_ok());
    assert!(key.public().verify(&[0x73], &signature).is_err());
    assert!(key.public().verify(&[0x72], &signature[..63]).is_err());
    // RFC 4231, 4.2: a short key is padded with zeros.
    let mut short = [0; 32];
    short[..20].fill(0x0b);
    let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
    assert_eq!(HEXLOWER.encode(&mac(&Secret::new(short), b"Hi There")), expected);
    // RFC 5869, 2: extract with the label as salt, one block of expansion.
    let extracted = Secret::new(mac(&Secret::new([b'l'; 32]), KEY.expose()));
    let derived = derive(&KEY, &"l".repeat(32), b"context").unwrap();
    assert_eq!(*derived.expose(), mac(&extracted, b"context\x01"));
}

// Goal: derived keys differ by key, label and context, and stay the same for ever.
#[test]
fn derived_keys_are_apart_and_stable() {
    let of = |key: u8, label: &str, context: &[u8]| {
        *derive(&Secret::new([key; 32]), label, context).unwrap().expose()
    };
    let all = [
        of(1, "a", b"b"),
        of(2, "a", b"b"),
        of(1, "ab", b""),
        of(1, "a", b"c"),
        of(1, "", b"ab"),
        of(1, "b", b"a"),
    ];
    for (place, key) in all.iter().enumerate() {
        assert!(!all[..place].contains(key), "{place}");
    }
    assert_eq!(of(1, "a", b"b"), of(1, "a", b"b"));
    let secret = s3_secret(&KEY, "EPICAAAA");
    assert_eq!(secret.expose().len(), S3_SECRET_CHARS);
    assert_ne!(secret.expose(), s3_secret(&KEY, "EPICAAAB").expose());
    assert!(data_encoding::BASE64URL_NOPAD.encode(&mac(&KEY, b"EPICAAAA")).starts_with(secret.expose()));
}
