//! What some tests need and a machine may lack: real files, stock clients.
//!
//! One file for every crate's tests, taken in by its path, so that a test that
//! cannot run says so in one way. It must never let a required test pass unrun.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod token;

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of the whole project.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors()
        .find(|folder| folder.join("Cargo.lock").exists())
        .expect("a crate of the workspace")
        .into()
}

/// A path from the environment, else one below the project; relative ones are meant from the project.
fn path(variable: &str, default: &str) -> PathBuf {
    let set = std::env::var_os(variable).filter(|value| !value.is_empty());
    root().join(set.map_or_else(|| PathBuf::from(default), PathBuf::from))
}

fn is_required() -> bool {
    std::env::var("EPIC_REQUIRE").is_ok_and(|value| value == "1")
}

/// Says that a test does not run here, and why; with `EPIC_REQUIRE=1` that is a failure.
pub fn skip(why: &str) {
    assert!(!is_required(), "EPIC_REQUIRE=1, and it cannot run: {why}");
    // Not `eprintln!`, which the test harness would hide; `./test` looks for this very line.
    std::io::stderr().write_all(format!("skipped: {why}\n").as_bytes()).unwrap();
}

/// The interpreter of the environment of stock clients, if it has these modules.
pub fn python(modules: &str) -> Option<PathBuf> {
    let python = path("EPIC_VENV", ".venv").join("bin/python");
    let imported = std::process::Command::new(&python).args(["-c", &format!("import {modules}")]).output();
    if imported.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    skip(&format!("Python with {modules} is missing at {}", python.display()));
    None
}

/// A program of the same environment.
pub fn program(name: &str) -> Option<PathBuf> {
    let program = path("EPIC_VENV", ".venv").join("bin").join(name);
    if program.exists() {
        return Some(program);
    }
    skip(&format!("the Python tool `{name}` is missing at {}", program.display()));
    None
}

/// The folder of Node's modules, if it has this one.
pub fn node(module: &str) -> Option<PathBuf> {
    let modules = path("EPIC_NODE", "target/node").join("node_modules");
    if modules.join(module).is_dir() {
        return Some(modules);
    }
    skip(&format!("the Node module `{module}` is missing at {}", modules.display()));
    None
}

/// Schemathesis, in an environment of its own.
pub fn schemathesis() -> Option<PathBuf> {
    let program = path("EPIC_SCHEMATHESIS", "target/schemathesis").join("bin/schemathesis");
    if program.exists() {
        return Some(program);
    }
    skip(&format!("Schemathesis is missing at {}", program.display()));
    None
}

/// The interpreter of an environment that has ACRO, the judge of statistical results that other regions use.
pub fn acro() -> Option<PathBuf> {
    let python = path("EPIC_ACRO", "target/acro-venv").join("bin/python");
    if python.exists() {
        return Some(python);
    }
    skip(&format!("ACRO is missing at {}", python.display()));
    None
}

/// The folder of real files.
pub fn data() -> Option<PathBuf> {
    let data = path("EPIC_DATA", "../shared/data");
    if data.is_dir() {
        return Some(data);
    }
    skip(&format!("the real files are not at {}", data.display()));
    None
}

/// A program of this machine, from a package that `./test` installs.
pub fn tool(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        skip(&format!("the program `{name}` is not installed"));
    }
    found
}

/// Whether this machine lets us mount a file system of our own.
pub fn fuse() -> bool {
    let may = std::fs::OpenOptions::new().read(true).write(true).open("/dev/fuse");
    let Err(error) = may else {
        return tool("fusermount").is_some();
    };
    skip(&format!("nothing can be mounted by FUSE: {error}"));
    false
}
