//! Checksums agree with their published check values and combine as S3 says.

use crate::chance;

use data_encoding::HEXLOWER;
use proptest::prelude::*;
use seal::checksum::{Algorithm, Checksum, ChecksumError, Digest, checksum, combine, composite};

const ALL: [Algorithm; 6] = [
    Algorithm::Md5,
    Algorithm::Sha1,
    Algorithm::Sha256,
    Algorithm::Crc32,
    Algorithm::Crc32c,
    Algorithm::Crc64Nvme,
];

// Goal: each is the algorithm its name says. Method: the catalogues' check value over "123456789".
#[test]
fn check_values() {
    let check = |algorithm, expected: &str| {
        let found = checksum(algorithm, b"123456789");
        assert_eq!(HEXLOWER.encode(found.as_bytes()), expected, "{}", algorithm.name());
    };
    check(Algorithm::Md5, "25f9e794323b453885f5181f1b624d0b");
    check(Algorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
    check(Algorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
    check(Algorithm::Crc32, "cbf43926");
    check(Algorithm::Crc32c, "e3069283");
    check(Algorithm::Crc64Nvme, "ae8b14860a799888");
}

proptest! {
    // Goal: pieces do not matter, texts round-trip.
    #[test]
    fn pieces_do_not_matter(size in 0..5_000_usize, piece in 1..600_usize, which in 0..ALL.len()) {
        let bytes = chance::bytes(1, size);
        let mut streaming = Checksum::new(ALL[which]);
        bytes.chunks(piece).for_each(|part| streaming.update(part));
        let found = streaming.finish();
        prop_assert_eq!(found, checksum(ALL[which], &bytes));
        prop_assert_eq!(Digest::from_text(ALL[which], &found.to_text()), Ok(found));
    }

    // Goal: parts' CRCs combine to the whole's; hashes refuse.
    #[test]
    fn crcs_combine(sizes in prop::collection::vec(0..3_000_usize, 1..6), which in 0..ALL.len()) {
        let algorithm = ALL[which];
        let whole = chance::bytes(2, sizes.iter().sum());
        let mut from = 0;
        let parts: Vec<_> = sizes.iter().map(|size| {
            let part = &whole[from..from + size];
            from += size;
            (checksum(algorithm, part), *size as u64)
        }).collect();
        let expected = if which < 3 { Err(ChecksumError::NotCombinable) } else { Ok(checksum(algorithm, &whole)) };
        prop_assert_eq!(combine(&parts), expected);
        let digests: Vec<_> = parts.iter().map(|part| part.0).collect();
        let joined: Vec<u8> = digests.iter().flat_map(|digest| digest.as_bytes().to_vec()).collect();
        let text = format!("{}-{}", checksum(algorithm, &joined).to_text(), sizes.len());
        prop_assert_eq!(composite(&digests), Ok(text));
    }
}

#[test]
fn other_texts_are_refused() {
    for text in ["", "AAAA", "y/Q5Jg=", "y/Q5Jg", "y_Q5Jg==", &"A".repeat(100)] {
        assert!(Digest::from_text(Algorithm::Crc32, text).is_err(), "{text}");
    }
    assert_eq!(
        Digest::from_text(Algorithm::Crc32, "y/Q5Jg==").unwrap(),
        checksum(Algorithm::Crc32, b"123456789")
    );
    let mixed = [(checksum(Algorithm::Crc32, b""), 0), (checksum(Algorithm::Crc32c, b""), 0)];
    assert_eq!(combine(&mixed), Err(ChecksumError::NotCombinable));
    assert_eq!(combine(&[]), Err(ChecksumError::Parts));
    assert_eq!(composite(&[]), Err(ChecksumError::Parts));
}
