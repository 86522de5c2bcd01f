//! Codes that let a person make their ways in: derived, so that none is kept.

use std::net::IpAddr;

use data_encoding::BASE32_NOPAD;
use seal::keys;
use words::noun::{Opening, Person};
use words::{Actor, Id, Place, Reason, Refusal, Secret};

use super::{AccountRow, OpeningRow};
use crate::Region;

const LABEL: &str = "epic account code";
/// WHY: nobody guesses 128 bits; it is read from a page or a letter and typed once.
const FIRST_BYTES: usize = 16;
/// WHY: it counts only beside the other half, which is as above.
const SECOND_BYTES: usize = 10;
/// WHY: people read aloud and type in fours.
const GROUP_CHARS: usize = 4;

/// Which half of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Says whose it is too; an invitation has no other.
    First,
    Second,
}

impl Region {
    /// A code as its person gets it.
    pub(super) fn code_of(
        &self,
        person: Id<Person>,
        opening: Id<Opening>,
        half: Half,
    ) -> Result<Secret<String>, Refusal> {
        let key = self.text_key(LABEL)?;
        let label = match half {
            Half::First => "first",
            Half::Second => "second",
        };
        let context = [person.to_bytes(), opening.to_bytes()].concat();
        let made = keys::derive(&key, label, &context).map_err(|_| Refusal::new(Reason::Unavailable))?;
        let bytes = match half {
            Half::First => [&person.to_bytes()[..], &made.expose()[..FIRST_BYTES]].concat(),
            Half::Second => made.expose()[..SECOND_BYTES].to_vec(),
        };
        Ok(Secret::new(grouped(&BASE32_NOPAD.encode(&bytes))))
    }

    /// Whoever holds the code of an invitation or a recovery, with the other half where it takes one.
    ///
    /// WHY one refusal: what is wrong with a code tells who guesses it nothing.
    pub async fn actor_of_code(
        &self,
        code: &str,
        approval: &str,
        address: IpAddr,
        place: Place,
    ) -> Result<Actor, Refusal> {
        let person = person_of(code).ok_or_else(wrong)?;
        let root = self.root().view().await?;
        let account = AccountRow::of(&root, person).await?;
        let opening = account.open_at(self.now()).ok_or_else(wrong)?;
        self.refuse_code(person, opening, code, approval)?;
        Ok(Actor { person, credential: None, session: None, place, address })
    }

    pub(super) fn refuse_code(
        &self,
        person: Id<Person>,
        opening: &OpeningRow,
        code: &str,
        approval: &str,
    ) -> Result<(), Refusal> {
        let is = |half, text: &str| {
            let expected = self.code_of(person, opening.id, half)?;
            Ok::<_, Refusal>(Secret::new(plain(expected.expose())) == Secret::new(plain(text)))
        };
        let first = is(Half::First, code)?;
        let second = !opening.is_recovery || (is(Half::Second, approval)? && opening.approved_by.is_some());
        if first && second { Ok(()) } else { Err(wrong()) }
    }
}

fn wrong() -> Refusal {
    Refusal::with(
        Reason::ProofWrong,
        "the code is wrong, was used, or its time is over; a recovery takes both halves",
    )
}

fn person_of(code: &str) -> Option<Id<Person>> {
    let bytes = BASE32_NOPAD.decode(plain(code).as_bytes()).ok()?;
    let (person, mac) = bytes.split_at_checked(16)?;
    Some(Id::from_bytes(person.try_into().ok()?)).filter(|_| mac.len() == FIRST_BYTES)
}

fn grouped(text: &str) -> String {
    let signs: Vec<char> = text.chars().collect();
    let groups: Vec<String> = signs.chunks(GROUP_CHARS).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// As it was made, however it was typed.
fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|sign| sign.to_ascii_uppercase()).collect()
}
