//! Stock clients, unmodified, against the real binary: each in a file of its own, with the main job and what it shows when refused.
//!
//! A client delivers under the agreement from outside, is refused what it may
//! not, reads inside under a permit, and says so when the permit is over. A
//! session that does not end in time is a client caught in retries.

mod mount;
mod pyarrow;
mod rclone;
mod restic;
mod s3cmd;
mod s3fs;
mod s5cmd;
mod tree;
mod uploader;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use region::twin::Access;

use crate::kit::call::escape;
use crate::kit::{Call, Door, House};

/// WHY: a session takes a second or two; a client that tries a refusal again and again would take minutes.
const SESSION_WAIT: &str = "90";
/// WHY: some clients ask three times before they believe a no, with pauses of a second or two.
const REFUSAL_WAIT: Duration = Duration::from_secs(30);

/// A region that is up with PLANET at tier 2: the hospital of Bari delivers to `bari`, rita reads inside and writes to `results`.
pub struct Stock {
    pub house: House,
    /// Delivers from outside under an upload grant.
    pub dina: Access,
    /// rita inside, under a permit.
    pub desk: Access,
    /// rita outside, where data of tier 2 are out of reach.
    pub rita: Access,
}

/// How a client's process ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
    took: Duration,
}

impl Stock {
    pub fn new() -> Self {
        let house = House::agreed();
        house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
        let dina = house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
        let desk = house.desk();
        let rita = house.credential("rita", "planet", &["--place", "outside"]);
        Self { house, dina, desk, rita }
    }

    /// The address of a door, without its scheme.
    pub fn host(&self, door: Door) -> &str {
        self.house.s3_url(door).strip_prefix("http://").unwrap()
    }

    /// A client's command in the house's folder, with nothing of this machine's environment.
    pub fn bare<S: AsRef<OsStr>>(&self, program: &Path, args: &[S]) -> Command {
        let home = self.house.path("");
        let mut command = Command::new(program);
        command.args(args).env_clear().env("HOME", &home).env("TMPDIR", &home).env("LANG", "C.UTF-8");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        // WHY: SDKs look for a cloud's own service, which is nowhere here.
        command.env("AWS_EC2_METADATA_DISABLED", "true").current_dir(home).stdin(Stdio::null());
        command
    }

    /// The same, ended where it does not end by itself.
    pub fn command<S: AsRef<OsStr>>(&self, program: &Path, args: &[S]) -> Command {
        let limit = ["--kill-after=5", SESSION_WAIT].map(OsStr::new);
        let all = limit.into_iter().chain([program.as_os_str()]).chain(args.iter().map(AsRef::as_ref));
        self.bare(Path::new("timeout"), &all.collect::<Vec<_>>())
    }

    pub fn run<S: AsRef<OsStr>>(&self, program: &Path, args: &[S]) -> Ran {
        Ran::of(&mut self.command(program, args))
    }

    /// An object as it is read over S3 inside, past the client under test; none if it is not there.
    pub fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        let target = format!("/{bucket}/{}", escape(key));
        let answer = self.house.s3(Door::Inside, &self.desk, Call::get(&target));
        assert!([200, 404].contains(&answer.status), "{key}: {}", answer.text());
        (answer.status == 200).then_some(answer.body)
    }

    /// Writes a file into the house's folder and gives its path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.house.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Ends rita's permit; from now on the hospital's data are closed to her.
    pub fn end_permit(&self) {
        self.house.done("carla", &["permit", "end", "permit-1", "--reason", "the study is over"]);
    }
}

impl Ran {
    pub fn of(command: &mut Command) -> Self {
        let began = Instant::now();
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let ran = Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
            took: began.elapsed(),
        };
        // SPEC: timeout(1): 124, or 137 where it had to kill.
        assert!(![124, 137].contains(&ran.code), "{command:?} did not end: {}", ran.told());
        ran
    }

    /// What it told, on either way.
    pub fn told(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// It must have done it.
    pub fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.told());
        self
    }

    /// It must have failed, soon, and said why.
    pub fn refused(self, why: &str) -> Self {
        assert_ne!(self.code, 0, "{}", self.told());
        assert!(self.told().contains(why), "no {why}: {}", self.told());
        assert!(self.took < REFUSAL_WAIT, "it took {:?} to hear the no: {}", self.took, self.told());
        self
    }
}
