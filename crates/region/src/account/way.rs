//! Ways in: a password with an app, passkeys; added and taken away by their person.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use data_encoding::BASE32_NOPAD;
use gate::facts::Target;
use gate::identify::passkey::{Made, Passkey, Used};
use gate::identify::password::{Stretched, refuse_weak};
use seal::one_time::{APP_KEY_BYTES, AppKey, step_of};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use words::act::{AccountDrop, AccountPasskey, AccountPassword};
use words::noun::{Noun, Person};
use words::{Actor, Deed, Id, Reason, Refusal, Secret, Timestamp};

use super::prove::{IsRecovered, With, enter};
use super::{AccountRow, ISSUER_PATH, PASSKEYS_MAX, PasskeyRow, Password};
use crate::Region;
use crate::act::{Frame, Judged, Outcome, Plan, Request, Rule, Scene};
use crate::cell::draft::Draft;
use crate::cell::step::Done;
use crate::noun::client::OWN_CLIENT;
use crate::noun::person::{self, PersonRow, PersonalRow};
use crate::noun::role;

/// WHY: a quarter of a second and 46 MiB each; two leave a small machine to others.
const AT_ONCE: usize = 2;
/// WHY: whoever waits longer tries again.
const PLACE_WAIT: Duration = Duration::from_secs(5);
/// WHY: what a person calls a device.
const LABEL_CHARS_MAX: usize = 64;
/// How a password is called among ways.
const PASSWORD: &str = "password";

macro_rules! judged_by_self {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        /// Whoever acts, and nobody else.
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            let row: PersonRow = scene.root.known(&scene.actor.person.to_bytes()).await?;
            person::target(scene, &row, &role::signed_for(scene.root).await?).await
        }
    })* };
}

judged_by_self! { AccountPassword AccountPasskey AccountDrop }
pub(super) use judged_by_self;

/// Passwords that are stretched at this moment.
#[derive(Debug)]
pub struct Stretching(Arc<Semaphore>);

impl Default for Stretching {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// A place among those whose passwords are stretched.
pub struct Place(OwnedSemaphorePermit);

impl Stretching {
    /// Waits for a place; whoever comes when many wait is told so.
    pub async fn place(&self) -> Result<Place, Refusal> {
        let place = tokio::time::timeout(PLACE_WAIT, Arc::clone(&self.0).acquire_owned()).await;
        place.map_err(|_| busy())?.map(Place).map_err(|_| busy())
    }
}

fn busy() -> Refusal {
    Refusal::with(Reason::Unavailable, "many are signing in")
}

impl Place {
    /// Does slow work beside everybody else's.
    pub async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let run = move || {
            let _place = self.0;
            work()
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| busy())
    }
}

/// Keeps the account; where something was replaced, whoever came in by it is out.
async fn keep(
    draft: &mut Draft,
    frame: &Frame<'_>,
    account: AccountRow,
    is_replaced: bool,
    answer: Value,
) -> Result<Outcome, Refusal> {
    let id = frame.actor.person;
    // WHY: who has a way in needs no code, and a recovery that others asked for is over.
    AccountRow { opening: None, ..account }.put(draft, id)?;
    if is_replaced {
        person::recall(draft, draft.known(&id.to_bytes()).await?, frame.now)?;
    }
    Ok(Outcome::of(Noun::Person, id).within(id.cast()).saying(answer))
}

macro_rules! with {
    ($deed:ident) => {
        With { code: $deed.code.as_ref(), approval: $deed.approval.as_ref(), proof: $deed.proof.as_ref() }
    };
}

struct SetPassword {
    stretched: Stretched,
    app_key: AppKey,
    step: i64,
}

#[async_trait]
impl Plan<AccountPassword> for SetPassword {
    async fn plan(
        &mut self,
        deed: &AccountPassword,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let mut account = AccountRow::of(draft, frame.actor.person).await?;
        let IsRecovered(is_recovered) = enter(draft, frame, &mut account, &with!(deed)).await?;
        let password = Password {
            stretched: self.stretched.clone(),
            app_key: (*self.app_key.expose()).into(),
            // WHY one less: who has just set it signs in with what the app still shows, and then it is used up.
            step: self.step - 1,
            at: frame.now,
        };
        let is_replaced = account.password.replace(password).is_some() || is_recovered;
        keep(draft, frame, account, is_replaced, json!({ "way": PASSWORD })).await
    }
}

/// Sets the password and the app of whoever acts.
pub async fn password(region: &Region, actor: &Actor, deed: AccountPassword) -> Result<Done, Refusal> {
    let work = async {
        let allowed = region.allow(actor, &deed, None).await?;
        let own = own_words(region, actor.person).await?;
        refuse_weak(deed.password.expose(), &own.iter().map(String::as_str).collect::<Vec<_>>())?;
        let app_key = app_key(deed.app_key.expose())?;
        let step = step_of(&app_key, deed.app_code.expose(), region.now(), None).ok_or_else(|| {
            Refusal::with(
                Reason::ProofWrong,
                "the app shows another code: look whether it holds this key, and whether the phone's clock is right",
            )
        })?;
        let (text, maker) = (Secret::new(deed.password.expose().clone()), region.clone());
        let place = region.stretching().place().await?;
        let stretched = place.run(move || Stretched::of(text.expose(), maker.rand())).await??;
        let request = Request::once(actor.clone(), deed);
        region.commit(region.root(), request, allowed, SetPassword { stretched, app_key, step }).await
    };
    region.heard(actor, AccountPassword::ACT, None, Box::pin(work)).await
}

async fn own_words(region: &Region, person: Id<Person>) -> Result<Vec<String>, Refusal> {
    let root = region.root().view().await?;
    let row: PersonRow = root.known(&person.to_bytes()).await?;
    let personal: Option<PersonalRow> = root.row(&person.to_bytes()).await?;
    let known = personal.into_iter().flat_map(|personal| [personal.name, personal.email]);
    Ok(known.chain([row.alias]).collect())
}

/// However it was typed: apps show it in groups.
fn app_key(text: &str) -> Result<AppKey, Refusal> {
    let plain: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|sign| sign.to_ascii_uppercase()).collect();
    let bytes = BASE32_NOPAD.decode(plain.as_bytes()).ok();
    let key = bytes.and_then(|bytes| <[u8; APP_KEY_BYTES]>::try_from(bytes).ok());
    key.map(Secret::new)
        .ok_or_else(|| Refusal::with(Reason::Invalid, "an app's key has 32 letters and digits"))
}

struct AddPasskey(Passkey);

#[async_trait]
impl Plan<AccountPasskey> for AddPasskey {
    async fn plan(
        &mut self,
        deed: &AccountPasskey,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        let mut account = AccountRow::of(draft, frame.actor.person).await?;
        let IsRecovered(is_recovered) = enter(draft, frame, &mut account, &with!(deed)).await?;
        let label = label(&deed.label)?;
        if account.passkeys.iter().any(|known| known.label == label || *known.id == self.0.id[..]) {
            return Err(Refusal::with(Reason::NameTaken, "you have that passkey, or one of that name"));
        }
        if account.passkeys.len() >= PASSKEYS_MAX {
            let says = format!("a person has {PASSKEYS_MAX} passkeys: take one away first");
            return Err(Refusal::with(Reason::StateWrong, says));
        }
        account.passkeys.push(PasskeyRow {
            label: label.clone(),
            id: self.0.id.clone().into(),
            algorithm: self.0.algorithm.cose(),
            key: self.0.key.clone().into(),
            count: self.0.count,
            at: frame.now,
            answered: Timestamp::from_ms(0),
        });
        keep(draft, frame, account, is_recovered, json!({ "way": label })).await
    }
}

fn label(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let is_fit = (1..=LABEL_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    match is_fit && text != PASSWORD {
        true => Ok(text.to_owned()),
        false => Err(Refusal::with(Reason::Invalid, "call it something of 1 to 64 characters")),
    }
}

/// Adds a passkey of whoever acts, made on a page where people sign in here.
pub async fn passkey(region: &Region, actor: &Actor, deed: AccountPasskey) -> Result<Done, Refusal> {
    let work = async {
        let allowed = region.allow(actor, &deed, None).await?;
        let made = Made::read(&deed.made)?;
        region.question(&made.challenge, OWN_CLIENT)?;
        let passkey = made_here(region, &made).await?;
        let request = Request::once(actor.clone(), deed);
        region.commit(region.root(), request, allowed, AddPasskey(passkey)).await
    };
    region.heard(actor, AccountPasskey::ACT, None, Box::pin(work)).await
}

/// The passkey, if it was made at one of the addresses at which this region is an issuer.
async fn made_here(region: &Region, made: &Made) -> Result<Passkey, Refusal> {
    let mut refused = Refusal::with(Reason::StateWrong, "nobody signs in here yet: `epic issuer trust`");
    for row in region.issuers().await? {
        let Some(origin) = row.url.strip_suffix(ISSUER_PATH) else { continue };
        match made.passkey(Used { origin, challenge: &made.challenge }) {
            Ok(passkey) => return Ok(passkey),
            Err(refusal) => refused = refusal,
        }
    }
    Err(refused)
}

#[async_trait]
impl Rule for AccountDrop {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let mut account = AccountRow::of(draft, frame.actor.person).await?;
        enter(draft, frame, &mut account, &With { code: None, approval: None, proof: self.proof.as_ref() })
            .await?;
        let before = account.passkeys.len();
        account.passkeys.retain(|passkey| passkey.label != self.way);
        let is_gone = match self.way == PASSWORD {
            true => account.password.take().is_some(),
            false => account.passkeys.len() < before,
        };
        if !is_gone {
            return Err(Refusal::with(Reason::NotFound, "you do not sign in by that"));
        }
        keep(draft, frame, account, true, json!({ "way": &self.way })).await
    }
}
