//! Strangers who sign in: few at once, fewer from one address, out of nobody else's part.
//!
//! What they send is read before it is known who they are; so it must hold no
//! place that somebody known could need.

use std::net::IpAddr;
use std::sync::Arc;

use words::network::counted;

use crate::share::{Share, Shares};

/// WHY: a sign-in takes milliseconds; a shift's worth of people who come at once are let in within seconds.
const AT_ONCE_MAX: usize = 64;
/// WHY: a whole institute may come from one address, but one address leaves places to others.
const PER_ADDRESS_MAX: usize = 16;

/// The places of one door.
#[derive(Debug)]
pub struct SignIns {
    all: Arc<Shares>,
    each: Arc<Shares>,
}

/// One place, until it is dropped.
#[derive(Debug)]
pub struct SignIn {
    _all: Share,
    _each: Share,
}

impl SignIns {
    #[expect(clippy::new_without_default, reason = "a door makes one, and says so")]
    pub fn new() -> Self {
        Self { all: Shares::new(AT_ONCE_MAX, 0), each: Shares::new(PER_ADDRESS_MAX, 0) }
    }

    /// One more, unless too many are at it.
    pub fn take(&self, address: IpAddr) -> Option<SignIn> {
        let each = self.each.take(&counted(address).to_string())?;
        Some(SignIn { _all: self.all.take("all")?, _each: each })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    // Goal: one address leaves places to others, and what is given back is there again.
    #[test]
    fn one_address_leaves_places_to_others() {
        let places = SignIns::new();
        let of = |last: u8| IpAddr::from([192, 0, 2, last]);
        let taken: Vec<_> = (0..PER_ADDRESS_MAX).map(|_| places.take(of(1)).unwrap()).collect();
        assert!(places.take(of(1)).is_none());
        let others: Vec<_> = (2..100).map_while(|last| places.take(of(last))).collect();
        assert_eq!(taken.len() + others.len(), AT_ONCE_MAX);
        drop(taken);
        assert!(places.take(of(1)).is_some());
    }
}
