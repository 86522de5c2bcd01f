//! Pseudonyms: keyed, short, with a check sign; the custodian's table back; and dates that move with their patient.
//!
//! It exists so that the same person has the same name in all of a project's data, another in every other project, and
//! no way back without the custodian. It never keeps a key: the caller has it and gives it, 32 bytes of its own for each
//! project. It never prints what a pseudonym stands for.

mod age;
mod shift;
mod sign;
mod table;

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

pub use age::{Age, AgeError};
pub use shift::{Days, Shift, ShiftError, Week};
pub use table::{Entry, NAMED_BYTES_MAX, TableError, read_table, write_table};

/// Signs of a body. WHY: 60 bits. Among n subjects of one kind in one project two share a pseudonym with a chance below
/// n²/2^61: 4 in ten million for a million patients; the table notices it.
const BODY_SIGNS: usize = 12;
/// Kind, body and check sign.
const SIGNS: usize = BODY_SIGNS + 2;

/// What separates these codes from any other use of the key. WHY a version: another form is another code.
const DOMAIN: &[u8] = b"epic pseudonym 1";

/// What a pseudonym stands for; two kinds never share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    Patient,
    Encounter,
    Sample,
}

impl Subject {
    /// The first sign of its pseudonyms.
    fn letter(self) -> u8 {
        match self {
            Self::Patient => b'P',
            Self::Encounter => b'E',
            Self::Sample => b'S',
        }
    }

    fn of(letter: u8) -> Option<Self> {
        [Self::Patient, Self::Encounter, Self::Sample].into_iter().find(|subject| subject.letter() == letter)
    }
}

/// A project's key for pseudonyms or for dates; leaves memory with its owner.
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// HMAC-SHA-256 (RFC 2104) over `domain`, a zero byte, `kind`, and what is named.
    fn code(&self, domain: &[u8], kind: u8, named: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let mut context = hmac::Context::with_key(&key);
        context.update(domain);
        context.update(&[0, kind]);
        context.update(named);
        let mut code = [0; 32];
        code.copy_from_slice(context.sign().as_ref());
        code
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.write_str("Key([..])")
    }
}

/// A pseudonym: `P-7K2M-9QXA-4TZ0-6`.
///
/// A kind, twelve signs, and a check sign that notices any one sign changed and any two signs exchanged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym {
    subject: Subject,
    /// 60 bits.
    body: u64,
}

impl Pseudonym {
    /// The pseudonym of what a source calls `named`: the same for the same key, kind and bytes. The caller brings what it
    /// names into one form first (a codice fiscale in capitals, a number without blanks).
    pub fn of(key: &Key, subject: Subject, named: &[u8]) -> Self {
        let code = key.code(DOMAIN, subject.letter(), named);
        let head = code.first_chunk::<8>().copied().unwrap_or_default();
        Self { subject, body: u64::from_be_bytes(head) >> 4 }
    }

    pub fn subject(self) -> Subject {
        self.subject
    }

    /// Kind, body and check sign as they are written, without hyphens.
    fn signs(self) -> [u8; SIGNS] {
        let mut signs = [self.subject.letter(); SIGNS];
        for (at, sign) in signs[1..=BODY_SIGNS].iter_mut().enumerate() {
            *sign = sign::of((self.body >> (5 * (BODY_SIGNS - 1 - at)) & 31) as u8);
        }
        signs[SIGNS - 1] = sign::check(&signs[..SIGNS - 1]);
        signs
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, sign) in self.signs().into_iter().enumerate() {
            let hyphen = if matches!(at, 1 | 5 | 9 | 13) { "-" } else { "" };
            write!(into, "{hyphen}{}", char::from(sign))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(into, "Pseudonym({self})")
    }
}

/// Why a text is no pseudonym.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PseudonymError {
    #[error("a pseudonym has 14 signs of its alphabet after P, E or S")]
    Form,
    #[error("the check sign does not hold: a sign was mistaken or two were exchanged")]
    Check,
}

impl FromStr for Pseudonym {
    type Err = PseudonymError;

    /// Small letters, blanks and hyphens are fine; O is read as 0, I and L as 1.
    fn from_str(text: &str) -> Result<Self, PseudonymError> {
        let mut signs = [0; SIGNS];
        let mut size = 0;
        for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            *signs.get_mut(size).ok_or(PseudonymError::Form)? =
                sign::read(byte).ok_or(PseudonymError::Form)?;
            size += 1;
        }
        let subject = Subject::of(signs[0]).filter(|_| size == SIGNS).ok_or(PseudonymError::Form)?;
        if sign::check(&signs[..SIGNS - 1]) != signs[SIGNS - 1] {
            return Err(PseudonymError::Check);
        }
        let values = signs[1..=BODY_SIGNS].iter().filter_map(|sign| sign::value(*sign));
        Ok(Self { subject, body: values.fold(0, |body, value| body << 5 | u64::from(value)) })
    }
}
