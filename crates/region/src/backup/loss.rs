//! A loss: what custody remembers and no backup has, declared by two persons.
//!
//! A restore to a loss drops acts that were answered. So it needs two hands, an
//! operator's and a custodian's, over the digest of what is lost, and the root's
//! ledger says it at the next start.

use data_encoding::{BASE64, HEXLOWER};
use seal::SigningKey;
use seal::sha256;
use serde::{Deserialize, Serialize};
use words::actor::Role;
use words::noun::Person;
use words::{Id, Reason, Refusal, Timestamp};

use super::BackupError;
use crate::Region;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, HouseStep};
use crate::noun::person::PersonRow;
use crate::noun::role::RoleRow;

/// What a signature is over: this and the digest.
const DOMAIN: &[u8] = b"epic loss declared v1\n";
/// WHY: two are needed; more hands may be added.
const SIGNATURES_MAX: usize = 16;

/// What would be lost, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    pub region: String,
    pub run: u64,
    /// The moment of the backup: what came later is lost.
    pub at: Timestamp,
    pub cells: Vec<Lost>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    pub cell: String,
    pub kept_leaves: u64,
    pub remembered_leaves: u64,
}

/// One person's hand under a loss.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// Base64 of an Ed25519 public key.
    pub key: String,
    /// Base64.
    pub signature: String,
}

/// A loss and the hands under it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    pub loss: Loss,
    pub hands: Vec<Hand>,
}

impl Loss {
    /// In words, for the refusal.
    pub fn said(&self) -> String {
        let leaves: u64 = self.cells.iter().map(|lost| lost.remembered_leaves - lost.kept_leaves).sum();
        format!("at least {leaves} acts in {} ledgers since {}", self.cells.len(), self.at)
    }

    /// What the two sign.
    pub fn digest(&self) -> String {
        HEXLOWER.encode(&sha256(serde_json::to_string(self).unwrap_or_default().as_bytes()))
    }
}

fn message(digest: &str) -> Vec<u8> {
    [DOMAIN, digest.as_bytes()].concat()
}

/// Signs a loss by its digest.
pub fn sign(digest: &str, key: &SigningKey) -> Result<Hand, BackupError> {
    let unsigned = |_| BackupError::Undeclared { why: "the key does not sign".to_owned() };
    let signature = key.sign(&message(digest)).map_err(unsigned)?;
    Ok(Hand { key: BASE64.encode(&key.public().to_bytes()), signature: BASE64.encode(&signature) })
}

impl Declared {
    /// The persons whose hands these are; an operator and a custodian must be among them, as two.
    pub async fn check(&self, root: &Draft) -> Result<Vec<Id<Person>>, BackupError> {
        let why = |why: &str| BackupError::Undeclared { why: why.to_owned() };
        let unread = BackupError::Refused;
        if self.hands.len() > SIGNATURES_MAX {
            return Err(why("too many signatures"));
        }
        let rows = root.all::<PersonRow>(&[]).await.map_err(unread)?;
        let roles = root.all::<RoleRow>(&[]).await.map_err(unread)?;
        let mut persons = Vec::new();
        for hand in &self.hands {
            let key = verified(hand, &self.loss.digest())
                .ok_or_else(|| why("a signature is not over this loss"))?;
            let row = rows
                .iter()
                .map(|(_, row)| row)
                .find(|row| row.key.is_some_and(|own| *own == key) && !row.is_suspended);
            persons.push(row.ok_or_else(|| why("a signature is nobody's who is enrolled"))?.id);
        }
        let is = |person: &Id<Person>, role: Role| {
            roles.iter().any(|(_, row)| row.person == *person && Role::parse(&row.role) == Some(role))
        };
        let mut operators = persons.iter().filter(|person| is(person, Role::Operator));
        let is_by_two = operators
            .any(|operator| persons.iter().any(|other| other != operator && is(other, Role::Custodian)));
        match is_by_two {
            true => Ok(persons),
            false => Err(why("an operator and a custodian must sign, two persons")),
        }
    }
}

fn verified(hand: &Hand, digest: &str) -> Option<[u8; 32]> {
    let key: [u8; 32] = BASE64.decode(hand.key.as_bytes()).ok()?.try_into().ok()?;
    let signature = BASE64.decode(hand.signature.as_bytes()).ok()?;
    seal::VerifyingKey::from_bytes(key).verify(&message(digest), &signature).ok()?;
    Some(key)
}

impl Region {
    /// Records a loss that two persons declared, once: the root says what is missing and who said so.
    pub async fn declare_loss(&self, declared: &Declared) -> Result<(), Refusal> {
        let root = self.root().view().await?;
        let refused = |error: BackupError| Refusal::with(Reason::Invalid, error.to_string());
        let persons = declared.check(&root).await.map_err(refused)?;
        let detail = serde_json::to_vec(declared).map_err(|_| Refusal::new(Reason::Invalid))?;
        let digest = declared.loss.digest();
        let step = HouseStep::new(move |_, moment| {
            let mut entry = Entry { detail, ..Entry::of_house("region.loss", moment.now) };
            entry.record.subjects.push(format!("loss:{digest}"));
            entry.record.subjects.extend(persons.iter().map(|person| format!("person:{person}")));
            Ok(entry)
        });
        self.root().submit(Box::new(step)).await.map(drop)
    }
}
