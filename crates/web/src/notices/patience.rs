//! Who could not be reached is tried again after a while, and then after a longer one.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use words::Id;
use words::noun::Person;

/// WHY no sooner: it is looked no more often.
const AGAIN_FIRST: Duration = Duration::from_secs(600);
/// WHY: a relay that is back after a night has sent everything before noon.
const AGAIN_LAST: Duration = Duration::from_secs(6 * 3_600);

/// When somebody is tried next, how long they are left alone if it fails, and how often it did.
#[derive(Debug, Clone, Copy)]
struct Turn {
    next: Instant,
    again: Duration,
    misses: u32,
}

impl Turn {
    /// After one more failure.
    fn after(before: Option<Self>, pace: u32) -> Self {
        let again = before.map_or(AGAIN_FIRST, |turn| (turn.again * 2).min(AGAIN_LAST));
        let misses = before.map_or(1, |turn| turn.misses.saturating_add(1));
        Self { next: Instant::now() + again / pace, again, misses }
    }

    fn is_due(&self) -> bool {
        self.next <= Instant::now()
    }
}

/// Of one way; in memory alone: after a start everybody is tried at once.
#[derive(Debug)]
pub(super) struct Patience {
    pace: u32,
    relay: Option<Turn>,
    /// Only those whom something was due to and did not reach.
    turns: BTreeMap<Id<Person>, Turn>,
}

impl Patience {
    pub fn new(pace: u32) -> Self {
        Self { pace, relay: None, turns: BTreeMap::new() }
    }

    /// How often somebody was missed; none: they are left alone for now.
    pub fn misses(&self, person: Id<Person>) -> Option<u32> {
        match self.turns.get(&person) {
            None => Some(0),
            Some(turn) => turn.is_due().then_some(turn.misses),
        }
    }

    /// Whether the relay may be asked.
    pub fn may_send(&self) -> bool {
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

    pub fn reached(&mut self, person: Id<Person>) {
        self.turns.remove(&person);
    }

    pub fn missed(&mut self, person: Id<Person>) {
        let turn = Turn::after(self.turns.get(&person).copied(), self.pace);
        self.turns.insert(person, turn);
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
        for _ in 0..8 {
            patience.relay(Some(true));
            assert!(!patience.may_send());
            waits.push(patience.relay.map_or(0, |turn| (turn.next - Instant::now()).as_secs()));
        }
        assert_eq!(waits, [600, 1_200, 2_400, 4_800, 9_600, 19_200, 21_600, 21_600]);
        tokio::time::advance(AGAIN_LAST).await;
        assert!(patience.may_send());
        patience.relay(None);
        patience.relay(Some(false));
        patience.relay(Some(true));
        tokio::time::advance(AGAIN_FIRST).await;
        assert!(patience.may_send());
    }

    // Goal: whoever is missed is left alone, tried again behind others, and forgotten once reached.
    #[tokio::test(start_paused = true)]
    async fn the_missed_come_later() {
        let (mut patience, rita) = (Patience::new(1), Id::from_bytes([7; 16]));
        for misses in 1..4 {
            patience.missed(rita);
            assert_eq!(patience.misses(rita), None);
            tokio::time::advance(AGAIN_LAST).await;
            assert_eq!(patience.misses(rita), Some(misses));
        }
        patience.reached(rita);
        assert_eq!(patience.misses(rita), Some(0));
    }
}
