//! Identity tokens of our own: the region's signed word of who somebody is.
//!
//! They are what `identify/token.rs` believes of any provider, and go through it
//! when they come back: the region trusts itself on the same terms as others.
//! The key follows from the region's, one for each quarter of a year, so none is
//! stored and they turn over by themselves.
//! SPEC: OpenID Connect Core 1.0, 2; RFC 7515; RFC 7517; RFC 9068.

use data_encoding::BASE64URL_NOPAD;
use seal::es256::TokenKey;
use seal::keys::{KEY_BYTES, KeyError, derive};
use serde_json::{Value, json};
use words::time::DAY_MS;
use words::{Secret, Timestamp};

/// WHY: about a quarter of a year; nobody plans by its end.
const TERM_MS: i64 = 90 * DAY_MS;
const LABEL: &str = "epic token key";

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// For the program, of who signed in.
    Identity,
    /// For us, to tell the program more.
    Access,
}

impl TokenKind {
    const fn typ(self) -> &'static str {
        match self {
            Self::Identity => "JWT",
            Self::Access => "at+jwt",
        }
    }
}

/// Signs what is said, with the key of this moment.
pub fn token(
    seed: &Secret<[u8; KEY_BYTES]>,
    kind: TokenKind,
    claims: &Value,
    now: Timestamp,
) -> Result<Secret<String>, KeyError> {
    let term = term(now);
    let header = json!({ "alg": "ES256", "typ": kind.typ(), "kid": key_id(term) });
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let said = format!("{}.{}", part(&header), part(claims));
    let signature = key(seed, term)?.sign(said.as_bytes())?;
    Ok(Secret::new(format!("{said}.{}", BASE64URL_NOPAD.encode(&signature))))
}

/// The public keys of now, before and after (RFC 7517, 5). WHY three: clocks differ, and others remember keys for hours.
pub fn keys(seed: &Secret<[u8; KEY_BYTES]>, now: Timestamp) -> Result<Value, KeyError> {
    let here = term(now);
    let published: Result<Vec<Value>, KeyError> =
        (here - 1..=here + 1).map(|term| public(seed, term)).collect();
    Ok(json!({ "keys": published? }))
}

fn public(seed: &Secret<[u8; KEY_BYTES]>, term: i64) -> Result<Value, KeyError> {
    let key = key(seed, term)?;
    let (x, y) = key.public();
    let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    Ok(json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": key_id(term), "x": text(x), "y": text(y),
    }))
}

fn key(seed: &Secret<[u8; KEY_BYTES]>, term: i64) -> Result<TokenKey, KeyError> {
    TokenKey::from_seed(&derive(seed, LABEL, &term.to_be_bytes())?)
}

const fn term(now: Timestamp) -> i64 {
    now.ms().div_euclid(TERM_MS)
}

fn key_id(term: i64) -> String {
    format!("epic-{term}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::identify::token::{Expected, KeySet, verify};

    const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn made(now: Timestamp) -> Secret<String> {
        let seconds = now.ms() / 1_000;
        let claims = json!({ "iss": "https://a/issuer", "aud": "epic", "sub": "rita", "iat": seconds, "exp": seconds + 300 });
        token(&Secret::new([7; 32]), TokenKind::Identity, &claims, now).unwrap()
    }

    fn published(now: Timestamp) -> KeySet {
        KeySet::read(keys(&Secret::new([7; 32]), now).unwrap().to_string().as_bytes()).unwrap()
    }

    // Goal: what we sign is believed by what judges every provider. Method: the verifier itself, over a turn of keys.
    #[test]
    fn our_tokens_are_believed_as_others_are() {
        let audiences = ["epic".to_owned()];
        let judged = |token: &Secret<String>, keys: &KeySet, now| {
            let expected = Expected { issuer: "https://a/issuer", audiences: &audiences, now };
            verify(token.expose(), keys, expected).map(|claims| claims.subject)
        };
        assert_eq!(judged(&made(NOW), &published(NOW), NOW), Ok("rita".to_owned()));
        let turn = Timestamp::from_ms((term(NOW) + 1) * TERM_MS);
        let (before, after) = (turn.plus_ms(-1_000), turn.plus_ms(1_000));
        assert!(judged(&made(before), &published(after), after).is_ok());
        assert!(judged(&made(after), &published(before), after).is_ok(), "who remembers keys from before");
        let long_after = turn.plus_ms(2 * TERM_MS);
        assert!(judged(&made(before), &published(long_after), before).is_err(), "keys end");
        let other = KeySet::read(keys(&Secret::new([8; 32]), NOW).unwrap().to_string().as_bytes()).unwrap();
        assert!(judged(&made(NOW), &other, NOW).is_err(), "another region's");
    }
}
