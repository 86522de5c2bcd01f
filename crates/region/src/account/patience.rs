//! Patience: who tries and tries again waits longer each time.
//!
//! It is memory, in bounded room: a try of many is forgotten before one of few.
//! Tries are counted for each person and for each address; names of nobody count
//! as those of somebody do. Passkeys are not guessed, so a name that others have
//! tried keeps nobody with one out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use words::network::counted;
use words::time::{DAY_MS, MINUTE_MS, SECOND_MS};
use words::{Reason, Refusal, Timestamp};

/// WHY: people mistype a password or miss a code's time.
const OF_NAME_FREE: u32 = 5;
/// WHY: a hospital comes in by one address.
const OF_ADDRESS_FREE: u32 = 30;
const FIRST_WAIT_MS: i64 = 15 * SECOND_MS;
/// WHY: at four tries an hour a password and a code of six digits hold for years, and their owner waits for a coffee.
const WAIT_MS_MAX: i64 = 15 * MINUTE_MS;
/// WHY: after a quiet day one begins anew; who rests for less goes on where they were.
const FORGOTTEN_MS: i64 = DAY_MS;
/// WHY: of a whole institute somebody mistypes every few minutes, and one address must not wait for it.
const OF_ADDRESS_WEARS_OFF_MS: i64 = MINUTE_MS;
/// WHY: some megabytes.
const KNOWN_MAX: usize = 65_536;

/// Whose tries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Whose {
    Person([u8; 16]),
    /// A digest of what was typed for nobody: it may be a password.
    Nobody([u8; 32]),
    /// Codes of other machines, by who guesses at them.
    Device(IpAddr),
    Address(IpAddr),
}

impl Whose {
    pub fn typed(name: &str) -> Self {
        Self::Nobody(seal::sha256(name.trim().to_lowercase().as_bytes()))
    }

    pub fn of(address: IpAddr) -> Self {
        Self::Address(counted(address))
    }

    const fn free(&self) -> u32 {
        match self {
            Self::Person(_) | Self::Nobody(_) | Self::Device(_) => OF_NAME_FREE,
            Self::Address(_) => OF_ADDRESS_FREE,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    count: u32,
    last: Timestamp,
    /// How it was before the last, if that is right after all.
    before: (u32, Timestamp),
}

impl Tries {
    /// How many count at a moment.
    fn at(&self, whose: &Whose, now: Timestamp) -> u32 {
        let quiet_ms = now.since_ms(self.last).max(0);
        match whose {
            _ if quiet_ms >= FORGOTTEN_MS => 0,
            Whose::Address(_) => {
                let worn = u32::try_from(quiet_ms / OF_ADDRESS_WEARS_OFF_MS).unwrap_or(u32::MAX);
                self.count.saturating_sub(worn)
            }
            Whose::Person(_) | Whose::Nobody(_) | Whose::Device(_) => self.count,
        }
    }
}

/// Tries that failed.
#[derive(Debug, Default)]
pub struct Patience {
    known: Mutex<HashMap<Whose, Tries>>,
}

fn wait_ms(tries: u32, free: u32) -> i64 {
    let over = tries.saturating_sub(free);
    if tries < free { 0 } else { (FIRST_WAIT_MS << over.min(16)).min(WAIT_MS_MAX) }
}

impl Patience {
    /// Counts a try as failed before it is made, and refuses it if it comes too soon.
    ///
    /// WHY before: many at once must not all be looked at as the first.
    pub fn begin(&self, all: &[Whose], now: Timestamp) -> Result<(), Refusal> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let left = all.iter().filter_map(|whose| {
            let tries = known.get(whose)?;
            Some(wait_ms(tries.at(whose, now), whose.free()) - now.since_ms(tries.last))
        });
        if let Some(left) = left.max().filter(|left| *left > 0) {
            let seconds = left.div_euclid(SECOND_MS) + 1;
            return Err(Refusal::with(Reason::TooManyTries, format!("try again in {seconds} seconds")));
        }
        make_room(&mut known, now);
        for whose in all {
            let tries = known.entry(whose.clone()).or_insert(Tries { count: 0, last: now, before: (0, now) });
            let count = tries.at(whose, now).saturating_add(1);
            *tries = Tries { count, last: now, before: (tries.count, tries.last) };
        }
        Ok(())
    }

    /// It was right after all: the name is clear, and the address is as it was.
    ///
    /// WHY no clearer: who has an account must not wipe out what they tried on others'.
    pub fn end(&self, name: &Whose, address: &Whose) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(name);
        if let Some(tries) = known.get_mut(address) {
            (tries.count, tries.last) = tries.before;
        }
    }
}

/// WHY the fewest go first: an army of addresses that tried once each must not wash out whoever tried often.
fn make_room(known: &mut HashMap<Whose, Tries>, now: Timestamp) {
    if known.len() + 2 <= KNOWN_MAX {
        return;
    }
    known.retain(|_, tries| now.since_ms(tries.last) < FORGOTTEN_MS);
    let mut fewest = 1;
    while known.len() + 2 > KNOWN_MAX {
        known.retain(|_, tries| tries.count > fewest);
        fewest += 1;
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

    fn name(text: &str) -> Whose {
        Whose::typed(text)
    }

    #[test]
    fn who_tries_again_and_again_waits_longer() {
        let patience = Patience::default();
        let begin = |who: &str, from: u8, now| patience.begin(&[name(who), Whose::of(address(from))], now);
        for _ in 0..OF_NAME_FREE {
            begin("rita", 1, at(0)).unwrap();
        }
        let refused = begin("Rita ", 2, at(1)).unwrap_err();
        assert_eq!((refused.reason, &*refused.detail), (Reason::TooManyTries, "try again in 15 seconds"));
        assert!(begin("rocco", 1, at(1)).is_ok(), "others are let in meanwhile");
        assert!(begin("rita", 2, at(15)).is_ok());
        assert!(begin("rita", 2, at(44)).is_err(), "twice as long");
        assert!(begin("rita", 2, at(45)).is_ok());
        // At last a quarter of an hour, and never more; an hour's rest changes nothing.
        let mut now = 45;
        for round in 0..20 {
            now += 15 * 60;
            assert!(round < 6 || begin("rita", 2, at(now - 1)).is_err(), "{round}");
            begin("rita", 2, at(now)).unwrap();
        }
        now += 3_600;
        assert!(begin("rita", 3, at(now)).is_ok() && begin("rita", 3, at(now + 60)).is_err());
        assert!(begin("rita", 3, at(now + 2 * 86_400)).is_ok(), "after a day one begins anew");
        assert!(begin("rita", 3, at(now + 2 * 86_400)).is_ok());
    }

    #[test]
    fn a_right_one_clears_its_name_and_not_its_address() {
        let patience = Patience::default();
        for number in 0..OF_ADDRESS_FREE {
            patience.begin(&[name(&format!("n{number}")), Whose::of(address(1))], at(0)).unwrap();
        }
        let refused = patience.begin(&[name("rita"), Whose::of(address(1))], at(1));
        assert!(refused.is_err(), "an address that tries many names");
        assert!(patience.begin(&[name("rita"), Whose::of(address(2))], at(1)).is_ok());
        // It wears off, a try a minute, and a right one in between changes nothing.
        assert!(patience.begin(&[name("rocco"), Whose::of(address(1))], at(61)).is_ok());
        patience.end(&name("rocco"), &Whose::of(address(1)));
        assert!(patience.begin(&[name("rolf"), Whose::of(address(1))], at(62)).is_ok());
        for _ in 0..=OF_NAME_FREE {
            patience.begin(&[name("olga"), Whose::of(address(2))], at(1)).unwrap();
            patience.end(&name("olga"), &Whose::of(address(2)));
        }
    }

    // Goal: bounded room, and nobody is washed out by a crowd. Method: more names than there is room for.
    #[test]
    fn it_takes_bounded_room() {
        let patience = Patience::default();
        for _ in 0..OF_NAME_FREE {
            patience.begin(&[name("rita"), Whose::of(address(1))], at(0)).unwrap();
        }
        for number in 0..KNOWN_MAX {
            let address = IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap()));
            patience.begin(&[name(&number.to_string()), Whose::of(address)], at(0)).unwrap();
        }
        assert!(patience.known.lock().unwrap().len() <= KNOWN_MAX);
        assert!(patience.begin(&[name("rita"), Whose::of(address(2))], at(1)).is_err(), "still waiting");
    }
}
