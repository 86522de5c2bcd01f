//! Sessions: for a while, in one project, without a key of one's own.
//!
//! Nothing of a session is kept: what it is stands sealed in its ticket, which
//! the client carries, and its beginning stands in the ledger. So there may be
//! any number of them, and each is judged anew at every use: its end, the
//! person, whoever vouched for them. It can only narrow what they may.

pub mod bounds;
pub mod keyring;
mod sign_in;
mod ticket;

use std::net::IpAddr;

use async_trait::async_trait;
use gate::facts::Target;
use gate::identify::AccessKind;
use serde_json::json;
use words::act::{SessionBegin, SessionOpen};
use words::actor::Session;
use words::limit::{SESSION_SECONDS, SESSION_SECONDS_MAX, SESSION_SECONDS_MIN};
use words::noun::{Credential, Noun, Project, ROOT_CELL};
use words::time::SECOND_MS;
use words::{Actor, Deed, Id, Place, Reason, Refusal, Secret, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Request, Rule, Scene};
use crate::cell::draft::Draft;
use crate::cell::step::Leaf;
use crate::facts;
use crate::name;
use crate::noun::credential::CredentialRow;
use crate::noun::issuer;
use crate::noun::person::PersonRow;
pub use bounds::{Bounds, Holder};
pub use sign_in::Meant;
use ticket::Ticket;

/// A session that has begun, as its client is told of it.
pub struct Begun {
    pub access_key_id: String,
    pub secret: Secret<String>,
    /// Goes with every request; without it the key is worth nothing.
    pub ticket: Secret<String>,
    pub ends: Timestamp,
    pub project: Id<Project>,
    pub leaf: Option<Leaf>,
}

/// The same of one for the doors of acts.
pub struct Opened {
    pub ticket: Secret<String>,
    pub ends: Timestamp,
    pub leaf: Option<Leaf>,
}

#[async_trait]
impl Judged for SessionOpen {
    async fn target(&self, _: &Scene<'_>) -> Result<Target, Refusal> {
        Ok(Target::Region)
    }
}

#[async_trait]
impl Rule for SessionOpen {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        // WHY: a credential reaches one project, and what is opened with it must not reach further.
        if frame.actor.credential.is_some() {
            return Err(Refusal::with(
                Reason::NotOffered,
                "a credential of one project opens no session here",
            ));
        }
        let ends = ends(draft, frame, self.seconds).await?;
        let issuer = frame.actor.session.as_ref().and_then(|session| session.issuer);
        let answer = json!({
            "ends": ends,
            "place": frame.actor.place.text(),
            "issuer": issuer.map(|id| id.to_string()),
            "second_factor": frame.actor.is_strong(),
        });
        Ok(Outcome::of(Noun::Person, frame.actor.person).saying(answer))
    }
}

#[async_trait]
impl Judged for SessionBegin {
    /// A credential for oneself.
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let project = name::find_id(scene.root, Noun::Project, &self.project).await?;
        let project = facts::project(scene, project).await?;
        Ok(Target::Credential { id: Id::from_bytes([0; 16]), project, owner: scene.actor.person })
    }
}

#[async_trait]
impl Rule for SessionBegin {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let project: Id<Project> = name::find_id(draft, Noun::Project, &self.project).await?;
        // WHY: a credential reaches one project, and what is begun with it reaches no further.
        if frame.actor.credential.as_ref().is_some_and(|used| used.project != project) {
            return Err(Reason::NotFound.into());
        }
        let id: Id<Credential> = Id::random(frame.region.rand());
        let ends = ends(draft, frame, self.seconds).await?;
        let session = frame.actor.session.as_ref();
        let answer = json!({
            "access_key_id": frame.region.access_key(AccessKind::Temporary, id)?,
            "ends": ends,
            "place": frame.actor.place.text(),
            "issuer": session.and_then(|session| session.issuer).map(|id| id.to_string()),
            "second_factor": frame.actor.is_strong(),
        });
        Ok(Outcome::of(Noun::Session, id).and(Noun::Project, project).saying(answer))
    }
}

/// As long as was asked for, and not longer than what it is begun with.
async fn ends(draft: &Draft, frame: &Frame<'_>, asked: Option<u64>) -> Result<Timestamp, Refusal> {
    let seconds = asked.unwrap_or(SESSION_SECONDS);
    if !(SESSION_SECONDS_MIN..=SESSION_SECONDS_MAX).contains(&seconds) {
        let says = format!("a session lasts {SESSION_SECONDS_MIN} to {SESSION_SECONDS_MAX} seconds");
        return Err(Refusal::with(Reason::Invalid, says));
    }
    let ends = after(frame.now, seconds);
    if let Some(session) = &frame.actor.session {
        return Ok(ends.min(session.ends));
    }
    match &frame.actor.credential {
        Some(used) => Ok(ends.min(draft.known::<CredentialRow>(&used.id.to_bytes()).await?.ends)),
        None => Ok(ends),
    }
}

/// WHY one function: what is bounded in seconds is small, and no sum of it leaves time.
fn after(now: Timestamp, seconds: u64) -> Timestamp {
    now.plus_ms(i64::try_from(seconds.min(SESSION_SECONDS_MAX)).unwrap_or(0) * SECOND_MS)
}

impl Region {
    /// Begins a session of whoever acts; noted if it is refused.
    pub async fn begin_session(&self, actor: &Actor, deed: SessionBegin) -> Result<Begun, Refusal> {
        self.begin_session_within(&Holder::from(actor.clone()), deed).await
    }

    /// The same of whoever may be in a session with bounds already: what is begun in it has them too.
    pub async fn begin_session_within(&self, holder: &Holder, deed: SessionBegin) -> Result<Begun, Refusal> {
        let work = self.begin(holder, deed);
        self.heard(&holder.actor, SessionBegin::ACT, None, Box::pin(work)).await
    }

    async fn begin(&self, holder: &Holder, deed: SessionBegin) -> Result<Begun, Refusal> {
        let actor = &holder.actor;
        let (project, begun) = (deed.project.clone(), self.begun(actor));
        let done = self.at_root(Request::once(actor.clone(), deed)).await?;
        let told = |name: &str| done.answer.get(name).and_then(serde_json::Value::as_str);
        let gone = crate::cell::lead::gone;
        let access_key_id = told("access_key_id").ok_or_else(gone)?.to_owned();
        let ends: Timestamp = told("ends").and_then(|ends| ends.parse().ok()).ok_or_else(gone)?;
        let project = name::find_id(&self.root().view().await?, Noun::Project, &project).await?;
        let ticket = Ticket {
            credential: self.credential_of(&access_key_id)?,
            project: Some(project),
            bounds: holder.bounds.clone(),
            ..self.ticket_of(actor, begun, ends)
        };
        Ok(Begun {
            secret: self.secret_of(&access_key_id)?,
            ticket: self.write_ticket(&ticket)?,
            access_key_id,
            ends,
            project,
            leaf: done.leaf,
        })
    }

    /// Opens a session of whoever acts for the doors of acts; noted if it is refused.
    pub async fn open_session(&self, actor: &Actor, deed: SessionOpen) -> Result<Opened, Refusal> {
        let begun = self.begun(actor);
        let work = async {
            let done = self.at_root(Request::once(actor.clone(), deed)).await?;
            let ends = done.answer.get("ends").and_then(serde_json::Value::as_str);
            let ends = ends.and_then(|ends| ends.parse().ok()).ok_or_else(crate::cell::lead::gone)?;
            let ticket = self.write_ticket(&self.ticket_of(actor, begun, ends))?;
            Ok(Opened { ticket, ends, leaf: done.leaf })
        };
        self.heard(actor, SessionOpen::ACT, None, Box::pin(work)).await
    }

    /// Since when whoever asks is believed, read before the commit: who is recalled during it is out of this one too.
    fn begun(&self, actor: &Actor) -> Timestamp {
        actor.session.as_ref().map_or_else(|| self.now(), |session| session.begun)
    }

    /// What stands in the ticket of a session that somebody begins.
    fn ticket_of(&self, actor: &Actor, begun: Timestamp, ends: Timestamp) -> Ticket {
        let session = actor.session.as_ref();
        Ticket {
            credential: Id::random(self.rand()),
            person: actor.person,
            project: None,
            place: actor.place.text().to_owned(),
            issuer: session.and_then(|session| session.issuer),
            parent: parent(actor),
            begun,
            ends,
            groups: session.map(|session| session.groups.clone()).unwrap_or_default(),
            has_second_factor: actor.is_strong(),
            bounds: None,
        }
    }

    /// Who holds the ticket of a session for the doors of acts.
    pub async fn actor_of_open_session(
        &self,
        ticket: &str,
        address: IpAddr,
        place: Place,
    ) -> Result<Actor, Refusal> {
        let ticket = self.read_ticket(ticket)?;
        // WHY: one for S3 travels with requests that its key signs, and alone it is worth nothing.
        // WHY bounds too: they are S3's words, which nothing at the doors of acts is judged by.
        if ticket.project.is_some() || ticket.bounds.is_some() {
            return Err(Refusal::with(Reason::Unauthenticated, "that session is for S3, with its key"));
        }
        let bound = ticket.place();
        let Holder { actor, .. } = self.lasting(ticket.holder(address, place)).await?;
        if bound != place {
            let refusal = Refusal::new(Reason::PlaceBound);
            self.observe_refusal(&actor, "session.use", &refusal, ROOT_CELL);
            return Err(refusal);
        }
        Ok(actor)
    }

    /// Who holds a session's key and its ticket, after the signature was verified; the door judges by their bounds.
    pub async fn actor_of_session(
        &self,
        access_key_id: &str,
        ticket: &str,
        address: IpAddr,
        place: Place,
    ) -> Result<Holder, Refusal> {
        let ticket = self.read_ticket(ticket)?;
        // WHY the kind too: a lasting key that came with a ticket would outlive its own revocation.
        if access_key_id != self.access_key(AccessKind::Temporary, ticket.credential)? {
            return Err(Refusal::with(Reason::Unauthenticated, "the session token is another key's"));
        }
        self.lasting(ticket.holder(address, place)).await
    }

    /// Whoever a ticket tells of, if its session is not over.
    async fn lasting(&self, holder: Holder) -> Result<Holder, Refusal> {
        let actor = &holder.actor;
        let root = self.root().view().await?;
        let person: Option<PersonRow> = root.row(&actor.person.to_bytes()).await?;
        let person = person.ok_or(Refusal::new(Reason::Unauthenticated))?;
        let scene = Scene { region: self, actor, root: &root, cell: None, now: self.now() };
        if let Some(session) = &actor.session
            && let Err(over) = still_holds(&scene, session, &person).await
        {
            self.observe_refusal(actor, "session.use", &over, ROOT_CELL);
            return Err(over);
        }
        Ok(holder)
    }
}

/// The lasting credential at its root.
fn parent(actor: &Actor) -> Option<Id<Credential>> {
    match (&actor.session, &actor.credential) {
        (Some(session), _) => session.parent,
        (None, used) => used.as_ref().map(|used| used.id),
    }
}

/// Refuses a session whose time is over, or whose ground is gone.
pub(crate) async fn still_holds(
    scene: &Scene<'_>,
    session: &Session,
    person: &PersonRow,
) -> Result<(), Refusal> {
    let over = || Refusal::new(Reason::SessionEnded);
    if person.is_suspended {
        return Err(Reason::PersonSuspended.into());
    }
    if scene.now > session.ends || person.recalled_at.is_some_and(|at| session.begun <= at) {
        return Err(over());
    }
    if let Some(parent) = session.parent {
        let row: Option<CredentialRow> = scene.root.row(&parent.to_bytes()).await?;
        if row.is_none_or(|row| row.is_revoked || scene.now > row.ends) {
            return Err(over());
        }
    }
    let Some(issuer) = session.issuer else {
        return Ok(());
    };
    let since = issuer::speaks_for(scene.root, issuer, person.organisation).await?.ok_or_else(over)?;
    // WHY whole seconds: tokens tell no less of when they were made.
    let is_later = session.begun.ms() >= since.ms().div_euclid(SECOND_MS) * SECOND_MS;
    if is_later { Ok(()) } else { Err(over()) }
}
