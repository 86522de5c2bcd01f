//! Every rule that refuses is attacked, and is proven needed: without it the attack succeeds.

use crate::world;

use std::collections::BTreeSet;

use gate::{Gate, proving};
use words::{Act, Kind, Reason, Refusal, Role};
use world::attacks::{self, Attack};

fn check(gate: &Gate, attack: &Attack) {
    let name = format!("{} by {}", attack.rule, attack.act.name());
    match gate.decide_act(attack.act, &attack.case) {
        Ok(_) => panic!("{name}: allowed"),
        Err(denied) => {
            assert_eq!(denied.reason, attack.reason, "{name}: {denied:?}");
            assert!(denied.policies.iter().any(|rule| rule.as_ref() == attack.rule), "{name}: {denied:?}");
            assert!(!denied.is_alarm, "{name}");
        }
    }
}

#[test]
fn every_attack_fails_for_its_reason() {
    let gate = Gate::embedded().unwrap();
    for attack in attacks::all() {
        check(gate, &attack);
    }
}

// Goal: no rule is idle. Method: leave one out; one of its attacks must then succeed,
// or, where the rule hides a thing, be told that the thing is there.
#[test]
fn without_its_rule_an_attack_succeeds() {
    let attacks = attacks::all();
    let gate = Gate::embedded().unwrap();
    for (rule, reason) in gate.rules().iter().filter_map(|rule| Some((rule, rule.reason()?))) {
        let without = proving::without(&rule.id).unwrap();
        let succeeds = |attack: &&Attack| match without.decide_act(attack.act, &attack.case) {
            Ok(_) => true,
            Err(denied) => reason == Reason::NotFound && denied.reason != Reason::NotFound,
        };
        let mut own = attacks.iter().filter(|attack| attack.rule == rule.id.as_ref());
        assert!(own.any(|attack| succeeds(&attack)), "`{}` is not shown to be needed", rule.id);
    }
}

// Goal: no permission is idle. Method: leave one out; some right case must then be refused.
#[test]
fn without_its_permit_somebody_is_refused() {
    let mut right: Vec<_> = Vec::new();
    for act in Act::ALL {
        right.push((*act, world::case(*act, &[])));
        for role in Role::ALL {
            right.push((*act, world::right(*act, *role)));
        }
    }
    let mut own = world::case(Act::CredentialRevoke, &[]);
    own.target = world::target(Act::CredentialIssue);
    right.push((Act::CredentialRevoke, own));
    let mut own_sessions = world::case(Act::PersonRecall, &[]);
    own_sessions.actor.actor.person = world::OTHER;
    right.push((Act::PersonRecall, own_sessions));
    let mut first = world::right(Act::RoleGrant, Role::Operator);
    first.target = world::appointment(Role::Signatory, &[]);
    right.push((Act::RoleGrant, first));
    let mut across = world::right(Act::PermitRequest, Role::Controller);
    across.target = world::permit(None);
    right.push((Act::PermitRequest, across));
    let gate = Gate::embedded().unwrap();
    right.retain(|(act, case)| gate.decide_act(*act, case).is_ok());
    for rule in gate.rules().iter().filter(|rule| rule.reason().is_none()) {
        let without = proving::without(&rule.id).unwrap();
        assert!(
            right.iter().any(|(act, case)| without.decide_act(*act, case).is_err()),
            "`{}` is not shown to be needed",
            rule.id
        );
    }
}

#[test]
fn every_reason_of_a_rule_is_reached() {
    let gate = Gate::embedded().unwrap();
    let told: BTreeSet<Reason> = gate.rules().iter().filter_map(gate::Rule::reason).collect();
    let reached: BTreeSet<Reason> = attacks::all().iter().map(|attack| attack.reason).collect();
    assert_eq!(told, reached);
}

// Goal: where several rules refuse, the first reason in the order of the words is told.
#[test]
fn the_first_reason_is_told() {
    let gate = Gate::embedded().unwrap();
    let mut case = world::case(Act::ObjectGet, &[]);
    let world::Target::Data(data) = &mut case.target else { panic!("not data") };
    data.permit = None;
    data.project.is_halted = true;
    data.project.is_locked = true;
    let denied = gate.decide_act(Act::ObjectGet, &case).unwrap_err();
    assert_eq!(denied.reason, Reason::ProjectHalted);
    assert_eq!(denied.policies.len(), 3);
}

#[test]
fn what_may_not_be_known_says_nothing_of_itself() {
    let gate = Gate::embedded().unwrap();
    for attack in attacks::all() {
        let refusal: Refusal = gate.decide_act(attack.act, &attack.case).unwrap_err().into();
        assert_eq!(refusal.detail.is_empty(), refusal.kind() == Kind::NotFound, "{}", attack.rule);
    }
}

#[test]
fn facts_about_another_kind_of_thing_are_a_fault_of_ours() {
    let gate = Gate::embedded().unwrap();
    let mut case = world::right(Act::ObjectGet, Role::Researcher);
    case.target = world::Target::Region;
    let denied = gate.decide_act(Act::ObjectGet, &case).unwrap_err();
    assert_eq!((denied.reason, denied.is_alarm), (Reason::PolicyFault, true));
}
