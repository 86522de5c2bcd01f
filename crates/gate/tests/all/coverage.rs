//! Every act as nobody, as the wrong person, as the right one.

use crate::world;

use gate::{Case, Gate};
use words::act::{self, Act};
use words::{Reason, Role};
use world::{ELSEWHERE, Spoil, Target};

fn check(gate: &Gate, act: Act, case: &Case, expected: Result<(), Reason>) {
    let decided = gate.decide_act(act, case).map(drop).map_err(|denied| denied.reason);
    assert_eq!(decided, expected, "{} with {:?}", act.name(), case.actor.roles);
}

// Goal: the table of acts and the policies name the same people.
#[test]
fn the_right_person_may() {
    let gate = Gate::embedded().unwrap();
    for act in Act::ALL {
        for role in act.row().who {
            check(gate, *act, &world::right(*act, *role), Ok(()));
        }
        if act.row().who.is_empty() {
            check(gate, *act, &world::case(*act, &[]), Ok(()));
        }
    }
}

// Goal: no other role may. Method: a person known to the project, all else in order.
#[test]
fn the_wrong_person_may_not() {
    let gate = Gate::embedded().unwrap();
    for act in Act::ALL.iter().filter(|act| !act.row().who.is_empty()) {
        // A proof is for whoever knows the project: it tells nothing else.
        if *act == Act::LedgerProve {
            continue;
        }
        for role in Role::ALL.iter().filter(|role| !act.row().who.contains(role)) {
            let denied = gate.decide_act(*act, &world::case(*act, &[*role])).unwrap_err();
            assert!(
                matches!(denied.reason, Reason::RoleMissing | Reason::DutiesMixed | Reason::PermitMissing),
                "{} as {}: {denied:?}",
                act.name(),
                role.text()
            );
        }
    }
}

// Goal: a role somewhere else is none here: somebody signed in, known, without a role.
#[test]
fn a_member_without_a_role_may_not() {
    let gate = Gate::embedded().unwrap();
    for act in Act::ALL.iter().filter(|act| !act.row().who.is_empty()) {
        let expected = match act {
            Act::LedgerProve => Ok(()),
            _ => Err(Reason::RoleMissing),
        };
        check(gate, *act, &world::case(*act, &[]), expected);
    }
}

// Goal: a stranger learns of nothing. Method: no role, no organisation's part, nothing known.
#[test]
fn a_stranger_finds_nothing() {
    let gate = Gate::embedded().unwrap();
    for act in Act::ALL {
        let mut case = world::case(*act, &[]);
        case.actor.organisation = Some(ELSEWHERE);
        let is_hidden = case.target.project().is_some() || matches!(case.target, Target::Agreement { .. });
        if case.target.project().is_some() {
            let project = case.project();
            project.is_known_to_actor = false;
            (project.is_halted, project.is_locked, project.is_erased) = (true, true, true);
        }
        let expected = match (is_hidden, act.row().who.is_empty()) {
            (true, _) => Err(Reason::NotFound),
            (false, true) => Ok(()),
            (false, false) => Err(Reason::RoleMissing),
        };
        check(gate, *act, &case, expected);
    }
}

#[test]
fn a_suspended_person_may_nothing() {
    let gate = Gate::embedded().unwrap();
    for act in Act::ALL {
        for role in Role::ALL {
            let mut case = world::right(*act, *role);
            case.actor.is_suspended = true;
            check(gate, *act, &case, Err(Reason::PersonSuspended));
        }
    }
}

// Goal: a delivery needs no role, and does nothing else. Method: every act under a grant.
#[test]
fn a_grant_delivers_and_nothing_else() {
    let gate = Gate::embedded().unwrap();
    let delivers = [
        Act::ObjectPut,
        Act::UploadStart,
        Act::UploadPart,
        Act::UploadComplete,
        Act::UploadAbort,
        Act::UploadShow,
    ];
    for act in Act::ALL {
        if delivers.contains(act) {
            check(gate, *act, &world::deliver(*act), Ok(()));
            continue;
        }
        for role in Role::ALL {
            let mut case = world::right(*act, *role);
            case.with_credential(words::Place::Outside, Some(world::id(33)));
            if matches!(case.target, Target::Data(_)) {
                case.data().grant = Some(world::grant());
            }
            let denied = gate.decide_act(*act, &case).unwrap_err();
            let refused = [Reason::GrantWriteOnly, Reason::NotFound];
            assert!(refused.contains(&denied.reason), "{} as {}: {denied:?}", act.name(), role.text());
        }
    }
}

// Goal: data of tiers 2 and 3 are only delivered from outside; of tiers 0 and 1 they are read.
#[test]
fn from_outside_by_tier() {
    let gate = Gate::embedded().unwrap();
    let touches = [Act::ObjectGet, Act::ObjectProbe, Act::ObjectList, Act::ObjectCopy, Act::ObjectPut];
    for (tier, expected) in
        [(0, Ok(())), (1, Ok(())), (2, Err(Reason::PlaceOutside)), (3, Err(Reason::PlaceOutside))]
    {
        for act in touches {
            let mut case = world::right(act, Role::Researcher);
            case.actor.actor.place = words::Place::Outside;
            case.project().tier = words::Tier::from_number(tier).unwrap();
            check(gate, act, &case, expected);
        }
    }
}

#[test]
fn the_root_s_ledger_is_for_auditors_and_not_for_controllers() {
    let gate = Gate::embedded().unwrap();
    for act in [Act::LedgerShow, Act::LedgerExport, Act::CheckpointSign] {
        for (role, expected) in [(Role::Auditor, Ok(())), (Role::Controller, Err(Reason::RoleMissing))] {
            let mut case = world::case(act, &[role]);
            case.target = Target::Ledger { project: None };
            check(gate, act, &case, expected);
        }
    }
}

// Goal: the region's people, who know of every project, get no key to one.
#[test]
fn only_members_are_issued_credentials() {
    let gate = Gate::embedded().unwrap();
    for role in [Role::Operator, Role::Custodian, Role::Auditor] {
        let mut case = world::case(Act::CredentialIssue, &[role]);
        case.project().is_known_to_actor = false;
        check(gate, Act::CredentialIssue, &case, Err(Reason::RoleMissing));
    }
    let mut for_another = world::case(Act::CredentialIssue, &[Role::Controller]);
    for_another.actor.actor.person = world::OTHER;
    check(gate, Act::CredentialIssue, &for_another, Err(Reason::RoleMissing));
}

// Goal: who runs the region cannot make up the people of a house that governs itself.
#[test]
fn the_operator_appoints_nobody_where_a_signatory_is() {
    let gate = Gate::embedded().unwrap();
    let organisation = Target::Organisation { id: world::ORGANISATION, has_signatory: true };
    let person = Target::Person { id: world::OTHER, has_signatory: true };
    let mut second = world::appointment(Role::Signatory, &[]);
    check(gate, Act::RoleGrant, &operator(Act::RoleGrant, second.clone()), Ok(()));
    let Target::Role { has_signatory, .. } = &mut second else { unreachable!() };
    *has_signatory = true;
    let missing = Err(Reason::RoleMissing);
    for (act, target, expected) in [
        (Act::PersonEnrol, organisation, missing),
        (Act::PersonResume, person.clone(), missing),
        (Act::PersonSuspend, person, Ok(())),
        (Act::RoleGrant, second.clone(), missing),
        (Act::RoleRevoke, second, missing),
        (Act::RoleRevoke, world::appointment(Role::Signatory, &[]), missing),
        (Act::RoleGrant, world::appointment(Role::Controller, &[]), missing),
        (Act::RoleGrant, world::appointment(Role::Steward, &[]), missing),
        (Act::RoleGrant, world::appointment(Role::Researcher, &[]), missing),
    ] {
        check(gate, act, &operator(act, target), expected);
    }
}

fn operator(act: Act, target: Target) -> gate::Case {
    gate::Case { target, ..world::case(act, &[Role::Operator]) }
}

#[test]
fn at_tiers_2_and_3_a_reviewer_does_not_release() {
    let gate = Gate::embedded().unwrap();
    let case = world::case(Act::AirlockRelease, &[Role::Reviewer]);
    check(gate, Act::AirlockRelease, &case, Err(Reason::RoleMissing));
}

#[test]
fn one_gate_serves_every_thread() {
    fn shared<T: Send + Sync>() {}
    shared::<Gate>();
    shared::<gate::Allowed<act::ObjectPut>>();
}

#[test]
fn a_proof_carries_what_was_decided() {
    let gate = Gate::embedded().unwrap();
    let case = world::right(Act::ObjectPut, Role::Researcher);
    let allowed = gate.decide::<act::ObjectPut>(&case).unwrap();
    assert_eq!(allowed.act(), Act::ObjectPut);
    assert_eq!(allowed.actor().person, world::ACTOR);
    assert_eq!(allowed.project(), Some(world::PROJECT));
    assert_eq!((allowed.epoch(), allowed.at()), (7, world::NOW));
    assert_eq!(allowed.policies().iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["data.work"]);
    let house = world::right(Act::RoleGrant, Role::Operator);
    assert_eq!(gate.decide::<act::RoleGrant>(&house).unwrap().project(), None);
}
