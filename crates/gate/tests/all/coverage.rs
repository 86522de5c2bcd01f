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
        for role in Role::ALL.iter().filter(|role| !act.row().who.contains(role)) {
            let denied = gate.decide_act(*act, &world::case(*act, &[*role])).unwrap_err();
            assert!(
                matches!(denied.reason, Reason::RoleMissing | Reason::DutiesMixed | Reason::PermitMissing)
                    || (denied.reason == Reason::NotFound && is_for_few(*act)),
                "{} as {}: {denied:?}",
                act.name(),
                role.text()
            );
        }
    }
}

/// Acts on things that not everybody who knows the project may know of.
fn is_for_few(act: Act) -> bool {
    let airlock = [
        Act::AirlockApprove,
        Act::AirlockReject,
        Act::AirlockRelease,
        Act::AirlockRevoke,
        Act::AirlockFetch,
        Act::AirlockInspect,
    ];
    airlock.contains(&act) || matches!(act, Act::CredentialRevoke | Act::LedgerProve)
}

// Goal: a role somewhere else is none here: somebody signed in, known, without a role.
#[test]
fn a_member_without_a_role_may_not() {
    let gate = Gate::embedded().unwrap();
    for act in Act::ALL.iter().filter(|act| !act.row().who.is_empty()) {
        let expected = if is_for_few(*act) { Reason::NotFound } else { Reason::RoleMissing };
        check(gate, *act, &world::case(*act, &[]), Err(expected));
    }
}

// Goal: a stranger learns of nothing. Method: no role, no organisation's part, nothing known.
#[test]
fn a_stranger_finds_nothing() {
    let gate = Gate::embedded().unwrap();
    for act in Act::ALL {
        let mut case = world::case(*act, &[]);
        case.actor.organisation = Some(ELSEWHERE);
        let is_hidden = case.target.project().is_some() || hide(&mut case.target);
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

/// Makes a thing outside projects unknown to the actor; false for what everybody may know of.
fn hide(target: &mut Target) -> bool {
    match target {
        // Oneself.
        Target::Person { id, .. } if *id == world::ACTOR => false,
        Target::Tenant { is_known_to_actor, .. }
        | Target::Person { is_known_to_actor, .. }
        | Target::Role { is_known_to_actor, .. }
        | Target::Agreement { is_known_to_actor, .. } => {
            *is_known_to_actor = false;
            true
        }
        _ => false,
    }
}

// Goal: who gives roles in one place may name persons they do not know; nobody else may.
#[test]
fn only_who_gives_roles_here_names_people_they_do_not_know() {
    let gate = Gate::embedded().unwrap();
    for (role, expected) in [
        (Role::Controller, Ok(())),
        (Role::Operator, Err(Reason::RoleMissing)),
        (Role::Signatory, Err(Reason::RoleMissing)),
        (Role::Researcher, Err(Reason::NotFound)),
        (Role::Steward, Err(Reason::NotFound)),
    ] {
        let mut case = world::case(Act::RoleGrant, &[role]);
        assert!(hide(&mut case.target));
        check(gate, Act::RoleGrant, &case, expected);
    }
}

// Goal: what an act may not know, a look does not show. Method: each row as its look is judged, known and not.
#[test]
fn a_look_shows_the_rows_one_may_know_of_and_no_others() {
    let gate = Gate::embedded().unwrap();
    let project =
        |is_known_to_actor| Target::Project(gate::ProjectFacts { is_known_to_actor, ..world::project() });
    let mut unknown = world::pact();
    assert!(hide(&mut unknown));
    for (act, known, hidden) in [
        (Act::TenantShow, world::tenant(true), world::tenant(false)),
        (Act::PersonShow, world::person(true), world::person(false)),
        (Act::ProjectShow, project(true), project(false)),
        (Act::AgreementShow, world::pact(), unknown),
        (Act::CredentialShow, world::target(Act::CredentialIssue), world::target(Act::CredentialRevoke)),
        (Act::GrantShow, world::target(Act::GrantIssue), world::grant_of_others()),
        (Act::PermitShow, permit_of(world::ACTOR, world::THIRD), permit_of(world::OTHER, world::THIRD)),
        (Act::PermitShow, permit_of(world::OTHER, world::ACTOR), permit_of(world::OTHER, world::THIRD)),
    ] {
        for (target, expected) in [(known, Ok(())), (hidden, Err(Reason::NotFound))] {
            let mut case = world::case(act, &[]);
            case.actor.organisation = Some(ELSEWHERE);
            case.target = target;
            check(gate, act, &case, expected);
        }
    }
}

fn permit_of(requester: words::Id<words::noun::Person>, person: words::Id<words::noun::Person>) -> Target {
    Target::Permit {
        id: world::id(32),
        project: world::project(),
        requester,
        persons: [person].into(),
        crossing: None,
    }
}

// Goal: rows about others are shown to who answers for them. Method: every look at such rows, every role, known projects and not.
#[test]
fn a_row_about_others_is_shown_to_who_answers_for_it() {
    let gate = Gate::embedded().unwrap();
    let of_region = [Role::Operator, Role::Custodian, Role::Auditor];
    let of_provider = [Role::Steward, Role::Signatory];
    let of_project = [Role::Reviewer, Role::Delegate];
    for (act, target, more) in [
        (Act::GrantShow, world::grant_of_others(), [of_region.as_slice(), &of_provider].concat()),
        (Act::PermitShow, world::target(Act::PermitGrant), [of_region.as_slice(), &of_project].concat()),
        (
            Act::SnapshotShow,
            world::target(Act::SnapshotTake),
            [of_region.as_slice(), &of_project, &of_provider].concat(),
        ),
        (Act::CredentialShow, world::target(Act::CredentialRevoke), vec![]),
    ] {
        for role in Role::ALL {
            for is_known_to_actor in [true, false] {
                let mut case = world::case(act, &[*role]);
                case.target = target.clone();
                case.project().is_known_to_actor = is_known_to_actor;
                let is_shown = *role == Role::Controller || more.contains(role);
                check(gate, act, &case, if is_shown { Ok(()) } else { Err(Reason::NotFound) });
            }
        }
    }
}

// Goal: who has no part in a project any more ends their own key to it, and learns nothing else. Method: own and another's, revoking and issuing.
#[test]
fn a_former_member_revokes_their_own_credential() {
    let gate = Gate::embedded().unwrap();
    let (own, other) = (world::target(Act::CredentialIssue), world::target(Act::CredentialRevoke));
    for (act, target, expected) in [
        (Act::CredentialRevoke, own.clone(), Ok(())),
        (Act::CredentialRevoke, other, Err(Reason::NotFound)),
        (Act::CredentialIssue, own, Err(Reason::NotFound)),
    ] {
        let mut case = world::case(act, &[]);
        case.target = target;
        case.project().is_known_to_actor = false;
        check(gate, act, &case, expected);
    }
}

// Goal: each side lifts its own stop. Method: every pair of who stopped and who resumes.
#[test]
fn a_stop_is_lifted_by_its_own_side() {
    let gate = Gate::embedded().unwrap();
    let (own, other) = (world::ORGANISATION, world::PARTNER);
    for (stopped, speaks_for, expected) in [
        (vec![own], vec![own], Ok(())),
        (vec![own, other], vec![own], Ok(())),
        (vec![own], vec![other, own], Ok(())),
        (vec![], vec![own], Ok(())),
        (vec![other], vec![own], Err(Reason::OtherParty)),
        (vec![other], vec![], Err(Reason::OtherParty)),
    ] {
        for role in [Role::Signatory, Role::Controller] {
            let mut case = world::right(Act::AgreementResume, role);
            let Target::Agreement { stops, sides, .. } = &mut case.target else { unreachable!() };
            (*stops, *sides) = (stopped.iter().copied().collect(), speaks_for.iter().copied().collect());
            check(gate, Act::AgreementResume, &case, expected);
        }
    }
}

// Goal: a tier falls neither below data nor below what was signed, and rises always. Method: every triple of tiers.
#[test]
fn a_tier_rises_at_any_time_and_falls_only_when_nothing_holds_it() {
    let gate = Gate::embedded().unwrap();
    let tiers =
        [words::Tier::Open, words::Tier::Anonymised, words::Tier::Pseudonymised, words::Tier::Identifiable];
    for (tier, wanted, signed) in tiers
        .iter()
        .flat_map(|tier| tiers.iter().flat_map(move |wanted| tiers.map(|signed| (*tier, *wanted, signed))))
    {
        for (is_empty, is_halted) in [(true, false), (false, false), (false, true)] {
            let mut case = world::right(Act::ProjectClassify, Role::Controller);
            case.target = world::classification(wanted, signed);
            let project = case.project();
            (project.tier, project.is_empty, project.is_halted) = (tier, is_empty, is_halted);
            let expected = match () {
                () if wanted >= tier => Ok(()),
                () if wanted < signed => Err(Reason::TierLowered),
                () if !is_empty => Err(Reason::NotEmpty),
                () => Ok(()),
            };
            check(gate, Act::ProjectClassify, &case, expected);
        }
    }
}

// Goal: a leaf about oneself is proved to anyone, another's to who may search. Method: both leaves, every role.
#[test]
fn a_leaf_is_proved_to_those_it_tells_of_and_to_who_may_search() {
    let gate = Gate::embedded().unwrap();
    for role in Role::ALL {
        for of_project in [true, false] {
            let searches = *role == Role::Auditor || (*role == Role::Controller && of_project);
            for is_own_leaf in [true, false] {
                let mut case = world::case(Act::LedgerProve, &[*role]);
                case.target = Target::Ledger { project: of_project.then(world::project), is_own_leaf };
                let expected = if is_own_leaf || searches { Ok(()) } else { Err(Reason::NotFound) };
                check(gate, Act::LedgerProve, &case, expected);
            }
        }
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

// Goal: a password alone opens nothing of tiers 2 and 3. Method: every tier, with and without a second factor.
#[test]
fn a_second_factor_by_tier() {
    let gate = Gate::embedded().unwrap();
    let touches =
        [Act::ObjectGet, Act::ObjectProbe, Act::ObjectList, Act::ObjectCopy, Act::UploadCopy, Act::ObjectPut];
    for tier in 0..=3 {
        for has_second_factor in [true, false] {
            let is_missing = tier >= 2 && !has_second_factor;
            for act in touches {
                let mut case = world::right(act, Role::Researcher);
                case.with_session(has_second_factor);
                case.project().tier = words::Tier::from_number(tier).unwrap();
                let expected = if is_missing { Err(Reason::SecondFactorMissing) } else { Ok(()) };
                check(gate, act, &case, expected);
            }
        }
    }
}

// Goal: whoever was careless with a password can still be stopped, by themselves too. Method: every role, weakly signed in.
#[test]
fn sessions_are_ended_by_whoever_may_however_they_signed_in() {
    let gate = Gate::embedded().unwrap();
    for role in Role::ALL {
        let mut case = world::case(Act::PersonRecall, &[*role]);
        case.with_session(false);
        case.actor.actor.person = world::OTHER;
        check(gate, Act::PersonRecall, &case, Ok(()));
    }
}

// Goal: everybody ends their own sessions, and nobody another's who does not answer for them.
#[test]
fn anyone_recalls_themselves() {
    let gate = Gate::embedded().unwrap();
    for (person, expected) in [(world::OTHER, Ok(())), (world::THIRD, Err(Reason::RoleMissing))] {
        let mut case = world::case(Act::PersonRecall, &[]);
        case.actor.actor.person = person;
        check(gate, Act::PersonRecall, &case, expected);
    }
}

// Goal: data of tiers 2 and 3 are only delivered from outside; of tiers 0 and 1 they are read.
#[test]
fn from_outside_by_tier() {
    let gate = Gate::embedded().unwrap();
    let touches =
        [Act::ObjectGet, Act::ObjectProbe, Act::ObjectList, Act::ObjectCopy, Act::UploadCopy, Act::ObjectPut];
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
            case.target = Target::Ledger { project: None, is_own_leaf: false };
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
    let person = world::recovered(world::THIRD);
    let mut second = world::appointment(Role::Signatory, &[]);
    check(gate, Act::RoleGrant, &operator(Act::RoleGrant, second.clone()), Ok(()));
    let Target::Role { has_signatory, .. } = &mut second else { unreachable!() };
    *has_signatory = true;
    let missing = Err(Reason::RoleMissing);
    for (act, target, expected) in [
        (Act::PersonEnrol, organisation, missing),
        (Act::PersonResume, person.clone(), missing),
        (Act::PersonLink, person.clone(), missing),
        (Act::PersonUnlink, person.clone(), missing),
        (Act::AccountInvite, person.clone(), missing),
        (Act::AccountRecover, person.clone(), missing),
        (Act::PersonRecall, person.clone(), Ok(())),
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
