//! What we seal, the reference tool opens, and the other way round.
//!
//! Oracle: the Python tool `crypt4gh` (needs a virtual environment, see README).

use crate::{chance, need};

use std::path::PathBuf;
use std::process::{Command, Stdio};

use bytes::BytesMut;
use chance::{Seeded, bytes};
use seal::crypt4gh::{
    Attempt, DataKey, EditList, ForeignOpener, Rewriter, Run, Sealer, lock_secret, open_header, read_public,
    read_secret, seal_header, seal_header_as, unlock_secret, write_public, write_secret,
};
use seal::keys::{DecryptionKey, EncryptionKey};
use tempfile::TempDir;
use words::Secret;

const SIZES: [usize; 5] = [0, 1, 65_536, 65_537, 200_000];

/// Seals a file as one run, header in front.
fn seal_file(plain: &[u8], recipients: &[EncryptionKey]) -> Vec<u8> {
    let rand = Seeded::new(plain.len() as u64);
    let key = DataKey::random(&rand);
    let header = seal_header(&key, recipients, &rand).unwrap();
    [header, seal_run(&key, Attempt::random(&rand), plain)].concat()
}

fn seal_run(key: &DataKey, attempt: Attempt, plain: &[u8]) -> Vec<u8> {
    let mut sealer = Sealer::new(key, attempt).unwrap();
    let mut body = BytesMut::new();
    sealer.push(plain, &mut body).unwrap();
    sealer.finish(&mut body).unwrap();
    body.to_vec()
}

fn open_file(file: &[u8], reader: &DecryptionKey) -> Vec<u8> {
    let header = open_header(file, reader).unwrap();
    let mut opener = ForeignOpener::new(&header).unwrap();
    let mut plain = BytesMut::new();
    opener.push(&file[header.header_bytes..], &mut plain).unwrap();
    opener.finish(&mut plain).unwrap();
    plain.to_vec()
}

/// The same bytes; tells where they part, and never prints them.
#[track_caller]
fn same(found: &[u8], expected: &[u8]) {
    let parted = found.iter().zip(expected).position(|(a, b)| a != b);
    assert_eq!((found.len(), parted), (expected.len(), None), "length and first difference");
}

/// The Python tool, in a folder of its own.
struct Tool {
    bin: PathBuf,
    dir: TempDir,
}

impl Tool {
    fn find() -> Option<Self> {
        let bin = need::program("crypt4gh")?.parent()?.to_path_buf();
        Some(Self { bin, dir: TempDir::new().unwrap() })
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Runs a program of the environment with `input` as its standard input; gives its output.
    fn run(&self, program: &str, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
        let input = std::fs::File::open(self.write("input", input)).unwrap();
        let output = Command::new(self.bin.join(program))
            .args(arguments)
            .env("C4GH_PASSPHRASE", "correct horse")
            .stdin(input)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(output.stdout) } else { Err(said) }
    }
}

#[test]
fn the_python_tool_reads_what_we_write() {
    let Some(tool) = Tool::find() else { return };
    let rand = Seeded::new(1);
    let (reader, other) = (DecryptionKey::random(&rand), DecryptionKey::random(&rand));
    let secret = tool.write("secret", write_secret(&reader).expose());
    let decrypt = |file: &[u8], more: &[&str]| {
        tool.run("crypt4gh", &[&["decrypt", "--sk", &secret], more].concat(), file)
    };
    for size in SIZES {
        let plain = bytes(size as u64, size);
        let file = seal_file(&plain, &[other.public(), reader.public()]);
        same(&decrypt(&file, &[]).unwrap(), &plain);
    }
    let plain = bytes(1, 200_000);
    let file = seal_file(&plain, &[reader.public()]);
    same(&decrypt(&file, &["--range", "65000-140000"]).unwrap(), &plain[65_000..139_999]);

    // A known writer is recognised, another is not.
    let key = DataKey::random(&rand);
    let header = seal_header_as(&other, std::slice::from_ref(&key), None, &[reader.public()], &rand).unwrap();
    let file = [header, seal_run(&key, Attempt::random(&rand), &plain)].concat();
    let writer = tool.write("writer", write_public(other.public()));
    let stranger = tool.write("stranger", write_public(reader.public()));
    same(&decrypt(&file, &["--sender_pk", &writer]).unwrap(), &plain);
    assert!(decrypt(&file, &["--sender_pk", &stranger]).is_err());

    // Our edit list means the same to it.
    let list = EditList::new(vec![10, 70_000, 100]).unwrap();
    let header =
        seal_header_as(&other, std::slice::from_ref(&key), Some(&list), &[reader.public()], &rand).unwrap();
    let file = [header, seal_run(&key, Attempt::random(&rand), &plain)].concat();
    let expected = [&plain[10..70_010], &plain[70_110..]].concat();
    same(&decrypt(&file, &[]).unwrap(), &expected);
    same(&open_file(&file, &reader), &expected);

    // A secret key under a passphrase.
    let locked = lock_secret(&reader, &Secret::new("correct horse".into()), &rand).unwrap();
    let secret = tool.write("locked", locked);
    let file = seal_file(&plain, &[reader.public()]);
    same(&tool.run("crypt4gh", &["decrypt", "--sk", &secret], &file).unwrap(), &plain);
}

#[test]
fn the_python_tool_reads_our_exports() {
    let Some(tool) = Tool::find() else { return };
    let rand = Seeded::new(2);
    let reader = DecryptionKey::random(&rand);
    let secret = tool.write("secret", write_secret(&reader).expose());
    let check = |sizes: [usize; 3], is_body: bool| {
        let key = DataKey::random(&rand);
        let parts: Vec<_> =
            sizes.iter().map(|size| (Attempt::random(&rand), bytes(*size as u64, *size))).collect();
        let plain: Vec<u8> = parts.iter().flat_map(|part| part.1.clone()).collect();
        let stored: Vec<u8> = parts.iter().flat_map(|part| seal_run(&key, part.0, &part.1)).collect();
        let runs: Vec<_> =
            parts.iter().map(|part| Run { attempt: part.0, plain_bytes: part.1.len() as u64 }).collect();
        assert_eq!(seal::crypt4gh::is_body(&runs), is_body);
        let (key, body) = if is_body { (key, stored) } else { rewrite(key, runs, &stored, &rand) };
        let file = [seal_header(&key, &[reader.public()], &rand).unwrap(), body].concat();
        same(&tool.run("crypt4gh", &["decrypt", "--sk", &secret], &file).unwrap(), &plain);
    };
    check([131_072, 65_536, 77], true);
    check([100_000, 65_536, 77], false);
}

fn rewrite(key: DataKey, runs: Vec<Run>, stored: &[u8], rand: &Seeded) -> (DataKey, Vec<u8>) {
    let fresh = DataKey::random(rand);
    let mut rewriter = Rewriter::new(key, runs, Sealer::new(&fresh, Attempt::random(rand)).unwrap());
    let mut body = BytesMut::new();
    rewriter.push(stored, &mut body).unwrap();
    rewriter.finish(&mut body).unwrap();
    (fresh, body.to_vec())
}

#[test]
fn we_read_what_the_python_tool_writes() {
    let Some(tool) = Tool::find() else { return };
    let (secret, public) = (tool.path("key"), tool.path("key.pub"));
    tool.run("crypt4gh-keygen", &["--nocrypt", "--sk", &secret, "--pk", &public, "-C", "a comment"], &[])
        .unwrap();
    let reader = read_secret(&tool.read("key")).unwrap();
    assert_eq!(read_public(&tool.read("key.pub")).unwrap(), reader.public());
    let other = tool.write("other", write_public(DecryptionKey::random(&Seeded::new(3)).public()));
    let encrypt = ["encrypt", "--recipient_pk", &other, "--recipient_pk", &public];
    for size in SIZES {
        let plain = bytes(size as u64, size);
        let file = tool.run("crypt4gh", &encrypt, &plain).unwrap();
        same(&open_file(&file, &reader), &plain);
    }
    // Its `rearrange` writes an edit list; its ranges end one byte before the end they name.
    let plain = bytes(4, 200_000);
    let file = tool.run("crypt4gh", &encrypt, &plain).unwrap();
    let part =
        tool.run("crypt4gh", &["rearrange", "--sk", &secret, "--range", "65000-140000"], &file).unwrap();
    assert!(open_header(&part, &reader).unwrap().edit_list.is_some());
    same(&open_file(&part, &reader), &plain[65_000..139_999]);

    let script = "import sys; from crypt4gh.keys.c4gh import generate; generate(sys.argv[1], sys.argv[2], b'correct horse', None)";
    tool.run("python", &["-c", script, &tool.path("locked"), &tool.path("locked.pub")], &[]).unwrap();
    let unlocked = unlock_secret(&tool.read("locked"), &Secret::new("correct horse".into())).unwrap();
    assert_eq!(read_public(&tool.read("locked.pub")).unwrap(), unlocked.public());
}
