//! `cargo xtask bench`: measures, keeps what was printed, and draws the history from what was kept.
//!
//! The dated pages under `docs/bench` are the only source: history and charts
//! are folds of them and can be made anew at any time. It must never write a
//! figure that no page holds.

mod chart;
mod history;
mod table;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use history::History;

/// What `bars` measures, one page each.
const PAGES: [&str; 8] = ["limits", "peers", "trees", "share", "memory", "idle", "restart", "aware"];

/// Measures the named pages (all if none; none with `--draw`), then draws.
pub fn run(root: &Path, words: &[String]) -> anyhow::Result<bool> {
    let is_drawing_only = words.iter().any(|word| word == "--draw");
    let mut wanted: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "--draw").collect();
    if wanted.is_empty() && !is_drawing_only {
        wanted.extend(PAGES);
    }
    if !wanted.is_empty() {
        measure(root, &wanted)?;
    }
    draw(root)?;
    Ok(true)
}

/// Builds what would be installed and keeps what it prints in today's folder.
fn measure(root: &Path, wanted: &[&str]) -> anyhow::Result<()> {
    let day = day(root)?;
    fs::create_dir_all(&day)?;
    cargo(root, &["build", "--release", "--locked", "-p", "epic", "-p", "trial", "--bins"])?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let peers = std::env::var_os("EPIC_PEERS").map_or_else(|| root.join("target/peers"), PathBuf::from);
    for name in wanted {
        println!("{name} ...");
        let told = Command::new(target.join("release/bars")).arg(name).env("EPIC_PEERS", &peers).output()?;
        ensure!(told.status.success(), "`bars {name}`: {}", String::from_utf8_lossy(&told.stderr));
        fs::write(day.join(format!("{name}.md")), told.stdout)?;
    }
    Ok(())
}

/// Today's folder, or the one that `EPIC_BENCH_DAY` names: a second run of a day has a letter behind it.
fn day(root: &Path) -> anyhow::Result<PathBuf> {
    let name = match std::env::var("EPIC_BENCH_DAY") {
        Ok(name) => name,
        Err(_unset) => {
            let told = Command::new("date").args(["-u", "+%F"]).output().context("what day is it?")?;
            String::from_utf8(told.stdout)?.trim().to_owned()
        }
    };
    ensure!(history::is_day(&name), "`{name}` is no day as `2026-11-26` or `2026-11-26b`");
    Ok(root.join("docs/bench").join(name))
}

fn cargo(root: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    // WHY without the lints' compiler: what is measured is what a person builds.
    let mut cargo = Command::new("cargo");
    cargo.args(arguments).current_dir(root).env_remove("RUSTC_WORKSPACE_WRAPPER");
    ensure!(cargo.status()?.success(), "cargo {}", arguments.join(" "));
    Ok(())
}

/// Writes `history.md` and the charts anew.
fn draw(root: &Path) -> anyhow::Result<()> {
    for (name, text) in drawn(root)? {
        fs::write(root.join("docs/bench").join(name), text)?;
    }
    Ok(())
}

/// What the pages of today come to.
fn drawn(root: &Path) -> anyhow::Result<[(&'static str, String); 3]> {
    let history = History::read(&root.join("docs/bench"))?;
    Ok([
        ("history.md", history.page()),
        ("ratios.svg", chart::ratios(&history)),
        ("history.svg", chart::over_time(&history)),
    ])
}
