//! Patience: who tries and tries again waits longer each time.
//!
//! It is memory, in bounded room. Tries are counted for each name and for each
//! address; names of nobody count as those of somebody do. Passkeys are not
//! guessed, so a name that others have tried keeps nobody with one out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use words::time::{MINUTE_MS, SECOND_MS};
use words::{Reason, Refusal, Timestamp};

/// WHY: people mistype a password or miss a code's time.
const OF_NAME_FREE: u32 = 5;
/// WHY: a hospital comes in by one address.
const OF_ADDRESS_FREE: u32 = 30;
const FIRST_WAIT_MS: i64 = 15 * SECOND_MS;
/// WHY: at four tries an hour a code of six digits holds for years, and its owner waits for a coffee.
const WAIT_MS_MAX: i64 = 15 * MINUTE_MS;
/// WHY: after a quiet hour one begins anew.
const FORGOTTEN_MS: i64 = 60 * MINUTE_MS;
/// WHY: stretching bounds tries to some thousands an hour; this is room for all of them.
const KNOWN_MAX: usize = 65_536;

/// Whose tries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Whose {
    /// A digest: what was typed as a name may be a password.
    Name([u8; 32]),
    Address(IpAddr),
}

impl Whose {
    const fn free(&self) -> u32 {
        match self {
            Self::Name(_) => OF_NAME_FREE,
            Self::Address(_) => OF_ADDRESS_FREE,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    count: u32,
    last: Timestamp,
}

/// Tries that failed.
#[derive(Debug, Default)]
pub struct Patience {
    known: Mutex<HashMap<Whose, Tries>>,
}

fn both(name: &str, address: IpAddr) -> [Whose; 2] {
    [Whose::Name(seal::sha256(name.trim().to_lowercase().as_bytes())), Whose::Address(address)]
}

fn wait_ms(tries: u32, free: u32) -> i64 {
    let over = tries.saturating_sub(free);
    if tries < free { 0 } else { (FIRST_WAIT_MS << over.min(16)).min(WAIT_MS_MAX) }
}

impl Patience {
    /// Counts a try as failed before it is made, and refuses it if it comes too soon.
    ///
    /// WHY before: many at once must not all be looked at as the first.
    pub fn begin(&self, name: &str, address: IpAddr, now: Timestamp) -> Result<(), Refusal> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let both = both(name, address);
        let left = both.iter().filter_map(|whose| {
            let tries = known.get(whose).filter(|tries| now.since_ms(tries.last) < FORGOTTEN_MS)?;
            Some(wait_ms(tries.count, whose.free()) - now.since_ms(tries.last))
        });
        if let Some(left) = left.max().filter(|left| *left > 0) {
            let seconds = left.div_euclid(SECOND_MS) + 1;
            return Err(Refusal::with(Reason::TooManyTries, format!("try again in {seconds} seconds")));
        }
        if known.len() + both.len() > KNOWN_MAX {
            known.retain(|_, tries| now.since_ms(tries.last) < FORGOTTEN_MS);
        }
        if known.len() + both.len() > KNOWN_MAX {
            return Err(Refusal::with(Reason::Unavailable, "too many have tried to sign in"));
        }
        for whose in both {
            let tries = known.entry(whose).or_insert(Tries { count: 0, last: now });
            let count = if now.since_ms(tries.last) < FORGOTTEN_MS { tries.count } else { 0 };
            *tries = Tries { count: count.saturating_add(1), last: now };
        }
        Ok(())
    }

    /// It was right after all.
    pub fn end(&self, name: &str, address: IpAddr) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let [name, address] = both(name, address);
        known.remove(&name);
        // WHY one only: who has an account must not wipe out what they tried on others'.
        if let Some(tries) = known.get_mut(&address) {
            tries.count = tries.count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ms(seconds * SECOND_MS)
    }

    #[test]
    fn who_tries_again_and_again_waits_longer() {
        let patience = Patience::default();
        for _ in 0..OF_NAME_FREE {
            patience.begin("rita", address(1), at(0)).unwrap();
        }
        let refused = patience.begin("Rita ", address(2), at(1)).unwrap_err();
        assert_eq!((refused.reason, &*refused.detail), (Reason::TooManyTries, "try again in 15 seconds"));
        assert!(patience.begin("rocco", address(1), at(1)).is_ok(), "others are let in meanwhile");
        assert!(patience.begin("rita", address(2), at(15)).is_ok());
        assert!(patience.begin("rita", address(2), at(44)).is_err(), "twice as long");
        assert!(patience.begin("rita", address(2), at(45)).is_ok());
        // At last a quarter of an hour, and never more.
        let mut now = 45;
        for _ in 0..20 {
            now += 15 * 60;
            assert!(patience.begin("rita", address(2), at(now - 1)).is_err() || now < 1_000);
            patience.begin("rita", address(2), at(now)).unwrap();
        }
        assert!(patience.begin("rita", address(3), at(now + 3_600)).is_ok(), "after an hour one begins anew");
    }

    #[test]
    fn a_right_one_clears_its_name_and_not_its_address() {
        let patience = Patience::default();
        for number in 0..OF_ADDRESS_FREE {
            patience.begin(&format!("n{number}"), address(1), at(0)).unwrap();
        }
        assert!(patience.begin("rita", address(1), at(1)).is_err(), "an address that tries many names");
        assert!(patience.begin("rita", address(2), at(1)).is_ok());
        for _ in 0..OF_NAME_FREE + 1 {
            patience.begin("olga", address(2), at(1)).unwrap();
            patience.end("olga", address(2));
        }
    }

    // Goal: bounded room, whatever comes. Method: more names than there is room for, then a quiet hour.
    #[test]
    fn it_takes_bounded_room() {
        let patience = Patience::default();
        let mut refused = 0;
        for number in 0..KNOWN_MAX {
            let address = IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap()));
            refused += u32::from(patience.begin(&number.to_string(), address, at(0)).is_err());
        }
        assert!(refused > 0 && patience.known.lock().unwrap().len() <= KNOWN_MAX);
        assert!(patience.begin("rita", address(9), at(3_601)).is_ok());
    }
}
