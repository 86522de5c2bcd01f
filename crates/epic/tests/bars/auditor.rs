//! An auditor at home: the second verifier, which shares no line with ours, says the same.

use std::path::Path;
use std::process::Command;

use crate::kit::{Call, Door, House, need};

/// Runs `docs/verify.py` on an exported folder; its word, or what it found wrong.
fn verify(python: &Path, folder: &Path) -> Result<String, String> {
    let script = need::root().join("docs/verify.py");
    let ran = Command::new(python).arg(script).arg(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if ran.status.success() { Ok(text(ran.stdout)) } else { Err(text(ran.stderr)) }
}

/// Changes a file, hears what is wrong, and puts it back.
fn wrong(python: &Path, folder: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let file = folder.join(name);
    let before = std::fs::read(&file).unwrap();
    let mut bytes = before.clone();
    change(&mut bytes);
    std::fs::write(&file, bytes).unwrap();
    let said = verify(python, folder).expect_err(name);
    std::fs::write(file, before).unwrap();
    assert!(said.starts_with("wrong: "), "{name}: {said}");
    said
}

fn unpacked(python: &Path, house: &House, archive: &str) -> std::path::PathBuf {
    let folder = house.path(&format!("{archive}.d"));
    let ran = Command::new(python)
        .args(["-m", "tarfile", "-e"])
        .args([house.path(archive), folder.clone()])
        .status()
        .unwrap();
    assert!(ran.success());
    folder
}

/// Each place that is changed is named, by commit.
fn is_found(python: &Path, folder: &Path) {
    let mut log: Vec<_> = std::fs::read_dir(folder.join("log")).unwrap().map(|file| file.unwrap()).collect();
    log.sort_by_key(|file| file.file_name());
    let last = log.len() - 1;
    assert!(last > 3, "a longer ledger was meant");
    for at in [0, last / 2, last] {
        let name = format!("log/{at:016}");
        for share in [0, 1, 2] {
            let said = wrong(python, folder, &name, |bytes| {
                let at = (bytes.len() - 1) * share / 2;
                bytes[at] ^= 1
            });
            assert!(said.contains(&format!("commit {at} ")), "{name}: {said}");
        }
    }
    let said = wrong(python, folder, "checkpoint", |bytes| bytes[30] ^= 1);
    assert!(said.contains("checkpoint"), "{said}");
    let gap = folder.join(format!("log/{:016}", last / 2));
    let aside = folder.join("aside");
    std::fs::rename(&gap, &aside).unwrap();
    let said = verify(python, folder).unwrap_err();
    assert!(said.contains(&format!("commit {} is missing", last / 2)), "{said}");
    std::fs::rename(aside, gap).unwrap();
}

#[test]
fn an_independent_verifier_agrees_and_names_each_place() {
    let Some(python) = need::python("cryptography") else {
        return;
    };
    let house = House::agreed();
    let desk = house.desk();
    house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
    for key in ["a", "b", "c"] {
        house.s3_done(Door::Inside, &desk, Call::put(&format!("/results/{key}"), key.as_bytes()));
        house.s3_done(Door::Inside, &desk, Call::get(&format!("/results/{key}")));
    }
    house.enrol("anna", "infn");
    house.done("olga", &["role", "grant", "--person", "anna", "--role", "auditor"]);
    house.done("anna", &["ledger", "export", "--file", "root.tar"]);
    house.done("anna", &["ledger", "export", "--project", "planet", "--file", "planet.tar"]);
    for archive in ["root.tar", "planet.tar"] {
        let ours = house.epic(&["--json", "ledger", "verify", archive]).json();
        let folder = unpacked(&python, &house, archive);
        let theirs = verify(&python, &folder).unwrap();
        let expected = format!("{} commits, {} leaves", ours["commits"], ours["leaves"]);
        assert!(theirs.contains(&expected), "{theirs} {ours}");
        is_found(&python, &folder);
        assert_eq!(verify(&python, &folder).unwrap(), theirs, "everything was put back");
    }
}
