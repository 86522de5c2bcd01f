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
        Some(Grant { _whole: self.permit(bytes)?, _own: None })
    }

    fn permit(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(bytes).ok()
    }
}

/// Bytes taken of a budget, and of its party's part of it.
#[derive(Debug)]
pub struct Grant {
    _whole: OwnedSemaphorePermit,
    _own: Option<OwnedSemaphorePermit>,
}

/// How many requests each party has in flight, and how many bytes they hold.
#[derive(Debug)]
pub struct Shares {
    each_max: usize,
    /// WHY beside the number of requests: a few that hold much would leave others nothing.
    each_bytes_max: u32,
    taken: Mutex<HashMap<String, Own>>,
}

/// What one party has.
#[derive(Debug)]
struct Own {
    requests: usize,
    budget: Budget,
}

impl Shares {
    pub fn new(each_max: usize, each_bytes_max: u32) -> Arc<Self> {
        Arc::new(Self { each_max, each_bytes_max, taken: Mutex::default() })
    }

    /// One more request of a party whose name has been proven; a claimed name would let strangers take its share.
    pub fn take(self: &Arc<Self>, who: &str) -> Option<Share> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let none = || Own { requests: 0, budget: Budget::new(self.each_bytes_max) };
        let own = taken.entry(who.to_owned()).or_insert_with(none);
        if own.requests >= self.each_max {
            return None;
        }
        own.requests += 1;
        Some(Share { shares: Arc::clone(self), who: who.to_owned(), budget: own.budget.clone() })
    }
}

/// One request in flight.
#[derive(Debug)]
pub struct Share {
    shares: Arc<Shares>,
    who: String,
    /// Of all requests of this party.
    budget: Budget,
}

impl Share {
    /// So many bytes of a door's budget, unless the door or this party holds too many.
    pub fn bytes(&self, of: &Budget, bytes: u64) -> Option<Grant> {
        let own = self.budget.permit(bytes)?;
        Some(Grant { _whole: of.permit(bytes)?, _own: Some(own) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.who) {
            own.requests -= 1;
            if own.requests == 0 {
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
        let shares = Shares::new(2, 0);
        let own = [shares.take("a").unwrap(), shares.take("a").unwrap()];
        assert!(shares.take("a").is_none());
        let other = shares.take("b").unwrap();
        drop(own);
        assert!(shares.take("a").is_some());
        drop(other);
        assert!(shares.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn the_requests_of_one_party_hold_its_part_of_the_bytes_together() {
        let (door, shares) = (Budget::new(10), Shares::new(9, 4));
        let (first, second) = (shares.take("a").unwrap(), shares.take("a").unwrap());
        let three = first.bytes(&door, 3).unwrap();
        assert!(second.bytes(&door, 2).is_none());
        let one = second.bytes(&door, 1).unwrap();
        drop((first, three));
        assert!(second.bytes(&door, 4).is_none() && second.bytes(&door, 3).is_some());
        // Others have theirs, as far as the door has any; what it cannot give takes nothing of a part.
        let (other, third) = (shares.take("b").unwrap(), shares.take("c").unwrap());
        let held = [other.bytes(&door, 4).unwrap(), third.bytes(&door, 3).unwrap()];
        assert!(second.bytes(&door, 3).is_none());
        drop(held);
        assert!(second.bytes(&door, 3).is_some());
        drop((one, second, other, third));
        assert!(door.take(10).is_some() && shares.taken.lock().unwrap().is_empty());
    }
}
