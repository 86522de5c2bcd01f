//! Requests signed with a person's own key: RFC 9421, one fixed profile.
//!
//! `epic=("@method" "@authority" "@path" "@query" "content-digest" "epic-act");
//! created=..;nonce="..";keyid="..";alg="ed25519"`, where the last two
//! components appear if the request has those headers, and one of them must.
//! The key's id is its public text, so a signature is checked before anything
//! is looked up. This file must never accept a second way to write the same thing.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use seal::keys::{KeyError, SIGNATURE_BYTES};
use seal::{SigningKey, VerifyingKey};
use words::time::SECOND_MS;
use words::{Reason, Timestamp};

use super::Replay;
use super::key_text;

/// How far a request's time may be from ours; one minute, as both ends run our code.
pub const SIGNED_SKEW_MS_MAX: i64 = 60_000;
pub const NONCE_BYTES: usize = 16;
/// WHY: the profile is fixed; its headers are below 300 characters.
pub const SIGNED_HEADER_CHARS_MAX: usize = 512;

/// The name of the signature in both headers.
const LABEL: &str = "epic=";

/// The parts of a request that a signature covers.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// `POST`
    pub method: &'a str,
    /// host and port, as the `Host` header has them
    pub authority: &'a str,
    /// path without query
    pub path: &'a str,
    /// query without `?`; empty where there is none
    pub query: &'a str,
    /// `Content-Digest` header (RFC 9530), where the body is JSON
    pub content_digest: Option<&'a str>,
    /// `Epic-Act` header: the act's fields, where the body is a stream
    pub epic_act: Option<&'a str>,
}

/// The two headers of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// `Signature-Input`
    pub input: String,
    /// `Signature`
    pub signature: String,
}

/// What a signature says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Claims {
    created: Timestamp,
    nonce: [u8; NONCE_BYTES],
    key: VerifyingKey,
}

/// Signs a request as a person.
pub fn sign(
    key: &SigningKey,
    message: &Message<'_>,
    now: Timestamp,
    nonce: [u8; NONCE_BYTES],
) -> Result<Headers, KeyError> {
    let claims = Claims { created: now, nonce, key: key.public() };
    let parameters = claims.parameters(message);
    let base = base(message, &parameters).ok_or(KeyError::Refused)?;
    let signature = BASE64.encode(&key.sign(base.as_bytes())?);
    Ok(Headers { input: format!("{LABEL}{parameters}"), signature: format!("{LABEL}:{signature}:") })
}

/// The key that signed this request, just now and for the first time.
///
/// Compare the digest with the body before acting (`digest::check`).
pub fn verify(
    message: &Message<'_>,
    headers: &Headers,
    now: Timestamp,
    replay: &mut Replay,
) -> Result<VerifyingKey, Reason> {
    let claims = Claims::read(&headers.input, message).ok_or(Reason::Unauthenticated)?;
    let signature = read_signature(&headers.signature).ok_or(Reason::Unauthenticated)?;
    if claims.created.since_ms(now).abs() > SIGNED_SKEW_MS_MAX {
        return Err(Reason::ClockSkewed);
    }
    let base = base(message, &claims.parameters(message)).ok_or(Reason::Invalid)?;
    let checked = claims.key.verify(base.as_bytes(), &signature);
    checked.map_err(|_| Reason::SignatureWrong)?;
    replay.note(claims.key, claims.created, claims.nonce, now)?;
    Ok(claims.key)
}

impl Message<'_> {
    /// Names and values of the covered components, in the order of the profile.
    fn components(&self) -> Vec<(&'static str, String)> {
        let mut components = vec![
            ("@method", self.method.to_owned()),
            // SPEC: RFC 9421, 2.2.3: the authority is compared in lower case.
            ("@authority", self.authority.to_ascii_lowercase()),
            ("@path", self.path.to_owned()),
            // SPEC: RFC 9421, 2.2.7: the question mark belongs to it, even alone.
            ("@query", format!("?{}", self.query)),
        ];
        components.extend(self.content_digest.map(|value| ("content-digest", value.to_owned())));
        components.extend(self.epic_act.map(|value| ("epic-act", value.to_owned())));
        components
    }
}

impl Claims {
    /// The inner list of `Signature-Input`: components and parameters.
    fn parameters(&self, message: &Message<'_>) -> String {
        let names: Vec<String> = message.components().iter().map(|(name, _)| format!("\"{name}\"")).collect();
        format!(
            "({});created={};nonce=\"{}\";keyid=\"{}\";alg=\"ed25519\"",
            names.join(" "),
            self.created.ms().div_euclid(SECOND_MS),
            BASE64URL_NOPAD.encode(&self.nonce),
            key_text::public_text(self.key),
        )
    }

    /// Reads what `parameters` writes for this message, and nothing else.
    fn read(input: &str, message: &Message<'_>) -> Option<Self> {
        if input.len() > SIGNED_HEADER_CHARS_MAX {
            return None;
        }
        let inner = input.strip_prefix(LABEL)?;
        let (_, rest) = inner.split_once(");created=")?;
        let (created, rest) = rest.split_once(";nonce=\"")?;
        let (nonce, rest) = rest.split_once("\";keyid=\"")?;
        let (key, _) = rest.split_once('"')?;
        let claims = Self {
            created: Timestamp::from_ms(created.parse::<i64>().ok()?.checked_mul(SECOND_MS)?),
            nonce: BASE64URL_NOPAD.decode(nonce.as_bytes()).ok()?.try_into().ok()?,
            key: key_text::read_public(key).ok()?,
        };
        // WHY: one spelling only, so the header must be what we would have written.
        (claims.parameters(message) == inner).then_some(claims)
    }
}

fn read_signature(header: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    if header.len() > SIGNED_HEADER_CHARS_MAX {
        return None;
    }
    let text = header.strip_prefix(LABEL)?.strip_prefix(':')?.strip_suffix(':')?;
    seal::base64(text)?.try_into().ok()
}

/// The text that is signed; none if the body is not covered or a value could forge a line.
fn base(message: &Message<'_>, parameters: &str) -> Option<String> {
    if message.content_digest.is_none() && message.epic_act.is_none() {
        return None;
    }
    signature_base(&message.components(), parameters)
}

// SPEC: RFC 9421, 2.5.
fn signature_base(components: &[(&str, String)], parameters: &str) -> Option<String> {
    let mut base = String::new();
    for (name, value) in components {
        let is_plain = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if !is_plain || value.trim() != value {
            return None;
        }
        base += &format!("\"{name}\": {value}\n");
    }
    Some(base + &format!("\"@signature-params\": {parameters}"))
}

#[cfg(test)]
mod tests;
