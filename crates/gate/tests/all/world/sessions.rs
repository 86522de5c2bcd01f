//! Attacks by people who signed in, and upon what lets them.

use words::Reason;
use words::act::Act;
use words::actor::Role;

use super::attacks::{Attack, attack, look, unknown_appointment};
use super::{ACTOR, Spoil, case, oneself, person, recovered, right};

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
        attack(
            "accounts.strong",
            Reason::SecondFactorMissing,
            Act::AccountPasskey,
            case(Act::AccountPasskey, &[]),
            |case| {
                case.with_session(false);
            },
        ),
        attack(
            "accounts.strong",
            Reason::SecondFactorMissing,
            Act::AccountDrop,
            case(Act::AccountDrop, &[]),
            |case| {
                case.with_session(false);
            },
        ),
        by_one(Role::Signatory, recovered(ACTOR)),
        by_one(Role::Operator, recovered(ACTOR)),
        by_one(Role::Signatory, oneself()),
        attack(
            "accounts.by-two",
            Reason::OwnRequest,
            Act::AccountRecover,
            right(Act::AccountRecover, Role::Signatory),
            |case| case.target = oneself(),
        ),
        look("accounts.unknown", Act::AccountShow, person(true)),
        look("people.unknown", Act::AccountInvite, person(false)),
        look("people.unknown", Act::AccountRecover, person(false)),
        look("people.unknown", Act::AccountApprove, person(false)),
        look("people.unknown", Act::PersonLink, person(false)),
        look("people.unknown", Act::PersonUnlink, person(false)),
        look("people.unknown", Act::PersonRecall, person(false)),
        look("roles.unknown", Act::RoleMap, unknown_appointment()),
        look("roles.unknown", Act::RoleUnmap, unknown_appointment()),
    ]
}

/// A recovery that is approved by whoever asked for it, or whom it is for.
fn by_one(role: Role, target: gate::Target) -> Attack {
    attack(
        "accounts.by-two",
        Reason::OwnRequest,
        Act::AccountApprove,
        right(Act::AccountApprove, role),
        |case| {
            case.target = target;
        },
    )
}
