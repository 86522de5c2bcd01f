//! What was moved, a line each; read again so that it is not moved twice.
//!
//! It holds keys of the source, so it is its owner's alone. A line that a power
//! cut tore is no line: its object is moved again.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use store::remote::Found;

use super::copy::Moved;
use crate::failure::Failure;

/// WHY 16 bytes: a million objects take some 30 MiB, and no two of them meet.
pub type Mark = [u8; 16];
/// WHY: a key of 1,024 bytes, each escaped to six, and some words.
const LINE_BYTES_MAX: usize = 16 << 10;

pub struct Journal {
    path: PathBuf,
    file: Mutex<File>,
    done: HashSet<Mark>,
}

impl Journal {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |cause: std::io::Error| Failure::file("open the journal", path, &cause);
        let mut how = OpenOptions::new();
        let mut file = how.read(true).append(true).create(true).mode(0o600).open(path).map_err(failed)?;
        file.try_lock().map_err(|_| {
            Failure::yours(
                format!("`{}` is in use by another import", path.display()),
                "wait for it, or name another journal",
            )
        })?;
        let mut done = HashSet::new();
        for line in BufReader::new(&file).split(b'\n') {
            let line = line.map_err(failed)?;
            done.extend((line.len() <= LINE_BYTES_MAX).then(|| read(&line)).flatten());
        }
        // WHY: what comes after a torn line begins on its own.
        if is_torn(&mut file).map_err(failed)? {
            file.write_all(b"\n").map_err(failed)?;
        }
        Ok(Self { path: path.to_path_buf(), file: Mutex::new(file), done })
    }

    pub fn holds(&self, mark: &Mark) -> bool {
        self.done.contains(mark)
    }

    pub fn write(&self, mark: &Mark, found: &Found, moved: &Moved) -> Result<(), Failure> {
        let line = json!({
            "done": data_encoding::HEXLOWER.encode(mark),
            "key": found.key,
            "size_bytes": found.size_bytes,
            "source_etag": found.etag,
            "verified_by": moved.by,
            "leaf": moved.leaf,
        });
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.write_all(format!("{line}\n").as_bytes());
        written.map_err(|cause| Failure::file("write the journal", &self.path, &cause))
    }

    /// Makes it durable.
    pub fn settle(&self) -> Result<(), Failure> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.sync_all().map_err(|cause| Failure::file("write the journal", &self.path, &cause))
    }
}

fn is_torn(file: &mut File) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

fn read(line: &[u8]) -> Option<Mark> {
    let line: Value = serde_json::from_slice(line).ok()?;
    let mark = data_encoding::HEXLOWER.decode(line["done"].as_str()?.as_bytes()).ok()?;
    mark.try_into().ok()
}

/// For fuzzing: a line as a file holds it.
pub fn fuzz(bytes: &[u8]) {
    let _mark = read(bytes);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_written_is_held_and_a_torn_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let found = Found { key: "a\nb".into(), size_bytes: 3, etag: "\"e\"".into(), modified: None };
        let moved = Moved { by: "sha256", leaf: Some("leaf".into()) };
        let journal = Journal::open(&path).unwrap();
        assert!(Journal::open(&path).is_err(), "one import at a time");
        for mark in [[1; 16], [2; 16]] {
            journal.write(&mark, &found, &moved).unwrap();
        }
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 20]).unwrap();
        let journal = Journal::open(&path).unwrap();
        assert!(journal.holds(&[1; 16]) && !journal.holds(&[2; 16]));
        journal.write(&[3; 16], &found, &moved).unwrap();
        drop(journal);
        let journal = Journal::open(&path).unwrap();
        assert!(journal.holds(&[1; 16]) && !journal.holds(&[2; 16]) && journal.holds(&[3; 16]));
    }
}
