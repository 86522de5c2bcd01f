//! The console in a real browser: the main job as those who do it, and signing in at a provider.
//!
//! Every page that is looked at is seen in light, dark and enlarged four times, by axe and by a person: the pictures lie
//! below `target/console`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::kit::{House, need};
use crate::people::Institute;

/// WHY: a browser on a busy machine; a page that never comes must not hold the suite.
const BROWSER_SECONDS: &str = "400";

/// Runs a script at a browser; false where there is none.
fn browse(script: &str, house: &House, has_scripts: bool, more: &Value) -> bool {
    let (Some(node), Some(modules), Some(chromium)) =
        (need::tool("node"), need::node("playwright-core"), need::tool("chromium"))
    else {
        return false;
    };
    let shots = need::root().join("target/console").join(if has_scripts { "scripts" } else { "plain" });
    let told = json!({
        "modules": modules,
        "chromium": chromium,
        "origin": house.ready["acts"],
        "epic": env!("CARGO_BIN_EXE_epic"),
        "folder": house.path(""),
        "shots": shots.join(script),
        "scripts": has_scripts,
        "more": more,
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console").join(format!("{script}.mjs"));
    let mut command = Command::new("timeout");
    command.arg(BROWSER_SECONDS).arg(node).arg(file).env_clear().env("HOME", house.path(""));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(told.to_string().as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(ended.status.success(), "{}{}", text(&ended.stdout), text(&ended.stderr));
    eprintln!("{}", text(&ended.stdout));
    true
}

// Goal: the whole job is done by people who never saw a command line. Method: eight of them in Chromium.
#[test]
fn the_main_job_with_scripts() {
    browse("main_job", &House::open(), true, &Value::Null);
}

// Goal: the same where pages may run nothing.
#[test]
fn the_main_job_without_scripts() {
    browse("main_job", &House::open(), false, &Value::Null);
}

// Goal: people come in where their institute knows them, and nobody else does. Method: a provider that nobody here wrote.
#[test]
fn people_sign_in_at_their_provider() {
    let Some(mut institute) = Institute::new() else { return };
    let more = json!({ "provider": institute.provider.url() });
    browse("provider", &institute.house, true, &more);
    // Its keys turn over while people are signed in; who comes next is let in by the new ones.
    institute.provider.turn_keys();
    browse("provider", &institute.house, false, &more);
}
