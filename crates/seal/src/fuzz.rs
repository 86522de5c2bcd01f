//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic, hang or allocate by a claimed length, whatever the bytes. Where a
//! parse succeeds and there is one spelling, writing it again must give the same bytes.

use bytes::BytesMut;
use words::{Rand, Secret};
use zeroize::Zeroizing;

use crate::crypt4gh::{self, DataKey, Editor, ForeignOpener, OpenedHeader};
use crate::envelope;
use crate::keys::DecryptionKey;
use crate::merkle::{self, Frontier, Proof, Tile};
use crate::note::{Checkpoint, CosignerKey, Note, NoteVerifier, Receipt, Submission};
use crate::segments::{self, FileKey};

/// The corpus holds headers and key files for this key, so that parsing gets behind the AEAD.
pub const READER_SECRET: [u8; 32] = [7; 32];
/// The corpus holds foreign bodies under this data key.
pub const BODY_KEY: [u8; 32] = [9; 32];

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 17] = [
    ("header", fuzz_header),
    ("packet", fuzz_packet),
    ("foreign", fuzz_foreign),
    ("arrival", fuzz_arrival),
    ("edit", fuzz_edit),
    ("keyfile", fuzz_keyfile),
    ("note", fuzz_note),
    ("receipt", fuzz_receipt),
    ("submission", fuzz_submission),
    ("vkey", fuzz_vkey),
    ("checkpoint", fuzz_checkpoint),
    ("tile", fuzz_tile),
    ("bundle", fuzz_bundle),
    ("proof", fuzz_proof),
    ("frontier", fuzz_frontier),
    ("envelope", fuzz_envelope),
    ("segments", fuzz_segments),
];

pub fn fuzz_header(bytes: &[u8]) {
    let reader = DecryptionKey::from_secret(&Secret::new(READER_SECRET));
    if let Ok(header) = crypt4gh::open_header(bytes, &reader) {
        assert!(header.header_bytes <= bytes.len() && !header.keys.is_empty());
    }
}

/// The text inside a header packet, properly sealed.
pub fn fuzz_packet(bytes: &[u8]) {
    let reader = DecryptionKey::from_secret(&Secret::new(READER_SECRET));
    let texts = [Zeroizing::new(bytes.to_vec())];
    let Ok(header) = crypt4gh::seal_texts(&reader, &texts, &[reader.public()], &NoChance) else {
        return;
    };
    if let Ok(opened) = crypt4gh::open_header(&header, &reader) {
        assert!(opened.keys.len() == 1 && opened.header_bytes == header.len());
    }
}

/// Always the same bytes, for targets must do the same on the same input.
struct NoChance;

impl Rand for NoChance {
    fn fill(&self, into: &mut [u8]) {
        into.fill(5);
    }
}

pub fn fuzz_foreign(bytes: &[u8]) {
    let Some(mut opener) = foreign_opener() else {
        return;
    };
    let mut plain = BytesMut::new();
    if opener.push(bytes, &mut plain).is_ok() && opener.finish(&mut plain).is_ok() {
        assert!(plain.len() <= bytes.len());
    }
}

/// A whole file as somebody delivers it; in pieces it must come to the same.
pub fn fuzz_arrival(bytes: &[u8]) {
    let readers = || vec![DecryptionKey::from_secret(&Secret::new([8; 32])), own_reader()];
    let arrive = |piece_bytes: usize| {
        let (mut arrival, mut plain) = (crypt4gh::Arrival::new(readers()), BytesMut::new());
        let pushed = bytes.chunks(piece_bytes).try_for_each(|piece| arrival.push(piece, &mut plain));
        pushed.and_then(|()| arrival.finish(&mut plain)).map(|()| plain)
    };
    let whole = arrive(bytes.len().max(1));
    let pieces = arrive(97);
    assert!(whole.as_ref().ok() == pieces.as_ref().ok());
    if let Ok(plain) = whole {
        assert!(plain.len() < bytes.len());
    }
}

fn own_reader() -> DecryptionKey {
    DecryptionKey::from_secret(&Secret::new(READER_SECRET))
}

fn foreign_opener() -> Option<ForeignOpener> {
    let header = OpenedHeader {
        keys: vec![DataKey::from_bytes([1; 32]), DataKey::from_bytes(BODY_KEY)],
        edit_list: None,
        writer: DecryptionKey::from_secret(&Secret::new(READER_SECRET)).public(),
        header_bytes: 0,
    };
    ForeignOpener::new(&header).ok()
}

/// An edit list as inside a packet, applied to its own bytes.
pub fn fuzz_edit(bytes: &[u8]) {
    let Ok(list) = crypt4gh::EditList::decode(bytes) else {
        return;
    };
    let (mut whole, mut pieces) = (BytesMut::new(), BytesMut::new());
    Editor::new(&list).push(bytes, &mut whole);
    let mut editor = Editor::new(&list);
    bytes.chunks(3).for_each(|piece| editor.push(piece, &mut pieces));
    assert!(whole == pieces && whole.len() <= bytes.len());
}

pub fn fuzz_keyfile(bytes: &[u8]) {
    if let Ok(key) = crypt4gh::read_public(bytes) {
        assert!(crypt4gh::read_public(crypt4gh::write_public(key).as_bytes()) == Ok(key));
    }
    if let Ok(key) = crypt4gh::read_secret(bytes) {
        let again = crypt4gh::read_secret(crypt4gh::write_secret(&key).expose().as_bytes());
        assert!(again.is_ok_and(|again| again.public() == key.public()));
    }
}

pub fn fuzz_note(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert!(note.to_string().as_bytes() == bytes);
        assert!(note.verify(&[]).is_err());
    }
}

pub fn fuzz_receipt(bytes: &[u8]) {
    if let Ok(receipt) = Receipt::parse(bytes) {
        assert!(receipt.to_string().as_bytes() == bytes);
        assert!(receipt.verify(merkle::leaf_hash(bytes), "epic.example/cell", &[]).is_err());
    }
}

pub fn fuzz_submission(bytes: &[u8]) {
    if let Ok(submission) = Submission::parse(bytes) {
        assert!(submission.to_string().as_bytes() == bytes);
        assert!(submission.note.cosigned(&[]).is_ok_and(|signed| signed.is_empty()));
    }
}

pub fn fuzz_vkey(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (log, witness) = (text.parse::<NoteVerifier>(), text.parse::<CosignerKey>());
    assert!(log.is_err() || witness.is_err(), "a key of two kinds");
    let told = log.map(|key| key.to_string()).or(witness.map(|key| key.to_string()));
    assert!(told.is_err() || told.is_ok_and(|told| told.eq_ignore_ascii_case(text)));
}

pub fn fuzz_checkpoint(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert!(checkpoint.to_text().as_deref() == Ok(text));
    }
}

pub fn fuzz_tile(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(tile) = text.parse::<Tile>() {
        assert!(tile.path() == text);
    }
}

pub fn fuzz_bundle(bytes: &[u8]) {
    if let Ok(entries) = merkle::decode_bundle(bytes) {
        assert!(merkle::encode_bundle(&entries).as_deref() == Ok(bytes));
    }
}

pub fn fuzz_proof(bytes: &[u8]) {
    let Ok(proof) = Proof::decode(bytes) else {
        return;
    };
    assert!(proof.encode() == bytes);
    let root = merkle::leaf_hash(bytes);
    for size in [1, 2, 7, 1 << 40, u64::MAX] {
        let _ = merkle::verify_inclusion(&proof, size / 3, size, root, root);
        let _ = merkle::verify_consistency(&proof, size / 3, size, root, root);
    }
}

pub fn fuzz_frontier(bytes: &[u8]) {
    if let Ok(frontier) = Frontier::decode(bytes) {
        assert!(frontier.encode() == bytes);
        let _ = frontier.root();
    }
}

/// What boxes of the corpus are for.
pub const PURPOSE: &[u8] = b"fuzz";

/// A box as it lies in the store, and the same bytes properly boxed.
pub fn fuzz_envelope(bytes: &[u8]) {
    let key = Secret::new(BODY_KEY);
    if let Ok(plain) = envelope::open(&key, PURPOSE, bytes) {
        assert!(plain.len() < bytes.len() && envelope::open(&key, b"other", bytes).is_err());
    }
    if let Ok(sealed) = envelope::seal(&key, &NoChance, PURPOSE, bytes) {
        assert!(envelope::open(&key, PURPOSE, &sealed).as_deref() == Ok(bytes));
    }
}

/// A sealed file as it lies in the store, and the same bytes properly sealed.
pub fn fuzz_segments(bytes: &[u8]) {
    let key = |of: &[u8]| FileKey::new(&Secret::new(BODY_KEY), of);
    if let (Ok(own), Ok(other)) = (key(PURPOSE), key(b"other"))
        && let Ok(plain) = segments::open(own, bytes)
    {
        assert!(plain.len() < bytes.len() && segments::open(other, bytes).is_err());
    }
    if let (Ok(own), Ok(again)) = (key(PURPOSE), key(PURPOSE))
        && let Ok(sealed) = segments::seal(own, &NoChance, bytes)
    {
        assert!(segments::open(again, &sealed).is_ok_and(|plain| plain == bytes));
    }
}
