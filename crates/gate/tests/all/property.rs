//! Less knowledge never opens a door, and neither does more trouble.

use crate::world;

use std::sync::OnceLock;

use gate::proving::Plain;
use gate::{Case, Gate, Span};
use proptest::prelude::*;
use words::{Act, Id, Place, Role, Tier, Timestamp, noun};
use world::{NOW, Spoil, Target};

fn gate() -> &'static Gate {
    Gate::embedded().unwrap()
}

fn may(act: Act, case: &Case) -> bool {
    gate().decide_act(act, case).is_ok()
}

/// A few persons, so that they often coincide.
fn persons() -> impl Strategy<Value = Id<noun::Person>> {
    (1..4_u8).prop_map(world::id)
}

fn spans() -> impl Strategy<Value = Span> {
    prop_oneof![Just(world::SPAN), Just(world::PAST), Just(world::FUTURE)]
}

fn moments() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of((-1..2_i64).prop_map(|ms| NOW.plus_ms(ms)))
}

prop_compose! {
    /// Some act by somebody, with anything in order or not.
    fn cases()(
        act in prop::sample::select(Act::ALL.to_vec()),
        role in prop::sample::select(Role::ALL.to_vec()),
        more in prop::option::weighted(0.2, prop::sample::select(Role::ALL.to_vec())),
        actor in persons(),
        person in persons(),
        is_inside: bool,
        credential in 0..4_u8,
        tier in 0..4_u8,
        flags in prop::collection::vec(prop::bool::weighted(0.12), 12),
        permit in prop::option::of(spans()),
        agreement in prop::option::of(spans()),
        grant in prop::option::of(spans()),
        until in moments(),
        retained in moments(),
    ) -> (Act, Case) {
        let mut case = world::right(act, role);
        case.actor.roles.extend(more);
        case.actor.actor.person = actor;
        let place = if is_inside { Place::Inside } else { Place::Outside };
        match credential {
            1 => case.with_credential(place, None),
            2 => case.with_credential(place, Some(world::id(33))),
            _ => case.actor.actor.place = place,
        }
        if case.target.project().is_some() {
            let project = case.project();
            project.tier = Tier::from_number(tier).unwrap();
            (project.is_halted, project.is_locked, project.is_erased) = (flags[0], flags[1], flags[2]);
            project.is_known_to_actor = !flags[3];
            (project.is_split, project.opened_until) = (flags[9], until);
        }
        match &mut case.target {
            Target::Data(data) => {
                (data.permit, data.retained_until) = (permit, retained);
                data.agreement = agreement.map(|span| gate::AgreementFacts { span, is_suspended: flags[4], ..world::agreement() });
                data.grant = grant.map(|span| gate::GrantFacts { span, address_matches: !flags[5], ..world::grant() });
                (data.is_held, data.is_scope_erased, data.is_conditional) = (flags[6], flags[7], flags[8]);
                data.is_sealed = flags[9];
                (data.is_bypassing, data.is_binding, data.hands) = (flags[10], flags[11], [person].into());
            }
            Target::Airlock { author, fetch_ends, permit: of_author, .. } => {
                (*author, *fetch_ends, *of_author) = (person, until, permit);
            }
            Target::Keys { locker, retained_until, is_held, .. } => {
                (*locker, *retained_until, *is_held) = (Some(person), retained, flags[6]);
            }
            Target::Agreement { stops, sides, is_known_to_actor, .. } => {
                stops.extend(flags[4].then_some(world::PARTNER));
                sides.extend(flags[5].then_some(world::PARTNER));
                *is_known_to_actor = !flags[3];
            }
            Target::Tenant { is_known_to_actor, .. }
            | Target::Person { is_known_to_actor, .. }
            | Target::Role { is_known_to_actor, .. } => *is_known_to_actor = !flags[3],
            Target::Ledger { is_own_leaf, .. } => *is_own_leaf = flags[4],
            _ => {}
        }
        (act, case)
    }
}

/// The same case with one fact unknown. Not here: `retained_until` and a
/// credential, whose absence is itself a fact (nothing retained; own key).
fn forgotten(case: &Case) -> Vec<Case> {
    let without = |forget: &dyn Fn(&mut Case)| {
        let mut case = case.clone();
        forget(&mut case);
        case
    };
    let mut cases = vec![without(&|case| case.actor.organisation = None)];
    if case.target.project().is_some() {
        cases.push(without(&|case| case.project().opened_until = None));
    }
    match &case.target {
        Target::Data(_) => {
            cases.push(without(&|case| case.data().permit = None));
            cases.push(without(&|case| case.data().agreement = None));
            cases.push(without(&|case| case.data().grant = None));
        }
        Target::Airlock { .. } => cases.extend([
            without(&|case| {
                if let Target::Airlock { permit, .. } = &mut case.target {
                    *permit = None;
                }
            }),
            without(&|case| {
                if let Target::Airlock { fetch_ends, .. } = &mut case.target {
                    *fetch_ends = None;
                }
            }),
        ]),
        Target::Keys { .. } => cases.push(without(&|case| {
            if let Target::Keys { locker, .. } = &mut case.target {
                *locker = None;
            }
        })),
        Target::Agreement { .. } => cases.push(without(&|case| {
            if let Target::Agreement { party, .. } = &mut case.target {
                *party = None;
            }
        })),
        _ => {}
    }
    cases
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    // Goal: an unknown fact never helps. Method: any case, one optional fact removed.
    #[test]
    fn forgetting_a_fact_never_allows((act, case) in cases()) {
        if may(act, &case) {
            return Ok(());
        }
        for poorer in forgotten(&case) {
            prop_assert!(!may(act, &poorer), "{} {poorer:?}", act.name());
        }
    }

    // Goal: trouble never helps. Method: any case, with one more thing gone wrong.
    #[test]
    fn trouble_never_allows((act, case) in cases(), trouble in 0..6_u8) {
        let mut worse = case.clone();
        match (trouble, &mut worse.target) {
            (0, _) => worse.actor.is_suspended = true,
            (1, Target::Data(data)) => data.is_held = true,
            (2, Target::Data(data)) => data.is_scope_erased = true,
            (5, Target::Data(data)) => (data.is_bypassing, data.is_binding) = (true, true),
            (1, Target::Agreement { stops, .. }) => drop(stops.insert(world::ELSEWHERE)),
            (2, Target::Airlock { standing, .. }) => standing.clear(),
            (2, Target::Ledger { is_own_leaf, .. }) => *is_own_leaf = false,
            (
                5,
                Target::Tenant { is_known_to_actor, .. }
                | Target::Person { is_known_to_actor, .. }
                | Target::Role { is_known_to_actor, .. }
                | Target::Agreement { is_known_to_actor, .. },
            ) => *is_known_to_actor = false,
            (3, _) if case.target.project().is_some() => worse.project().is_halted = true,
            (4, _) if case.target.project().is_some() => worse.project().is_erased = true,
            (5, _) if case.target.project().is_some() => worse.project().is_known_to_actor = false,
            _ => worse.actor.roles.clear(),
        }
        prop_assert!(may(act, &case) || !may(act, &worse), "{} {worse:?}", act.name());
    }

    // Goal: the quick way of asking, and remembering what was asked, change no answer.
    // Method: one question at moments around every date in it, back and forth. Oracle: Cedar, all policies, as written.
    #[test]
    fn answers_are_cedar_s((act, case) in cases(), moments in prop::collection::vec((0..7_usize, -1..2_i64), 6)) {
        static PLAIN: OnceLock<Plain> = OnceLock::new();
        let plain = PLAIN.get_or_init(|| Plain::embedded().unwrap());
        let spans = [world::SPAN, world::PAST, world::FUTURE];
        let dates: Vec<_> = spans.iter().flat_map(|span| [span.starts, span.ends]).chain([NOW]).collect();
        prop_assert_eq!(plain.decide(act, &case), Ok(gate().decide_act(act, &case)));
        for (date, ms) in moments {
            let case = Case { now: dates[date].plus_ms(ms), ..case.clone() };
            prop_assert_eq!(plain.decide(act, &case), Ok(gate().decide_act(act, &case)));
        }
    }

    // Goal: nobody is their own counterpart. Method: any case, any mix of roles.
    #[test]
    fn nobody_decides_for_themselves((act, case) in cases()) {
        let me = case.actor.actor.person;
        let is_own = match &case.target {
            Target::Role { person, .. } => act == Act::RoleGrant && *person == me,
            Target::Permit { requester, persons, .. } => {
                act != Act::PermitEnd && (*requester == me || persons.contains(&me))
            }
            Target::Grant { receiver, .. } => act == Act::GrantIssue && *receiver == me,
            Target::Airlock { author, .. } => {
                matches!(act, Act::AirlockApprove | Act::AirlockRelease) && *author == me
            }
            Target::Keys { locker, .. } => act == Act::KeyUnlock && *locker == Some(me),
            Target::Data(data) => {
                let is_shortening = matches!(act, Act::ObjectDelete | Act::ObjectRetain) && data.is_bypassing;
                is_shortening && data.hands.contains(&me)
            }
            _ => false,
        };
        prop_assert!(!is_own || !may(act, &case), "{} {case:?}", act.name());
    }
}

// Goal: the properties above are about something. Method: a share of the cases is allowed.
#[test]
fn many_cases_are_allowed() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let draw = |runner: &mut TestRunner| cases().new_tree(runner).unwrap().current();
    let allowed = (0..1_000)
        .filter(|_| {
            let (act, case) = draw(&mut runner);
            may(act, &case)
        })
        .count();
    assert!((100..900).contains(&allowed), "{allowed} of 1000");
}
