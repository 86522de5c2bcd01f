//! Where the region's own lines go: standard error, or a file that does not grow for ever.
//!
//! It must never be why a region stops: what cannot be written to the file goes
//! to standard error.

use std::fs::{File, OpenOptions, rename};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::ArgMatches;

use crate::failure::Failure;
use crate::settings::Settings;

/// How much a log may take of the disk.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub file_bytes_max: u64,
    /// Older files that are kept beside the one that is written.
    pub older_max: u32,
}

/// WHY: a hundred thousand lines; ten such files are a year of warnings, and nobody misses 110 MB.
const BOUNDS: Bounds = Bounds { file_bytes_max: 10 << 20, older_max: 10 };

/// Warnings and worse, to standard error or to the file that was asked for; never a name, a key or a field.
pub fn begin(matches: &ArgMatches, settings: &Settings) -> Result<Option<Log>, Failure> {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_target(false);
    let Some(path) = matches.get_one::<String>("log-file") else {
        // WHY not always: a journal keeps colours as the noise that they are to it.
        subscriber.with_ansi(settings.is_err_coloured).with_writer(std::io::stderr).init();
        return Ok(None);
    };
    let log = Log::open(Path::new(path), BOUNDS)?;
    let writer = log.clone();
    subscriber.with_ansi(false).with_writer(move || writer.clone()).init();
    Ok(Some(log))
}

/// A log in files; cheap to clone.
#[derive(Clone)]
pub struct Log(Arc<Mutex<Files>>);

struct Files {
    path: PathBuf,
    bounds: Bounds,
    file: File,
    size_bytes: u64,
}

impl Log {
    pub fn open(path: &Path, bounds: Bounds) -> Result<Self, Failure> {
        let opened = append(path).and_then(|file| Ok((file.metadata()?.len(), file)));
        let (size_bytes, file) = opened.map_err(|cause| Failure::file("write the log", path, &cause))?;
        Ok(Self(Arc::new(Mutex::new(Files { path: path.to_owned(), bounds, file, size_bytes }))))
    }

    /// Somebody has moved the file away: a new one is begun under its name.
    pub fn reopen(&self) -> std::io::Result<()> {
        self.files().reopen()
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// WHY for this account alone: a log names nobody, but it is nobody else's either.
fn append(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

impl Files {
    fn reopen(&mut self) -> std::io::Result<()> {
        let file = append(&self.path)?;
        self.size_bytes = file.metadata()?.len();
        self.file = file;
        Ok(())
    }

    /// The file becomes the first of the older ones; the oldest is overwritten.
    fn turn(&mut self) -> std::io::Result<()> {
        let older = |number: u32| {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        for number in (1..self.bounds.older_max).rev() {
            match rename(older(number), older(number + 1)) {
                Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => return Err(cause),
                Ok(()) | Err(_) => {}
            }
        }
        rename(&self.path, older(1))?;
        self.reopen()
    }

    fn write(&mut self, line: &[u8]) -> std::io::Result<()> {
        let after = self.size_bytes.saturating_add(line.len() as u64);
        if after > self.bounds.file_bytes_max && self.size_bytes > 0 {
            self.turn()?;
        }
        self.file.write_all(line)?;
        self.size_bytes = self.size_bytes.saturating_add(line.len() as u64);
        Ok(())
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if self.files().write(line).is_err() {
            std::io::stderr().write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SMALL: Bounds = Bounds { file_bytes_max: 100, older_max: 3 };

    fn line(number: usize) -> String {
        format!("{number:039}\n")
    }

    // Goal: a log never takes more than its bounds, and loses its oldest lines only.
    #[test]
    fn files_turn_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::open(&path, SMALL).unwrap();
        for number in 0..21 {
            log.write_all(line(number).as_bytes()).unwrap();
        }
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["log", "log.1", "log.2", "log.3"]);
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("log"), line(20));
        assert_eq!(read("log.1"), line(18) + &line(19));
        assert_eq!(read("log.3"), line(14) + &line(15));
        let again = Log::open(&path, SMALL).unwrap();
        again.clone().write_all(line(21).as_bytes()).unwrap();
        assert_eq!(read("log"), line(20) + &line(21), "a restart goes on in the same file");
    }

    #[test]
    fn a_file_that_was_moved_away_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::open(&path, SMALL).unwrap();
        log.write_all(b"one\n").unwrap();
        rename(&path, folder.path().join("kept")).unwrap();
        log.write_all(b"two\n").unwrap();
        log.reopen().unwrap();
        log.write_all(b"three\n").unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!((read("kept"), read("log")), ("one\ntwo\n".into(), "three\n".into()));
    }

    // Goal: a log that cannot be written stops nobody.
    #[test]
    fn a_line_that_finds_no_file_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone").join("log");
        assert!(Log::open(&path, SMALL).is_err());
        std::fs::create_dir(folder.path().join("gone")).unwrap();
        let mut log = Log::open(&path, SMALL).unwrap();
        std::fs::remove_dir_all(folder.path().join("gone")).unwrap();
        for number in 0..9 {
            log.write_all(line(number).as_bytes()).unwrap();
        }
    }
}
