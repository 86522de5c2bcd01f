//! Accounts: signing in at the region itself.
//!
//! A person has a password with an app that makes codes, or passkeys, or both:
//! whatever they use proves a second factor too. They make them with a code that
//! somebody gave them (`invite`), and who has lost all of them gets half a code
//! from each of two persons (`recover`). Nothing here lets anybody in by itself:
//! who has proved who they are gets a token, and that is judged like any
//! provider's (`session/sign_in.rs`).

mod code;
mod enter;
mod invite;
mod patience;
mod prove;
mod show;
mod spent;
mod way;

use gate::identify::passkey::Passkey;
use gate::identify::password::Stretched;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use seal::es256::PasskeyAlgorithm;
use seal::one_time::APP_KEY_BYTES;
use words::noun::{Opening, Person};
use words::{Id, Reason, Refusal, Timestamp};

use crate::cell::draft::Draft;
use crate::noun::person::PersonalRow;
use crate::row::{Row, Table};
pub use enter::{Entered, Proof, Way};
pub(crate) use invite::{Coded, coded};
pub(crate) use patience::Patience;
pub use spent::Spent;
pub(crate) use way::{Stretching, passkey, password};

/// Where a region is an issuer itself: its own address, and this.
pub const ISSUER_PATH: &str = "/issuer";
/// WHY: a person has few devices; a list without end would be read at each sign-in.
const PASSKEYS_MAX: usize = 8;

/// How a person signs in here. WHY in the person's scope: it dies with what identifies them.
#[derive(Debug, Clone, Default, Encode, Decode)]
pub struct AccountRow {
    #[n(0)]
    pub password: Option<Password>,
    #[n(1)]
    pub passkeys: Vec<PasskeyRow>,
    /// What lets somebody make ways in without having any.
    #[n(2)]
    pub opening: Option<OpeningRow>,
}

impl Row for AccountRow {
    const TABLE: Table = Table::Account;
}

/// A password, and the app that makes its codes.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Password {
    #[n(0)]
    pub stretched: Stretched,
    #[n(1)]
    pub app_key: ByteArray<APP_KEY_BYTES>,
    /// The step of the last code that was used: none is used twice.
    #[n(2)]
    pub step: i64,
    #[n(3)]
    pub at: Timestamp,
}

#[derive(Debug, Clone, Encode, Decode)]
pub struct PasskeyRow {
    #[n(0)]
    pub label: String,
    #[n(1)]
    pub id: ByteVec,
    /// As COSE numbers them.
    #[n(2)]
    pub algorithm: i64,
    #[n(3)]
    pub key: ByteVec,
    #[n(4)]
    pub count: u32,
    #[n(5)]
    pub at: Timestamp,
    /// Until when the last question held that it answered: none is answered twice, nor an older one later.
    #[n(6)]
    pub answered: Timestamp,
}

impl PasskeyRow {
    fn passkey(&self) -> Result<Passkey, Refusal> {
        let algorithm =
            PasskeyAlgorithm::from_cose(self.algorithm).ok_or(Refusal::new(Reason::Unavailable))?;
        Ok(Passkey { id: self.id.to_vec(), algorithm, key: self.key.to_vec(), count: self.count })
    }
}

/// An invitation, or a recovery.
#[derive(Debug, Clone, Encode, Decode)]
pub struct OpeningRow {
    #[n(0)]
    pub id: Id<Opening>,
    #[n(1)]
    pub by: Id<Person>,
    #[n(2)]
    pub ends: Timestamp,
    /// It takes somebody else's half of the code too, and ends the passwords and passkeys that were there.
    #[n(3)]
    pub is_recovery: bool,
    #[n(4)]
    pub approved_by: Option<Id<Person>>,
}

impl AccountRow {
    pub async fn of(draft: &Draft, person: Id<Person>) -> Result<Self, Refusal> {
        Ok(draft.row(&person.to_bytes()).await?.unwrap_or_default())
    }

    pub const fn has_ways(&self) -> bool {
        self.password.is_some() || !self.passkeys.is_empty()
    }

    fn put(&self, draft: &mut Draft, person: Id<Person>) -> Result<(), Refusal> {
        draft.put_in(PersonalRow::seal(person), &person.to_bytes(), self)
    }

    /// What waits to be used, at a moment.
    fn open_at(&self, now: Timestamp) -> Option<&OpeningRow> {
        self.opening.as_ref().filter(|opening| now <= opening.ends)
    }
}

/// Lets nobody use what waited for them.
pub async fn close_opening(draft: &mut Draft, person: Id<Person>) -> Result<(), Refusal> {
    let account = AccountRow::of(draft, person).await?;
    match account.opening {
        Some(_) => AccountRow { opening: None, ..account }.put(draft, person),
        None => Ok(()),
    }
}

/// Who asked for a recovery that waits.
pub async fn asked_by(draft: &Draft, person: Id<Person>) -> Result<Option<Id<Person>>, Refusal> {
    let row = AccountRow::of(draft, person).await?;
    Ok(row.opening.filter(|opening| opening.is_recovery).map(|opening| opening.by))
}
