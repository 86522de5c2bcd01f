//! What is sealed opens, in any pieces and any range; what was touched does not.

use crate::chance;

use bytes::BytesMut;
use chance::{Seeded, bytes};
use proptest::prelude::*;
use seal::crypt4gh::{
    Attempt, DataKey, EditList, ForeignOpener, HeaderError, KeyFileError, OpenError, Opener, RangeOpener,
    Rewriter, Run, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, Sealer, Summary, is_body, lock_secret, open_header,
    read_public, read_secret, run_ranges, seal_header, seal_header_as, sealed_bytes, sealed_range,
    unlock_secret, write_public, write_secret,
};
use seal::keys::{DecryptionKey, EncryptionKey};
use words::Secret;

static KEY: DataKey = DataKey::from_bytes([3; 32]);
const ATTEMPT: Attempt = Attempt::from_bytes(*b"attempt1");

fn seal(attempt: Attempt, plain: &[u8], piece: usize) -> (Vec<u8>, Summary) {
    let mut sealer = Sealer::new(&KEY, attempt).unwrap();
    let mut sealed = BytesMut::new();
    for part in plain.chunks(piece) {
        sealer.push(part, &mut sealed).unwrap();
    }
    let summary = sealer.finish(&mut sealed).unwrap();
    (sealed.to_vec(), summary)
}

fn open_range(
    attempt: Attempt,
    sealed: &[u8],
    range: std::ops::Range<u64>,
    plain_len: u64,
    piece: usize,
) -> Result<Vec<u8>, OpenError> {
    let map = sealed_range(range, plain_len).unwrap();
    let mut opener = RangeOpener::new(Opener::new(&KEY, attempt)?, &map);
    let mut plain = BytesMut::new();
    let end = (map.sealed.end as usize).min(sealed.len());
    for part in sealed[(map.sealed.start as usize).min(end)..end].chunks(piece) {
        opener.push(part, &mut plain)?;
    }
    opener.finish()?;
    Ok(plain.to_vec())
}

/// Sizes where things break: around 0, 1, 2 and 3 segments.
fn sizes() -> impl Strategy<Value = usize> {
    (0..4_usize, 0..20_usize)
        .prop_map(|(segments, around)| (segments * SEGMENT_BYTES + around).saturating_sub(10))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Goal: sealing in any pieces gives the same body, its summary is true, and it opens in any pieces.
    #[test]
    fn opens_what_it_sealed(size in sizes(), piece in 1..200_000_usize, back in 1..200_000_usize, seed: u64) {
        let plain = bytes(seed, size);
        let (sealed, summary) = seal(ATTEMPT, &plain, piece);
        prop_assert_eq!(&seal(ATTEMPT, &plain, usize::MAX).0, &sealed);
        prop_assert_eq!(summary.plain_bytes, size as u64);
        prop_assert_eq!(summary.sealed_bytes, sealed.len() as u64);
        prop_assert_eq!(sealed_bytes(size as u64), sealed.len() as u64);
        prop_assert_eq!(summary.segments, size.div_ceil(SEGMENT_BYTES) as u64);
        prop_assert_eq!(summary.blake3, *blake3::hash(&sealed).as_bytes());
        prop_assert_eq!(open_range(ATTEMPT, &sealed, 0..size as u64, size as u64, back).unwrap(), plain);
    }

    // Goal: any range opens to exactly its bytes, fetching only its segments.
    #[test]
    fn any_range_opens(size in sizes(), a: u64, b: u64, piece in 1..100_000_usize) {
        let plain = bytes(1, size);
        let (sealed, _) = seal(ATTEMPT, &plain, usize::MAX);
        let (a, b) = (a % (size as u64 + 1), b % (size as u64 + 1));
        let (start, end) = (a.min(b), a.max(b));
        let opened = open_range(ATTEMPT, &sealed, start..end, size as u64, piece).unwrap();
        prop_assert_eq!(opened, &plain[start as usize..end as usize]);
    }

    // Goal: no flipped bit anywhere goes unnoticed.
    #[test]
    fn a_flip_is_noticed(size in 1..150_000_usize, at: prop::sample::Index, bit in 0..8_u8) {
        let (mut sealed, _) = seal(ATTEMPT, &bytes(2, size), usize::MAX);
        *at.get_mut(&mut sealed) ^= 1 << bit;
        prop_assert!(open_range(ATTEMPT, &sealed, 0..size as u64, size as u64, 70_000).is_err());
    }

    // Goal: a cut anywhere is noticed, even at a segment's edge.
    #[test]
    fn a_cut_is_noticed(segments in 1..4_usize, cut in 1..100_usize, at_edge: bool) {
        let size = segments * SEGMENT_BYTES;
        let (sealed, _) = seal(ATTEMPT, &bytes(2, size), usize::MAX);
        let cut = if at_edge { SEALED_SEGMENT_BYTES } else { cut };
        let found = open_range(ATTEMPT, &sealed[..sealed.len() - cut], 0..size as u64, size as u64, 70_000);
        prop_assert!(matches!(found, Err(OpenError::Truncated { .. })), "{:?}", found);
    }

    // Goal: a blob of parts reads like one body; a rewrite makes one that any reader opens.
    #[test]
    fn runs_read_and_rewrite_as_one(sizes in prop::collection::vec(sizes(), 1..4), a: u64, b: u64, piece in 1..90_000_usize) {
        let (mut runs, mut plain, mut stored) = (Vec::new(), Vec::new(), Vec::new());
        for (number, size) in sizes.iter().enumerate() {
            let attempt = Attempt::from_bytes([number as u8; 8]);
            let part = bytes(number as u64, *size);
            stored.extend(seal(attempt, &part, usize::MAX).0);
            plain.extend(part);
            runs.push(Run { attempt, plain_bytes: *size as u64 });
        }
        let (a, b) = (a % (plain.len() as u64 + 1), b % (plain.len() as u64 + 1));
        let (start, end) = (a.min(b), a.max(b));
        let mut found = Vec::new();
        for part in run_ranges(&runs, start..end).unwrap() {
            let from = part.sealed_offset_bytes as usize;
            let map = part.map;
            let mut opener = RangeOpener::new(Opener::new(&KEY, runs[part.run].attempt).unwrap(), &map);
            let mut into = BytesMut::new();
            opener.push(&stored[from + map.sealed.start as usize..from + map.sealed.end as usize], &mut into).unwrap();
            opener.finish().unwrap();
            found.extend_from_slice(&into);
        }
        prop_assert_eq!(found, &plain[start as usize..end as usize]);

        let fresh = DataKey::from_bytes([4; 32]);
        let mut rewriter = Rewriter::new(KEY.clone(), runs.clone(), Sealer::new(&fresh, ATTEMPT).unwrap());
        let mut body = BytesMut::new();
        for part in stored.chunks(piece) {
            rewriter.push(part, &mut body).unwrap();
        }
        prop_assert_eq!(rewriter.finish(&mut body).unwrap().plain_bytes, plain.len() as u64);
        prop_assert_eq!(open_foreign(&fresh, None, &body, piece).unwrap(), plain.clone());
        // What is called a body as it lies must read as one too; what is not must not.
        prop_assert_eq!(open_foreign(&KEY, None, &stored, piece).ok() == Some(plain), is_body(&runs));
    }

    // Goal: an edit list keeps exactly what it says. Method: a byte-wise oracle.
    #[test]
    fn edits_apply(lengths in prop::collection::vec(0..40_000_u64, 0..6), size in 0..140_000_usize) {
        let plain = bytes(5, size);
        let mut kept = Vec::new();
        for (at, byte) in plain.iter().enumerate() {
            let mut left = at as u64;
            let inside = lengths.iter().position(|length| { let here = left < *length; left = left.saturating_sub(*length); here });
            if inside.unwrap_or(lengths.len()) % 2 == 1 { kept.push(*byte); }
        }
        // An empty list keeps nothing: position 0 counts as a skip.
        let (sealed, _) = seal(ATTEMPT, &plain, usize::MAX);
        let list = EditList::new(lengths).unwrap();
        prop_assert_eq!(open_foreign(&KEY, Some(list), &sealed, 50_000).unwrap(), kept);
    }

    // Goal: no bytes make a header panic, and a mutated header never yields another key.
    #[test]
    fn a_mutated_header_never_lies(at: prop::sample::Index, bit in 0..8_u8) {
        let reader = DecryptionKey::random(&Seeded::new(1));
        let mut header = seal_header(&KEY, &[reader.public()], &Seeded::new(2)).unwrap();
        *at.get_mut(&mut header) ^= 1 << bit;
        prop_assert!(open_header(&header, &reader).is_err());
    }
}

fn open_foreign(
    key: &DataKey,
    edits: Option<EditList>,
    body: &[u8],
    piece: usize,
) -> Result<Vec<u8>, OpenError> {
    let reader = DecryptionKey::random(&Seeded::new(3));
    let header = seal_header_as(
        &reader,
        std::slice::from_ref(key),
        edits.as_ref(),
        &[reader.public()],
        &Seeded::new(4),
    )
    .unwrap();
    let opened = open_header(&header, &reader).unwrap();
    assert_eq!(opened.edit_list, edits);
    let mut opener = ForeignOpener::new(&opened)?;
    let mut plain = BytesMut::new();
    for part in body.chunks(piece) {
        opener.push(part, &mut plain)?;
    }
    opener.finish(&mut plain)?;
    Ok(plain.to_vec())
}

// Goal: what plain Crypt4GH does not notice, we do. Method: swap, drop, repeat, borrow whole segments.
#[test]
fn rearranged_segments_are_noticed() {
    let size = 3 * SEGMENT_BYTES;
    let (sealed, _) = seal(ATTEMPT, &bytes(1, size), usize::MAX);
    let (other, _) = seal(Attempt::from_bytes(*b"attempt2"), &bytes(1, size), usize::MAX);
    let part =
        |from: &[u8], index: usize| from[index * SEALED_SEGMENT_BYTES..][..SEALED_SEGMENT_BYTES].to_vec();
    let check = |order: [Vec<u8>; 3], first_wrong: u64| {
        let body = order.concat();
        assert!(open_foreign(&KEY, None, &body, 9_999).is_ok(), "the format itself accepts it");
        let found = open_range(ATTEMPT, &body, 0..size as u64, size as u64, 9_999);
        assert_eq!(found, Err(OpenError::Misplaced { index: first_wrong }));
    };
    let (a, b, c) = (part(&sealed, 0), part(&sealed, 1), part(&sealed, 2));
    check([b.clone(), a.clone(), c.clone()], 0);
    check([a.clone(), c.clone(), b.clone()], 1);
    check([a.clone(), a.clone(), c.clone()], 1);
    check([a.clone(), b.clone(), part(&other, 2)], 2);
    check([part(&other, 0), b, c], 0);
}

#[test]
fn surplus_and_missing_bytes_are_noticed() {
    let (sealed, _) = seal(ATTEMPT, &bytes(1, 100), usize::MAX);
    let map = sealed_range(0..100, 100).unwrap();
    let mut opener = RangeOpener::new(Opener::new(&KEY, ATTEMPT).unwrap(), &map);
    let mut plain = BytesMut::new();
    opener.push(&sealed, &mut plain).unwrap();
    assert_eq!(opener.push(&[0], &mut plain), Err(OpenError::Surplus));
    let opener = RangeOpener::new(Opener::new(&KEY, ATTEMPT).unwrap(), &map);
    assert!(opener.finish().is_err());
    let runs = [Run { attempt: ATTEMPT, plain_bytes: 100 }];
    let mut rewriter = Rewriter::new(KEY.clone(), runs.to_vec(), Sealer::new(&KEY, ATTEMPT).unwrap());
    rewriter.push(&sealed[..50], &mut plain).unwrap();
    assert!(rewriter.finish(&mut plain).is_err());
}

#[test]
fn a_segment_opens_in_place() {
    let plain = bytes(8, SEGMENT_BYTES + 5);
    let (mut sealed, _) = seal(ATTEMPT, &plain, usize::MAX);
    let opener = Opener::new(&KEY, ATTEMPT).unwrap();
    let (first, second) = sealed.split_at_mut(SEALED_SEGMENT_BYTES);
    assert_eq!(opener.open(0, &mut first.to_vec()).unwrap(), &plain[..SEGMENT_BYTES]);
    assert_eq!(opener.open(1, first), Err(OpenError::Misplaced { index: 1 }));
    assert_eq!(opener.open(1, second).unwrap(), &plain[SEGMENT_BYTES..]);
    assert!(opener.open(0, &mut []).is_err());
}

// Goal: every recipient opens a header and nobody else.
#[test]
fn recipients_open_and_strangers_do_not() {
    let rand = Seeded::new(7);
    let readers: Vec<_> = (0..3).map(|_| DecryptionKey::random(&rand)).collect();
    let public: Vec<_> = readers.iter().map(DecryptionKey::public).collect();
    let mut header = seal_header(&KEY, &public, &rand).unwrap();
    header.extend_from_slice(b"the body follows");
    for reader in &readers {
        let opened = open_header(&header, reader).unwrap();
        assert_eq!(opened.keys, vec![KEY.clone()]);
        assert_eq!(&header[opened.header_bytes..], b"the body follows");
    }
    let stranger = open_header(&header, &DecryptionKey::random(&rand));
    assert_eq!(stranger.unwrap_err(), HeaderError::NotForThisKey);
    assert!(seal_header(&KEY, &[], &rand).is_err());
    let low_order = EncryptionKey::from_bytes([0; 32]);
    assert_eq!(seal_header(&KEY, &[low_order], &rand).unwrap_err(), HeaderError::Seal);
}

// Goal: the writer's key is told truly, and a cut header asks for more.
#[test]
fn a_header_names_its_writer_and_its_end() {
    let rand = Seeded::new(8);
    let (writer, reader) = (DecryptionKey::random(&rand), DecryptionKey::random(&rand));
    let header = seal_header_as(
        &writer,
        &[KEY.clone(), DataKey::from_bytes([5; 32])],
        None,
        &[reader.public()],
        &rand,
    )
    .unwrap();
    let opened = open_header(&header, &reader).unwrap();
    assert_eq!(opened.writer, writer.public());
    assert_eq!(opened.keys.len(), 2);
    for cut in 0..header.len() {
        assert_eq!(
            open_header(&header[..cut], &reader).unwrap_err(),
            HeaderError::Short { found_bytes: cut }
        );
    }
    assert_eq!(open_header(b"crypt5gh", &reader).unwrap_err(), HeaderError::NotAHeader);
    let mut many = header[..12].to_vec();
    many.extend_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(open_header(&many, &reader).unwrap_err(), HeaderError::TooManyPackets { packets: u32::MAX });
    for length in [0_u32, 3, u32::MAX] {
        let mut bad = header[..16].to_vec();
        bad.extend_from_slice(&length.to_le_bytes());
        bad.extend_from_slice(&[0; 64]);
        assert_eq!(open_header(&bad, &reader).unwrap_err(), HeaderError::PacketLength { length });
    }
}

#[test]
fn key_files_round_trip() {
    let rand = Seeded::new(9);
    let key = DecryptionKey::random(&rand);
    assert_eq!(read_public(write_public(key.public()).as_bytes()), Ok(key.public()));
    let clear = write_secret(&key);
    assert_eq!(read_secret(clear.expose().as_bytes()).unwrap().public(), key.public());
    let passphrase = Secret::new("correct horse".to_owned());
    let locked = lock_secret(&key, &passphrase, &rand).unwrap();
    assert_eq!(read_secret(locked.as_bytes()).unwrap_err(), KeyFileError::Locked);
    assert_eq!(unlock_secret(locked.as_bytes(), &passphrase).unwrap().public(), key.public());
    let wrong = Secret::new("wrong horse".to_owned());
    assert_eq!(unlock_secret(locked.as_bytes(), &wrong).unwrap_err(), KeyFileError::Passphrase);
    assert_eq!(read_secret(write_public(key.public()).as_bytes()).unwrap_err(), KeyFileError::NotAKey);
    assert!(!format!("{key:?} {clear:?}").contains(clear.expose().as_str()));
}

// Goal: streams can cross threads.
#[test]
fn what_streams_is_send() {
    fn is_send<T: Send>() {}
    fn is_sync<T: Sync>() {}
    is_send::<Sealer>();
    is_send::<RangeOpener>();
    is_send::<ForeignOpener>();
    is_send::<Rewriter>();
    is_sync::<Opener>();
    is_send::<seal::segments::FileOpener>();
    is_send::<seal::segments::FileSealer>();
    is_sync::<seal::note::NoteSigner>();
    is_send::<seal::checksum::Checksum>();
}

// Goal: no nonce is ever used twice, and another implementation could compute it.
#[test]
fn every_segment_has_the_nonce_of_its_place() {
    let (sealed, _) = seal(ATTEMPT, &bytes(1, 300 * SEGMENT_BYTES), usize::MAX);
    for (index, segment) in sealed.chunks(SEALED_SEGMENT_BYTES).enumerate() {
        let expected = [b"attempt1".as_slice(), &(index as u32).to_be_bytes()].concat();
        assert_eq!(&segment[..12], &expected[..], "{index}");
    }
}

// Goal: a foreign body may change its key at any segment, but knows no key beyond its header's.
#[test]
fn a_foreign_body_may_use_several_keys() {
    let rand = Seeded::new(6);
    let reader = DecryptionKey::random(&rand);
    let keys: Vec<_> = (0..3_u8).map(|number| DataKey::from_bytes([number; 32])).collect();
    let (mut body, mut plain) = (BytesMut::new(), Vec::new());
    for (index, key) in [2, 0, 0, 1, 2, 1].into_iter().enumerate() {
        let part = bytes(index as u64, SEGMENT_BYTES);
        let mut sealer = Sealer::new(&keys[key], Attempt::random(&rand)).unwrap();
        sealer.push(&part, &mut body).unwrap();
        sealer.finish(&mut body).unwrap();
        plain.extend(part);
    }
    let open = |keys: &[DataKey]| {
        let header = seal_header_as(&reader, keys, None, &[reader.public()], &rand).unwrap();
        let mut opener = ForeignOpener::new(&open_header(&header, &reader).unwrap()).unwrap();
        let mut found = BytesMut::new();
        opener.push(&body, &mut found).map(|()| found)
    };
    assert!(open(&keys).unwrap() == plain);
    assert_eq!(open(&keys[..2]).unwrap_err(), OpenError::Broken { index: 0 });
    assert_eq!(open(&keys[1..]).unwrap_err(), OpenError::Broken { index: 1 });
}
