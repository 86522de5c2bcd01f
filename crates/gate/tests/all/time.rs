//! Both ends of a span are included; one millisecond past either is refused.

use crate::world;

use gate::{Case, Gate, Span};
use words::{Act, Reason, Role, Timestamp};
use world::{LATER, NOW, Spoil, Target};

const SPAN: Span = Span { starts: NOW, ends: LATER };

fn check(act: Act, case: &Case, early: Reason, late: Reason) {
    let gate = Gate::embedded().unwrap();
    let at = |now: Timestamp| {
        let case = Case { now, ..case.clone() };
        gate.decide_act(act, &case).map(drop).map_err(|denied| denied.reason)
    };
    assert_eq!(at(SPAN.starts.plus_ms(-1)), Err(early));
    assert_eq!(at(SPAN.starts), Ok(()));
    assert_eq!(at(SPAN.ends), Ok(()));
    assert_eq!(at(SPAN.ends.plus_ms(1)), Err(late));
}

#[test]
fn a_permit_reads_from_its_first_to_its_last_millisecond() {
    for act in [Act::ObjectGet, Act::ObjectList, Act::ObjectProbe, Act::ObjectDelete] {
        let mut case = world::right(act, Role::Researcher);
        case.data().permit = Some(SPAN);
        check(act, &case, Reason::PermitNotYet, Reason::PermitEnded);
    }
}

#[test]
fn an_agreement_takes_data_from_its_first_to_its_last_millisecond() {
    for act in [Act::ObjectPut, Act::UploadStart, Act::UploadPart, Act::UploadComplete] {
        let mut case = world::deliver(act);
        case.data().agreement = Some(gate::AgreementFacts { span: SPAN, ..world::agreement() });
        case.data().grant = Some(wide_grant());
        check(act, &case, Reason::AgreementNotYet, Reason::AgreementEnded);
    }
}

#[test]
fn a_grant_delivers_from_its_first_to_its_last_millisecond() {
    let mut case = world::deliver(Act::ObjectPut);
    case.data().grant = Some(gate::GrantFacts { span: SPAN, ..world::grant() });
    case.data().agreement = Some(gate::AgreementFacts { span: wide_grant().span, ..world::agreement() });
    check(Act::ObjectPut, &case, Reason::GrantNotYet, Reason::GrantEnded);
}

fn wide_grant() -> gate::GrantFacts {
    let span = Span { starts: Timestamp::from_ms(0), ends: LATER.plus_ms(1_000) };
    gate::GrantFacts { span, ..world::grant() }
}

#[test]
fn a_release_is_fetched_until_its_last_millisecond() {
    let gate = Gate::embedded().unwrap();
    let mut case = world::right(Act::AirlockFetch, Role::Controller);
    case.now = LATER;
    assert!(gate.decide_act(Act::AirlockFetch, &case).is_ok());
    case.now = LATER.plus_ms(1);
    assert_eq!(gate.decide_act(Act::AirlockFetch, &case).unwrap_err().reason, Reason::StateWrong);
}

#[test]
fn retention_keeps_through_its_last_millisecond() {
    let gate = Gate::embedded().unwrap();
    let mut case = world::right(Act::KeyEraseScope, Role::Custodian);
    let Target::Keys { retained_until, .. } = &mut case.target else { panic!("no keys") };
    *retained_until = Some(NOW);
    assert_eq!(gate.decide_act(Act::KeyEraseScope, &case).unwrap_err().reason, Reason::Retained);
    case.now = NOW.plus_ms(1);
    assert!(gate.decide_act(Act::KeyEraseScope, &case).is_ok());
}
