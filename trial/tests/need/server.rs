//! Other people's S3 servers, started for one test and gone with it.
//!
//! Taken in by its path, beside `need`. It starts what `servers.sh` knows, and
//! says that it skips where a program is missing.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::need;

/// A server with an empty bucket named `region`.
pub struct Server {
    child: Child,
    pub port: u16,
    pub id: String,
    pub secret: String,
    /// What it calls its region.
    pub region: String,
    folder: tempfile::TempDir,
}

/// The bucket that each server begins with.
pub const BUCKET: &str = "region";

/// Where a server was built: optimised for `./test --full`, or lean for the tests alone.
fn built(binary: &str) -> Option<PathBuf> {
    let places = [("EPIC_PEERS", "target/peers"), ("EPIC_SERVERS", "target/servers")];
    places.into_iter().find_map(|(variable, default)| {
        let set = std::env::var_os(variable).filter(|value| !value.is_empty());
        let folder = need::root().join(set.map_or_else(|| PathBuf::from(default), PathBuf::from));
        let binary = folder.join("bin").join(binary);
        binary.exists().then_some(binary)
    })
}

const fn binary(kind: &str) -> Option<&'static str> {
    match kind.as_bytes() {
        b"garage" => Some("garage"),
        b"s3s" => Some("s3s-fs"),
        _ => None,
    }
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn missing(kind: &str) -> Option<String> {
    let programs: &[&str] = match kind {
        "ceph" => &["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "curl", "python3"],
        _ => &["curl", "python3"],
    };
    if let Some(program) = programs.iter().find(|program| !is_there(program)) {
        return Some(format!("`{program}` is missing, which {kind} needs"));
    }
    let wanted = binary(kind)?;
    built(wanted).is_none().then(|| format!("`{wanted}` was not built; `./test` does"))
}

/// Starts `ceph`, `garage` or `s3s`.
pub fn start(kind: &str) -> Option<Server> {
    if let Some(why) = missing(kind) {
        need::skip(&why);
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = need::root().join("trial/tests/need/servers.sh");
    let mut child = Command::new("bash")
        .arg(script)
        .arg(kind)
        .arg(folder.path())
        .env("SERVER", binary(kind).and_then(built).unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["ready", port, id, secret, region] = words[..] else {
        panic!("{kind} does not start: {line}");
    };
    let (port, id, secret, region) = (port.parse().unwrap(), id.into(), secret.into(), region.into());
    Some(Server { child, port, id, secret, region, folder })
}

impl Server {
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A file of its keys, as a person would write it.
    pub fn keys_file(&self, at: &Path) {
        let text = format!("aws_access_key_id = {}\naws_secret_access_key = {}\n", self.id, self.secret);
        std::fs::write(at, text).unwrap();
        std::fs::set_permissions(at, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The script ends with its input.
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}
