//! Samples: realistic data of nobody, made from a seed.
//!
//! It exists so that a newcomer has something to deliver on the first day. No
//! person stands behind a row, and the same seed gives the same bytes.

mod clinical;
mod dice;
mod reads;
mod variants;

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use dice::Dice;

use crate::failure::Failure;
use crate::print;

/// One file of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// `planet/bologna/ricoveri.csv`
    pub name: String,
    pub bytes: Vec<u8>,
}

/// All samples of a seed: tier 1 for HARMONY, 2 for PLANET, 3 for ACC.
pub fn all(seed: u64) -> Vec<Sample> {
    let of = |name: &str, make: fn(&mut Dice) -> String| {
        let mut dice = Dice::new(seed, name);
        Sample { name: name.to_owned(), bytes: make(&mut dice).into_bytes() }
    };
    vec![
        of("harmony/registro.csv", |dice| clinical::registry(dice, 400)),
        of("planet/bologna/ricoveri.csv", |dice| clinical::admissions(dice, "BO", 600)),
        of("planet/bari/ricoveri.csv", |dice| clinical::admissions(dice, "BA", 500)),
        of("planet/catania/ricoveri.csv", |dice| clinical::admissions(dice, "CT", 400)),
        of("acc/ACC-0001.vcf", |dice| variants::calls(dice, "ACC-0001", 1_500)),
        of("acc/ACC-0001_R1.fastq", |dice| reads::reads(dice, 2_000)),
    ]
}

/// One sample by its name; empty if there is none.
pub fn one(seed: u64, name: &str) -> Vec<u8> {
    all(seed).into_iter().find(|sample| sample.name == name).map(|sample| sample.bytes).unwrap_or_default()
}

/// `epic samples`
pub fn write(matches: &ArgMatches) -> Result<(), Failure> {
    let folder = matches.get_one::<String>("folder").map(PathBuf::from).unwrap_or_default();
    let seed = matches.get_one::<u64>("seed").copied().unwrap_or(1);
    let mut told = String::new();
    for sample in all(seed) {
        let path = folder.join(&sample.name);
        write_one(&path, &sample.bytes).map_err(|cause| Failure::file("write", &path, &cause))?;
        told += &format!("{}  {} bytes\n", path.display(), sample.bytes.len());
    }
    print::out(&told)
}

fn write_one(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes)
}

#[cfg(test)]
mod tests;
