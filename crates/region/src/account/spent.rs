//! What was spent: codes of sign-ins that a program has exchanged.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use words::Timestamp;

/// WHY: each stands for somebody who has proved who they are, a quarter of a second of this machine.
const SPENT_MAX: usize = 65_536;

/// Codes that were exchanged, until they are over anyhow. One for a region, whichever door is asked.
#[derive(Debug, Default)]
pub struct Spent {
    known: Mutex<HashMap<[u8; 16], Timestamp>>,
}

impl Spent {
    /// Spends a code that holds until then; false: it was spent before.
    pub fn spend(&self, code: [u8; 16], ends: Timestamp, now: Timestamp) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, ends| *ends >= now);
        // WHY refused: a memory that is full must not forget what was spent.
        known.len() < SPENT_MAX && known.insert(code, ends).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_spent_once() {
        let (spent, at) = (Spent::default(), Timestamp::from_ms);
        assert!(spent.spend([1; 16], at(60), at(0)) && !spent.spend([1; 16], at(60), at(60)));
        assert!(spent.spend([2; 16], at(60), at(0)));
        assert!(spent.known.lock().is_ok_and(|known| known.len() == 2));
        assert!(
            spent.spend([3; 16], at(200), at(61)) && spent.known.lock().is_ok_and(|known| known.len() == 1)
        );
    }
}
