//! Which signed requests were seen of late, so that none is taken twice.
//!
//! It remembers exactly as long as a signature's time would still be accepted,
//! and refuses new requests rather than forgetting old ones. It must never be
//! asked before a signature was verified: strangers would fill it.

use std::collections::{BTreeMap, BTreeSet};

use seal::VerifyingKey;
use words::{Reason, Timestamp};

use super::signed::{NONCE_BYTES, SIGNED_SKEW_MS_MAX};

/// WHY: about 500 signed acts a second over the two minutes a signature lives; 20 MiB at most.
pub const REPLAY_SEEN_MAX: usize = 65_536;
/// WHY: one busy person must leave room for the others.
pub const REPLAY_SEEN_PER_KEY_MAX: usize = REPLAY_SEEN_MAX / 4;

type Nonce = [u8; NONCE_BYTES];

/// Nonces seen within the window of the clock's skew; bounded.
#[derive(Debug, Default)]
pub struct Replay {
    /// By the time they were signed, which the signature covers: a repetition bears the same.
    seen: BTreeSet<(Timestamp, VerifyingKey, Nonce)>,
    per_key: BTreeMap<VerifyingKey, usize>,
    /// What was signed before this moment is forgotten, and so refused.
    floor: Option<Timestamp>,
}

impl Replay {
    pub fn new() -> Self {
        Self::default()
    }

    /// How many requests it remembers.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// Takes note of a verified request; refuses it the second time.
    pub(crate) fn note(
        &mut self,
        key: VerifyingKey,
        created: Timestamp,
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<(), Reason> {
        self.forget(now);
        // WHY: if our clock was set back, a forgotten request would seem fresh again.
        if self.floor.is_some_and(|floor| created < floor) {
            return Err(Reason::ClockSkewed);
        }
        if self.seen.contains(&(created, key, nonce)) {
            return Err(Reason::AlreadyDone);
        }
        let of_key = self.per_key.get(&key).copied().unwrap_or(0);
        if self.seen.len() >= REPLAY_SEEN_MAX || of_key >= REPLAY_SEEN_PER_KEY_MAX {
            return Err(Reason::Unavailable);
        }
        self.seen.insert((created, key, nonce));
        self.per_key.insert(key, of_key + 1);
        Ok(())
    }

    fn forget(&mut self, now: Timestamp) {
        let floor = now.plus_ms(-SIGNED_SKEW_MS_MAX);
        self.floor = self.floor.max(Some(floor));
        while let Some((created, key, nonce)) = self.seen.first().copied() {
            if created >= floor {
                return;
            }
            self.seen.remove(&(created, key, nonce));
            let left = self.per_key.remove(&key).unwrap_or(0).saturating_sub(1);
            if left > 0 {
                self.per_key.insert(key, left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> VerifyingKey {
        VerifyingKey::from_bytes([number; 32])
    }

    fn nonce(number: usize) -> Nonce {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..8].copy_from_slice(&number.to_be_bytes());
        nonce
    }

    #[test]
    fn a_request_is_taken_once() {
        let (mut replay, now) = (Replay::new(), Timestamp::from_ms(1_000_000));
        assert_eq!(replay.note(key(1), now, nonce(1), now), Ok(()));
        assert_eq!(replay.note(key(1), now, nonce(1), now), Err(Reason::AlreadyDone));
        assert_eq!(replay.note(key(2), now, nonce(1), now), Ok(()));
        assert_eq!(replay.note(key(1), now, nonce(2), now), Ok(()));
    }

    #[test]
    fn it_forgets_what_no_clock_accepts_and_stays_so() {
        let (mut replay, then) = (Replay::new(), Timestamp::from_ms(1_000_000));
        assert_eq!(replay.note(key(1), then, nonce(1), then), Ok(()));
        let later = then.plus_ms(SIGNED_SKEW_MS_MAX);
        assert_eq!(replay.note(key(1), then, nonce(1), later), Err(Reason::AlreadyDone));
        let over = later.plus_ms(1);
        assert_eq!(replay.note(key(2), over, nonce(2), over), Ok(()));
        assert_eq!(replay.len(), 1);
        // The clock is set back: what was forgotten is not taken for new.
        assert_eq!(replay.note(key(1), then, nonce(1), then), Err(Reason::ClockSkewed));
    }

    #[test]
    fn one_key_leaves_room_for_others() {
        let (mut replay, now) = (Replay::new(), Timestamp::from_ms(1_000_000));
        for number in 0..REPLAY_SEEN_PER_KEY_MAX {
            assert_eq!(replay.note(key(1), now, nonce(number), now), Ok(()));
        }
        let one_more = nonce(REPLAY_SEEN_PER_KEY_MAX);
        assert_eq!(replay.note(key(1), now, one_more, now), Err(Reason::Unavailable));
        assert_eq!(replay.note(key(2), now, one_more, now), Ok(()));
        let later = now.plus_ms(SIGNED_SKEW_MS_MAX + 1);
        assert_eq!(replay.note(key(1), later, one_more, later), Ok(()));
        assert_eq!(replay.per_key.values().sum::<usize>(), replay.len());
    }
}
