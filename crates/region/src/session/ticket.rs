//! Tickets: what a session is, sealed, in its client's hands.
//!
//! The text is opaque to everybody but this region. It must never be logged,
//! and what is read from it must be judged as of now.

use std::net::IpAddr;

use minicbor::{Decode, Encode};
use words::actor::{CredentialUse, Session};
use words::noun::{Credential, Issuer, Person, Project};
use words::{Actor, Id, Place, Reason, Refusal, Secret, Timestamp};

use super::bounds::{Bounds, Holder};
use crate::Region;

const LABEL: &str = "epic session ticket";
/// WHY of its own: see `bounds.rs`.
const NARROWED_LABEL: &str = "epic narrowed session ticket";

/// One session.
#[derive(Debug, Clone, Encode, Decode)]
pub(super) struct Ticket {
    /// What it begins with: the id in its access key, so that no ticket goes with another key.
    #[n(0)]
    pub credential: Id<Credential>,
    #[n(1)]
    pub person: Id<Person>,
    /// The only one it reaches; none: it is for the doors of acts.
    #[n(2)]
    pub project: Option<Id<Project>>,
    #[n(3)]
    pub place: String,
    #[n(5)]
    pub issuer: Option<Id<Issuer>>,
    #[n(6)]
    pub parent: Option<Id<Credential>>,
    #[n(7)]
    pub begun: Timestamp,
    #[n(8)]
    pub ends: Timestamp,
    #[n(9)]
    pub groups: Vec<[u8; 16]>,
    #[n(10)]
    pub has_second_factor: bool,
    /// What it was narrowed to when it was asked for, and all that is begun with it.
    #[n(11)]
    pub bounds: Option<Bounds>,
}

impl Ticket {
    /// Who acts with it, from where, within which bounds.
    pub fn holder(self, address: IpAddr, place: Place) -> Holder {
        let (id, bound) = (self.credential, self.place());
        let used = self.project.map(|project| CredentialUse { id, project, place: bound, grant: None });
        let session = Session {
            issuer: self.issuer,
            parent: self.parent,
            begun: self.begun,
            ends: self.ends,
            groups: self.groups,
            has_second_factor: self.has_second_factor,
        };
        let actor = Actor { person: self.person, credential: used, session: Some(session), place, address };
        Holder { actor, bounds: self.bounds }
    }

    const fn label(&self) -> &'static str {
        if self.bounds.is_some() { NARROWED_LABEL } else { LABEL }
    }

    /// Where it was asked for; one that cannot be read is outside.
    pub fn place(&self) -> Place {
        Place::parse(&self.place).unwrap_or(Place::Outside)
    }
}

impl Region {
    pub(super) fn write_ticket(&self, ticket: &Ticket) -> Result<Secret<String>, Refusal> {
        let bytes = minicbor::to_vec(ticket).map_err(|_| Refusal::new(Reason::Unavailable))?;
        self.seal_text(ticket.label(), &bytes).map(Secret::new)
    }

    pub(super) fn read_ticket(&self, text: &str) -> Result<Ticket, Refusal> {
        let wrong = || Refusal::with(Reason::Unauthenticated, "the session token is none of this region's");
        let opened = [LABEL, NARROWED_LABEL].into_iter().find_map(|label| {
            let bytes = self.open_text(label, text).ok()?;
            Some((label, minicbor::decode::<Ticket>(&bytes).ok()?))
        });
        let (label, ticket) = opened.ok_or_else(wrong)?;
        if ticket.label() == label { Ok(ticket) } else { Err(wrong()) }
    }
}
