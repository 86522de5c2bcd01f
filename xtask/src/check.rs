//! Everything but the tests, one step after the other, with its time.
//!
//! A step that fails does not hide the next one: a person repairs all of them
//! in one go. It must never repair anything itself.
//! `./test` asks only for steps that its own build and tests have not done.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::Context;

use crate::tidy;

/// What cargo is asked for; each must end well.
const STEPS: &[(&str, &[&str])] = &[
    ("fmt", &["fmt", "--all", "--check", "--", "-l"]),
    ("clippy", &["clippy", "--workspace", "--all-targets", "-q", "--", "-D", "warnings"]),
    // WHY: the policy printed for people is a snapshot that this test holds to `policy/`.
    // The whole workspace, so that it is built with the features of every other run.
    ("policy", &["test", "-q", "--workspace", "--test", "all", "the_printed_policy_is_current"]),
];

/// The habits of the house, which need no cargo.
const TIDY: &str = "tidy";

/// Runs the named steps, or every one if none is named, and says which held; true if all did.
pub fn run(root: &Path, wanted: &[String]) -> anyhow::Result<bool> {
    let known = || STEPS.iter().map(|(name, _)| *name).chain([TIDY]);
    if let Some(unknown) = wanted.iter().find(|name| !known().any(|step| step == **name)) {
        anyhow::bail!("there is no step `{unknown}`; there are {}", known().collect::<Vec<_>>().join(", "));
    }
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|step| step == name);
    let mut told = Vec::new();
    for (name, arguments) in STEPS.iter().filter(|(name, _)| is_wanted(name)) {
        let started = Instant::now();
        told.push((*name, cargo(root, arguments)?, started.elapsed()));
    }
    if is_wanted(TIDY) {
        let started = Instant::now();
        told.push((TIDY, tidy::report(root)?, started.elapsed()));
    }
    println!();
    for (name, holds, took) in &told {
        let word = if *holds { "holds" } else { "FAILS" };
        println!("{name:<8} {word}  {:>5.1} s", took.as_secs_f64());
    }
    Ok(told.iter().all(|(_, holds, _)| *holds))
}

fn cargo(root: &Path, arguments: &[&str]) -> anyhow::Result<bool> {
    println!("cargo {}", arguments.join(" "));
    let status = Command::new("cargo")
        .args(arguments)
        .current_dir(root)
        .status()
        .with_context(|| format!("cannot start `cargo {}`", arguments.join(" ")))?;
    Ok(status.success())
}
