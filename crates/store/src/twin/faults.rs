//! What can go wrong and how often.

use words::Rand;
use words::chance::bytes;

/// How often something happens, in parts of ten thousand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Chance(pub u16);

impl Chance {
    pub(crate) fn strikes(self, rand: &dyn Rand) -> bool {
        // WHY no draw: a store without faults must not move the seed.
        self.0 > 0 && below(rand, 10_000) < u64::from(self.0)
    }
}

/// A number below a bound; the bias of the remainder does not matter here.
pub(crate) fn below(rand: &dyn Rand, bound: u64) -> u64 {
    u64::from_le_bytes(bytes(rand)) % bound.max(1)
}

/// Faults by kind; all zero means a perfect store.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// A write is refused and has no effect.
    pub write_lost: Chance,
    /// A write is reported as failed but can be seen at once, not yet durable.
    pub write_blind: Chance,
    /// A write is reported as failed and lands some operations later.
    pub write_late: Chance,
    /// A write never answers; it lands later by chance. Needs paused time.
    pub write_hangs: Chance,
    /// A read, look or listing fails.
    pub read: Chance,
    /// Making something durable fails.
    pub settle: Chance,
    /// Every operation takes up to so long; needs paused time.
    pub wait_ms_max: u64,
    /// What the store claims and does not do.
    pub lie: Lie,
}

/// Promises a store can break; each must be caught by the probe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lie {
    #[default]
    None,
    /// Creates over what exists and says it was created.
    Overwrites,
    /// Refuses creators of an existing name at random only.
    OverwritesSometimes,
    /// Listings are always empty.
    ListsNothing,
    /// Reads bring back other bytes than were written.
    ReadsOtherwise,
    /// Deletes are acknowledged and not done.
    KeepsDeleted,
}

impl Faults {
    /// The usual bad day: a few of every hundred operations go wrong.
    pub const BAD_DAY: Self = Self {
        write_lost: Chance(200),
        write_blind: Chance(200),
        write_late: Chance(200),
        write_hangs: Chance(50),
        read: Chance(200),
        settle: Chance(200),
        wait_ms_max: 20,
        lie: Lie::None,
    };
}
