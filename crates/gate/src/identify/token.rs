//! Identity tokens: an identity provider's signed word of who somebody is.
//!
//! A token is believed if a key that the provider publishes now signed it, for
//! this very use, at this time. What it says beyond that is the region's to
//! weigh. Nothing here fetches keys, knows persons, or writes a token anywhere:
//! a refusal names what is wrong and nothing of what the token says.
//! SPEC: RFC 7519 (JWT), RFC 8725 (what goes wrong with it), OpenID Connect Core 1.0, 3.1.3.7.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header};
use serde_json::{Map, Value};
use words::limit::{ISSUER_KEYS_MAX, SUBJECT_CHARS_MAX, TOKEN_CHARS_MAX, TOKEN_GROUPS_MAX};
use words::time::SECOND_MS;
use words::{Reason, Refusal, Timestamp};

/// WHY: clocks of providers are a few seconds off, and a minute is what verifiers grant them.
const LEEWAY_MS: i64 = 60 * SECOND_MS;

/// What a provider may sign with. WHY no `HS*`: a public key would be the secret (RFC 8725, 2.1).
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// What kinds of tokens there are. WHY: a provider signs other things with the same keys (RFC 8725, 3.11).
const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/at+jwt", "id_token+jwt"];

/// The public keys of one provider.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<Jwk>,
}

/// What a provider published is no set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what was published is no set of keys, or an endless one")]
pub struct KeySetError;

impl KeySet {
    /// Reads a JWK set (RFC 7517, 5). Keys of kinds that no token is signed with are left out.
    pub fn read(json: &[u8]) -> Result<Self, KeySetError> {
        let set: Value = serde_json::from_slice(json).map_err(|_| KeySetError)?;
        let all = set.get("keys").and_then(Value::as_array).ok_or(KeySetError)?;
        if all.len() > ISSUER_KEYS_MAX {
            return Err(KeySetError);
        }
        let read = |key: &Value| serde_json::from_value::<Jwk>(key.clone()).ok().filter(signs);
        Ok(Self { keys: all.iter().filter_map(read).collect() })
    }

    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether a token could be verified: its key is here.
    pub fn has(&self, token: &Peeked) -> bool {
        self.of(token.key_id.as_deref()).next().is_some()
    }

    /// The keys that a header may mean: the one it names, or all if it names none.
    fn of<'a>(&'a self, key_id: Option<&'a str>) -> impl Iterator<Item = &'a Jwk> {
        self.keys.iter().filter(move |key| key_id.is_none_or(|id| key.common.key_id.as_deref() == Some(id)))
    }
}

/// Whether a key may sign tokens.
fn signs(key: &Jwk) -> bool {
    let is_public = matches!(
        key.algorithm,
        AlgorithmParameters::RSA(_)
            | AlgorithmParameters::EllipticCurve(_)
            | AlgorithmParameters::OctetKeyPair(_)
    );
    is_public && matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature))
}

/// What a token says of itself before it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peeked {
    pub issuer: String,
    key_id: Option<String>,
}

/// Reads whose word a token claims to be.
pub fn peek(token: &str) -> Result<Peeked, Refusal> {
    let header = read_header(token)?;
    let claims = read_claims(token)?;
    let issuer = claims.get("iss").and_then(Value::as_str).ok_or_else(|| wrong("it names no issuer"))?;
    Ok(Peeked { issuer: issuer.to_owned(), key_id: header.kid })
}

/// For whom and when a token must be made out.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    pub issuer: &'a str,
    pub audiences: &'a [String],
    pub now: Timestamp,
}

/// What a believed token says.
#[derive(Debug, Clone)]
pub struct Claims {
    all: Map<String, Value>,
    /// Who it is about, in the provider's words.
    pub subject: String,
    /// When it was made.
    pub issued: Timestamp,
}

impl Claims {
    /// A claim that is one text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claim(name)?.as_str()
    }

    /// A claim that is a moment, in seconds since 1970.
    pub fn moment(&self, name: &str) -> Option<Timestamp> {
        Some(Timestamp::from_ms(self.claim(name)?.as_i64()?.saturating_mul(SECOND_MS)))
    }

    /// A claim that is a list of texts, or one text of several words.
    pub fn list(&self, name: &str) -> Vec<&str> {
        match self.claim(name) {
            Some(Value::String(text)) => text.split_whitespace().take(TOKEN_GROUPS_MAX).collect(),
            Some(Value::Array(items)) => {
                items.iter().filter_map(Value::as_str).take(TOKEN_GROUPS_MAX).collect()
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
        }
    }

    /// How they signed in: `acr` and every `amr` (OpenID Connect Core 1.0, 2; RFC 8176).
    pub fn ways(&self) -> Vec<&str> {
        self.text("acr").into_iter().chain(self.list("amr")).collect()
    }

    /// `wlcg.groups` as it stands, else `realm_access.roles` from within.
    fn claim(&self, name: &str) -> Option<&Value> {
        if let Some(claim) = self.all.get(name) {
            return Some(claim);
        }
        let mut parts = name.split('.');
        let first = self.all.get(parts.next()?)?;
        parts.try_fold(first, |claim, part| claim.get(part))
    }
}

/// Believes a token, or says why not.
pub fn verify(token: &str, keys: &KeySet, expected: Expected<'_>) -> Result<Claims, Refusal> {
    let header = read_header(token)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(wrong("it is signed in a way that nobody takes"));
    }
    let is_token = |kind: &String| TYPES.iter().any(|known| kind.eq_ignore_ascii_case(known));
    if !header.typ.as_ref().is_none_or(is_token) {
        return Err(wrong("it is no token of who somebody is"));
    }
    // SPEC: RFC 7515, 4.1.11: what is critical and not understood makes it invalid.
    if header.crit.is_some() {
        return Err(wrong("it asks for something that is not understood here"));
    }
    let mut found = keys.of(header.kid.as_deref()).filter(|key| fits(key, header.alg)).peekable();
    if found.peek().is_none() {
        return Err(wrong("no key that the provider publishes made it"));
    }
    let claims = found.find_map(|key| signed_by(token, key, header.alg));
    let Some(Value::Object(all)) = claims else {
        return Err(wrong("its signature does not fit"));
    };
    judge(all, expected)
}

/// SPEC: RFC 8725, 3.1: a key is used with its own algorithm and no other.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    key.common.key_algorithm.is_none_or(|named| named == KeyAlgorithm::from(algorithm))
}

fn signed_by(token: &str, key: &Jwk, algorithm: Algorithm) -> Option<Value> {
    let mut validation = Validation::new(algorithm);
    // WHY: the crate asks the machine's clock, and the region's is another; all of it is judged below.
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let key = DecodingKey::from_jwk(key).ok()?;
    decode::<Value>(token, &key, &validation).ok().map(|token| token.claims)
}

fn judge(all: Map<String, Value>, expected: Expected<'_>) -> Result<Claims, Refusal> {
    let text = |name: &str| all.get(name).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(wrong("it is another provider's"));
    }
    let audiences = listed(all.get("aud"));
    let is_ours = |audience: &&str| expected.audiences.iter().any(|ours| ours == audience);
    if !audiences.iter().any(is_ours) {
        return Err(wrong("it was made out for somebody else (aud)"));
    }
    // SPEC: OpenID Connect Core 1.0, 3.1.3.7: of several, the one it was issued to must be ours.
    if audiences.len() > 1 && text("azp").is_some_and(|azp| !is_ours(&azp)) {
        return Err(wrong("it was issued to somebody else (azp)"));
    }
    let now = expected.now;
    let ends = moment(&all, "exp")?.ok_or_else(|| wrong("it has no end (exp)"))?;
    if now.since_ms(ends) > LEEWAY_MS {
        return Err(Refusal::new(Reason::TokenEnded));
    }
    // SPEC: OpenID Connect Core 1.0, 2; RFC 9068, 2.2: every token says when it was made.
    let issued = moment(&all, "iat")?.ok_or_else(|| wrong("it does not say when it was made (iat)"))?;
    for (name, starts) in [("nbf", moment(&all, "nbf")?), ("iat", Some(issued))] {
        if starts.is_some_and(|starts| starts.since_ms(now) > LEEWAY_MS) {
            return Err(Refusal::with(Reason::TokenEnded, format!("it is not valid yet ({name})")));
        }
    }
    let subject = text("sub").filter(|subject| (1..=SUBJECT_CHARS_MAX).contains(&subject.chars().count()));
    let subject = subject.ok_or_else(|| wrong("it says of nobody that it is about them (sub)"))?.to_owned();
    Ok(Claims { all, subject, issued })
}

fn listed(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => Vec::new(),
    }
}

/// A moment in seconds since 1970, whole or not; none where the claim is absent.
fn moment(all: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(claim) = all.get(name) else {
        return Ok(None);
    };
    let seconds = claim.as_i64().or_else(|| claim.as_f64().and_then(whole));
    let ms = seconds.and_then(|seconds| seconds.checked_mul(SECOND_MS));
    ms.map(|ms| Some(Timestamp::from_ms(ms))).ok_or_else(|| wrong(&format!("`{name}` is no moment")))
}

/// SPEC: RFC 7519, 2: a NumericDate may have a fraction.
fn whole(seconds: f64) -> Option<i64> {
    format!("{:.0}", seconds.floor()).parse().ok()
}

fn read_header(token: &str) -> Result<Header, Refusal> {
    if token.len() > TOKEN_CHARS_MAX {
        return Err(wrong("it is longer than a token is"));
    }
    decode_header(token).map_err(|error| match error.kind() {
        ErrorKind::InvalidToken => wrong("it is no token"),
        _ => wrong("its head cannot be read"),
    })
}

fn read_claims(token: &str) -> Result<Value, Refusal> {
    let claims = token.split('.').nth(1).and_then(|part| BASE64URL_NOPAD.decode(part.as_bytes()).ok());
    let claims = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    claims.ok_or_else(|| wrong("what it says cannot be read"))
}

fn wrong(detail: &str) -> Refusal {
    Refusal::with(Reason::TokenWrong, detail)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
