//! The world of this process: its clock, its chance, its environment, its disks.
//!
//! The one place that reads them; everything else is handed what it needs. It
//! wires parts together and must hold no rule.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use region::Parts;
use serde::{Deserialize, Serialize};
use store::Bucket;
use store::custody::{Custody, CustodyError, FileCustody};
use store::index::SlateShelf;
use words::{Clock, Rand, Secret, Timestamp};

use crate::elsewhere::Elsewhere;
use crate::failure::Failure;

/// The folder of the store, in the region's data folder.
const BUCKET: &str = "bucket";
/// What the region is called; no secret, and in clear in every checkpoint.
const ABOUT: &str = "region.json";
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

/// What a region's data folder says about itself.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    name: String,
    /// Where the bucket is, unless it is the folder beside this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bucket: Option<Elsewhere>,
}

impl About {
    fn read(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

/// The region's name as its folder says it; for fuzzing.
pub fn name_in(text: &str) -> Option<String> {
    About::read(text).ok().map(|about| about.name)
}

impl Places {
    fn about(&self) -> PathBuf {
        self.data.join(ABOUT)
    }

    /// Whether a region was founded here, to the end.
    pub fn is_taken(&self) -> bool {
        self.about().exists()
    }

    fn bucket(&self, known: Option<&Elsewhere>) -> Result<Bucket, Failure> {
        match self.bucket.as_ref().or(known) {
            Some(elsewhere) => elsewhere.bucket(),
            None => {
                Bucket::local(&self.data.join(BUCKET)).map_err(|cause| Failure::chain(&cause, CHECK_DISK))
            }
        }
    }

    /// Writes the region's name down, whole or not at all, to outlive a power cut.
    pub fn name(&self, name: &str) -> Result<(), Failure> {
        let about = About { name: name.to_owned(), bucket: self.bucket.clone() };
        let text = serde_json::to_string(&about).map_err(|cause| Failure::chain(&cause, ""))?;
        let written = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.data)?;
            let staged = self.data.join("region.json.new");
            let mut file = File::create(&staged)?;
            file.write_all((text + "\n").as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&staged, self.about())?;
            File::open(&self.data)?.sync_all()
        };
        written().map_err(|cause| Failure::file("write", &self.about(), &cause))
    }

    fn read_about(&self) -> Result<About, Failure> {
        let text = std::fs::read_to_string(self.about()).map_err(|cause| {
            let mut failure = Failure::file("read", &self.about(), &cause);
            failure.hint = "make a region here first: `epic init`".to_owned();
            failure
        })?;
        About::read(&text).map_err(|cause| {
            Failure::ours(
                format!("cannot read `{}`: {cause}", self.about().display()),
                "write its name again, as checkpoints have it",
            )
        })
    }

    /// Opens store and custody as they are.
    pub fn parts(&self, passphrase: Passphrase<'_>) -> Result<Parts, Failure> {
        let about = self.read_about()?;
        self.parts_in(about.name, self.bucket(about.bucket.as_ref())?, passphrase)
    }

    /// The same, of a region that is not named yet.
    pub fn parts_named(&self, name: String, passphrase: Passphrase<'_>) -> Result<Parts, Failure> {
        self.parts_in(name, self.bucket(None)?, passphrase)
    }

    fn parts_in(&self, name: String, bucket: Bucket, passphrase: Passphrase<'_>) -> Result<Parts, Failure> {
        let rand: Arc<dyn Rand> = Arc::new(SystemRand);
        let custody = custody(&self.custody, &bucket, &passphrase, &rand)?;
        let shelf = SlateShelf::new(bucket.clone(), Arc::clone(&rand));
        Ok(Parts { name, bucket, shelf: Arc::new(shelf), custody, clock: Arc::new(SystemClock), rand })
    }
}

/// How to come by custody's passphrase.
pub enum Passphrase<'a> {
    /// From a file.
    File(&'a Path),
    /// From the person, if custody was made with one.
    AskIfNeeded,
    /// From the person, to make custody with it.
    Ask,
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
            Err(CustodyError::OtherKind { .. }) => with(&ask("passphrase of custody: ")?),
            other => other,
        },
    };
    Ok(Arc::new(opened?))
}

fn read_passphrase(file: &Path) -> Result<Secret<String>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
    let text = Secret::new(text);
    // WHY: an editor ends a file with a line's end that nobody means.
    Ok(Secret::new(text.expose().trim_end_matches(['\r', '\n']).to_owned()))
}

fn ask(prompt: &str) -> Result<Secret<String>, Failure> {
    let typed = rpassword::prompt_password(prompt);
    let typed = typed.map_err(|cause| {
        Failure::yours(
            format!("cannot ask for the passphrase: {cause}"),
            "give it in a file: `--passphrase-file`",
        )
    })?;
    Ok(Secret::new(typed))
}
