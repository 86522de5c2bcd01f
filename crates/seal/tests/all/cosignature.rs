//! Cosignatures and submissions, held to a real witness's line, to `ed25519_dalek` and to `signed_note`'s reader.

use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use proptest::prelude::*;
use seal::keys::SigningKey;
use seal::merkle::{Hash, Leaves, consistency, leaf_hash};
use seal::note::{
    Checkpoint, Cosigner, CosignerKey, Note, NoteError, NoteKeyError, NoteSigner, NoteVerifier, Submission,
};
use words::Secret;

/// What a public witness said of a public log on 2026-08-02, and the key that it publishes.
const TEXT: &str = "coachandhorses2026h1.staging.certificate.transparency.goog\n185550722\nYXAM0VmnrfvLaBCOOYSJhCaE5F10oGBOo+hkbDa1kng=\n";
const LINE: &str = "\u{2014} witness.navigli.sunlight.geomys.org o+AP4gAAAABqb7DzNrGFRJnQ9vrJ8xpnwZytnr/ZYczDIsvwvouiSjwOjn7a72ccxBk+lKnZ7dKqkYKER1s/KxLTaVwQD7lJZTC/CQ==\n";
const VKEY: &str =
    "witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new([seed; 32])).unwrap()
}

fn witness(name: &str, seed: u8) -> Cosigner {
    Cosigner::new(name.parse().unwrap(), key(seed))
}

fn signed() -> Note {
    let log = NoteSigner::new("epic.example/log".parse().unwrap(), key(1));
    Checkpoint::new("epic.example/log".into(), 7, leaf_hash(b"x")).sign(&log).unwrap()
}

#[test]
fn a_public_witness_is_believed() {
    let known = [VKEY.parse::<CosignerKey>().unwrap()];
    assert_eq!(known[0].to_string(), VKEY);
    let note = Note::parse(format!("{TEXT}\n{LINE}").as_bytes()).unwrap();
    assert_eq!(note.cosigned(&known).unwrap(), vec![(&known[0], 1_785_704_691)]);
    let bent = Note::parse(format!("{}\n{LINE}", TEXT.replace("185550722", "185550723")).as_bytes()).unwrap();
    assert!(matches!(bent.cosigned(&known), Err(NoteError::BadSignature { .. })));
    assert_eq!(note.verify(&[]).map(drop), Err(NoteError::Unsigned));
}

proptest! {
    // Goal: what we sign others believe. Oracle: another reader of notes, another Ed25519, the message written out.
    #[test]
    fn what_we_sign_others_verify(seconds in 0..=i64::MAX as u64, seed: u8) {
        let (mut note, witness) = (signed(), witness("witness.example/w", seed));
        note.cosign(&witness, seconds).unwrap();
        let theirs = signed_note::Note::from_bytes(note.to_string().as_bytes()).unwrap();
        let line = note.signatures().last().unwrap().to_string();
        let line = signed_note::Signature::from_bytes(line.trim_end().as_bytes()).unwrap();
        prop_assert_eq!(line.name(), "witness.example/w");
        let (time, signature) = line.signature().split_at(8);
        prop_assert_eq!(time, seconds.to_be_bytes());
        let text = String::from_utf8(theirs.text().to_vec()).unwrap();
        let message = format!("cosignature/v1\ntime {seconds}\n{text}");
        let public = VerifyingKey::from_bytes(&key(seed).public().to_bytes()).unwrap();
        public.verify(message.as_bytes(), &Signature::from_slice(signature).unwrap()).unwrap();
        let known = [witness.public().clone()];
        prop_assert_eq!(note.cosigned(&known).unwrap(), vec![(&known[0], seconds)]);
    }

    // Goal: no flipped bit is believed: of the text it is an error, of name or id nobody signed.
    #[test]
    fn a_flip_is_not_believed(at: prop::sample::Index, bit in 0..8_u8) {
        let (mut note, witness) = (signed(), witness("witness.example/w", 2));
        note.cosign(&witness, 1_700_000_000).unwrap();
        let line = note.signatures().last().unwrap().to_string();
        let mut bytes = format!("{}\n{line}", note.text()).into_bytes();
        *at.get_mut(&mut bytes) ^= 1 << bit;
        let known = [witness.public().clone()];
        let believed = Note::parse(&bytes).ok().and_then(|note| note.cosigned(&known).ok().map(|by| by.len()));
        prop_assert!(believed.unwrap_or(0) == 0);
    }

    // Goal: a submission survives its text. Method: real proofs of any two sizes.
    #[test]
    fn submissions_round_trip(old in 0_u64..40, more in 0_u64..40) {
        let leaves: Vec<Hash> = (0..old + more).map(|number| leaf_hash(&number.to_be_bytes())).collect();
        let proof = consistency(&Leaves(&leaves), old, old + more).unwrap();
        let submission = Submission { old, proof, note: signed() };
        prop_assert_eq!(Submission::parse(submission.to_string().as_bytes()), Ok(submission));
    }
}

// Goal: a witness's key is no log's and the other way round; a time no verifier may accept is refused.
#[test]
fn kinds_of_keys_do_not_mix() {
    assert_eq!(VKEY.parse::<NoteVerifier>(), Err(NoteKeyError::Type));
    let log = NoteSigner::new("epic.example/log".parse().unwrap(), key(1));
    assert_eq!(log.verifier().to_string().parse::<CosignerKey>(), Err(NoteKeyError::Type));
    let same = Cosigner::new(log.name().clone(), key(1));
    assert!(
        signed().cosigned(&[same.public().clone()]).unwrap().is_empty(),
        "a log's line is no cosignature"
    );
    let mut note = signed();
    note.cosign(&same, u64::MAX).unwrap();
    assert!(note.cosigned(&[same.public().clone()]).is_err());
    assert!(note.verify(&[log.verifier().clone()]).is_ok(), "and hurts no other line");
}

#[test]
fn a_witness_answers_once_and_is_added() {
    let (note, ours, other) = (signed(), witness("w.example/1", 3), witness("w.example/2", 4));
    let mut answer = signed();
    let line = answer.cosign(&ours, 9).unwrap().to_string();
    let with = note.with_lines(line.as_bytes()).unwrap();
    let known = [ours.public().clone(), other.public().clone()];
    assert_eq!(with.cosigned(&known).unwrap(), vec![(&known[0], 9)]);
    let twice = with.with_lines(line.as_bytes()).unwrap();
    assert_eq!(twice.cosigned(&known).unwrap().len(), 1, "one witness counts once");
    for noise in ["", "\n", "hello\n", "\u{2014} w\n"] {
        assert!(note.with_lines(noise.as_bytes()).is_ok_and(|with| with == note) || !noise.is_empty());
    }
}

// Goal: an answer adds lines and no text. Method: a true signature of a longer text, the note's own lines in it.
#[test]
fn an_answer_makes_no_longer_text() {
    let (note, ours) = (signed(), witness("w.example/1", 3));
    let mut longer = Note::new(note.to_string()).unwrap();
    let line = longer.cosign(&ours, 9).unwrap().to_string();
    let read = Note::parse(format!("{note}\n{line}").as_bytes()).unwrap();
    assert_eq!(read.cosigned(&[ours.public().clone()]).unwrap().len(), 1, "it is a note, but another");
    for answer in [format!("\n{line}"), format!("\n\n{line}"), format!("{line}\n{line}")] {
        assert_eq!(note.with_lines(answer.as_bytes()), Err(NoteError::NotANote), "{answer:?}");
    }
    assert_eq!(Note::new("text\n".into()).unwrap().with_lines(b"\n\n"), Err(NoteError::NotANote));
}

#[test]
fn what_is_no_submission_is_refused() {
    let note = signed();
    let hash = data_encoding::BASE64.encode(&[7; 32]);
    let check = |head: &str| Submission::parse(format!("{head}\n\n{note}").as_bytes()).is_ok();
    assert!(check("old 0") && check(&format!("old 5\n{hash}")));
    assert!(check(&format!("old 5{}", format!("\n{hash}").repeat(63))));
    for bad in
        ["old", "old ", "old 00", "old -1", "old 18446744073709551616", "Old 1", "old 1 ", " old 1", ""]
    {
        assert!(!check(bad), "{bad:?}");
    }
    for bad in ["AQ==", "x", &format!("{hash} ")] {
        assert!(!check(&format!("old 1\n{bad}")), "{bad:?}");
    }
    assert!(!check(&format!("old 5{}", format!("\n{hash}").repeat(64))));
    assert!(Submission::parse(b"old 1\n\ntext\n").is_err());
    assert!(Submission::parse(&vec![b'x'; 100_000]).is_err());
}
