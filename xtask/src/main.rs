//! The chores of this repository: `cargo xtask check`, `tidy` and `bench`.
//!
//! It exists so that the habits of the house are held by a machine and not by
//! memory. It reads the tree and starts cargo; it must never change a file, but
//! for the figures under `docs/bench`.

mod bench;
mod check;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <chore>

  check [STEP...]   fmt, clippy, policy, tidy: everything but the tests, or only these
  tidy              the habits of the house: arrows, walls, lengths, names, words
  bench [PAGE...]   measure (all pages if none is named; --draw: none) and draw the history under docs/bench";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let root = root();
    let outcome = match words.split_first() {
        Some((chore, steps)) if chore == "check" => check::run(&root, steps),
        Some((chore, words)) if chore == "bench" => bench::run(&root, words),
        Some((chore, [])) if chore == "tidy" => tidy::report(&root),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(1);
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(cause) => {
            eprintln!("error: {cause:#}");
            ExitCode::from(2)
        }
    }
}

/// The repository: where this crate was built from.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
