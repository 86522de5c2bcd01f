//! Share keys: what a person's shares of split keys are sealed to.
//!
//! A person offers the public half; the secret half follows from their own key
//! file and never comes here. A new offer holds for the next split alone.

use async_trait::async_trait;
use data_encoding::BASE64;
use gate::facts::Target;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use serde_json::json;
use words::act::KeyOffer;
use words::noun::{Noun, Person};
use words::{Id, Reason, Refusal};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::row::{Row, Table};

/// The public half of a person's share key.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ShareKeyRow {
    #[n(0)]
    pub person: Id<Person>,
    #[n(1)]
    pub public: ByteArray<32>,
}

impl Row for ShareKeyRow {
    const TABLE: Table = Table::ShareKey;
}

/// A share key as text: base64 of 32 bytes.
pub fn read(text: &str) -> Option<[u8; 32]> {
    BASE64.decode(text.trim().as_bytes()).ok()?.try_into().ok()
}

#[async_trait]
impl Judged for KeyOffer {
    async fn target(&self, _: &Scene<'_>) -> Result<Target, Refusal> {
        Ok(Target::Region)
    }
}

#[async_trait]
impl Rule for KeyOffer {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let public = read(&self.key).ok_or_else(|| {
            Refusal::with(Reason::Invalid, "a share key is what `epic share key` prints: 32 bytes in base64")
        })?;
        let person = frame.actor.person;
        draft.put(&person.to_bytes(), &ShareKeyRow { person, public: public.into() })?;
        Ok(Outcome::of(Noun::Person, person).saying(json!({ "person": person.to_string() })))
    }
}
