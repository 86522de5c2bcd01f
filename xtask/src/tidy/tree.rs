//! The texts of the repository: what git tracks, and what it would track.
//!
//! Ignored files (builds, data, virtual environments) are never read.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

/// WHY: no text a person wrote here is larger; what is, is data.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// One file of text.
#[derive(Debug, Clone)]
pub struct Text {
    /// From the root, with `/`.
    pub path: String,
    pub body: String,
}

/// Every file of text, by path.
pub fn read(root: &Path) -> anyhow::Result<Vec<Text>> {
    let mut texts = Vec::new();
    for path in paths(root)? {
        let file = root.join(&path);
        let is_small = file.metadata().is_ok_and(|about| about.len() <= TEXT_BYTES_MAX);
        // WHY: a file deleted but still tracked, or one of bytes, is none of ours.
        if let (true, Ok(body)) = (is_small, std::fs::read_to_string(&file)) {
            texts.push(Text { path, body });
        }
    }
    Ok(texts)
}

fn paths(root: &Path) -> anyhow::Result<Vec<String>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("cannot start `git ls-files`")?;
    ensure!(listed.status.success(), "`git ls-files` failed");
    let names = String::from_utf8(listed.stdout).context("a tracked path is no UTF-8")?;
    let mut paths: Vec<String> =
        names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}
