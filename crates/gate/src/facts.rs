//! What the region tells the gate about one request: facts, no judgement.
//!
//! The region reads rows and fills these in; policies compare. A fact the
//! region does not know is absent, and policies are written so that an absent
//! fact denies.

use std::collections::BTreeSet;

use words::actor::{Actor, Role, Tier};
use words::{Id, Timestamp, noun};

/// One request before the gate.
#[derive(Debug, Clone)]
pub struct Case {
    pub actor: ActorFacts,
    pub target: Target,
    pub now: Timestamp,
    /// State of the house the facts were read from: it moves with every change of a duty.
    pub epoch: u64,
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct ActorFacts {
    pub actor: Actor,
    pub organisation: Option<Id<noun::Organisation>>,
    pub is_suspended: bool,
    /// Until when they count as trained.
    pub trained_until: Option<Timestamp>,
    /// Until when they count as instructed, in the project that the target lies in.
    pub instructed_until: Option<Timestamp>,
    /// Roles held where the target lies: in the region, in the target's
    /// organisation (for agreements: in the party signed for), in its tenant,
    /// in its project.
    pub roles: BTreeSet<Role>,
}

/// From when until when something holds; both moments included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    pub starts: Timestamp,
    pub ends: Timestamp,
}

/// The agreement that covers the data in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AgreementFacts {
    pub span: Span,
    /// Every party has signed.
    pub is_signed: bool,
    pub is_suspended: bool,
    /// Ended by a party before its last day.
    pub is_ended: bool,
}

/// The upload grant the actor delivers under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GrantFacts {
    pub span: Span,
    pub is_revoked: bool,
    /// The network address of this request lies in the grant's network.
    pub address_matches: bool,
    /// Bucket and prefix of this request lie in the grant.
    pub covers_target: bool,
}

/// The project an act concerns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProjectFacts {
    pub id: Id<noun::Project>,
    pub tier: Tier,
    pub is_halted: bool,
    pub is_locked: bool,
    pub is_erased: bool,
    /// The actor has some part in it: a role, a permit, a grant or the tenant.
    pub is_known_to_actor: bool,
    /// It holds no object and no upload in flight.
    pub is_empty: bool,
    /// Its data keys are held by several persons together.
    pub is_split: bool,
    /// Until when they have opened them.
    pub opened_until: Option<Timestamp>,
}

/// The snapshot that data belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SnapshotFacts {
    /// It is whole, and neither withdrawn nor erased.
    pub is_open: bool,
}

/// A permit for data of another project: it lies in the project of the data, and a snapshot goes to the study.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CrossingFacts {
    pub study_tier: Tier,
    /// The actor has a part in the study that they would not have as the controller of the data.
    pub is_actor_of_study: bool,
    /// The agreement that covers the data; of several the one that allows least.
    pub home: Option<AgreementFacts>,
    /// That agreement names the study, and the places where the study keeps data are among its own.
    pub is_onward_agreed: bool,
    /// The study's own: one in force, else the latest.
    pub study: Option<AgreementFacts>,
}

/// The data an act concerns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DataFacts {
    pub project: ProjectFacts,
    /// The agreement whose scope the bucket has; for the project's own bucket,
    /// any in force, else the latest.
    pub agreement: Option<AgreementFacts>,
    /// A granted permit naming the actor and covering the bucket: one in force
    /// if there is one, else the one nearest in time. Ended early means an
    /// earlier `ends`.
    pub permit: Option<Span>,
    pub grant: Option<GrantFacts>,
    /// The request sets a condition (If-Match, If-None-Match): its answer tells what is there.
    pub is_conditional: bool,
    /// It opens what came sealed to the project's key.
    pub is_sealed: bool,
    pub is_scope_erased: bool,
    pub is_held: bool,
    /// Until when the agreement, or its lock, keeps what would be gone or less kept.
    pub retained_until: Option<Timestamp>,
    /// The bucket is a snapshot's.
    pub snapshot: Option<SnapshotFacts>,
    /// The request asks for a governance lock to be set aside.
    pub is_bypassing: bool,
    /// Of such a lock: who stored the object, and who locked it.
    pub hands: BTreeSet<Id<noun::Person>>,
    /// The request locks in compliance, which nobody takes back.
    pub is_binding: bool,
}

impl DataFacts {
    /// Every moment in it.
    pub(crate) fn moments(&self) -> Vec<Timestamp> {
        let spans = [self.agreement.map(|of| of.span), self.permit, self.grant.map(|of| of.span)];
        let ends = spans.into_iter().flatten().flat_map(|span| [span.starts, span.ends]);
        ends.chain(self.retained_until).chain(self.project.opened_until).collect()
    }
}

/// What an act is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    Region,
    Organisation {
        id: Id<noun::Organisation>,
        has_signatory: bool,
    },
    Tenant {
        id: Id<noun::Tenant>,
        /// The actor is of its organisation, or has some part in one of its projects.
        is_known_to_actor: bool,
    },
    Person {
        id: Id<noun::Person>,
        /// That person's organisation has one.
        has_signatory: bool,
        /// The actor is of the same organisation, or of the region's own people.
        is_known_to_actor: bool,
        /// Who asked for a recovery of how they sign in here.
        asked_by: Option<Id<noun::Person>>,
    },
    /// A role about to be given or taken.
    Role {
        role: Role,
        person: Id<noun::Person>,
        /// What that person holds anywhere in the region.
        held: BTreeSet<Role>,
        /// What that person holds in the same tenant or project.
        held_here: BTreeSet<Role>,
        /// The organisation that the role lies in has one; false for a role of no organisation.
        has_signatory: bool,
        /// The actor may know of the person, and of the place that the role lies in.
        is_known_to_actor: bool,
    },
    Agreement {
        id: Id<noun::Agreement>,
        facts: AgreementFacts,
        author: Id<noun::Person>,
        /// Of a draft only its author's side and the controller's: a name typed makes nobody a party.
        parties: BTreeSet<Id<noun::Organisation>>,
        /// The party the actor signs for.
        party: Option<Id<noun::Organisation>>,
        /// Who lodged the scan that is to be attested.
        lodger: Option<Id<noun::Person>>,
        /// What a party lodged is asked for.
        is_lodged: bool,
        /// It was offered, and the actor has some part in its project.
        is_known_to_actor: bool,
        /// The sides that stopped it and have not lifted their stop.
        stops: BTreeSet<Id<noun::Organisation>>,
        /// The sides that the actor speaks for: as a signatory, or as the controller.
        sides: BTreeSet<Id<noun::Organisation>>,
    },
    Project(ProjectFacts),
    /// A project whose tier is about to change.
    Classification {
        project: ProjectFacts,
        wanted: Tier,
        /// The highest tier that an agreement not yet over was signed for; `Open` where there is none.
        signed: Tier,
    },
    Permit {
        id: Id<noun::Permit>,
        project: ProjectFacts,
        requester: Id<noun::Person>,
        persons: BTreeSet<Id<noun::Person>>,
        /// It asks for data of another project.
        crossing: Option<CrossingFacts>,
    },
    Grant {
        id: Id<noun::Grant>,
        project: ProjectFacts,
        issuer: Id<noun::Person>,
        receiver: Id<noun::Person>,
    },
    Credential {
        id: Id<noun::Credential>,
        project: ProjectFacts,
        owner: Id<noun::Person>,
    },
    /// A bucket, an upload or an object: the data plane.
    Data(DataFacts),
    Airlock {
        id: Id<noun::Airlock>,
        project: ProjectFacts,
        author: Id<noun::Person>,
        /// All who approved.
        approvers: BTreeSet<Id<noun::Person>>,
        /// Those of them who still may: not suspended, and reviewers to this day.
        standing: BTreeSet<Id<noun::Person>>,
        is_released: bool,
        /// Until when a release can be fetched.
        fetch_ends: Option<Timestamp>,
        /// The author's permit, still in force or not.
        permit: Option<Span>,
    },
    /// A project's keys or one scope of them.
    Keys {
        project: ProjectFacts,
        /// Objects in it that a legal hold or the retention of an agreement keeps.
        is_held: bool,
        retained_until: Option<Timestamp>,
        /// Who locked them, when they are locked.
        locker: Option<Id<noun::Person>>,
        /// A return of what would be erased was started, and its receipt is not confirmed.
        is_unreturned: bool,
    },
    /// One provider's data on their way back.
    Exit {
        project: ProjectFacts,
        agreement: AgreementFacts,
        is_started: bool,
        /// The provider's signatory has named a key.
        is_accepted: bool,
        is_confirmed: bool,
        is_scope_erased: bool,
        /// What was not fetched would be given up.
        is_waived: bool,
    },
    /// A cell's ledger.
    Ledger {
        /// None for the root's.
        project: Option<ProjectFacts>,
        /// One leaf of it is asked for, and tells of what the actor did or of the actor.
        is_own_leaf: bool,
    },
}

impl Target {
    /// The project it lies in, if it lies in one.
    pub const fn project(&self) -> Option<&ProjectFacts> {
        match self {
            Self::Region
            | Self::Organisation { .. }
            | Self::Tenant { .. }
            | Self::Person { .. }
            | Self::Role { .. }
            | Self::Agreement { .. } => None,
            Self::Project(project)
            | Self::Permit { project, .. }
            | Self::Grant { project, .. }
            | Self::Credential { project, .. }
            | Self::Airlock { project, .. }
            | Self::Keys { project, .. }
            | Self::Exit { project, .. }
            | Self::Classification { project, .. } => Some(project),
            Self::Data(facts) => Some(&facts.project),
            Self::Ledger { project, .. } => project.as_ref(),
        }
    }
}
