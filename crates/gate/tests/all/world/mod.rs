//! A small world for the tests: for every act and role a case where all is in order.
#![allow(dead_code)]

pub mod across;
pub mod agreements;
pub use across::{crossing, permit};
pub mod attacks;
pub mod exits;
pub mod learned;
pub mod sessions;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

pub use gate::Target;
use gate::{ActorFacts, AgreementFacts, Case, DataFacts, GrantFacts, ProjectFacts, Span};
use words::act::Act;
use words::actor::{CredentialUse, Session};
use words::{Actor, Id, Place, Role, Tier, Timestamp, noun};

pub const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);
pub const EARLIER: Timestamp = Timestamp::from_ms(1_700_000_000_000);
pub const LATER: Timestamp = Timestamp::from_ms(1_900_000_000_000);
pub const SPAN: Span = Span { starts: EARLIER, ends: LATER };
pub const PAST: Span = Span { starts: EARLIER, ends: Timestamp::from_ms(NOW.ms() - 1) };
pub const FUTURE: Span = Span { starts: Timestamp::from_ms(NOW.ms() + 1), ends: LATER };

pub const fn id<T>(number: u8) -> Id<T> {
    Id::from_bytes([number; 16])
}

pub const ACTOR: Id<noun::Person> = id(1);
pub const OTHER: Id<noun::Person> = id(2);
pub const THIRD: Id<noun::Person> = id(3);
pub const ORGANISATION: Id<noun::Organisation> = id(10);
pub const PARTNER: Id<noun::Organisation> = id(11);
pub const ELSEWHERE: Id<noun::Organisation> = id(12);
pub const PROJECT: Id<noun::Project> = id(20);

pub fn project() -> ProjectFacts {
    ProjectFacts {
        id: PROJECT,
        tier: Tier::Identifiable,
        is_halted: false,
        is_locked: false,
        is_erased: false,
        is_known_to_actor: true,
        is_empty: true,
        is_split: false,
        opened_until: None,
    }
}

pub fn agreement() -> AgreementFacts {
    AgreementFacts { span: SPAN, is_signed: true, is_suspended: false, is_ended: false }
}

pub fn grant() -> GrantFacts {
    GrantFacts { span: SPAN, is_revoked: false, address_matches: true, covers_target: true }
}

pub fn data() -> DataFacts {
    DataFacts {
        project: project(),
        agreement: Some(agreement()),
        permit: Some(SPAN),
        grant: None,
        is_conditional: false,
        is_sealed: false,
        is_scope_erased: false,
        is_held: false,
        retained_until: None,
        snapshot: None,
        is_bypassing: false,
        hands: BTreeSet::new(),
        is_binding: false,
    }
}

/// A target for an act, with all in order.
pub fn target(act: Act) -> Target {
    match act {
        Act::PersonEnrol => Target::Organisation { id: ORGANISATION, has_signatory: false },
        Act::IssuerAdopt | Act::IssuerLeave => Target::Organisation { id: ORGANISATION, has_signatory: true },
        Act::PersonSuspend
        | Act::PersonResume
        | Act::PersonLink
        | Act::PersonUnlink
        | Act::PersonRecall
        | Act::PersonTrain
        | Act::AccountInvite
        | Act::AccountRecover => person(true),
        Act::AccountApprove => recovered(THIRD),
        Act::PersonReach
        | Act::AccountPassword
        | Act::AccountPasskey
        | Act::AccountDrop
        | Act::AccountEnter => oneself(),
        Act::ProjectOpen => tenant(true),
        Act::RoleGrant | Act::RoleRevoke | Act::RoleMap | Act::RoleUnmap => {
            appointment(Role::Researcher, &[])
        }
        Act::AgreementOffer
        | Act::AgreementSign
        | Act::AgreementLodge
        | Act::AgreementScan
        | Act::AgreementAttest
        | Act::AgreementDocument
        | Act::AgreementSuspend
        | Act::AgreementResume
        | Act::AgreementEnd => pact(),
        Act::PermitGrant | Act::PermitAmend | Act::PermitEnd => permit(None),
        Act::SnapshotTake => permit(Some(crossing())),
        Act::GrantIssue | Act::GrantRevoke => {
            Target::Grant { id: id(33), project: project(), issuer: ACTOR, receiver: OTHER }
        }
        Act::CredentialIssue | Act::SessionBegin => {
            Target::Credential { id: id(34), project: project(), owner: ACTOR }
        }
        Act::CredentialRevoke => Target::Credential { id: id(34), project: project(), owner: OTHER },
        Act::AirlockDraft => airlock(ACTOR, &[], false),
        Act::AirlockApprove | Act::AirlockReject | Act::AirlockInspect => airlock(OTHER, &[], false),
        Act::AirlockRelease => airlock(OTHER, &[THIRD, id(4)], false),
        Act::AirlockRevoke | Act::AirlockFetch => airlock(OTHER, &[THIRD, id(4)], true),
        Act::KeyLock
        | Act::KeyUnlock
        | Act::KeyRotate
        | Act::KeySplit
        | Act::KeyCall
        | Act::KeyEmergency
        | Act::KeyGive
        | Act::KeyAcknowledge
        | Act::KeyEraseScope
        | Act::KeyEraseProject
        | Act::SnapshotErase
        | Act::KeyShow => Target::Keys {
            project: project(),
            is_held: false,
            retained_until: None,
            locker: Some(OTHER),
            is_unreturned: false,
        },
        Act::ExitStart => exit(false, false),
        Act::ExitAccept => exit(true, false),
        Act::ExitList | Act::ExitFetch | Act::ExitConfirm => exit(true, true),
        Act::CheckpointSign | Act::LedgerProve | Act::LedgerShow | Act::LedgerFollow | Act::LedgerExport => {
            Target::Ledger { project: Some(project()), is_own_leaf: false }
        }
        Act::AgreementDraft
        | Act::ProjectQuota
        | Act::ProjectHalt
        | Act::ProjectPublish
        | Act::ProjectConceal
        | Act::PersonInstruct
        | Act::ProjectResume
        | Act::PermitRequest
        | Act::BucketCreate
        | Act::BucketShow
        | Act::RuleSet
        | Act::RuleDrop
        | Act::RuleTest
        | Act::RuleShow
        | Act::DatasetDescribe
        | Act::DatasetDrop
        | Act::DatasetMap
        | Act::PseudonymReverse
        | Act::AirlockShow
        | Act::AirlockChain
        | Act::ExitShow => Target::Project(project()),
        Act::ProjectClassify => classification(Tier::Pseudonymised, Tier::Open),
        Act::BucketVersion
        | Act::BucketExpire
        | Act::BucketLock
        | Act::BucketDescribe
        | Act::BucketDelete
        | Act::UploadStart
        | Act::UploadPart
        | Act::UploadCopy
        | Act::UploadComplete
        | Act::UploadAbort
        | Act::UploadShow
        | Act::ObjectPut
        | Act::ObjectGet
        | Act::ObjectProbe
        | Act::ObjectList
        | Act::ObjectCopy
        | Act::ObjectDelete
        | Act::ObjectDescribe
        | Act::ObjectRetain
        | Act::ObjectShow
        | Act::ObjectHold
        | Act::ObjectRetry
        | Act::ContractShow
        | Act::ContractConfirm
        | Act::ContractDrop
        | Act::ObjectClear => Target::Data(data()),
        // WHY: at tiers 2 and 3 nobody may.
        Act::ObjectExport => Target::Data(DataFacts {
            project: ProjectFacts { tier: Tier::Anonymised, ..project() },
            ..data()
        }),
        Act::OrganisationRegister
        | Act::OrganisationShow
        | Act::IssuerTrust
        | Act::IssuerDistrust
        | Act::IssuerShow
        | Act::AuthorityTrust
        | Act::AuthorityUpdate
        | Act::AuthorityDistrust
        | Act::AuthorityShow
        | Act::AccountShow
        | Act::ClientRegister
        | Act::ClientRemove
        | Act::ClientShow
        | Act::SessionOpen
        | Act::TenantOpen
        | Act::TenantShow
        | Act::PersonShow
        | Act::AgreementShow
        | Act::ProjectShow
        | Act::PermitShow
        | Act::SnapshotShow
        | Act::DatasetShow
        | Act::ObjectSearch
        | Act::GrantShow
        | Act::CredentialShow
        | Act::KeyOffer
        | Act::CheckRun
        | Act::CheckRecord
        | Act::CheckShow
        | Act::WitnessAdd
        | Act::WitnessRemove
        | Act::WitnessFollow
        | Act::WitnessLeave
        | Act::WitnessShow => Target::Region,
    }
}

/// A return of data whose agreement is over.
pub fn exit(is_started: bool, is_accepted: bool) -> Target {
    Target::Exit {
        project: project(),
        agreement: AgreementFacts { is_ended: true, ..agreement() },
        is_started,
        is_accepted,
        is_confirmed: false,
        is_scope_erased: false,
        is_waived: false,
    }
}

/// An upload grant that the actor has no hand in.
pub fn grant_of_others() -> Target {
    Target::Grant { id: id(33), project: project(), issuer: OTHER, receiver: THIRD }
}

pub fn appointment(role: Role, held: &[Role]) -> Target {
    let held: BTreeSet<Role> = held.iter().copied().collect();
    Target::Role {
        role,
        person: OTHER,
        held: held.clone(),
        held_here: held,
        has_signatory: false,
        is_known_to_actor: true,
    }
}

pub fn person(is_known_to_actor: bool) -> Target {
    Target::Person { id: OTHER, has_signatory: false, is_known_to_actor, asked_by: None }
}

/// Somebody for whom this person asked for a recovery.
pub fn recovered(by: Id<noun::Person>) -> Target {
    Target::Person { id: OTHER, has_signatory: true, is_known_to_actor: true, asked_by: Some(by) }
}

pub fn oneself() -> Target {
    Target::Person { id: ACTOR, has_signatory: true, is_known_to_actor: true, asked_by: None }
}

pub fn tenant(is_known_to_actor: bool) -> Target {
    Target::Tenant { id: id(30), is_known_to_actor }
}

/// An agreement that nobody stopped; the actor's organisation is a party.
pub fn pact() -> Target {
    Target::Agreement {
        id: id(31),
        facts: AgreementFacts { is_signed: false, ..agreement() },
        author: OTHER,
        parties: [ORGANISATION, PARTNER].into(),
        party: Some(ORGANISATION),
        lodger: Some(OTHER),
        is_lodged: false,
        is_known_to_actor: true,
        stops: BTreeSet::new(),
        sides: [ORGANISATION].into(),
    }
}

/// A project of tier 3 about to be given another.
pub fn classification(wanted: Tier, signed: Tier) -> Target {
    Target::Classification { project: project(), wanted, signed }
}

pub fn airlock(author: Id<noun::Person>, approvers: &[Id<noun::Person>], is_released: bool) -> Target {
    Target::Airlock {
        id: id(35),
        project: project(),
        author,
        approvers: approvers.iter().copied().collect(),
        standing: approvers.iter().copied().collect(),
        is_released,
        fetch_ends: is_released.then_some(LATER),
        permit: Some(SPAN),
    }
}

/// The actor with these roles, inside, with their own key.
pub fn case(act: Act, roles: &[Role]) -> Case {
    Case {
        actor: ActorFacts {
            actor: Actor {
                person: ACTOR,
                credential: None,
                session: None,
                place: Place::Inside,
                address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            },
            organisation: Some(ORGANISATION),
            is_suspended: false,
            trained_until: Some(LATER),
            instructed_until: Some(LATER),
            roles: roles.iter().copied().collect(),
        },
        target: target(act),
        now: NOW,
        epoch: 7,
    }
}

/// A case in which this role makes this act right, if any does.
pub fn right(act: Act, role: Role) -> Case {
    let mut case = case(act, &[role]);
    match (act, role) {
        (Act::RoleGrant | Act::RoleRevoke, Role::Operator) => case.target = appointment(Role::Auditor, &[]),
        (Act::RoleGrant | Act::RoleRevoke, Role::Signatory) => case.target = appointment(Role::Steward, &[]),
        (Act::AirlockRelease, Role::Reviewer) => case.project().tier = Tier::Anonymised,
        (Act::AirlockFetch, Role::Researcher) => case.target = airlock(ACTOR, &[THIRD, id(4)], true),
        (_, Role::Steward) if matches!(case.target, Target::Data(_)) => case = deliver(act),
        _ => {}
    }
    case
}

/// A delivery under an upload grant, from outside, by somebody without a role.
pub fn deliver(act: Act) -> Case {
    let mut case = case(act, &[]);
    case.with_credential(Place::Outside, Some(id(33)));
    case.data().grant = Some(grant());
    case.data().permit = None;
    case
}

/// Short ways to spoil a case.
pub trait Spoil {
    fn project(&mut self) -> &mut ProjectFacts;
    fn data(&mut self) -> &mut DataFacts;
    fn with_credential(&mut self, place: Place, grant: Option<Id<noun::Grant>>);
    /// Signed in at an identity provider.
    fn with_session(&mut self, has_second_factor: bool);
}

impl Spoil for Case {
    fn project(&mut self) -> &mut ProjectFacts {
        match &mut self.target {
            Target::Project(project)
            | Target::Permit { project, .. }
            | Target::Grant { project, .. }
            | Target::Credential { project, .. }
            | Target::Airlock { project, .. }
            | Target::Keys { project, .. }
            | Target::Exit { project, .. }
            | Target::Classification { project, .. }
            | Target::Ledger { project: Some(project), .. } => project,
            Target::Data(data) => &mut data.project,
            other => panic!("{other:?} lies in no project"),
        }
    }

    fn data(&mut self) -> &mut DataFacts {
        match &mut self.target {
            Target::Data(data) => data,
            other => panic!("{other:?} is no data"),
        }
    }

    fn with_credential(&mut self, place: Place, grant: Option<Id<noun::Grant>>) {
        self.actor.actor.place = place;
        self.actor.actor.credential = Some(CredentialUse { id: id(34), project: PROJECT, place, grant });
    }

    fn with_session(&mut self, has_second_factor: bool) {
        self.actor.actor.session = Some(Session {
            issuer: Some(id(36)),
            parent: None,
            begun: EARLIER,
            ends: LATER,
            groups: Vec::new(),
            has_second_factor,
        });
    }
}
