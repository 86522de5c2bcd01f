//! Attacks by people who signed in, and upon what lets them.

use words::Reason;
use words::act::Act;
use words::actor::Role;

use super::attacks::{Attack, attack, look, unknown_appointment};
use super::{Spoil, person, right};

pub fn all() -> Vec<Attack> {
    let weak = |rule, act, role| {
        attack(rule, Reason::SecondFactorMissing, act, right(act, role), |case| case.with_session(false))
    };
    vec![
        weak("data.second-factor", Act::ObjectGet, Role::Researcher),
        weak("data.second-factor", Act::ObjectPut, Role::Researcher),
        weak("data.second-factor", Act::AirlockApprove, Role::Reviewer),
        weak("data.second-factor", Act::ExitAccept, Role::Signatory),
        weak("data.second-factor", Act::SnapshotTake, Role::Controller),
        weak("people.second-factor", Act::PermitGrant, Role::Controller),
        weak("people.second-factor", Act::PersonLink, Role::Signatory),
        weak("people.second-factor", Act::RoleGrant, Role::Operator),
        weak("people.second-factor", Act::KeyLock, Role::Custodian),
        weak("credentials.second-factor", Act::CredentialIssue, Role::Researcher),
        look("people.unknown", Act::PersonLink, person(false)),
        look("people.unknown", Act::PersonUnlink, person(false)),
        look("people.unknown", Act::PersonRecall, person(false)),
        look("roles.unknown", Act::RoleMap, unknown_appointment()),
        look("roles.unknown", Act::RoleUnmap, unknown_appointment()),
    ]
}
