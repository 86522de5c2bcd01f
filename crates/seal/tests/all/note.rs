//! Notes and checkpoints agree with the crates `signed_note` and `tlog_tiles`, both ways.

use proptest::prelude::*;
use seal::keys::SigningKey;
use seal::merkle::{Frontier, Hash, Leaves, inclusion, leaf_hash};
use seal::note::{
    Checkpoint, CheckpointError, Note, NoteError, NoteKeyError, NoteSigner, NoteVerifier, Receipt,
};
use signed_note as oracle;
use words::Secret;

fn signer(name: &str, seed: u8) -> NoteSigner {
    NoteSigner::new(name.parse().unwrap(), SigningKey::from_seed(&Secret::new([seed; 32])).unwrap())
}

/// The oracle's signer with the same key.
fn their_signer(name: &str, seed: u8) -> oracle::StandardSigner {
    let ours = signer(name, seed);
    let secret = [[1_u8].as_slice(), &[seed; 32]].concat();
    let id = data_encoding::HEXLOWER.encode(&ours.id().to_bytes());
    let text = format!("PRIVATE+KEY+{name}+{id}+{}", data_encoding::BASE64.encode(&secret));
    oracle::StandardSigner::new(&text).unwrap()
}

fn their_verifiers(signers: &[&NoteSigner]) -> oracle::VerifierList {
    let verifier = |signer: &&NoteSigner| {
        let key = oracle::StandardVerifier::new(&signer.verifier().to_string()).unwrap();
        Box::new(key) as Box<dyn oracle::Verifier>
    };
    oracle::VerifierList::new(signers.iter().map(verifier).collect())
}

proptest! {
    // Goal: what we sign they believe, byte for byte what they sign we believe.
    #[test]
    fn signing_agrees_both_ways(lines in prop::collection::vec("[^\\x00-\\x1f]{0,40}", 1..5), seed: u8) {
        let text = format!("{}\n", lines.join("\n"));
        let (a, b) = (signer("epic.example/cell", seed), signer("witness.example", seed.wrapping_add(1)));
        let mut note = Note::new(text.clone()).unwrap();
        note.sign(&a).unwrap();
        note.sign(&b).unwrap();
        let theirs = oracle::Note::from_bytes(note.to_string().as_bytes()).unwrap();
        prop_assert_eq!(theirs.text(), text.as_bytes());
        prop_assert_eq!(theirs.verify(&their_verifiers(&[&a, &b])).unwrap().0.len(), 2);

        let mut theirs = oracle::Note::new(text.as_bytes(), &[]).unwrap();
        let (their_a, their_b) = (their_signer("epic.example/cell", seed), their_signer("witness.example", seed.wrapping_add(1)));
        theirs.add_sigs(&[&their_a, &their_b]).unwrap();
        prop_assert_eq!(theirs.to_bytes(), note.to_string().into_bytes());
        let parsed = Note::parse(&theirs.to_bytes()).unwrap();
        let known = [a.verifier().clone(), b.verifier().clone()];
        prop_assert_eq!(parsed.verify(&known).unwrap().len(), 2);
    }

    // Goal: no flipped bit of a note is believed, and both readers agree on what is a note.
    #[test]
    fn a_flip_is_not_believed(at: prop::sample::Index, bit in 0..8_u8) {
        let signer = signer("epic.example", 1);
        let checkpoint = Checkpoint::new("epic.example/log".into(), 7, leaf_hash(b"x"));
        let mut bytes = checkpoint.sign(&signer).unwrap().to_string().into_bytes();
        *at.get_mut(&mut bytes) ^= 1 << bit;
        let opened = Checkpoint::open(&bytes, "epic.example/log", &[signer.verifier().clone()]);
        prop_assert!(opened.is_err());
        prop_assert_eq!(Note::parse(&bytes).is_ok(), oracle::Note::from_bytes(&bytes).is_ok());
    }

    // Goal: checkpoints are the oracle's, text for text.
    #[test]
    fn checkpoints_agree(origin in "[!-~]{1,30}", size: u64, root: [u8; 32], extensions in prop::collection::vec("[ -~]{1,20}", 0..3)) {
        let checkpoint = Checkpoint { origin: origin.clone(), size, root: Hash(root), extensions: extensions.clone() };
        let text = checkpoint.to_text().unwrap();
        let lines: String = extensions.iter().map(|line| format!("{line}\n")).collect();
        let theirs = tlog_tiles::Checkpoint::new(&origin, size, tlog_tiles::Hash(root), &lines).unwrap();
        prop_assert_eq!(theirs.to_bytes(), text.clone().into_bytes());
        prop_assert_eq!(tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap(), theirs);
        prop_assert_eq!(Checkpoint::parse(&text).unwrap(), checkpoint);
    }

    // Goal: verifier keys are the oracle's.
    #[test]
    fn verifier_keys_agree(name in "[a-z./-]{1,40}", seed: [u8; 32]) {
        let key = SigningKey::from_seed(&Secret::new(seed)).unwrap();
        let ours = NoteVerifier::new(name.parse().unwrap(), key.public());
        let dalek = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
        prop_assert_eq!(dalek.to_bytes(), key.public().to_bytes());
        prop_assert_eq!(ours.to_string(), oracle::new_ed25519_verifier_key(&name, &dalek));
        prop_assert_eq!(ours.to_string().parse::<NoteVerifier>().unwrap(), ours);
    }
}

#[test]
fn strangers_and_bad_signatures_are_told_apart() {
    let (us, stranger) = (signer("epic.example", 1), signer("other.example", 2));
    let mut note = Note::new("a text\n".into()).unwrap();
    note.sign(&stranger).unwrap();
    assert_eq!(note.verify(&[us.verifier().clone()]), Err(NoteError::Unsigned));
    note.sign(&us).unwrap();
    note.sign(&us).unwrap();
    assert_eq!(note.signatures().len(), 2, "signing again replaces");
    assert_eq!(note.verify(&[us.verifier().clone()]).unwrap(), vec![us.verifier()]);
    let bent = note.to_string().replace("a text", "A text");
    let found = Note::parse(bent.as_bytes()).unwrap().verify(&[us.verifier().clone()]).map(drop);
    assert_eq!(found, Err(NoteError::BadSignature { name: us.name().clone() }));
}

#[test]
fn a_checkpoint_of_another_log_is_refused() {
    let us = signer("epic.example", 1);
    let note = Checkpoint::new("epic.example/a".into(), 1, leaf_hash(b"")).sign(&us).unwrap().to_string();
    let known = [us.verifier().clone()];
    assert!(Checkpoint::open(note.as_bytes(), "epic.example/a", &known).is_ok());
    let other = Checkpoint::open(note.as_bytes(), "epic.example/b", &known);
    assert_eq!(other, Err(CheckpointError::OtherLog { found: "epic.example/a".into() }));
    for bad in ["", "two\nlines", "control\u{7}"] {
        assert!(Checkpoint::new(bad.into(), 1, leaf_hash(b"")).sign(&us).is_err(), "{bad:?}");
    }
}

#[test]
fn malformed_texts_are_refused() {
    let root = data_encoding::BASE64.encode(&[0; 32]);
    for size in ["01", "+1", "", "-1", "18446744073709551616", " 1"] {
        assert!(Checkpoint::parse(&format!("o\n{size}\n{root}\n")).is_err(), "{size}");
    }
    for text in [
        format!("o\n1\n{root}"),
        format!("o\n1\n{root}\n\n"),
        "o\n1\nAAAA\n".into(),
        format!("\n1\n{root}\n"),
    ] {
        assert!(Checkpoint::parse(&text).is_err(), "{text:?}");
    }
    let key = signer("n", 1).verifier().to_string();
    assert_eq!(key.replacen('n', "m", 1).parse::<NoteVerifier>(), Err(NoteKeyError::Id));
    for bad in ["", "n", "n+00000000", "n+00000000+", "a b+00000000+AQ==", "n+0+AQ=="] {
        assert!(bad.parse::<NoteVerifier>().is_err(), "{bad}");
    }
    for bad in [
        "text",
        "text\n",
        "text\n\n",
        "text\n\n\u{2014} n AAAA\n",
        "text\n\n\u{2014} n AAAAAAA=",
        "a\tb\n\n\u{2014} n AAAAAAA=\n",
    ] {
        assert!(Note::parse(bad.as_bytes()).is_err(), "{bad:?}");
    }
    assert!(Note::parse("text\n\n\u{2014} n AAAAAAA=\n".as_bytes()).is_ok());
    assert!(Note::new("no end".into()).is_err());
    assert_eq!(Note::parse(&vec![b'x'; 300_000]), Err(NoteError::TooLong));
}

// Goal: a receipt is believed for its leaf, its log and its keys, and for nothing else.
#[test]
fn receipts_prove_one_leaf_of_one_log() {
    let (us, stranger) = (signer("epic.example", 1), signer("other.example", 2));
    let leaves: Vec<_> = (0..11_u8).map(|number| leaf_hash(&[number])).collect();
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    let checkpoint = Checkpoint::new("epic.example/log".into(), 11, frontier.root());
    let (known, unknown) = ([us.verifier().clone()], [stranger.verifier().clone()]);
    for (index, leaf) in leaves.iter().enumerate() {
        let proof = inclusion(&Leaves(&leaves), index as u64, 11).unwrap();
        let extra = (index % 2 == 1).then(|| vec![7; index]);
        let note = checkpoint.sign(&us).unwrap();
        let receipt = Receipt { index: index as u64, proof, checkpoint: note, extra };
        let read = Receipt::parse(receipt.to_string().as_bytes()).unwrap();
        assert_eq!(read, receipt);
        assert_eq!(read.verify(*leaf, "epic.example/log", &known).unwrap(), checkpoint);
        assert!(read.verify(leaf_hash(b"other"), "epic.example/log", &known).is_err());
        assert!(read.verify(*leaf, "epic.example/fork", &known).is_err());
        assert!(read.verify(*leaf, "epic.example/log", &unknown).is_err());
        let moved = Receipt { index: (index as u64 + 1) % 11, ..receipt };
        assert!(moved.verify(*leaf, "epic.example/log", &known).is_err());
    }
}

// Goal: the text is the specification's, and has no second spelling.
#[test]
fn receipts_have_one_spelling() {
    let note = Checkpoint::new("o".into(), 1, leaf_hash(b"")).sign(&signer("n", 1)).unwrap();
    let receipt = |head: &str| format!("{head}\n\n{note}");
    let check = |head: &str| Receipt::parse(receipt(head).as_bytes());
    assert!(check("c2sp.org/tlog-proof@v1\nindex 0").is_ok());
    assert!(check("c2sp.org/tlog-proof@v1\nextra AQ==\nindex 0").is_ok());
    for bad in [
        "c2sp.org/tlog-proof@v2\nindex 0",
        "c2sp.org/tlog-proof@v1\nindex 00",
        "c2sp.org/tlog-proof@v1\nindex 0\nAQ==",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AQ==",
        "c2sp.org/tlog-proof@v1\nextra AQ\nindex 0",
        "c2sp.org/tlog-proof@v1",
        "index 0",
    ] {
        assert!(check(bad).is_err(), "{bad:?}");
    }
}
