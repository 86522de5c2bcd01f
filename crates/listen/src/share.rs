//! What one party may take of a door: bytes held in memory, and requests in flight.
//!
//! Both refuse at once rather than let anybody wait; what was taken comes back
//! when its holder drops it, however it ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that a door may hold in memory at once, over all its connections.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Semaphore>);

impl Budget {
    pub fn new(bytes_max: u32) -> Self {
        let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        Self(Arc::new(Semaphore::new(bytes_max.min(Semaphore::MAX_PERMITS))))
    }

    /// So many bytes, unless too many are taken.
    pub fn take(&self, bytes: u64) -> Option<Grant> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(bytes).ok().map(Grant)
    }
}

/// Bytes taken of a budget.
#[derive(Debug)]
pub struct Grant(
    #[expect(dead_code, reason = "held, not read: it gives the bytes back")] OwnedSemaphorePermit,
);

/// How many requests each party has in flight.
#[derive(Debug)]
pub struct Shares {
    each_max: usize,
    taken: Mutex<HashMap<String, usize>>,
}

impl Shares {
    pub fn new(each_max: usize) -> Arc<Self> {
        Arc::new(Self { each_max, taken: Mutex::default() })
    }

    /// One more request of a party whose name has been proven; a claimed name would let strangers take its share.
    pub fn take(self: &Arc<Self>, who: &str) -> Option<Share> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.entry(who.to_owned()).or_default();
        if *own >= self.each_max {
            return None;
        }
        *own += 1;
        Some(Share { shares: Arc::clone(self), who: who.to_owned() })
    }
}

/// One request in flight.
#[derive(Debug)]
pub struct Share {
    shares: Arc<Shares>,
    who: String,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.who) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_gives_what_it_has_and_takes_it_back() {
        let budget = Budget::new(10);
        let first = budget.take(6).unwrap();
        assert!(budget.take(5).is_none());
        let second = budget.take(4).unwrap();
        assert!(budget.take(1).is_none());
        drop(first);
        assert!(budget.take(6).is_some());
        drop(second);
        assert!(budget.take(11).is_none() && budget.take(u64::MAX).is_none() && budget.take(10).is_some());
    }

    #[test]
    fn one_party_takes_its_share_and_nobody_else_s() {
        let shares = Shares::new(2);
        let own = [shares.take("a").unwrap(), shares.take("a").unwrap()];
        assert!(shares.take("a").is_none());
        let other = shares.take("b").unwrap();
        drop(own);
        assert!(shares.take("a").is_some());
        drop(other);
        assert!(shares.taken.lock().unwrap().is_empty());
    }
}
