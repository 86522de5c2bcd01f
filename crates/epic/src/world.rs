//! The world of this process: its clock, its chance, its environment, its disks.
//!
//! The one place that reads them; everything else is handed what it needs. It
//! wires parts together and must hold no rule.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use region::Parts;
use store::Bucket;
use store::custody::hsm::{Pkcs11Device, Slot};
use store::custody::{Custody, CustodyError, FileCustody};
use store::index::SlateShelf;
use words::{Clock, Rand, Secret, Timestamp};

use crate::about;
use crate::elsewhere::Elsewhere;
use crate::failure::Failure;

/// The folder of the store, in the region's data folder.
const BUCKET: &str = "bucket";
const CHECK_DISK: &str = "check the disk that data lie on";

/// This machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The operating system's chance.
pub struct SystemRand;

impl Rand for SystemRand {
    fn fill(&self, into: &mut [u8]) {
        // WHY wait: keys and nonces from a source that failed would be worse than no region.
        while aws_lc_rs::rand::fill(into).is_err() {
            std::thread::yield_now();
        }
    }
}

/// What this process takes of the memory; none where the system does not say.
pub fn resident_bytes() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// A watch for how long something takes.
pub struct Watch(Instant);

impl Watch {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A variable of the environment; names and paths only, never a secret.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The first word that this program was called with.
pub fn first_word() -> Option<OsString> {
    std::env::args_os().nth(1)
}

/// This program's own file; none: it is not there any more.
pub fn own_file() -> Option<PathBuf> {
    std::env::current_exe().ok()
}

/// How this program was called; for lines that people paste.
pub fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "epic".to_owned())
}

/// A fresh folder for files that do not outlive the command.
pub fn scratch(purpose: &str) -> PathBuf {
    let name = words::Id::<()>::random(&SystemRand);
    std::env::temp_dir().join(format!("epic-{purpose}-{name}"))
}

/// Where a region lies on this machine.
#[derive(Debug, Clone)]
pub struct Places {
    pub data: PathBuf,
    pub custody: PathBuf,
    /// The bucket that the command names; else the one of `region.json`, else a folder in `data`.
    pub bucket: Option<Elsewhere>,
}

impl Places {
    /// Whether a region was founded here, to the end.
    pub fn is_taken(&self) -> bool {
        about::is_there(&self.data)
    }

    /// The bucket as the command, else the data folder, says it; the region need not be named yet.
    pub fn bucket(&self) -> Result<Bucket, Failure> {
        let known = if self.is_taken() { about::read(&self.data)?.bucket } else { None };
        self.bucket_of(known.as_ref())
    }

    fn bucket_of(&self, known: Option<&Elsewhere>) -> Result<Bucket, Failure> {
        match self.bucket.as_ref().or(known) {
            Some(elsewhere) => elsewhere.bucket(),
            None => {
                Bucket::local(&self.data.join(BUCKET)).map_err(|cause| Failure::chain(&cause, CHECK_DISK))
            }
        }
    }

    /// Writes name and format down, as this release has them.
    pub fn name(&self, name: &str) -> Result<(), Failure> {
        about::write(&self.data, name, self.bucket.as_ref())
    }

    /// Opens store and custody as they are.
    pub fn parts(&self, passphrase: Passphrase<'_>) -> Result<Parts, Failure> {
        let known = about::read(&self.data)?;
        self.parts_in(known.name, self.bucket_of(known.bucket.as_ref())?, passphrase)
    }

    /// The same, of a region that is not named yet.
    pub fn parts_named(&self, name: String, passphrase: Passphrase<'_>) -> Result<Parts, Failure> {
        self.parts_in(name, self.bucket_of(None)?, passphrase)
    }

    fn parts_in(&self, name: String, bucket: Bucket, passphrase: Passphrase<'_>) -> Result<Parts, Failure> {
        let rand: Arc<dyn Rand> = Arc::new(SystemRand);
        let custody = custody(&self.custody, &bucket, &passphrase, &rand)?;
        let shelf = SlateShelf::new(bucket.clone(), Arc::clone(&rand));
        Ok(Parts { name, bucket, shelf: Arc::new(shelf), custody, clock: Arc::new(SystemClock), rand })
    }
}

/// How to come by custody's passphrase, or by the PIN of the HSM that it is locked by.
pub enum Passphrase<'a> {
    /// The PIN comes from a file, or from the person.
    Hsm { slot: Slot, pin_file: Option<&'a Path> },
    /// From a file.
    File(&'a Path),
    /// From the person, if custody was made with one.
    AskIfNeeded,
    /// From the person, to make custody with it.
    Ask,
}

impl Passphrase<'_> {
    /// The words, where custody was made with some.
    pub fn words(&self, is_needed: bool) -> Result<Option<Secret<String>>, Failure> {
        match self {
            _ if !is_needed => Ok(None),
            // What a device locks, no words open.
            Self::Hsm { .. } => Ok(None),
            Self::File(file) => read_passphrase(file).map(Some),
            Self::Ask | Self::AskIfNeeded => ask("passphrase of custody: ").map(Some),
        }
    }
}

fn custody(
    folder: &Path,
    bucket: &Bucket,
    how: &Passphrase<'_>,
    rand: &Arc<dyn Rand>,
) -> Result<Arc<dyn Custody>, Failure> {
    let with = |secret: &Secret<String>| {
        FileCustody::open_with_passphrase(folder, bucket.folder(), secret, Arc::clone(rand))
    };
    let opened = match how {
        Passphrase::File(file) => with(&read_passphrase(file)?),
        Passphrase::Ask => with(&ask("passphrase of custody: ")?),
        Passphrase::AskIfNeeded => match FileCustody::open(folder, bucket.folder(), Arc::clone(rand)) {
            // WHY: what an HSM locks no passphrase opens.
            Err(CustodyError::OtherKind { made, .. }) if made.contains("passphrase") => {
                with(&ask("passphrase of custody: ")?)
            }
            other => other,
        },
        Passphrase::Hsm { slot, pin_file } => {
            let pin = match pin_file {
                Some(file) => read_passphrase(file)?,
                None => ask("PIN of the HSM: ")?,
            };
            let device = Pkcs11Device::open(slot, pin).map_err(CustodyError::from)?;
            FileCustody::open_with_device(folder, bucket.folder(), Box::new(device), Arc::clone(rand))
        }
    };
    Ok(Arc::new(opened?))
}

/// Words from a file.
pub fn read_passphrase(file: &Path) -> Result<Secret<String>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
    let text = Secret::new(text);
    // WHY: an editor ends a file with a line's end that nobody means.
    Ok(Secret::new(text.expose().trim_end_matches(['\r', '\n']).to_owned()))
}

/// Words that a person types.
pub fn ask(prompt: &str) -> Result<Secret<String>, Failure> {
    let typed = rpassword::prompt_password(prompt);
    let typed = typed.map_err(|cause| {
        Failure::yours(
            format!("cannot ask for the passphrase or PIN: {cause}"),
            "give it in a file: `--passphrase-file`, `--hsm-pin-file`",
        )
    })?;
    Ok(Secret::new(typed))
}
