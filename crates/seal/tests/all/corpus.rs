//! Every parser of outside bytes survives its seeds and 10,000 seeded mutations of them.

use std::path::Path;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use seal::fuzz::{TARGETS, Target};

const MUTATIONS: u64 = 10_000;
/// WHY: mutations of mutations must not grow without end.
const INPUT_BYTES_MAX: usize = 200_000;
/// Lengths and counts where parsers break.
const EDGES: [[u8; 4]; 6] =
    [[0; 4], [255; 4], [0, 0, 0, 128], [255, 255, 255, 127], [0, 0, 1, 0], [1, 0, 0, 0]];

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn mutate(input: &mut Vec<u8>, other: &[u8], rng: &mut SmallRng) {
    let at = rng.random_range(0..=input.len());
    let end = (at + rng.random_range(0..=16)).min(input.len());
    match rng.random_range(0..8) {
        0 if at < input.len() => input[at] ^= 1 << rng.random_range(0..8),
        1 if at < input.len() => input[at] = rng.random(),
        2 => input.insert(at, rng.random()),
        3 => drop(input.drain(at..end)),
        4 => input.truncate(at),
        5 => {
            let part = input[at..end].to_vec();
            input.splice(at..at, part);
        }
        6 => {
            let part = &other[rng.random_range(0..=other.len())..];
            input.truncate(at);
            input.extend_from_slice(part);
        }
        _ => {
            let edge = EDGES.choose(rng).unwrap();
            for (to, from) in input[at..].iter_mut().zip(edge) {
                *to = *from;
            }
        }
    }
    input.truncate(INPUT_BYTES_MAX);
}

fn survive((name, target): Target) {
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "target `{name}` has no seeds");
    seeds.iter().for_each(|seed| target(seed));
    for number in 0..MUTATIONS {
        let mut rng = SmallRng::seed_from_u64(number);
        let mut input = seeds.choose(&mut rng).unwrap().clone();
        let other = seeds.choose(&mut rng).unwrap();
        for _ in 0..rng.random_range(1..6) {
            mutate(&mut input, other, &mut rng);
        }
        let outcome = std::panic::catch_unwind(|| target(&input));
        assert!(outcome.is_ok(), "target `{name}`, mutation {number}: {input:02x?}");
    }
}

#[test]
fn every_parser_survives() {
    TARGETS.into_iter().for_each(survive);
}
