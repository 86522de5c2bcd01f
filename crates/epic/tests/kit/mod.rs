//! A house for tests: folders of its own, the real binary, free ports.
#![allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../s3/tests/all/house/call.rs"]
pub mod call;
#[path = "../../../../trial/tests/need/mod.rs"]
pub mod need;
mod offline;
pub mod planet;
#[path = "../../../store/tests/all/kit/proxy.rs"]
pub mod proxy;
#[path = "../../../../trial/tests/need/server.rs"]
pub mod server;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::SystemTime;

use serde_json::Value;
use tempfile::TempDir;
use words::Timestamp;

pub use call::{Answer, Call};
pub use offline::Named;
pub use planet::{Door, day};

/// The wall clock: the binary under test has no other.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap())
}

/// Runs what waits for the network.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Folders, and the addresses of a region that is up.
pub struct House {
    folder: TempDir,
    /// The region's, in checkpoints.
    pub name: &'static str,
    /// Beside the few variables that every command gets.
    pub variables: Vec<(&'static str, PathBuf)>,
    up: Option<Child>,
    pub ready: Value,
}

/// How a command ended.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("answers are text");
        Self {
            code: output.status.code().expect("it ended by itself"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }
}

impl House {
    pub fn empty() -> Self {
        let folder = TempDir::new().unwrap();
        Self { folder, name: "epic.test", variables: Vec::new(), up: None, ready: Value::Null }
    }

    /// A region that was founded by `olga` of `infn`.
    pub fn founded() -> Self {
        let house = Self::empty();
        let ended = house.init(&[]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        house
    }

    /// The same, and up.
    pub fn open() -> Self {
        let mut house = Self::founded();
        house.up(&[]);
        house
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_epic"));
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path())
            .env("COLUMNS", "100")
            .envs(self.variables.iter().cloned());
        command.current_dir(self.folder.path());
        command
    }

    /// Runs a command against nothing in particular.
    pub fn epic(&self, args: &[&str]) -> Ended {
        Ended::of(self.command().args(args).output().unwrap())
    }

    /// Runs a command of a person against the region that is up.
    pub fn by(&self, person: &str, args: &[&str]) -> Ended {
        Ended::of(self.command_by(person, args).output().unwrap())
    }

    /// Starts a command that waits for somebody.
    pub fn start(&self, person: &str, args: &[&str]) -> Child {
        let mut command = self.command_by(person, args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn command_by(&self, person: &str, args: &[&str]) -> Command {
        let url = |name: &str| self.ready[name].as_str().unwrap_or_default().to_owned();
        let key = self.text(&format!("{person}.key"));
        let mut command = self.command();
        command
            .args(["--region-url", &url("acts"), "--inside-url", &url("acts_inside"), "--key-file", &key])
            .args(args);
        command
    }

    /// The same, and it must be done.
    pub fn done(&self, person: &str, args: &[&str]) -> Ended {
        let ended = self.by(person, args);
        assert_eq!(ended.code, 0, "{args:?}: {}", ended.err);
        ended
    }

    pub fn init(&self, more: &[&str]) -> Ended {
        let (data, custody, key) = (self.text("data"), self.text("custody"), self.text("olga.key"));
        let mut args =
            vec!["--key-file", &key, "init", "--data", &data, "--custody", &custody, "--name", self.name];
        args.extend(["--organisation", "infn", "--person", "olga"]);
        args.extend(more);
        self.epic(&args)
    }

    fn starting(&self, more: &[&str]) -> Child {
        let (data, custody) = (self.text("data"), self.text("custody"));
        let mut command = self.command();
        command.args(["--json", "up", "--data", &data, "--custody", &custody]).args(more);
        for door in ["--s3", "--s3-inside", "--acts", "--acts-inside"] {
            command.args([door, "127.0.0.1:0"]);
        }
        command.stdout(Stdio::piped()).spawn().unwrap()
    }

    /// Cuts the power so long after the start, whether it was ready by then or not.
    pub fn cut_while_starting(&self, after: std::time::Duration) {
        let mut child = self.starting(&[]);
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Tells a region to end while it waits for its passphrase, which then comes; gives its exit code and what it said.
    pub fn told_while_starting(&self, signal: &str) -> (Option<i32>, String) {
        let pipe = self.text("words.pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let mut child = self.starting(&["--passphrase-file", &pipe]);
        // Opening the pipe waits for its reader, so the process is between its first step and its ready line.
        let mut words = std::fs::File::create(&pipe).unwrap();
        let told = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(told.success());
        // It may have ended already, and nobody reads.
        let _too_late = std::io::Write::write_all(&mut words, b"correct horse battery staple\n");
        drop(words);
        let ended = child.wait().unwrap();
        let said = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
        std::fs::remove_file(pipe).unwrap();
        (ended.code(), said)
    }

    /// Brings the region up on free ports and reads its ready line.
    pub fn up(&mut self, more: &[&str]) {
        let mut child = self.starting(more);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.up = Some(child);
        self.ready = serde_json::from_str(&line).expect("a ready line");
    }

    /// Asks it kindly to end, and waits; gives its exit code.
    pub fn down(&mut self) -> i32 {
        let mut child = self.up.take().expect("it is up");
        let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(told.success());
        child.wait().unwrap().code().expect("it ended by itself")
    }

    /// Whether its process is still there.
    pub fn runs(&mut self) -> bool {
        self.up.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.up.as_ref().expect("it is up").id()
    }

    /// Waits until it ends by itself; gives its exit code.
    pub fn ended(&mut self) -> i32 {
        let mut child = self.up.take().expect("it is up");
        child.wait().unwrap().code().expect("it ended by itself")
    }

    /// Another machine's copy of all that is in its folder: custody, keys, the region's name.
    pub fn copied(&self) -> Self {
        let copy = Self::empty();
        let from = self.folder.path().join(".");
        let copied = Command::new("cp").arg("-r").arg(from).arg(copy.folder.path()).status().unwrap();
        assert!(copied.success());
        copy
    }

    /// Tells it to look at its files again.
    pub fn hang_up(&self) {
        let child = self.up.as_ref().expect("it is up");
        let told = Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// Ends it as a power cut would, and waits until it is gone.
    pub fn kill(&mut self) {
        let mut child = self.up.take().expect("it is up");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Makes a person's key pair and enrols them.
    pub fn enrol(&self, person: &str, organisation: &str) {
        self.enrol_by("olga", person, organisation);
    }

    pub fn enrol_by(&self, by: &str, person: &str, organisation: &str) {
        let key = self.done(person, &["key-pair", "new"]).out;
        let email = format!("{person}@{organisation}.example");
        let args = [
            "person",
            "enrol",
            person,
            "--name",
            person,
            "--email",
            &email,
            "--organisation",
            organisation,
            "--key",
            key.trim(),
        ];
        self.done(by, &args);
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut child) = self.up.take() {
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// Compares with a file of `tests/snapshots`; `UPDATE_SNAPSHOTS=1` writes it anew.
pub fn snapshot(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var("UPDATE_SNAPSHOTS").is_ok_and(|set| set == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "snapshot {name}");
}
