//! A session policy: what a session may do at most, and how that is judged.
//!
//! SPEC: IAM, "Policy evaluation logic", for one policy: what a statement denies is denied, else what one allows is
//! allowed, else it is denied. It is written compactly into the session's ticket and read back with each request; what
//! cannot be read back whole refuses everything.

use std::net::IpAddr;

use minicbor::{Decode, Encode};
use region::noun::grant::Network;
use region::session::Bounds;
use words::{Reason, Refusal};

use super::pattern::fits;

/// A policy of a few statements.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Policy {
    #[n(0)]
    pub statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Statement {
    #[n(0)]
    pub effect: Effect,
    /// Patterns of actions, in small letters, without `s3:`.
    #[n(1)]
    pub actions: Vec<String>,
    /// Patterns of `bucket` and `bucket/key`.
    #[n(2)]
    pub resources: Vec<String>,
    #[n(3)]
    pub conditions: Vec<Condition>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Effect {
    #[n(0)]
    Allow,
    #[n(1)]
    Deny,
}

/// When a statement applies; all of a statement's must hold.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Condition {
    /// The request comes from one of these networks.
    #[n(0)]
    From(#[n(0)] Vec<String>),
    /// It comes from none of them.
    #[n(1)]
    NotFrom(#[n(0)] Vec<String>),
    /// The listing is of one of these prefixes.
    #[n(2)]
    PrefixIs(#[n(0)] Vec<String>),
    /// The listing is of a prefix that fits one of these patterns.
    #[n(3)]
    PrefixLike(#[n(0)] Vec<String>),
}

/// One thing that a request does.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// As S3 writes it, without `s3:`.
    pub action: &'a str,
    /// `bucket`, `bucket/key`, or nothing where it is about no bucket.
    pub resource: &'a str,
    /// What a listing is restricted to, if it says so.
    pub prefix: Option<&'a str>,
    pub address: IpAddr,
}

impl Policy {
    pub fn allows(&self, question: &Question<'_>) -> bool {
        let applies = |effect| move |own: &&Statement| own.effect == effect && own.applies(question);
        let is_denied = self.statements.iter().any(|own| applies(Effect::Deny)(&own));
        !is_denied && self.statements.iter().any(|own| applies(Effect::Allow)(&own))
    }

    pub fn write(&self) -> Result<Bounds, Refusal> {
        let written = minicbor::to_vec(self).map_err(|_| Refusal::new(Reason::Unavailable))?;
        Bounds::new(written)
    }

    /// What was written here, or by a process that knew no more than this one.
    pub fn open(bounds: &Bounds) -> Result<Self, Refusal> {
        let policy: Option<Self> = minicbor::decode(bounds.written()).ok();
        let policy = policy.filter(|policy| policy.statements.iter().all(Statement::is_sound));
        policy.ok_or_else(|| Refusal::with(Reason::SessionNarrowed, "its policy cannot be read any more"))
    }
}

impl Statement {
    fn applies(&self, question: &Question<'_>) -> bool {
        let action = question.action.to_ascii_lowercase();
        self.actions.iter().any(|own| fits(own, &action))
            && self.resources.iter().any(|own| fits(own, question.resource))
            && self.conditions.iter().all(|own| own.holds(question))
    }

    /// WHY: a network that cannot be read would hold nobody, and what is denied to nobody is open.
    fn is_sound(&self) -> bool {
        self.conditions.iter().all(|own| match own {
            Condition::From(networks) | Condition::NotFrom(networks) => {
                networks.iter().all(|network| network.parse::<Network>().is_ok())
            }
            Condition::PrefixIs(_) | Condition::PrefixLike(_) => true,
        })
    }
}

impl Condition {
    fn holds(&self, question: &Question<'_>) -> bool {
        match self {
            Self::From(networks) => is_from(networks, question.address),
            Self::NotFrom(networks) => !is_from(networks, question.address),
            // SPEC: IAM, "Condition operators": what the request does not say is not as it should be.
            Self::PrefixIs(own) => question.prefix.is_some_and(|said| own.iter().any(|own| own == said)),
            Self::PrefixLike(own) => {
                question.prefix.is_some_and(|said| own.iter().any(|own| fits(own, said)))
            }
        }
    }
}

fn is_from(networks: &[String], address: IpAddr) -> bool {
    networks.iter().filter_map(|network| network.parse::<Network>().ok()).any(|own| own.holds(address))
}
