//! What may happen in a life, and how chance chooses it.

use rand::Rng;
use rand::rngs::SmallRng;

use crate::sim::stand::OWN;

/// Which object: bucket and key, by number.
pub type Place = (usize, usize);

/// WHY few: keys must meet each other often.
pub const KEYS: usize = 3;

/// One thing that somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Put(Place, u64),
    /// The same in one part.
    Upload(Place, u64),
    /// An upload that nobody completes.
    Begin(Place, u64),
    Get(Place),
    /// The researcher from outside, which is never allowed at tier 2.
    GetOutside(Place),
    /// The deliverer, who may only deliver.
    GetByGrant(usize),
    Probe(Place),
    List(usize),
    Delete(Place),
    Copy(usize, usize, usize),
    Hold(Place, bool),
    /// The researcher locks the newest version in governance for so long.
    Retain(Place, i64),
    /// The controller sets that lock aside, saying why.
    Lift(Place),
    /// Somebody deletes a version for good: of those there are, this one, counted from the newest.
    Destroy(Place, usize),
    Versions(usize, bool),
    Suspend(usize),
    Resume(usize),
    End(usize),
    Amend(i64),
    PermitEnd,
    Lock,
    Unlock,
    /// By the one who locked.
    UnlockOwn,
    Halt,
    Unhalt,
    Rotate,
    Erase(usize),
    Sweep,
    Scrub,
    Flush,
    Publish,
    /// Custody goes away, or comes back.
    Custody(bool),
}

impl Op {
    /// Whether what it changes lies in the root cell.
    pub const fn is_of_root(self) -> bool {
        matches!(
            self,
            Self::Suspend(_)
                | Self::Resume(_)
                | Self::End(_)
                | Self::Amend(_)
                | Self::PermitEnd
                | Self::Lock
                | Self::Unlock
                | Self::UnlockOwn
                | Self::Halt
                | Self::Unhalt
        )
    }
}

/// What happens next.
pub fn next(rng: &mut SmallRng, tag: &mut u64) -> Op {
    let bucket = rng.random_range(0..=OWN);
    let place = (bucket, rng.random_range(0..KEYS));
    let hospital = rng.random_range(0..OWN);
    let mut fresh = || {
        *tag += 1;
        *tag
    };
    match rng.random_range(0..100_u32) {
        0..24 => Op::Put(place, fresh()),
        24..28 => Op::Upload(place, fresh()),
        28..30 => Op::Begin(place, fresh()),
        30..48 => Op::Get(place),
        48..50 => Op::GetOutside(place),
        50..52 => Op::GetByGrant(hospital),
        52..55 => Op::Probe(place),
        55..57 => Op::List(bucket),
        57..65 => Op::Delete(place),
        65..69 => Op::Copy(bucket, place.1, rng.random_range(0..KEYS)),
        69..71 => Op::Hold(place, rng.random()),
        71 => Op::Retain((0, place.1), rng.random_range(1..90_000_000)),
        72 if rng.random_bool(0.3) => Op::Lift((0, place.1)),
        72 => Op::Destroy(place, rng.random_range(0..3)),
        73..78 => Op::Versions(bucket, rng.random_bool(0.7)),
        78..80 => Op::Suspend(hospital),
        80..83 => Op::Resume(hospital),
        83 => Op::End(hospital),
        84 => Op::Amend(rng.random_range(-60_000..3_600_000)),
        85 if rng.random_bool(0.4) => Op::PermitEnd,
        85 | 86 => Op::Lock,
        87 => Op::Unlock,
        88 => Op::UnlockOwn,
        89 => Op::Halt,
        90 | 91 => Op::Unhalt,
        92 => Op::Rotate,
        93..95 => Op::Erase(hospital),
        95 => Op::Sweep,
        96 => Op::Scrub,
        97 => Op::Flush,
        98 => Op::Publish,
        _ => Op::Custody(rng.random_bool(0.3)),
    }
}
