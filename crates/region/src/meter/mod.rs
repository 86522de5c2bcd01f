//! Meters: what the house counts of itself, for whoever watches it run.
//!
//! Every label is a name of the program's own: an act, a reason, a check. No
//! id, no name, no address ever becomes one, so that what is watched tells of
//! nobody and cannot grow. Counting takes a few additions and never a lock.

mod histogram;
mod page;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use words::{Act, Reason, Timestamp};

use crate::telling::Way;
pub use histogram::Histogram;
pub use page::{Gauge, page};

/// WHY: from a look in memory to an hour's upload, four times apart.
const SECONDS: &[f64] = &[0.000_5, 0.002, 0.008, 0.032, 0.128, 0.512, 2.048, 8.192, 32.768, 131.072, 3_600.0];
/// WHY: from one leaf to the bound of a commit.
const BYTES: &[f64] = &[1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 4_194_304.0];
const ACTS: &[f64] = &[1.0, 2.0, 4.0, 16.0, 64.0, 256.0, 1_024.0];

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// When something last went well; none before the first time.
#[derive(Debug)]
pub struct Last(AtomicI64);

/// WHY: no moment of the region's is so early.
const NEVER: i64 = i64::MIN;

impl Default for Last {
    fn default() -> Self {
        Self(AtomicI64::new(NEVER))
    }
}

impl Last {
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.ms(), Ordering::Relaxed);
    }

    pub fn get(&self) -> Option<Timestamp> {
        Some(self.0.load(Ordering::Relaxed)).filter(|ms| *ms != NEVER).map(Timestamp::from_ms)
    }
}

/// One act's counts: done, and refused for each reason.
struct ActMeter {
    done: Counter,
    refused: Vec<Counter>,
    seconds: Histogram,
}

/// A door as strangers meet it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    S3,
    Acts,
    Witness,
}

impl Door {
    const ALL: [Self; 3] = [Self::S3, Self::Acts, Self::Witness];

    pub const fn text(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Acts => "acts",
            Self::Witness => "witness",
        }
    }
}

/// What is done to the store, as far as a failure of it is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreWork {
    Append,
    Confirm,
    Publish,
    Sweep,
}

impl StoreWork {
    const ALL: [Self; 4] = [Self::Append, Self::Confirm, Self::Publish, Self::Sweep];

    const fn text(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Confirm => "confirm",
            Self::Publish => "publish",
            Self::Sweep => "sweep",
        }
    }
}

/// All meters of a process.
pub struct Meters {
    acts: Vec<ActMeter>,
    strangers: Vec<Vec<Counter>>,
    store_errors: Vec<Counter>,
    commit_seconds: Histogram,
    commit_bytes: Histogram,
    commit_acts: Histogram,
    pub bytes_in: Counter,
    pub bytes_out: Counter,
    pub expired: Counter,
    /// Rounds of the sweep over all open cells, whole ones.
    pub sweeps: Counter,
    /// Notices to people, by way: those that arrived, and those that did not.
    notices: [[Counter; 2]; Way::ALL.len()],
    pub anchored_at: Last,
    pub published_at: Last,
}

impl Default for Meters {
    fn default() -> Self {
        let reasons = || Reason::ALL.iter().map(|_| Counter::default()).collect::<Vec<_>>();
        let act = |_: &Act| ActMeter {
            done: Counter::default(),
            refused: reasons(),
            seconds: Histogram::new(SECONDS),
        };
        Self {
            acts: Act::ALL.iter().map(act).collect(),
            strangers: Door::ALL.iter().map(|_| reasons()).collect(),
            store_errors: StoreWork::ALL.iter().map(|_| Counter::default()).collect(),
            commit_seconds: Histogram::new(SECONDS),
            commit_bytes: Histogram::new(BYTES),
            commit_acts: Histogram::new(ACTS),
            bytes_in: Counter::default(),
            bytes_out: Counter::default(),
            expired: Counter::default(),
            sweeps: Counter::default(),
            notices: Default::default(),
            anchored_at: Last::default(),
            published_at: Last::default(),
        }
    }
}

impl Meters {
    /// An act of somebody known has ended.
    pub fn ended(&self, act: Act, refused: Option<Reason>, took: Duration) {
        let Some(meter) = self.acts.get(act as usize) else { return };
        meter.seconds.add(took.as_secs_f64());
        match refused {
            None => meter.done.add(1),
            Some(reason) => count(&meter.refused, reason as usize),
        }
    }

    /// A commit is durable.
    pub fn committed(&self, took: Duration, size_bytes: usize, acts: usize) {
        self.commit_seconds.add(took.as_secs_f64());
        self.commit_bytes.add(size_bytes as f64);
        self.commit_acts.add(acts as f64);
    }

    /// A stranger was refused.
    pub fn stranger(&self, door: Door, reason: Reason) {
        if let Some(reasons) = self.strangers.get(door as usize) {
            count(reasons, reason as usize);
        }
    }

    /// A notice was carried out of the house, or could not be.
    pub fn noticed(&self, way: Way, is_there: bool) {
        if let Some(counters) = self.notices.get(way as usize) {
            count(counters, usize::from(!is_there));
        }
    }

    /// The store did not do what it was asked.
    pub fn store_failed(&self, work: StoreWork) {
        count(&self.store_errors, work as usize);
    }
}

fn count(counters: &[Counter], at: usize) {
    if let Some(counter) = counters.get(at) {
        counter.add(1);
    }
}

#[cfg(test)]
mod tests;
