//! Every real file is detected to its kind, by bytes alone.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Patterns and kinds, as somebody who looked at the files with other programs wrote them down.
const EXPECTED: &str = include_str!("expected.txt");

/// Every file below a folder, by its path from there.
pub fn files(root: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Whether a path fits a pattern, in which `*` stands for anything.
fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = pattern.contains('*').then(|| pattern.rsplit('*').next().unwrap_or_default()) else {
        return rest.is_empty();
    };
    let middle: Vec<&str> = parts.collect();
    for part in &middle[..middle.len() - 1] {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

// Goal: detected by content, each to its kind. Method: all real files against a table; the first pattern that fits counts.
#[test]
fn every_real_file_is_detected_to_its_kind() {
    let Some(root) = crate::need::data() else { return };
    let lines = EXPECTED.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let patterns: Vec<(&str, &str)> = lines.map(|line| line.split_once(" -> ").unwrap()).collect();
    let mut used: BTreeMap<&str, usize> = patterns.iter().map(|(pattern, _)| (*pattern, 0)).collect();
    let (mut wrong, mut right) = (Vec::new(), 0);
    for file in files(&root) {
        let path = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let found = formats::detect(&mut File::open(&file).unwrap()).unwrap().code();
        match patterns.iter().find(|(pattern, _)| fits(pattern, &path)) {
            None => wrong.push(format!("{path}: {found}, and nothing was expected")),
            Some((pattern, expected)) => {
                *used.get_mut(pattern).unwrap() += 1;
                if found == *expected {
                    right += 1
                } else {
                    wrong.push(format!("{path}: {found}, expected {expected}"))
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{right} right, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let idle: Vec<&str> =
        used.iter().filter(|(_, count)| **count == 0).map(|(pattern, _)| *pattern).collect();
    assert!(idle.is_empty(), "patterns that fit no file: {idle:?}");
    println!("{right} files of {right} detected to their kind");
}
