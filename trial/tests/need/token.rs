//! A token of SoftHSM of a test's own: an HSM in software, by the same standard as one of metal.
//!
//! The module reads where its tokens lie from the environment, which belongs to
//! a whole process: whoever needs a token runs in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
];
const FOLDER: &str = "EPIC_TEST_TOKEN";

pub const CONFIGURED: &str = "SOFTHSM2_CONF";
pub const LABEL: &str = "epic";
pub const PIN: &str = "87654321";

/// A token in a folder.
pub struct Token {
    pub folder: PathBuf,
    pub module: PathBuf,
}

impl Token {
    /// Where the module is told to look.
    pub fn configuration(&self) -> PathBuf {
        self.folder.join("softhsm2.conf")
    }

    pub fn objects(&self) -> PathBuf {
        self.folder.join("tokens")
    }

    /// A fresh one; none where there is no SoftHSM, and then the test says so.
    pub fn new(folder: &Path) -> Option<Self> {
        let module = MODULES.iter().map(PathBuf::from).find(|module| module.exists());
        let Some(module) = module else {
            super::skip("SoftHSM is missing: install softhsm2");
            return None;
        };
        let token = Self { folder: folder.to_owned(), module };
        std::fs::create_dir(token.objects()).unwrap();
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            token.objects().display()
        );
        std::fs::write(token.configuration(), text).unwrap();
        let made = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", LABEL, "--so-pin", "12345678", "--pin", PIN])
            .env(CONFIGURED, token.configuration())
            .output();
        let made = made.expect("softhsm2-util comes with the module");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Some(token)
    }

    /// The token of this process, if it was started for it.
    fn ours() -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os(FOLDER)?);
        let module = MODULES.iter().map(PathBuf::from).find(|module| module.exists())?;
        Some(Self { folder, module })
    }
}

/// Runs the body of the test of this name in a process that has a token, after `shell`.
pub fn with(name: &str, shell: &str, body: impl FnOnce(&Token)) {
    if let Some(token) = Token::ours() {
        return body(&token);
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(token) = Token::new(folder.path()) else { return };
    let run = format!("{shell} exec \"$0\" --exact \"$1\" --nocapture --test-threads 2");
    let ended = Command::new("bash")
        .args(["-c", &run])
        .arg(std::env::current_exe().unwrap())
        .arg(name)
        .env(CONFIGURED, token.configuration())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{out}\n{err}");
    assert!(out.contains("1 passed"), "the test ran: {out}");
}
