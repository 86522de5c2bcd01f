//! Measures EPIC beside its peers; see `docs/bench/README.md`.

use std::process::ExitCode;

fn main() -> ExitCode {
    trial::bench::main()
}
