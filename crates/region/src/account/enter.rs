//! Entering: a person proves who they are to the region itself.
//!
//! Every entry is a leaf, with the program it is for; it is also what makes a
//! code or a passkey's count good for one entry. What comes of it is a fact for
//! whoever makes the token, and opens nothing by itself.

use std::net::IpAddr;

use async_trait::async_trait;
use gate::facts::Target;
use gate::identify::passkey::{Shown, Used};
use gate::identify::password::Stretched;
use gate::identify::token::{Expected, verify};
use gate::issue::{TokenKind, token};
use seal::one_time::{AppKey, step_of};
use serde_json::json;
use words::act::{AccountEnter, Hidden};
use words::network::counted;
use words::noun::{Noun, Person};
use words::time::SECOND_MS;
use words::{Actor, Deed, Id, Place, Reason, Refusal, Secret, Timestamp};

use super::patience::Whose;
use super::way::judged_by_self;
use super::{AccountRow, ISSUER_PATH};
use crate::Region;
use crate::act::{Frame, Judged, Outcome, Plan, Request, Scene};
use crate::cell::draft::Draft;
use crate::greet::Greeting;
use crate::name;
use crate::noun::issuer::{self, IssuerRow};
use crate::noun::person::{self, PersonRow};
use crate::noun::role;

judged_by_self! { AccountEnter }

/// What somebody shows.
pub enum Proof<'a> {
    /// Their short name, their password, and what their app shows.
    Password { name: &'a str, password: Hidden, code: Hidden },
    /// What their browser made, on a page of this origin.
    Passkey { shown: &'a str, origin: &'a str },
}

/// By what somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Password,
    Passkey,
}

impl Way {
    const fn text(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Passkey => "passkey",
        }
    }

    /// SPEC: RFC 8176, 2; `mfa`: two kinds of proof at once, as both ways are.
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd", "otp", "mfa"],
            Self::Passkey => &["pop", "user", "mfa"],
        }
    }
}

/// Somebody who has proved who they are.
#[derive(Debug, Clone, Copy)]
pub struct Entered {
    pub person: Id<Person>,
    pub way: Way,
    pub at: Timestamp,
}

/// What a proof was worth, before it is used up.
enum UsedUp {
    Step(i64),
    /// `question`: until when the one held that it answered.
    Passkey {
        id: Vec<u8>,
        count: u32,
        question: Timestamp,
    },
}

impl Region {
    /// Lets somebody in for a program, at the issuer of this address.
    pub async fn enter(
        &self,
        at: &str,
        proof: Proof<'_>,
        client: &str,
        address: IpAddr,
        place: Place,
    ) -> Result<Entered, Refusal> {
        let (person, way, used) = match proof {
            Proof::Password { name, password, code } => {
                self.by_password(name, (password, code), address).await?
            }
            Proof::Passkey { shown, origin } => self.by_passkey(shown, origin, client).await?,
        };
        self.refuse_unspoken(at, person, None).await?;
        let actor = Actor { person, credential: None, session: None, place, address };
        let deed = AccountEnter { client: client.to_owned(), way: way.text().to_owned() };
        let at = self.now();
        let work = async {
            let allowed = self.allow(&actor, &deed, None).await?;
            let request = Request::once(actor.clone(), deed);
            self.commit(self.root(), request, allowed, Entering(used)).await
        };
        self.heard(&actor, AccountEnter::ACT, None, Box::pin(work)).await?;
        Ok(Entered { person, way, at })
    }

    /// WHY the work is the same for a name of nobody: how long it takes must not tell who is here.
    async fn by_password(
        &self,
        name: &str,
        (password, code): (Hidden, Hidden),
        address: IpAddr,
    ) -> Result<(Id<Person>, Way, UsedUp), Refusal> {
        // WHY a place first: a try that was not made is not counted against its name.
        let place = self.stretching().place().await?;
        let root = self.root().view().await?;
        let person: Option<Id<Person>> = name::find_id(&root, Noun::Person, name.trim()).await.ok();
        let whose = person.map_or_else(|| Whose::typed(name), |person| Whose::Person(person.to_bytes()));
        self.patience().begin(&[whose.clone(), Whose::of(address)], self.now())?;
        let account = match person {
            Some(person) => AccountRow::of(&root, person).await?.password,
            None => None,
        };
        let stretched = account.as_ref().map_or_else(Stretched::of_nobody, |known| known.stretched.clone());
        let fits = place.run(move || stretched.fits(password.expose())).await?;
        let (key, last) =
            account.as_ref().map_or(([0; 20], None), |known| (*known.app_key, Some(known.step)));
        let key: AppKey = Secret::new(key);
        let step = step_of(&key, code.expose(), self.now(), last);
        match (person, account, fits, step) {
            (Some(person), Some(_), true, Some(step)) => {
                self.patience().end(&whose, &Whose::of(address));
                Ok((person, Way::Password, UsedUp::Step(step)))
            }
            _ => Err(Refusal::with(Reason::ProofWrong, "the name, the password or the code is wrong")),
        }
    }

    async fn by_passkey(
        &self,
        shown: &str,
        origin: &str,
        client: &str,
    ) -> Result<(Id<Person>, Way, UsedUp), Refusal> {
        let wrong = || Refusal::with(Reason::ProofWrong, "that passkey is not known here");
        let shown = Shown::read(shown)?;
        let question = self.question(&shown.challenge, client)?;
        let person: Id<Person> = Id::from_bytes(shown.person().ok_or_else(wrong)?);
        let id = shown.id()?;
        let account = AccountRow::of(&self.root().view().await?, person).await?;
        let known = account.passkeys.iter().find(|passkey| *passkey.id == id[..]).ok_or_else(wrong)?;
        let used = Used { origin, challenge: &shown.challenge };
        let count = shown.verify(&known.passkey()?, used)?;
        Ok((person, Way::Passkey, UsedUp::Passkey { id, count, question }))
    }

    /// Greets somebody who entered a while ago, if they still would be let in.
    pub async fn greet_entered(
        &self,
        at: &str,
        person: Id<Person>,
        since: Timestamp,
        address: IpAddr,
    ) -> Result<Greeting, Refusal> {
        self.refuse_unspoken(at, person, Some(since)).await?;
        self.greet(&Actor { person, credential: None, session: None, place: Place::Outside, address }).await
    }

    /// Slows whoever guesses at what other machines wait for.
    pub fn guess(&self, address: IpAddr) -> Result<(), Refusal> {
        self.patience().begin(&[Whose::Device(counted(address))], self.now())
    }

    /// It was no guess.
    pub fn guessed(&self, address: IpAddr) {
        let own = Whose::Device(counted(address));
        self.patience().end(&own, &own);
    }

    /// Whether an issuer is this region itself: what is published there verifies what is signed here.
    ///
    /// WHY not by its address: another region's looks alike. One whose keys are not known now is taken for another.
    pub fn is_own_issuer(&self, row: &IssuerRow) -> bool {
        let now = self.now();
        let seconds = now.ms().div_euclid(SECOND_MS);
        let claims =
            json!({ "iss": row.url, "aud": "epic", "sub": "epic", "iat": seconds, "exp": seconds + 1 });
        let made = self.token_seed().ok().and_then(|seed| token(&seed, TokenKind::Access, &claims, now).ok());
        let (Some(made), Some(keys)) = (made, self.keyring().keys(row.id, now)) else { return false };
        let expected = Expected { issuer: &row.url, audiences: &["epic".to_owned()], now };
        verify(made.expose(), &keys, expected).is_ok()
    }

    /// Waits, for a moment at most, until the keys are here of what may be this region itself.
    pub(super) async fn know_own_issuer(&self) -> Result<(), Refusal> {
        for row in self.issuers().await?.iter().filter(|row| row.url.ends_with(ISSUER_PATH)) {
            if self.keyring().keys(row.id, self.now()).is_none() {
                self.keyring().fetched_anew(row.id, self.now()).await;
            }
        }
        Ok(())
    }

    /// What the keys of tokens follow from.
    pub fn token_seed(&self) -> Result<Secret<[u8; 32]>, Refusal> {
        self.text_key("epic issuer")
    }

    /// Refuses whom this issuer does not speak for, or no longer if they have entered a while ago.
    async fn refuse_unspoken(
        &self,
        at: &str,
        person: Id<Person>,
        since: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let root = self.root().view().await?;
        let row: PersonRow = root.known(&person.to_bytes()).await?;
        if row.is_suspended {
            return Err(Reason::PersonSuspended.into());
        }
        if since.is_some_and(|since| row.recalled_at.is_some_and(|recalled| since <= recalled)) {
            return Err(Reason::SessionEnded.into());
        }
        let nobody =
            || Refusal::with(Reason::NotEnrolled, "your organisation has not agreed to signing in here");
        let issuer = issuer::at(&root, at).await?.ok_or_else(nobody)?;
        let adopted = issuer::speaks_for(&root, issuer.id, row.organisation).await?.ok_or_else(nobody)?;
        // WHY: what somebody proved under other terms is not carried on under these.
        match since.is_some_and(|since| since < adopted) {
            true => Err(Reason::SessionEnded.into()),
            false => Ok(()),
        }
    }
}

/// Uses a proof up, so that it is good once.
struct Entering(UsedUp);

#[async_trait]
impl Plan<AccountEnter> for Entering {
    async fn plan(
        &mut self,
        deed: &AccountEnter,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let (id, again) =
            (frame.actor.person, || Refusal::with(Reason::ProofWrong, "that was used just now"));
        let mut account = AccountRow::of(draft, id).await?;
        match &self.0 {
            UsedUp::Step(step) => {
                let password = account.password.as_mut().ok_or_else(again)?;
                if *step <= password.step {
                    return Err(again());
                }
                password.step = *step;
            }
            UsedUp::Passkey { id, count, question } => {
                let known = account.passkeys.iter_mut().find(|passkey| *passkey.id == id[..]);
                let known = known.ok_or_else(again)?;
                let counts_back = (*count, known.count) != (0, 0) && *count <= known.count;
                // WHY the question too: many passkeys count nothing.
                if counts_back || *question <= known.answered {
                    return Err(again());
                }
                (known.count, known.answered) = (*count, *question);
            }
        }
        account.put(draft, id)?;
        let answer = json!({ "client": &deed.client, "way": &deed.way });
        Ok(Outcome::of(Noun::Person, id).within(id.cast()).saying(answer))
    }
}
