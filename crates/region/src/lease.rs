//! The lease: how old the root's facts may be.
//!
//! Permits, agreements and credentials live in the root cell. A node that
//! cannot confirm that it still sees the root's newest commit refuses
//! everything, so that a revocation bites everywhere within seconds. It also
//! keeps the region's time, which no cell and no clock may turn back.

use std::sync::Mutex;
use std::sync::PoisonError;

use words::limit::LEASE_MS_MAX;
use words::noun::{Cell, ROOT_CELL};
use words::{Id, Reason, Refusal, Timestamp};

/// When the root's head was last confirmed, and where it stood.
#[derive(Debug, Default)]
pub struct Lease {
    held: Mutex<Held>,
    /// The latest moment that any commit or decision here was made at.
    latest: Mutex<Timestamp>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Held {
    at: Option<Timestamp>,
    root_seq: u64,
    is_lost: bool,
}

impl Lease {
    /// The root's next number was seen to be free at this moment.
    pub fn confirm(&self, at: Timestamp, root_seq: u64) {
        let mut held = self.lock();
        held.at = Some(at);
        held.root_seq = held.root_seq.max(root_seq);
    }

    /// The region's time: the clock's, but never before what it was already.
    pub fn now(&self, clock: Timestamp) -> Timestamp {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        *latest = clock.max(*latest);
        *latest
    }

    /// The root's next number as last confirmed, however long ago.
    pub fn root_seq(&self) -> u64 {
        self.lock().root_seq
    }

    /// Another process leads this cell now; losing the root loses everything.
    pub fn lose(&self, cell: Id<Cell>) {
        if cell == ROOT_CELL {
            self.lock().is_lost = true;
        }
    }

    pub fn is_lost(&self) -> bool {
        self.lock().is_lost
    }

    /// The root's next number, if it was confirmed recently enough.
    pub fn confirmed(&self, now: Timestamp) -> Result<u64, Refusal> {
        let held = *self.lock();
        let is_fresh = held.at.is_some_and(|at| (0..=LEASE_MS_MAX).contains(&now.since_ms(at)));
        if is_fresh && !held.is_lost {
            return Ok(held.root_seq);
        }
        Err(Refusal::with(Reason::Unavailable, "the root cell has not been confirmed for 4 s"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_by_itself_and_a_lost_root_ends_it_at_once() {
        let (lease, at) = (Lease::default(), Timestamp::from_ms(1_000));
        assert!(lease.confirmed(at).is_err());
        lease.confirm(at, 7);
        assert_eq!(lease.confirmed(at.plus_ms(LEASE_MS_MAX)), Ok(7));
        assert!(lease.confirmed(at.plus_ms(LEASE_MS_MAX + 1)).is_err());
        lease.lose(ROOT_CELL);
        assert!(lease.confirmed(at).is_err());
    }

    #[test]
    fn time_never_goes_back() {
        let (lease, at) = (Lease::default(), Timestamp::from_ms);
        assert_eq!([5, 3, 7, 6].map(|ms| lease.now(at(ms))), [5, 5, 7, 7].map(at));
    }
}
