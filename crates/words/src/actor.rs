//! Who acts, from where, and in which role.

use std::net::IpAddr;

use crate::noun;
use crate::{Id, Timestamp};

/// Where a request was proven to come from.
///
/// Inside is a workspace or a tenant's own machine, proven by a
/// workspace-bound credential on the inside listener. All else is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Inside,
    Outside,
}

impl Place {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outside => "outside",
        }
    }

    pub fn parse(from: &str) -> Option<Self> {
        [Self::Inside, Self::Outside].into_iter().find(|place| place.text() == from)
    }
}

/// How sensitive a project's data are; sets which doors exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Open or synthetic.
    Open = 0,
    Anonymised = 1,
    Pseudonymised = 2,
    /// Identifiable or genomic.
    Identifiable = 3,
}

impl Tier {
    pub const fn number(self) -> u8 {
        self as u8
    }

    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Open),
            1 => Some(Self::Anonymised),
            2 => Some(Self::Pseudonymised),
            3 => Some(Self::Identifiable),
            _ => None,
        }
    }
}

/// Where a role is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoleLevel {
    Region,
    Organisation,
    Tenant,
    Project,
}

macro_rules! roles {
    ($($(#[doc = $doc:literal])* $role:ident = $text:literal at $level:ident)*) => {
        /// What a person is, somewhere.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $($(#[doc = $doc])* $role,)* }

        impl Role {
            pub const ALL: &'static [Self] = &[$(Self::$role,)*];

            pub const fn text(self) -> &'static str {
                match self { $(Self::$role => $text,)* }
            }

            pub const fn level(self) -> RoleLevel {
                match self { $(Self::$role => RoleLevel::$level,)* }
            }

            pub fn parse(from: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|role| role.text() == from)
            }
        }
    };
}

roles! {
    /// Runs the region; never holds a data role.
    Operator = "operator" at Region
    /// Reads the ledger and runs checks; changes nothing.
    Auditor = "auditor" at Region
    /// Locks, unlocks, rotates and destroys keys.
    Custodian = "custodian" at Region
    /// Signs for an organisation.
    Signatory = "signatory" at Organisation
    /// Hands data over for an organisation and knows where they are.
    Steward = "steward" at Organisation
    /// Decides who may use what, for which purpose, until when (GDPR Art. 4(7)).
    Controller = "controller" at Tenant
    /// Works on the data under a permit.
    Researcher = "researcher" at Project
    /// Judges results for disclosure before release.
    Reviewer = "reviewer" at Project
    /// May release in the controller's name.
    Delegate = "delegate" at Project
}

/// Whoever acts, as the gate has identified them; always authenticated.
#[derive(Debug, Clone)]
pub struct Actor {
    pub person: Id<noun::Person>,
    /// The S3 credential used; none when the person's own key signed.
    pub credential: Option<CredentialUse>,
    /// Set when they signed in for a while instead of signing with a key of their own.
    pub session: Option<Session>,
    pub place: Place,
    pub address: IpAddr,
}

impl Actor {
    /// Whether they proved more than a password; a key or credential of their own counts as more.
    pub fn is_strong(&self) -> bool {
        self.session.as_ref().is_none_or(|session| session.has_second_factor)
    }
}

/// The credential through which a request came.
#[derive(Debug, Clone)]
pub struct CredentialUse {
    pub id: Id<noun::Credential>,
    /// The only project it reaches.
    pub project: Id<noun::Project>,
    /// Where it may be used.
    pub place: Place,
    /// Set when it delivers under an upload grant and does nothing else.
    pub grant: Option<Id<noun::Grant>>,
}

/// A while for which somebody is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose word it was that told who they are; none: a key or credential of their own.
    pub issuer: Option<Id<noun::Issuer>>,
    /// The credential that it was begun with; it ends with it.
    pub parent: Option<Id<noun::Credential>>,
    pub begun: Timestamp,
    pub ends: Timestamp,
    /// Marks of the groups that the issuer counted them among, as far as they count for anything here.
    pub groups: Vec<[u8; 16]>,
    /// They proved more than a password.
    pub has_second_factor: bool,
}
