//! The holder's side of split keys: their share key, and their share sealed to one call.
//!
//! It runs where the holder is, over what `key.show` told them; the secret half
//! and the open share never leave it. What the region told may be wrong: then
//! nothing opens, or what was sealed opens nothing.

use data_encoding::BASE64;
use seal::{DecryptionKey, EncryptionKey, derive, letter};
use serde_json::Value;
use words::noun::{Key, Person};
use words::{Id, Rand, Reason, Refusal, Secret};

use crate::noun::call::gift_context;
use crate::noun::share_key;
use crate::noun::split::{Kind, share_context};

/// WHY derived: a person keeps one file, and a signature says nothing about this key.
const LABEL: &str = "epic share key v1";

/// The share key that follows from a person's own key.
pub fn share_key_of(seed: &Secret<[u8; 32]>) -> Result<DecryptionKey, Refusal> {
    let secret = derive(seed, LABEL, b"").map_err(|_| Refusal::new(Reason::Unavailable))?;
    Ok(DecryptionKey::from_secret(&secret))
}

/// A share key as it is offered.
pub fn text(key: &DecryptionKey) -> String {
    BASE64.encode(&key.public().to_bytes())
}

/// A share on its way to one call.
#[derive(Debug, Clone)]
pub struct Gift {
    pub call: String,
    pub share: String,
}

/// Seals one's own share to the call that `key.show` tells of.
pub fn gift(shown: &Value, own: &DecryptionKey, rand: &dyn Rand) -> Result<Gift, Refusal> {
    let call = &shown["call"];
    if call.is_null() || !call["opened_until"].is_null() {
        return Err(Reason::CallEnded.into());
    }
    let wrong = || Refusal::new(Reason::ShareWrong);
    let cell = id(&shown["project"]).ok_or_else(wrong)?;
    let (kind, holders) = match call["emergency"].as_bool() {
        Some(true) => (Kind::Envelope, &shown["split"]["envelope"]),
        Some(false) | None => (Kind::Holders, &shown["split"]["holders"]),
    };
    let generation =
        call["split"].as_u64().and_then(|number| u32::try_from(number).ok()).ok_or_else(wrong)?;
    let to = call["key"].as_str().and_then(share_key::read).ok_or_else(wrong)?;
    let call: Id<Key> = id(&call["call"]).ok_or_else(wrong)?;
    for holder in holders.as_array().into_iter().flatten() {
        let person: Id<Person> = id(&holder["person"]).ok_or_else(wrong)?;
        let letter = holder["share"].as_str().and_then(|text| BASE64.decode(text.as_bytes()).ok());
        let context = share_context(kind, cell, generation, person);
        let Ok(share) = letter::open(own, &context, &letter.unwrap_or_default()) else { continue };
        let context = gift_context(cell, call, person);
        let sealed = letter::seal(EncryptionKey::from_bytes(to), rand, &context, share.expose());
        let share = BASE64.encode(&sealed.map_err(|_| wrong())?);
        return Ok(Gift { call: call.to_string(), share });
    }
    Err(wrong())
}

fn id<N>(value: &Value) -> Option<Id<N>> {
    value.as_str()?.parse().ok()
}
