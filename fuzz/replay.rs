//! The corpus of a crate's parsers, replayed and bent: taken in by its path, one file for several crates.
//!
//! What bends is decided by the seed and told when a target breaks. It must never leave a target unseeded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

/// WHY: enough to reach behind a first check, little enough for every run of the tests.
const BENT: u64 = 2_000;
/// WHY: large seeds are cut and altered at so many places, evenly spread, instead of at every byte.
const PLACES_MAX: usize = 1_000;

type Target = (&'static str, fn(&[u8]));

/// Numbers from a seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) as usize) % bound.max(1)
    }
}

/// Every target of a crate survives its seeds, cut and altered, and mixtures of them.
pub fn survives(folder: &str, targets: &[Target]) {
    let corpus = Path::new(folder).join("corpus");
    let names: BTreeSet<String> = targets.iter().map(|(name, _)| (*name).to_owned()).collect();
    let folders = std::fs::read_dir(&corpus).expect("a corpus").map(|entry| entry.unwrap().file_name());
    let folders: BTreeSet<String> = folders.map(|name| name.into_string().unwrap()).collect();
    assert_eq!(names, folders, "targets, and folders of the corpus");
    for (name, target) in targets {
        let seeds = seeds(&corpus.join(name));
        assert!(!seeds.is_empty(), "target `{name}` has no seeds");
        seeds.iter().for_each(|seed| replay(name, *target, seed));
        for number in 0..BENT {
            let input = bent(&seeds, &mut Numbers(number));
            run(name, *target, &input, &format!("bent {number}"));
        }
    }
}

fn seeds(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn replay(name: &str, target: fn(&[u8]), seed: &[u8]) {
    run(name, target, seed, "a seed");
    for at in (0..seed.len()).step_by(seed.len() / PLACES_MAX + 1) {
        run(name, target, &seed[..at], &format!("a seed cut at {at}"));
        let mut altered = seed.to_vec();
        altered[at] ^= 0x81;
        run(name, target, &altered, &format!("a seed altered at {at}"));
    }
}

/// A few bytes replaced, taken out or put in, and perhaps the end of another seed.
fn bent(seeds: &[Vec<u8>], numbers: &mut Numbers) -> Vec<u8> {
    let mut input = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..=numbers.below(5) {
        let (at, by) = (numbers.below(input.len() + 1), numbers.below(256) as u8);
        match numbers.below(5) {
            0 if at < input.len() => input[at] = by,
            1 if at < input.len() => drop(input.remove(at)),
            2 => input.insert(at, by),
            3 => input.truncate(at),
            _ => {
                let other = &seeds[numbers.below(seeds.len())];
                input.truncate(at);
                input.extend_from_slice(&other[numbers.below(other.len() + 1)..]);
            }
        }
    }
    input
}

fn run(name: &str, target: fn(&[u8]), input: &[u8], what: &str) {
    let ended = std::panic::catch_unwind(|| target(input));
    assert!(ended.is_ok(), "target `{name}`, {what}: {:02x?}", &input[..input.len().min(400)]);
}
