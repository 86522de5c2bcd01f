//! Passkeys: what a browser makes with one, and whether it is believed.
//!
//! A passkey is a key pair of one person on one of their devices, bound to this
//! region's host: a page elsewhere cannot use it, and what is kept here opens
//! nothing. Nobody's word for the device is asked (attestation `none`): who adds
//! one has proved who they are in another way, in the same request.
//! SPEC: Web Authentication Level 3, 7.1 and 7.2; numbers in brackets are its steps.

use data_encoding::BASE64URL_NOPAD;
use seal::es256::PasskeyAlgorithm;
use serde::Deserialize;
use words::{Reason, Refusal};

/// WHY: a credential's id has at most 1,023 bytes (Web Authentication, 4); authenticators make 16 to 64 or so.
pub const PASSKEY_ID_BYTES_MAX: usize = 1_023;
/// WHY: an RSA key of 4,096 bits.
const KEY_BYTES_MAX: usize = 600;
/// SPEC: 6.1: the digest of the host, flags, a count.
const HEAD_BYTES: usize = 37;
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const HAS_KEY: u8 = 0x40;
/// WHY: an identifier of the authenticator's model lies before the length of the id (6.5.1).
const ID_AT: usize = HEAD_BYTES + 16;

/// What must be so where a passkey is used.
#[derive(Debug, Clone, Copy)]
pub struct Used<'a> {
    /// `https://region.example:9010`
    pub origin: &'a str,
    /// What was given to the browser to sign, in base64.
    pub challenge: &'a str,
}

/// What a browser made when a passkey was added; bytes in base64url.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// What was given to it: whoever gave it looks whether it is still good.
    pub challenge: String,
    client_data: String,
    authenticator_data: String,
    public_key: String,
    algorithm: i64,
}

/// What it made when one was used.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    pub challenge: String,
    id: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
    /// Whose it is, as it was told when it was added.
    person: String,
}

/// A passkey as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    pub id: Vec<u8>,
    pub algorithm: PasskeyAlgorithm,
    /// SubjectPublicKeyInfo.
    pub key: Vec<u8>,
    pub count: u32,
}

/// SPEC: 5.8.1.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    is_framed: bool,
}

fn wrong(detail: &str) -> Refusal {
    Refusal::with(Reason::ProofWrong, detail)
}

fn bytes(text: &str) -> Result<Vec<u8>, Refusal> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| wrong("the browser's answer cannot be read"))
}

impl Made {
    pub fn read(text: &str) -> Result<Self, Refusal> {
        serde_json::from_str(text).map_err(|_| wrong("the browser's answer cannot be read"))
    }

    /// The passkey, if it was made just so; any mistake is told.
    pub fn passkey(&self, used: Used<'_>) -> Result<Passkey, Refusal> {
        let said = bytes(&self.client_data)?;
        judge_client(&said, "webauthn.create", used)?;
        let data = bytes(&self.authenticator_data)?;
        let count = judge_data(&data, used.origin)?;
        let id = id_of(&data).ok_or_else(|| wrong("it has no key in it"))?;
        let algorithm = PasskeyAlgorithm::from_cose(self.algorithm);
        let algorithm = algorithm.ok_or_else(|| wrong("its kind of key is not taken here"))?;
        let key = bytes(&self.public_key)?;
        if key.is_empty() || key.len() > KEY_BYTES_MAX {
            return Err(wrong("its key cannot be read"));
        }
        Ok(Passkey { id, algorithm, key, count })
    }
}

impl Shown {
    pub fn read(text: &str) -> Result<Self, Refusal> {
        serde_json::from_str(text).map_err(|_| wrong("the browser's answer cannot be read"))
    }

    /// Whose it claims to be.
    pub fn person(&self) -> Option<[u8; 16]> {
        bytes(&self.person).ok()?.try_into().ok()
    }

    pub fn id(&self) -> Result<Vec<u8>, Refusal> {
        bytes(&self.id)
    }

    /// The count after this use, if the passkey signed this very challenge.
    pub fn verify(&self, passkey: &Passkey, used: Used<'_>) -> Result<u32, Refusal> {
        let said = bytes(&self.client_data)?;
        judge_client(&said, "webauthn.get", used)?;
        let data = bytes(&self.authenticator_data)?;
        let count = judge_data(&data, used.origin)?;
        // [7.2, 20-21]
        let message = [&data[..], &seal::sha256(&said)].concat();
        let signature = bytes(&self.signature)?;
        let verified = passkey.algorithm.verify(&passkey.key, &message, &signature);
        verified.map_err(|_| wrong("the passkey did not sign it"))?;
        // [7.2, 22] WHY: many count nothing; one that counts and goes back was copied.
        if (count, passkey.count) != (0, 0) && count <= passkey.count {
            return Err(wrong("the passkey counts backwards: it may have been copied"));
        }
        Ok(count)
    }
}

/// [7.1, 7-12], [7.2, 10-14]
fn judge_client(said: &[u8], kind: &str, used: Used<'_>) -> Result<(), Refusal> {
    let said: ClientData =
        serde_json::from_slice(said).map_err(|_| wrong("the browser's answer cannot be read"))?;
    if said.kind != kind {
        return Err(wrong("it was made for something else"));
    }
    if said.challenge != used.challenge {
        return Err(wrong("it answers another question"));
    }
    if said.origin != used.origin || said.is_framed {
        return Err(wrong("it was made on another page"));
    }
    Ok(())
}

/// [7.1, 14-17], [7.2, 15-18]: the count.
fn judge_data(data: &[u8], origin: &str) -> Result<u32, Refusal> {
    let (head, _) = data.split_at_checked(HEAD_BYTES).ok_or_else(|| wrong("it is cut off"))?;
    let (host, rest) = head.split_at(32);
    let of_host = host_of(origin).map(|host| seal::sha256(host.as_bytes()));
    if of_host.is_none_or(|of_host| host != of_host) {
        return Err(wrong("it is for another host"));
    }
    let (flags, count) = rest.split_at(1);
    let needed = PRESENT | VERIFIED;
    if flags[0] & needed != needed {
        return Err(wrong("the device has not asked who you are: a finger, a face or its code"));
    }
    Ok(count.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
}

/// The id of a credential that was made (6.5.1).
fn id_of(data: &[u8]) -> Option<Vec<u8>> {
    let flags = *data.get(32)?;
    let length = data.get(ID_AT..ID_AT + 2)?;
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let is_fit = flags & HAS_KEY != 0 && (1..=PASSKEY_ID_BYTES_MAX).contains(&length);
    data.get(ID_AT + 2..ID_AT + 2 + length).filter(|_| is_fit).map(<[u8]>::to_vec)
}

/// `region.example` of `https://region.example:9010`: what passkeys are bound to.
pub fn host_of(origin: &str) -> Option<&str> {
    let host = origin.split_once("://")?.1;
    Some(host.rsplit_once(':').map_or(host, |(host, _)| host)).filter(|host| !host.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
