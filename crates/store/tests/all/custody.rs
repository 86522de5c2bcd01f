//! Custody keeps keys, lets them die, and says plainly when it cannot be trusted.

use crate::kit;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kit::{Seeded, cell};
use store::custody::{Custody, CustodyError, FileCustody, Key, KeyName, MemoryCustody};
use words::{Id, Secret};

pub fn key(byte: u8) -> Key {
    Secret::new([byte; 32])
}

fn phrase(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn open(folder: &Path) -> Result<FileCustody, CustodyError> {
    FileCustody::open(folder, None, Seeded::new(1))
}

fn open_with(folder: &Path, passphrase: &str) -> Result<FileCustody, CustodyError> {
    FileCustody::open_with_passphrase(folder, None, &phrase(passphrase), Seeded::new(1))
}

fn refusal(opened: Result<FileCustody, CustodyError>) -> CustodyError {
    opened.err().expect("must be refused")
}

pub const A: KeyName = KeyName::Region;
pub const B: KeyName = KeyName::SigV4;

/// Everything on disk under a folder, one after the other.
pub fn raw(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap();
    files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

pub fn sheets(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.to_str().unwrap().contains("keys-")).collect()
}

pub fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

/// The one suite that every custody passes; `reopen` stands for a restart.
pub fn conforms(reopen: &mut dyn FnMut(Option<Box<dyn Custody>>) -> Box<dyn Custody>) {
    let custody = reopen(None);
    let scope = KeyName::ScopeData(cell(1), Id::from_bytes([9; 16]), 3);
    assert!(custody.key(&A).unwrap().is_none());
    custody.insert(&[(A, key(1)), (scope, key(2))]).unwrap();
    custody.insert(&[(A, key(1))]).unwrap();
    let first = custody.generation().unwrap();
    let other = custody.insert(&[(B, key(3)), (A, key(4))]);
    assert!(matches!(other, Err(CustodyError::Exists { name: A })));
    assert!(custody.key(&B).unwrap().is_none(), "all or none");

    let custody = reopen(Some(custody));
    assert!(custody.key(&A).unwrap() == Some(key(1)));
    assert_eq!(custody.names().unwrap(), [A, scope]);
    assert_eq!(custody.generation().unwrap(), first);
    assert_eq!(custody.known_head(cell(1)).unwrap(), None);
    custody.remember_head(cell(1), "region\n7\nroot\n").unwrap();
    custody.remember_head(cell(1), "region\n8\nroot\n").unwrap();

    let destroyed = custody.destroy(&[scope, B]).unwrap();
    assert_eq!(destroyed.names, [scope]);
    assert_eq!(destroyed.kind, custody.kind());
    assert_eq!(destroyed.generation, first + 1);
    assert!(custody.key(&scope).unwrap().is_none());

    let custody = reopen(Some(custody));
    assert!(custody.key(&scope).unwrap().is_none());
    assert!(custody.key(&A).unwrap() == Some(key(1)));
    assert_eq!(custody.known_head(cell(1)).unwrap().as_deref(), Some("region\n8\nroot\n"));
    assert_eq!(custody.known_head(cell(2)).unwrap(), None);
    assert_eq!(custody.generation().unwrap(), first + 1);
}

#[test]
fn memory_conforms() {
    let memory = MemoryCustody::new();
    conforms(&mut |_| Box::new(memory.clone()));
}

#[test]
fn file_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("custody");
    conforms(&mut |before| {
        drop(before);
        Box::new(open(&place).unwrap())
    });
}

#[test]
fn passphrase_conforms() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("custody");
    conforms(&mut |before| {
        drop(before);
        Box::new(open_with(&place, "correct horse").unwrap())
    });
}

#[test]
fn a_destroyed_key_is_on_no_file_and_survives_no_crash_between() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("custody");
    let custody = open(&place).unwrap();
    custody.insert(&[(A, key(1)), (B, key(2))]).unwrap();
    let [old] = &sheets(&place)[..] else { panic!("one generation") };
    let before = (old.clone(), fs::read(old).unwrap());
    custody.destroy(&[B]).unwrap();
    assert_eq!(sheets(&place).len(), 1);
    assert!(!before.0.exists());
    drop(custody);
    // The crash between the new generation and the wipe: the old file is still there.
    fs::write(&before.0, &before.1).unwrap();
    fs::set_permissions(&before.0, fs::Permissions::from_mode(0o600)).unwrap();
    let custody = open(&place).unwrap();
    assert!(custody.key(&B).unwrap().is_none());
    assert!(!before.0.exists());
}

#[test]
fn keys_are_never_plain_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    for (place, passphrase) in [("open", None), ("sealed", Some("correct horse"))] {
        let place = folder.path().join(place);
        let custody = match passphrase {
            None => open(&place).unwrap(),
            Some(passphrase) => open_with(&place, passphrase).unwrap(),
        };
        let secret = *b"a secret of exactly 32 bytes, ok";
        custody.insert(&[(A, Secret::new(secret))]).unwrap();
        custody.remember_head(cell(1), "a checkpoint to be seen").unwrap();
        let raw = raw(&place);
        assert!(!contains(&raw, &secret));
        assert!(!contains(&raw, b"a checkpoint"));
        assert!(!contains(&raw, b"correct horse"));
    }
}

#[test]
fn a_wrong_passphrase_is_told_from_damage() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("custody");
    open_with(&place, "correct horse").unwrap().insert(&[(A, key(1))]).unwrap();
    assert!(matches!(refusal(open_with(&place, "wrong horse")), CustodyError::WrongPassphrase));
    assert!(matches!(refusal(open_with(&place, "")), CustodyError::NoPassphrase));
    assert!(matches!(refusal(open(&place)), CustodyError::OtherKind { .. }));
    assert!(open_with(&place, "correct horse").unwrap().key(&A).unwrap().is_some());
}

#[test]
fn open_custody_is_not_taken_for_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("custody");
    drop(open(&place).unwrap());
    assert!(matches!(refusal(open_with(&place, "any")), CustodyError::OtherKind { .. }));
}

// Goal: no altered or torn generation opens. Method: every byte flipped, every length cut.
#[test]
fn a_torn_or_altered_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("custody");
    open(&place).unwrap().insert(&[(A, key(1))]).unwrap();
    let [sheet] = &sheets(&place)[..] else { panic!("one generation") };
    let good = fs::read(sheet).unwrap();
    for at in 0..good.len() {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        fs::write(sheet, &flipped).unwrap();
        // WHY also other kinds: the byte that says how the list is locked may be the flipped one.
        let refused = refusal(open(&place));
        assert!(
            matches!(refused, CustodyError::Damaged { .. } | CustodyError::OtherKind { .. }),
            "byte {at}: {refused}"
        );
        fs::write(sheet, &good[..at]).unwrap();
        assert!(matches!(refusal(open(&place)), CustodyError::Damaged { .. }), "cut at {at}");
    }
    fs::write(sheet, &good).unwrap();
    assert!(open(&place).is_ok());
}

#[test]
fn an_older_generation_is_never_taken_for_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("custody");
    let custody = open(&place).unwrap();
    custody.insert(&[(A, key(1))]).unwrap();
    let [old] = &sheets(&place)[..] else { panic!("one generation") };
    let (old, bytes) = (old.clone(), fs::read(old).unwrap());
    custody.destroy(&[A]).unwrap();
    drop(custody);
    let [new] = &sheets(&place)[..] else { panic!("one generation") };
    // The old bytes under the new name, and beside a torn new file.
    fs::write(new, &bytes).unwrap();
    assert!(matches!(refusal(open(&place)), CustodyError::Damaged { .. }));
    fs::write(&old, &bytes).unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(new, b"torn").unwrap();
    assert!(matches!(refusal(open(&place)), CustodyError::Damaged { .. }));
}

#[test]
fn a_damaged_head_is_refused_not_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let custody = open(&folder.path().join("custody")).unwrap();
    custody.remember_head(cell(1), "region\n7\n").unwrap();
    let place = folder.path().join("custody").join(format!("head-{}", cell(1)));
    let mut bytes = fs::read(&place).unwrap();
    bytes[20] ^= 1;
    fs::write(&place, bytes).unwrap();
    assert!(matches!(custody.known_head(cell(1)), Err(CustodyError::Damaged { .. })));
}

#[test]
fn loose_permissions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("custody");
    drop(open(&place).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    assert!(sheets(&place).iter().all(|sheet| mode(sheet) == 0o600));
    for loose in [0o750, 0o701, 0o702] {
        fs::set_permissions(&place, fs::Permissions::from_mode(loose)).unwrap();
        assert!(matches!(refusal(open(&place)), CustodyError::Loose { .. }), "{loose:o}");
    }
    fs::set_permissions(&place, fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(&sheets(&place)[0], fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(refusal(open(&place)), CustodyError::Loose { .. }));
}

#[test]
fn a_folder_in_the_bucket_is_refused_before_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = store::Bucket::local(&folder.path().join("bucket")).unwrap();
    let inside = folder.path().join("bucket/deep/../custody");
    let opened = FileCustody::open(&inside, bucket.folder(), Seeded::new(1));
    assert!(matches!(refusal(opened), CustodyError::InBucket { .. }));
    std::os::unix::fs::symlink(folder.path().join("bucket"), folder.path().join("link")).unwrap();
    let linked = folder.path().join("link/custody");
    let opened = FileCustody::open(&linked, bucket.folder(), Seeded::new(1));
    assert!(matches!(refusal(opened), CustodyError::InBucket { .. }));
    assert_eq!(fs::read_dir(bucket.folder().unwrap()).unwrap().count(), 0);
    let beside = folder.path().join("bucket-custody");
    assert!(FileCustody::open(&beside, bucket.folder(), Seeded::new(1)).is_ok());
}

#[test]
fn two_processes_cannot_both_hold_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("custody");
    let first = open(&place).unwrap();
    assert!(matches!(refusal(open(&place)), CustodyError::InUse { .. }));
    drop(first);
    assert!(open(&place).is_ok());
}

#[test]
fn memory_fails_as_told() {
    let memory = MemoryCustody::new();
    memory.insert(&[(A, key(1))]).unwrap();
    memory.fail();
    assert!(memory.key(&A).is_err());
    assert!(memory.destroy(&[A]).is_err());
    memory.recover();
    assert!(memory.key(&A).unwrap().is_some());
}
