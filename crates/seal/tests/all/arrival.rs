//! A Crypt4GH file as it arrives: in pieces of any size it opens to what was sealed, and no altered byte passes.

use bytes::BytesMut;
use proptest::prelude::*;
use seal::crypt4gh::{Arrival, ArrivalError, EditList, HeaderError, SEALED_SEGMENT_BYTES, seal_header_as};
use seal::{Attempt, DataKey, DecryptionKey, Sealer};

use crate::chance::{Seeded, bytes};

fn reader(seed: u64) -> DecryptionKey {
    DecryptionKey::random(&Seeded::new(seed))
}

/// A header to other readers and `own`, and a body under the last of its data keys.
fn file(own: &DecryptionKey, others: usize, edits: Option<&EditList>, plain: &[u8]) -> (usize, Vec<u8>) {
    let rand = Seeded::new(plain.len() as u64);
    let keys = [DataKey::random(&rand), DataKey::random(&rand)];
    let mut readers: Vec<_> = (0..others as u64).map(|seed| reader(1_000 + seed).public()).collect();
    readers.push(own.public());
    let header = seal_header_as(&reader(9), &keys, edits, &readers, &rand).unwrap();
    let mut sealer = Sealer::new(&keys[1], Attempt::random(&rand)).unwrap();
    let mut body = BytesMut::new();
    sealer.push(plain, &mut body).unwrap();
    sealer.finish(&mut body).unwrap();
    (header.len(), [header, body.to_vec()].concat())
}

fn arrive(readers: &[DecryptionKey], sealed: &[u8], piece_bytes: usize) -> Result<Vec<u8>, ArrivalError> {
    let (mut arrival, mut plain) = (Arrival::new(readers.to_vec()), BytesMut::new());
    for piece in sealed.chunks(piece_bytes) {
        arrival.push(piece, &mut plain)?;
    }
    arrival.finish(&mut plain)?;
    Ok(plain.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    // Goal: what was sealed arrives, however it is cut on its way. Method: sizes around segments' edges, any pieces.
    #[test]
    fn a_file_arrives_in_pieces_of_any_size(
        size in prop_oneof![0..40_usize, 65_530..65_545_usize, 131_060..131_090_usize],
        others in 0..4_usize, piece_bytes in 1..70_000_usize,
    ) {
        let plain = bytes(7, size);
        let (_, sealed) = file(&reader(1), others, None, &plain);
        // The key that opens it may be an older one.
        let arrived = arrive(&[reader(2), reader(1)], &sealed, piece_bytes);
        prop_assert!(arrived == Ok(plain));
        prop_assert_eq!(arrive(&[reader(2)], &sealed, piece_bytes), Err(HeaderError::NotForThisKey.into()));
    }

    // Goal: no altered, cut or grown file passes. Method: one bit, one end, anywhere; a file for one reader alone.
    #[test]
    fn what_was_altered_or_cut_does_not_arrive(at in any::<prop::sample::Index>(), bit in 0..8_u8, cut: bool) {
        let plain = bytes(7, 70_000);
        let (header, mut sealed) = file(&reader(1), 0, None, &plain);
        let at = at.index(sealed.len());
        let edge = at == header + SEALED_SEGMENT_BYTES || at == header;
        if cut {
            sealed.truncate(at);
        } else {
            sealed[at] ^= 1 << bit;
        }
        // A cut at a segment's edge is what the format cannot tell. A data key that no segment needs may be lost.
        let arrived = arrive(&[reader(1)], &sealed, 4_096);
        let is_harmless = (cut && edge) || (!cut && at < header && arrived == Ok(plain));
        prop_assert!(is_harmless || arrived.is_err());
    }
}

#[test]
fn an_edit_list_and_a_segment_sent_twice_are_refused() {
    let edits = EditList::new(vec![0, 5]).unwrap();
    let (_, edited) = file(&reader(1), 1, Some(&edits), b"0123456789");
    assert_eq!(arrive(&[reader(1)], &edited, 7), Err(ArrivalError::EditList));
    let (header, sealed) = file(&reader(1), 0, None, &[7; 3 * 65_536]);
    let first = &sealed[header..header + SEALED_SEGMENT_BYTES];
    let doubled = [&sealed[..header], first, &sealed[header..]].concat();
    assert!(matches!(arrive(&[reader(1)], &doubled, 4_096), Err(ArrivalError::Body(_))));
}

// Goal: a header byte by byte costs no more than its size. Method: the largest there is, a byte at a time.
#[test]
fn a_header_that_drips_is_read_few_times() {
    let head =
        [&b"crypt4gh"[..], &1_u32.to_le_bytes(), &1_u32.to_le_bytes(), &500_000_u32.to_le_bytes()].concat();
    let (mut arrival, mut plain) = (Arrival::new(vec![reader(1)]), BytesMut::new());
    let dripped = head.iter().chain(std::iter::repeat_n(&0, 600_000));
    let refused = dripped.map(|byte| arrival.push(&[*byte], &mut plain)).find(Result::is_err);
    let refused = refused.unwrap_or_else(|| arrival.finish(&mut plain));
    assert_eq!(refused, Err(HeaderError::NotForThisKey.into()));
}
