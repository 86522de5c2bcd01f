//! S3 access key ids that prove themselves: an id, its kind, and a short MAC.
//!
//! A made-up id is refused without looking anything up, and a temporary key is
//! known to be one before its row is read. The secret follows from the text, so
//! none is stored. This file must never tell whether a credential exists.

use data_encoding::BASE32_NOPAD;
use seal::keys::{self, KEY_BYTES, KeyError};
use words::id::{ID_BYTES, ID_TEXT_CHARS};
use words::{Id, Reason, Secret, noun};

/// Starts every access key id, as `AKIA` does elsewhere.
const PREFIX: &str = "EP";
/// WHY: 32 bits refuse junk cheaply; who may do what is proven by the signature, not by this.
const MAC_BYTES: usize = 4;
const MAC_CHARS: usize = 7;
/// Characters of an access key id; AWS allows 16 to 128 of `[A-Z0-9]`.
pub const ACCESS_KEY_CHARS: usize = PREFIX.len() + 1 + ID_TEXT_CHARS + MAC_CHARS;

const LABEL: &str = "epic access key id";

/// What an access key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessKind {
    /// Works until its last day.
    Lasting,
    /// Delivers under an upload grant.
    Delivery,
    /// Works only beside its session token.
    Temporary,
}

impl AccessKind {
    const ALL: [Self; 3] = [Self::Lasting, Self::Delivery, Self::Temporary];

    const fn letter(self) -> char {
        match self {
            Self::Lasting => 'L',
            Self::Delivery => 'D',
            Self::Temporary => 'T',
        }
    }
}

/// An access key id that was made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccessKey {
    pub kind: AccessKind,
    pub credential: Id<noun::Credential>,
}

impl AccessKey {
    /// The id as clients hold it.
    pub fn text(&self, k_sigv4: &Secret<[u8; KEY_BYTES]>) -> Result<String, KeyError> {
        let id = BASE32_NOPAD.encode(&self.credential.to_bytes());
        let body = format!("{PREFIX}{}{id}", self.kind.letter());
        let mac = BASE32_NOPAD.encode(&short_mac(k_sigv4, &body)?);
        Ok(body + &mac)
    }

    /// Reads an id; whatever was not made under this key is refused alike.
    pub fn parse(text: &str, k_sigv4: &Secret<[u8; KEY_BYTES]>) -> Result<Self, Reason> {
        let refused = Reason::Unauthenticated;
        if text.len() != ACCESS_KEY_CHARS || !text.is_ascii() {
            return Err(refused);
        }
        let (body, mac) = text.split_at(ACCESS_KEY_CHARS - MAC_CHARS);
        let rest = body.strip_prefix(PREFIX).ok_or(refused)?;
        let (letter, id) = rest.split_at(1);
        let kind = AccessKind::ALL.into_iter().find(|kind| letter.starts_with(kind.letter()));
        let expected = Secret::new(short_mac(k_sigv4, body).map_err(|_| refused)?);
        let given = BASE32_NOPAD.decode(mac.as_bytes()).map_err(|_| refused)?;
        if expected != Secret::new(given.try_into().map_err(|_| refused)?) {
            return Err(refused);
        }
        let id = BASE32_NOPAD.decode(id.as_bytes()).map_err(|_| refused)?;
        let id: [u8; ID_BYTES] = id.try_into().map_err(|_| refused)?;
        Ok(Self { kind: kind.ok_or(refused)?, credential: Id::from_bytes(id) })
    }

    /// The secret that belongs to this id.
    pub fn secret(&self, k_sigv4: &Secret<[u8; KEY_BYTES]>) -> Result<Secret<String>, KeyError> {
        Ok(keys::s3_secret(k_sigv4, &self.text(k_sigv4)?))
    }
}

fn short_mac(k_sigv4: &Secret<[u8; KEY_BYTES]>, body: &str) -> Result<[u8; MAC_BYTES], KeyError> {
    // WHY: the secrets are MACs of the same texts under the same key; a key of its own keeps them apart.
    let key = keys::derive(k_sigv4, LABEL, b"")?;
    let mac = keys::mac(&key, body.as_bytes());
    let mut short = [0; MAC_BYTES];
    short.copy_from_slice(mac.split_at(MAC_BYTES).0);
    Ok(short)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

    fn kinds() -> impl Strategy<Value = AccessKind> {
        prop::sample::select(AccessKind::ALL.to_vec())
    }

    proptest! {
        // Goal: a key id survives its text, in the alphabet of AWS. Method: any id, any kind.
        #[test]
        fn text_round_trips(id: [u8; ID_BYTES], kind in kinds()) {
            let key = Secret::new(KEY);
            let access = AccessKey { kind, credential: Id::from_bytes(id) };
            let text = access.text(&key).unwrap();
            prop_assert_eq!(text.len(), ACCESS_KEY_CHARS);
            prop_assert!(text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()));
            prop_assert_eq!(AccessKey::parse(&text, &key), Ok(access));
            prop_assert_eq!(access.secret(&key).unwrap().expose().len(), keys::S3_SECRET_CHARS);
        }

        // Goal: no character of an id can be changed. Method: replace one, anywhere.
        #[test]
        fn a_changed_id_is_refused(id: [u8; ID_BYTES], at in 0..ACCESS_KEY_CHARS, by in "[A-Z2-7]") {
            let key = Secret::new(KEY);
            let access = AccessKey { kind: AccessKind::Lasting, credential: Id::from_bytes(id) };
            let mut text = access.text(&key).unwrap();
            prop_assume!(text[at..=at] != by);
            text.replace_range(at..=at, &by);
            prop_assert_eq!(AccessKey::parse(&text, &key), Err(Reason::Unauthenticated));
        }

        // Goal: any text is answered. Method: text that no one made.
        #[test]
        fn other_text_is_refused(text in ".{0,60}") {
            prop_assert!(AccessKey::parse(&text, &Secret::new(KEY)).is_err());
        }
    }

    #[test]
    fn another_region_s_key_refuses_it() {
        let access = AccessKey { kind: AccessKind::Lasting, credential: Id::from_bytes([1; ID_BYTES]) };
        let text = access.text(&Secret::new(KEY)).unwrap();
        assert!(AccessKey::parse(&text, &Secret::new([8; KEY_BYTES])).is_err());
    }
}
