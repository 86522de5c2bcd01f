//! Codes that an app makes from a key and the time.
//!
//! SPEC: RFC 4226 (HOTP), RFC 6238 (TOTP): SHA-1, six digits, steps of 30 seconds, as every app has them.

use aws_lc_rs::hmac;
use words::{Secret, Timestamp};

/// Bytes of a key: as many as its hash gives (RFC 4226, 4, R6).
pub const APP_KEY_BYTES: usize = 20;
const STEP_MS: i64 = 30_000;
const DIGITS: usize = 6;
/// WHY: who types needs some seconds, and phones' clocks are a little off (RFC 6238, 5.2).
const STEPS_OFF: i64 = 1;

/// The key of somebody's app.
pub type AppKey = Secret<[u8; APP_KEY_BYTES]>;

/// The step that a code is of, around a moment and after the last one that was used; none: it is wrong.
///
/// WHY all steps are looked at: how long it takes must not tell which one was near.
pub fn step_of(key: &AppKey, code: &str, now: Timestamp, used: Option<i64>) -> Option<i64> {
    let here = now.ms().div_euclid(STEP_MS);
    let code = Secret::new(code.split_whitespace().collect::<String>());
    let mut found = None;
    for step in here - STEPS_OFF..=here + STEPS_OFF {
        let is_it = Secret::new(code_at(key, step)) == code;
        if is_it && used.is_none_or(|used| step > used) {
            found = Some(step);
        }
    }
    found
}

/// The code of one step.
///
/// SPEC: RFC 4226, 5.3: the last four bits say which 31 bits are taken.
pub fn code_at(key: &AppKey, step: i64) -> String {
    let tag =
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.expose()), &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or(0) & 0x0f);
    let taken = tag.iter().skip(offset).take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{:0DIGITS$}", (taken & 0x7fff_ffff) % 1_000_000)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn key() -> AppKey {
        Secret::new(*b"12345678901234567890")
    }

    // SPEC: RFC 4226, appendix D; RFC 6238, appendix B (the last six of its eight digits).
    #[test]
    fn codes_are_those_of_the_standards() {
        for (step, code) in
            [(0, "755224"), (1, "287082"), (9, "520489"), (37_037_036, "081804"), (666_666_666, "353130")]
        {
            assert_eq!(code_at(&key(), step), code);
        }
    }

    #[test]
    fn a_code_holds_once_around_its_time() {
        let at = |step: i64| Timestamp::from_ms(step * STEP_MS);
        let code = code_at(&key(), 100);
        for (now, used, expected) in [
            (100, None, Some(100)),
            (99, None, Some(100)),
            (101, None, Some(100)),
            (102, None, None),
            (98, None, None),
            (100, Some(99), Some(100)),
            (100, Some(100), None),
            (100, Some(101), None),
        ] {
            assert_eq!(step_of(&key(), &code, at(now), used), expected, "{now} {used:?}");
        }
        let spaced = format!(" {} {}\n", &code[..3], &code[3..]);
        assert_eq!(step_of(&key(), &spaced, at(100), None), Some(100));
        assert_eq!(step_of(&key(), "", at(100), None), None);
    }
}
