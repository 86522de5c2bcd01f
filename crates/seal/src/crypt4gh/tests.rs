//! Headers that no honest writer makes, properly sealed so that they get past the AEAD.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use words::Rand;
use zeroize::Zeroizing;

use super::{DATA_KEYS_MAX, EditError, HeaderError, open_header, seal_texts};
use crate::keys::DecryptionKey;

struct Same;

impl Rand for Same {
    fn fill(&self, into: &mut [u8]) {
        into.fill(3);
    }
}

fn open(texts: &[&[u8]]) -> Result<usize, HeaderError> {
    let reader = DecryptionKey::random(&Same);
    let texts: Vec<_> = texts.iter().map(|text| Zeroizing::new(text.to_vec())).collect();
    let header = seal_texts(&reader, &texts, &[reader.public()], &Same).unwrap();
    open_header(&header, &reader).map(|header| header.keys.len())
}

// Goal: each malformed packet is refused for its own reason, and none is skipped in silence.
#[test]
fn malformed_packets_are_refused() {
    let key = [[0; 8].as_slice(), &[7; 32]].concat();
    let edits = [1, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(open(&[&key, &edits]), Ok(1));
    assert_eq!(open(&[&edits]), Err(HeaderError::NotForThisKey));
    assert_eq!(open(&[&key, &edits, &edits]), Err(HeaderError::PacketContent));
    assert_eq!(open(&vec![key.as_slice(); DATA_KEYS_MAX]), Ok(DATA_KEYS_MAX));
    assert_eq!(open(&vec![key.as_slice(); DATA_KEYS_MAX + 1]), Err(HeaderError::TooManyKeys));
    assert_eq!(open(&[&key[..39]]), Err(HeaderError::PacketContent));
    assert_eq!(open(&[&[key.as_slice(), &[0]].concat()]), Err(HeaderError::PacketContent));
    assert_eq!(open(&[&[0; 3]]), Err(HeaderError::PacketContent));
    assert_eq!(open(&[&key, &[2, 0, 0, 0]]), Err(HeaderError::PacketType { kind: 2 }));
    assert_eq!(open(&[&[0, 0, 0, 0, 1, 0, 0, 0]]), Err(HeaderError::Method { method: 1 }));
    let claims = |count: u32| open(&[&key, &[1_u32.to_le_bytes(), count.to_le_bytes()].concat()]);
    assert_eq!(claims(1), Err(HeaderError::EditList(EditError::Short)));
    assert_eq!(claims(u32::MAX), Err(HeaderError::EditList(EditError::TooMany)));
    let overflow = [&[1, 0, 0, 0, 2, 0, 0, 0], [255; 16].as_slice()].concat();
    assert_eq!(open(&[&key, &overflow]), Err(HeaderError::EditList(EditError::Overflow)));
}
