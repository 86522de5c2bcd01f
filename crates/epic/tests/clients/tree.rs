//! Folders of files to carry about, and whether two are the same.

use std::collections::BTreeMap;
use std::path::Path;

use super::Stock;

/// Names that have broken somebody's client, as every client here takes them.
const NAMES: [&str; 8] = [
    "patients.csv",
    "visits.csv",
    "wards/north/beds.csv",
    "wards/north/empty",
    "odd/a b+c&d=ü.csv",
    "odd/#1",
    "odd/%41.txt",
    "odd/~(it's)",
];
/// WHY: more than one part for every client, at the smallest part that S3 takes.
const BIG_BYTES: usize = (16 << 20) + 5;

/// Files by their path below a folder.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// Bytes that do not repeat soon.
pub fn noise(size_bytes: usize, seed: usize) -> Vec<u8> {
    (0..size_bytes as u64)
        .map(|at| (at.wrapping_mul(at) / 7 + at / 251 + seed as u64).to_le_bytes()[0])
        .collect()
}

/// A folder with small files of all kinds, and one that goes up in parts.
pub fn plant(stock: &Stock, folder: &str) -> Tree {
    let small = NAMES.iter().enumerate().map(|(at, name)| {
        let size_bytes = if name.ends_with("empty") { 0 } else { 1_000 + at * 777 };
        ((*name).to_owned(), noise(size_bytes, at))
    });
    let tree: Tree = small.chain([("reads.bam".to_owned(), noise(BIG_BYTES, 1))]).collect();
    for (name, bytes) in &tree {
        let path = stock.house.path(folder).join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    tree
}

/// Every file below a folder.
pub fn read(folder: &Path) -> Tree {
    let (mut found, mut waiting) = (Tree::new(), vec![folder.to_path_buf()]);
    while let Some(inner) = waiting.pop() {
        for entry in std::fs::read_dir(&inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

/// WHY not `assert_eq`: nobody reads megabytes of difference.
pub fn assert_same(found: &Tree, expected: &Tree) {
    let names = |tree: &Tree| tree.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected));
    for (name, bytes) in expected {
        assert!(found.get(name) == Some(bytes), "{name} differs");
    }
}

/// What lies below a prefix of a bucket is this tree, read past the client.
pub fn assert_stored(stock: &Stock, bucket: &str, prefix: &str, expected: &Tree) {
    let stored = expected.keys().map(|name| {
        let bytes = stock.object(bucket, &format!("{prefix}{name}"));
        (name.clone(), bytes.unwrap_or_else(|| panic!("{prefix}{name} is not in {bucket}")))
    });
    assert_same(&stored.collect(), expected);
}
