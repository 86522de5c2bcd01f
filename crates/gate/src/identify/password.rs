//! Passwords: which are too easily guessed, and what is kept of one.
//!
//! SPEC: NIST SP 800-63B, 5.1.1; OWASP ASVS 2.1: long rather than strange, checked against what others guess, kept
//! stretched.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use seal::stretch::{Cost, stretch};
use words::{Rand, Reason, Refusal, Secret};
use zxcvbn::{Score, zxcvbn};

/// WHY: a sentence of four words is longer; below it guessing is cheap.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// WHY: the longest sentence somebody types; stretching takes no longer for it, checking it does.
pub const PASSWORD_CHARS_MAX: usize = 128;
/// WHY: OWASP's second choice for Argon2id doubled: a quarter of a second here, and few at once.
const COST: Cost = Cost { memory_kib: 46 * 1_024, passes: 2 };
const SALT_BYTES: usize = 16;

/// What is kept of a password.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Stretched {
    #[n(0)]
    salt: ByteArray<SALT_BYTES>,
    #[n(1)]
    memory_kib: u32,
    #[n(2)]
    passes: u32,
    #[n(3)]
    key: ByteArray<32>,
}

impl Stretched {
    /// Slow: a good part of a second, and its memory.
    pub fn of(password: &str, rand: &dyn Rand) -> Result<Self, Refusal> {
        let salt = words::chance::bytes::<SALT_BYTES>(rand);
        let key = stretch(password.as_bytes(), &salt, COST).ok_or(Refusal::new(Reason::Unavailable))?;
        let (Cost { memory_kib, passes }, key) = (COST, (*key.expose()).into());
        Ok(Self { salt: salt.into(), memory_kib, passes, key })
    }

    /// One that no password fits. WHY: who is not here must take as long to be refused as who is.
    pub fn of_nobody() -> Self {
        let Cost { memory_kib, passes } = COST;
        Self { salt: [0; SALT_BYTES].into(), memory_kib, passes, key: [0; 32].into() }
    }

    /// Slow, as above.
    pub fn fits(&self, password: &str) -> bool {
        let cost = Cost { memory_kib: self.memory_kib, passes: self.passes };
        let made = stretch(password.as_bytes(), &*self.salt, cost);
        made.is_some_and(|made| made == Secret::new(*self.key))
    }
}

/// Refuses what is short, or among the first billions that somebody would try; `own`: what is known of the person.
pub fn refuse_weak(password: &str, own: &[&str]) -> Result<(), Refusal> {
    let chars = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
        let says = format!(
            "a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters: take a short sentence"
        );
        return Err(Refusal::with(Reason::Invalid, says));
    }
    // WHY taken out first: a name beside a year looks long, and is the first thing that somebody who knows it tries.
    let own = own.iter().flat_map(|text| text.split(|sign: char| !sign.is_alphanumeric())).chain(["epic"]);
    let rest = own
        .filter(|word| word.chars().count() > 2)
        .fold(password.to_lowercase(), |rest, word| rest.replace(&word.to_lowercase(), ""));
    match zxcvbn(password, &[]).score() >= Score::Three && zxcvbn(&rest, &[]).score() >= Score::Three {
        true => Ok(()),
        false => Err(Refusal::with(
            Reason::Invalid,
            "that password is among those which others try first: take some words that have nothing to do with each other",
        )),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    struct Zeros;

    impl Rand for Zeros {
        fn fill(&self, into: &mut [u8]) {
            into.fill(0);
        }
    }

    #[test]
    fn what_is_easily_guessed_is_refused() {
        for weak in
            ["short", "aaaaaaaaaaaaaaaa", "password1234", "rita verdi 1980", "qwertyuiop[]", &"x".repeat(129)]
        {
            let refused = refuse_weak(weak, &["rita", "Rita Verdi"]).map_err(|refusal| refusal.reason);
            assert_eq!(refused, Err(Reason::Invalid), "{weak}");
        }
        for good in ["trattore lento sotto la neve", "Kd8-vW2p/qR5z", "però città più là"] {
            assert_eq!(refuse_weak(good, &["rita", "Rita Verdi"]), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_password_fits_what_was_kept_of_it_and_nothing_else_does() {
        let kept = Stretched::of("trattore lento sotto la neve", &Zeros).unwrap();
        assert!(kept.fits("trattore lento sotto la neve"));
        assert!(!kept.fits("trattore lento sotto la nebbia") && !kept.fits(""));
        assert!(!Stretched::of_nobody().fits("trattore lento sotto la neve"));
        assert!(!format!("{kept:?}").contains("trattore"));
    }
}
