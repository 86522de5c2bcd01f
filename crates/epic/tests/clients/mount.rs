//! A bucket as a folder: truly mounted while it stands, and no longer there when the test ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// WHY: far above what a client needs to mount, write back or let go.
const SOON: Duration = Duration::from_secs(30);

pub struct Mount {
    pub path: PathBuf,
    child: Child,
}

/// Waits until something is so.
pub fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < SOON, "it did not come about: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// SPEC: proc(5): the fifth field of a line of mountinfo is the mount point.
///
/// WHY not by the client's exit code: one that failed in the background has said 0 already, and what is then written lands in the plain folder.
fn is_mounted(path: &Path) -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    mounts.lines().any(|line| line.split(' ').nth(4) == path.to_str())
}

/// Whether the names in a folder can be read.
pub fn lists(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| entries.into_iter().all(|entry| entry.is_ok()))
}

impl Mount {
    /// Starts a client that mounts in the foreground; none if it ended without having mounted.
    pub fn start(command: &mut Command, path: &Path) -> Option<Self> {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut is_there = false;
        wait("the client mounts or ends", || {
            // WHY looked into: s3fs mounts before it asks whether it may, and asks before it serves the first look.
            is_there = is_mounted(path) && std::fs::metadata(path).is_ok() && is_mounted(path);
            is_there || child.try_wait().unwrap().is_some()
        });
        is_there.then(|| Self { path: path.to_owned(), child })
    }

    /// Unmounts, and waits until the client has written back what it held.
    pub fn close(mut self) {
        let ended = Command::new("umount").arg(&self.path).status().unwrap();
        assert!(ended.success());
        wait("the client ends", || self.child.try_wait().unwrap().is_some());
        assert!(!is_mounted(&self.path));
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if is_mounted(&self.path) {
            let _gone = Command::new("umount").arg("--lazy").arg(&self.path).status();
        }
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            // `timeout` passes it on to the client.
            let _told = Command::new("kill").arg(self.child.id().to_string()).status();
            let _reaped = self.child.wait();
        }
    }
}
