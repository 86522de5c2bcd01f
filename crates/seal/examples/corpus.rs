//! Writes the seeds of the fuzz targets into `corpus/`; run it when a format grows.
//!
//! The same every time, so a diff shows what changed.

use std::io::Result;
use std::path::Path;

use bytes::BytesMut;
use seal::crypt4gh::{
    Attempt, DataKey, EditList, Sealer, lock_secret, seal_header_as, write_public, write_secret,
};
use seal::fuzz::{BODY_KEY, PURPOSE, READER_SECRET};
use seal::keys::{DecryptionKey, SigningKey};
use seal::merkle::{Frontier, Leaves, Proof, consistency, encode_bundle, inclusion, leaf_hash};
use seal::note::{Checkpoint, Cosigner, NoteSigner, Receipt, Submission};
use seal::segments::FileKey;
use words::{Rand, Secret};

type Outcome<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Counts up, so that nothing repeats within a file.
struct Counting(std::sync::atomic::AtomicU8);

impl Rand for Counting {
    fn fill(&self, into: &mut [u8]) {
        into.fill_with(|| self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    }
}

fn main() -> Outcome<()> {
    let rand = Counting(1.into());
    crypt4gh_seeds(&rand)?;
    box_seeds(&rand)?;
    merkle_seeds()?;
    note_seeds()
}

fn box_seeds(rand: &Counting) -> Outcome<()> {
    let key = Secret::new(BODY_KEY);
    write("envelope", "text", seal::envelope::seal(&key, rand, PURPOSE, b"a row of few words")?)?;
    write("envelope", "other", seal::envelope::seal(&key, rand, b"other", b"a row of few words")?)?;
    for (name, plain) in [("empty", &b""[..]), ("text", b"a file of few words")] {
        write("segments", name, seal::segments::seal(FileKey::new(&key, PURPOSE)?, rand, plain)?)?;
    }
    Ok(())
}

fn write(target: &str, name: &str, content: impl AsRef<[u8]>) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(name), content)
}

fn crypt4gh_seeds(rand: &Counting) -> Outcome<()> {
    let reader = DecryptionKey::from_secret(&Secret::new(READER_SECRET));
    let other = DecryptionKey::random(rand);
    let keys = [DataKey::from_bytes(BODY_KEY), DataKey::random(rand)];
    let [key, _] = &keys;
    let to = [other.public(), reader.public()];
    let list = EditList::new(vec![3, 5, 70, 2])?;
    write(
        "header",
        "one",
        seal_header_as(&other, std::slice::from_ref(key), None, &[reader.public()], rand)?,
    )?;
    write("header", "many", seal_header_as(&other, &keys, Some(&list), &to, rand)?)?;
    write("header", "stranger", seal_header_as(&other, &keys, None, &[other.public()], rand)?)?;
    let mut edit = 4_u32.to_le_bytes().to_vec();
    edit.extend([3_u64, 5, 70, 2].iter().flat_map(|length| length.to_le_bytes()));
    write("edit", "four", &edit)?;
    write("edit", "odd", [&1_u32.to_le_bytes()[..], &4_u64.to_le_bytes(), b"kept"].concat())?;
    write("packet", "key", [[0; 8].as_slice(), &BODY_KEY].concat())?;
    write("packet", "edits", [&1_u32.to_le_bytes()[..], &edit].concat())?;
    let mut body = BytesMut::new();
    let mut sealer = Sealer::new(key, Attempt::from_bytes(*b"attempt1"))?;
    sealer.push(b"a body of a foreign file", &mut body)?;
    sealer.finish(&mut body)?;
    write("foreign", "short", &body)?;
    write("keyfile", "public", write_public(reader.public()))?;
    write("keyfile", "secret", write_secret(&reader).expose())?;
    write("keyfile", "locked", lock_secret(&reader, &Secret::new("passphrase".into()), rand)?)?;
    Ok(())
}

fn merkle_seeds() -> Outcome<()> {
    let leaves: Vec<_> = (0..13_u8).map(|number| leaf_hash(&[number])).collect();
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    write("frontier", "thirteen", frontier.encode())?;
    write("frontier", "empty", Frontier::new().encode())?;
    write("proof", "inclusion", inclusion(&Leaves(&leaves), 5, 13)?.encode())?;
    write("proof", "consistency", consistency(&Leaves(&leaves), 6, 13)?.encode())?;
    write("proof", "long", Proof::new(vec![leaf_hash(b""); 65])?.encode())?;
    write("bundle", "three", encode_bundle(&[b"one".as_slice(), b"", &[7; 32]])?)?;
    for (name, path) in [
        ("full", "tile/0/x001/x234/067"),
        ("partial", "tile/5/000.p/255"),
        ("entries", "tile/entries/999.p/1"),
    ] {
        write("tile", name, path)?;
    }
    Ok(())
}

fn note_seeds() -> Outcome<()> {
    let key = |seed| SigningKey::from_seed(&Secret::new([seed; 32]));
    let (us, witness) = (
        NoteSigner::new("epic.example/cell".parse()?, key(1)?),
        NoteSigner::new("witness.example".parse()?, key(2)?),
    );
    let mut checkpoint = Checkpoint::new("epic.example/cell".into(), 13, leaf_hash(b"root"));
    write("checkpoint", "plain", checkpoint.to_text()?)?;
    checkpoint.extensions.push("time 2027-01-31T12:00:00Z".into());
    write("checkpoint", "extended", checkpoint.to_text()?)?;
    let mut note = checkpoint.sign(&us)?;
    write("note", "one", note.to_string())?;
    note.sign(&witness)?;
    write("note", "two", note.to_string())?;
    let leaves: Vec<_> = (0..13_u8).map(|number| leaf_hash(&[number])).collect();
    let proof = inclusion(&Leaves(&leaves), 5, 13)?;
    let mut receipt = Receipt { index: 5, proof, checkpoint: note, extra: None };
    write("receipt", "plain", receipt.to_string())?;
    receipt.extra = Some(b"a salt".to_vec());
    write("receipt", "extra", receipt.to_string())?;
    write("vkey", "key", us.verifier().to_string())?;
    let cosigner = Cosigner::new("witness.example/w".parse()?, key(3)?);
    write("vkey", "witness", cosigner.public().to_string())?;
    let mut note = checkpoint.sign(&us)?;
    write(
        "submission",
        "first",
        Submission { old: 0, proof: Proof::default(), note: note.clone() }.to_string(),
    )?;
    note.cosign(&cosigner, 1_800_000_000)?;
    let proof = consistency(&Leaves(&leaves), 6, 13)?;
    write("submission", "grown", Submission { old: 6, proof, note }.to_string())?;
    Ok(())
}
