//! Proving once more: what lets a signed-in person change how they sign in.
//!
//! A session is not enough: it may be a screen left unlocked, a cookie that was
//! copied, or a machine that somebody was talked into signing in; and what is
//! changed here outlives them all.

use minicbor::{Decode, Encode};
use words::act::Hidden;
use words::noun::Person;
use words::time::MINUTE_MS;
use words::{Id, Reason, Refusal, Timestamp};

use super::invite::has_ways;
use super::{AccountRow, Entered};
use crate::Region;
use crate::act::Frame;
use crate::cell::draft::Draft;
use crate::noun::person::PersonRow;

const PROVED: &str = "epic account proved";
const QUESTION: &str = "epic passkey question";
/// WHY: time to find a phone, scan a square and type a code.
const PROVED_MS: i64 = 10 * MINUTE_MS;
/// WHY: a browser asks for a finger at once.
const QUESTION_MS: i64 = 5 * MINUTE_MS;
/// WHY: a session that was begun with one's own key a moment ago is worth the key.
const FRESH_MS: i64 = 15 * MINUTE_MS;

/// By whom, and when.
#[derive(Debug, Encode, Decode)]
struct Proved {
    #[n(0)]
    person: Id<Person>,
    #[n(1)]
    at: Timestamp,
}

/// A question for a browser: for which program, until when.
#[derive(Debug, Encode, Decode)]
struct Question {
    #[n(0)]
    client: String,
    #[n(1)]
    ends: Timestamp,
    #[n(2)]
    chance: [u8; 16],
}

fn lost() -> Refusal {
    Refusal::with(Reason::ProofWrong, "the page was open for too long: open it again")
}

impl Region {
    /// That somebody has just entered, as their page carries it.
    pub fn proved_text(&self, entered: &Entered) -> Result<String, Refusal> {
        let proved = Proved { person: entered.person, at: entered.at };
        let bytes = minicbor::to_vec(&proved).map_err(|_| Refusal::new(Reason::Unavailable))?;
        self.seal_text(PROVED, &bytes)
    }

    fn proved(&self, text: &str) -> Result<Proved, Refusal> {
        let bytes = self.open_text(PROVED, text).map_err(|_| lost())?;
        minicbor::decode(&bytes).map_err(|_| lost())
    }

    /// What a browser is given to sign, for a while, for one program.
    pub fn passkey_question(&self, client: &str) -> Result<String, Refusal> {
        let ends = self.now().plus_ms(QUESTION_MS);
        let question =
            Question { client: client.to_owned(), ends, chance: words::chance::bytes(self.rand()) };
        let bytes = minicbor::to_vec(&question).map_err(|_| Refusal::new(Reason::Unavailable))?;
        self.seal_text(QUESTION, &bytes)
    }

    /// Until when a question holds, if it was asked here for this program and is not over.
    pub(super) fn question(&self, text: &str, client: &str) -> Result<Timestamp, Refusal> {
        let bytes = self.open_text(QUESTION, text).map_err(|_| lost())?;
        let question: Question = minicbor::decode(&bytes).map_err(|_| lost())?;
        let holds = self.now() <= question.ends && question.client == client;
        if holds { Ok(question.ends) } else { Err(lost()) }
    }
}

/// What a change of one's ways in comes with.
pub(super) struct With<'a> {
    pub code: Option<&'a Hidden>,
    pub approval: Option<&'a Hidden>,
    pub proof: Option<&'a Hidden>,
}

/// Whether all that was there before is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IsRecovered(pub bool);

/// Refuses whoever may not change this account; a code is used up by it.
pub(super) async fn enter(
    draft: &Draft,
    frame: &Frame<'_>,
    account: &mut AccountRow,
    with: &With<'_>,
) -> Result<IsRecovered, Refusal> {
    let person: PersonRow = draft.known(&frame.actor.person.to_bytes()).await?;
    match with.code {
        Some(code) => by_code(draft, frame, &person, account, (code, with.approval)).await,
        None => refuse_unproved(frame, &person, account, with.proof).map(|()| IsRecovered(false)),
    }
}

async fn by_code(
    draft: &Draft,
    frame: &Frame<'_>,
    person: &PersonRow,
    account: &mut AccountRow,
    (code, approval): (&Hidden, Option<&Hidden>),
) -> Result<IsRecovered, Refusal> {
    let lost = || Refusal::with(Reason::ProofWrong, "the code was used, or its time is over");
    let opening = account.open_at(frame.now).ok_or_else(lost)?;
    let approval = approval.map_or("", |approval| approval.expose().as_str());
    frame.region.refuse_code(person.id, opening, code.expose(), approval)?;
    let is_recovery = opening.is_recovery;
    // WHY again: whoever invited holds the code too, and meanwhile its person may have come in by another way.
    if !is_recovery && has_ways(frame.region, draft, person, account).await? {
        return Err(lost());
    }
    if is_recovery {
        // WHY: who has the lost phone must not come in by it.
        (account.password, account.passkeys) = (None, Vec::new());
    }
    Ok(IsRecovered(is_recovery))
}

/// WHY a key of one's own is proof enough: each of its requests is signed.
fn refuse_unproved(
    frame: &Frame<'_>,
    person: &PersonRow,
    account: &AccountRow,
    proof: Option<&Hidden>,
) -> Result<(), Refusal> {
    let Some(session) = &frame.actor.session else { return Ok(()) };
    if let Some(proof) = proof {
        let proved = frame.region.proved(proof.expose())?;
        let is_over = frame.now.since_ms(proved.at) > PROVED_MS
            || person.recalled_at.is_some_and(|recalled| proved.at <= recalled);
        let is_own = proved.person == person.id;
        return if is_own && !is_over { Ok(()) } else { Err(lost()) };
    }
    if account.has_ways() {
        return Err(Refusal::with(
            Reason::StateWrong,
            "prove who you are once more, on your page of how you sign in; then change it",
        ));
    }
    if session.issuer.is_some() {
        return Err(Refusal::with(
            Reason::NotOffered,
            "you come in by a provider, and what lasts takes more: a key of your own, or a recovery by two",
        ));
    }
    match frame.now.since_ms(session.begun) > FRESH_MS {
        true => {
            Err(Refusal::with(Reason::StateWrong, "you signed in too long ago: sign in again, then add it"))
        }
        false => Ok(()),
    }
}
