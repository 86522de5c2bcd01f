//! The policies as data: they load, fit their schema, and read as prose.

use crate::world;

use std::path::Path;

use gate::proving::Plain;
use gate::{Effect, Gate};
use words::{Act, Reason, Role};

#[test]
fn policies_fit_their_schema() {
    let gate = match Gate::embedded() {
        Ok(gate) => gate,
        Err(error) => panic!("{error:?}"),
    };
    assert!(gate.rules().len() > 60);
}

// Goal: what we tell Cedar is what the schema promises to the policies' authors, and
// the quick way of asking changes no answer. Oracle: Cedar, all policies, as written.
#[test]
fn facts_fit_the_schema_and_answers_are_cedar_s() {
    let (gate, plain) = (Gate::embedded().unwrap(), Plain::embedded().unwrap());
    let check = |act: Act, case: &gate::Case| {
        assert_eq!(plain.decide(act, case), Ok(gate.decide_act(act, case)), "{}", act.name());
    };
    for attack in world::attacks::all() {
        check(attack.act, &attack.case);
    }
    for act in Act::ALL {
        for role in Role::ALL {
            check(*act, &world::right(*act, *role));
        }
    }
    let mut wrong = world::case(Act::ObjectGet, &[]);
    wrong.target = world::Target::Region;
    assert!(plain.decide(Act::ObjectGet, &wrong).is_err());
}

#[test]
fn every_rule_is_a_sentence_and_speaks_of_some_act() {
    let gate = Gate::embedded().unwrap();
    for rule in gate.rules() {
        assert!(rule.says.ends_with('.') && rule.says.starts_with(char::is_uppercase), "{}", rule.id);
        assert!(rule.says.split_whitespace().count() < 25, "{}: too long", rule.id);
        assert!(!rule.acts.is_empty(), "{} speaks of nothing", rule.id);
        assert!(rule.source.contains(rule.id.as_ref()), "{}", rule.id);
    }
}

#[test]
fn every_act_and_every_reason_is_explained() {
    let gate = Gate::embedded().unwrap();
    for act in Act::ALL {
        let rules = gate.explain_act(*act);
        assert_eq!(rules.first().map(|rule| rule.effect), Some(Effect::Permit), "{}", act.name());
    }
    let ids = |reason| -> Vec<String> {
        gate.explain_reason(reason).iter().map(|rule| rule.id.to_string()).collect()
    };
    assert_eq!(ids(Reason::AgreementEnded), ["write.past", "write.ended"]);
    assert_eq!(ids(Reason::QuotaFull), Vec::<String>::new());
}

// Goal: a change of who may do what is seen by whoever reviews it.
#[test]
fn the_printed_policy_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy.md");
    let table = Gate::embedded().unwrap().table();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        table, kept,
        "docs/policy.md is out of date: run with UPDATE_SNAPSHOTS=1 and read what changed"
    );
}
