//! Who could not be reached is tried again after a while, and then after a longer one.

use std::collections::BTreeMap;
use std::time::Duration;

use region::telling::{Notice, Way};
use tokio::time::Instant;
use words::Id;
use words::noun::Person;

const AGAIN_FIRST: Duration = Duration::from_secs(60);
/// WHY: a relay that is back after a night has sent everything before noon.
const AGAIN_LAST: Duration = Duration::from_secs(6 * 3_600);

/// When somebody is tried next, and how long they are left alone if it fails.
#[derive(Debug, Clone, Copy)]
struct Turn {
    next: Instant,
    again: Duration,
}

impl Turn {
    /// After one more failure.
    fn after(before: Option<Self>, pace: u32) -> Self {
        let again = before.map_or(AGAIN_FIRST, |turn| (turn.again * 2).min(AGAIN_LAST));
        Self { next: Instant::now() + again / pace, again }
    }

    fn is_due(&self) -> bool {
        self.next <= Instant::now()
    }
}

/// In memory alone: after a start everybody is tried at once.
#[derive(Debug)]
pub(super) struct Patience {
    pace: u32,
    relay: Option<Turn>,
    /// Only those whom something was due to and did not reach.
    turns: BTreeMap<(Id<Person>, Way), Turn>,
}

impl Patience {
    pub fn new(pace: u32) -> Self {
        Self { pace, relay: None, turns: BTreeMap::new() }
    }

    pub fn may_try(&self, notice: &Notice) -> bool {
        self.turns.get(&(notice.person, notice.way)).is_none_or(Turn::is_due)
    }

    pub fn may_mail(&self) -> bool {
        self.relay.is_none_or(|turn| turn.is_due())
    }

    /// The relay was down, or up, or was not asked.
    pub fn relay(&mut self, is_down: Option<bool>) {
        match is_down {
            Some(true) => self.relay = Some(Turn::after(self.relay, self.pace)),
            Some(false) => self.relay = None,
            None => {}
        }
    }

    pub fn reached(&mut self, notice: &Notice) {
        self.turns.remove(&(notice.person, notice.way));
    }

    pub fn missed(&mut self, notice: &Notice) {
        let key = (notice.person, notice.way);
        let turn = Turn::after(self.turns.get(&key).copied(), self.pace);
        self.turns.insert(key, turn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: a relay that is away is asked less and less often, and at once as often as before when back.
    #[tokio::test(start_paused = true)]
    async fn waits_grow_and_end() {
        let mut patience = Patience::new(1);
        let mut waits = Vec::new();
        for _ in 0..11 {
            patience.relay(Some(true));
            assert!(!patience.may_mail());
            waits.push(patience.relay.map_or(0, |turn| (turn.next - Instant::now()).as_secs()));
        }
        assert_eq!(waits, [60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 21_600, 21_600]);
        tokio::time::advance(AGAIN_LAST).await;
        assert!(patience.may_mail());
        patience.relay(None);
        patience.relay(Some(false));
        patience.relay(Some(true));
        tokio::time::advance(AGAIN_FIRST).await;
        assert!(patience.may_mail());
    }
}
