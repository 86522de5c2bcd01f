//! The seeded simulation: many seeds, the seeds that once found a fault, and one by hand.

use std::sync::atomic::{AtomicU64, Ordering};

use trial::sim;

/// What the environment says.
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

// Goal: no seed breaks a promise. Method: the same seeds in every run, so that a failure is the change's own;
// `./test --full` gives a fresh base and ten times as many.
#[test]
fn sim_many() {
    let seeds = number("EPIC_SEEDS").unwrap_or(2_000);
    let base = number("EPIC_BASE").unwrap_or(1_000_000);
    println!("simulating {seeds} seeds from {base}");
    let (next, ops, acknowledged) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let failed = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    // WHY on: one broken promise must not hide another.
                    let Ok(ended) = sim::run(base + seed).inspect_err(|error| eprintln!("{error:#}")) else {
                        failed.fetch_add(1, Ordering::Relaxed);
                        continue;
                    };
                    ops.fetch_add(ended.ops, Ordering::Relaxed);
                    acknowledged.fetch_add(ended.acknowledged as u64, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0, "seeds broke a promise; see above how to replay them");
    println!("{ops:?} acts, {acknowledged:?} acknowledged with a leaf");
    assert!(seeds < 100 || acknowledged.into_inner() > seeds, "the simulation hardly does anything");
}

// Goal: a seed is a proof. Method: the same seed twice, op for op and byte for byte.
#[test]
fn sim_is_the_same_twice() {
    for seed in 0..20 {
        assert_eq!(lived(seed), lived(seed), "seed {seed}");
    }
}

/// One seed by hand: `EPIC_SEED=7 EPIC_TRACE=1 cargo test -p trial sim_one -- --nocapture`.
#[test]
fn sim_one() {
    if let Some(seed) = number("EPIC_SEED") {
        println!("{:?}", sim::run(seed).unwrap_or_else(|error| panic!("{error:#}")));
    }
}

// Goal: a fault found once stays found. Method: every seed that ever failed.
#[test]
fn sim_kept_seeds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds");
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let seed = line.split_whitespace().next().unwrap().parse().unwrap();
            sim::run(seed).unwrap_or_else(|error| panic!("{line}: {error:#}"));
        }
    }
}

fn lived(seed: u64) -> sim::Ended {
    sim::run(seed).unwrap_or_else(|error| panic!("{error:#}"))
}
