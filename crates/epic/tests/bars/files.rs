//! Files of every kind go in by a stock client and come back bit for bit.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::{Door, House, need};

/// WHY: beyond it, one file would be most of a test's time; such a file fails the test and is not left out.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Names that have broken somebody's storage, as a file system takes them.
const ODD: [&str; 16] = [
    "#1",
    "table.csv#1",
    "a b+c",
    "%2F%00",
    "...",
    "ü",
    "u\u{308}",
    "emoji 🧬",
    "tab\tkey",
    "line\nkey",
    "\u{1}\u{1f}",
    "&<>\"'",
    "\\",
    "~!@$^*()_-=[]{}|;:,",
    " lead",
    "trail ",
];

/// Every file below a folder, with its size.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let (mut found, mut waiting) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => waiting.push(path),
                false => found.push((path.clone(), path.metadata().unwrap().len())),
            }
        }
    }
    found
}

/// A hospital delivers the folder from outside, a researcher reads it inside.
fn round_trip(python: &Path, house: &House, folder: &Path) {
    let there = files(folder);
    assert!(!there.is_empty(), "{} is empty", folder.display());
    for (path, size_bytes) in &there {
        assert!(*size_bytes <= FILE_BYTES_MAX, "{} is larger than this test takes", path.display());
    }
    let dina = house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
    let rita = house.desk();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/round_trip.py");
    let ran = Command::new(python)
        .arg(script)
        .args([folder.to_str().unwrap(), "bari"])
        .env("EPIC_S3", house.s3_url(Door::Outside))
        .env("EPIC_S3_INSIDE", house.s3_url(Door::Inside))
        .env("EPIC_WRITER", format!("{}:{}", dina.id, dina.secret))
        .env("EPIC_READER", format!("{}:{}", rita.id, rita.secret))
        .env("HOME", house.path(""))
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
    let size_bytes: u64 = there.iter().map(|(_, size_bytes)| size_bytes).sum();
    let expected = format!("{} files, {size_bytes} bytes, and all of them as one\n", there.len());
    assert_eq!(out, expected);
}

#[test]
fn generated_samples_round_trip() {
    let Some(python) = need::python("boto3") else {
        return;
    };
    let house = House::agreed();
    assert_eq!(house.epic(&["samples", "files"]).code, 0);
    let folder = house.path("files");
    std::fs::create_dir(folder.join("odd")).unwrap();
    for name in ODD {
        std::fs::write(folder.join("odd").join(name), name.repeat(3)).unwrap();
    }
    std::fs::write(folder.join("empty"), b"").unwrap();
    for size_bytes in [1, 65_535, 65_536, 65_537, (8 << 20) + 1] {
        let bytes: Vec<u8> = (0..size_bytes).map(|at: usize| (at * at / 7 % 251) as u8).collect();
        std::fs::write(folder.join(format!("{size_bytes}.bin")), bytes).unwrap();
    }
    round_trip(&python, &house, &folder);
}

#[test]
fn real_files_round_trip() {
    let (Some(data), Some(python)) = (need::data(), need::python("boto3")) else {
        return;
    };
    round_trip(&python, &House::agreed(), &data);
}
