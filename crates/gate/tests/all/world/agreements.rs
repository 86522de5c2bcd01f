//! Attacks on agreements, and on what is written without one.

use words::{Reason, Role};

use super::attacks::{Attack, attack, look};
use super::*;

pub fn all() -> Vec<Attack> {
    let put = |rule, reason, edit: fn(&mut gate::AgreementFacts)| {
        attack(rule, reason, Act::ObjectPut, deliver(Act::ObjectPut), |case| {
            let mut facts = agreement();
            edit(&mut facts);
            case.data().agreement = Some(facts);
        })
    };
    let act = Act::AgreementSign;
    let sign = |spoil: fn(&mut Case)| {
        attack("agreements.party", Reason::OtherParty, act, right(act, Role::Signatory), spoil)
    };
    vec![
        put("write.no-agreement", Reason::AgreementMissing, |facts| facts.is_signed = false),
        put("write.suspended", Reason::AgreementSuspended, |facts| facts.is_suspended = true),
        put("write.not-yet", Reason::AgreementNotYet, |facts| facts.span = FUTURE),
        put("write.past", Reason::AgreementEnded, |facts| facts.span = PAST),
        put("write.ended", Reason::AgreementEnded, |facts| facts.is_ended = true),
        attack(
            "write.no-agreement",
            Reason::AgreementMissing,
            Act::ObjectPut,
            deliver(Act::ObjectPut),
            |case| {
                case.data().agreement = None;
            },
        ),
        lodge(Act::AgreementLodge),
        lodge(Act::AgreementScan),
        // Somebody with a part in the project takes what a party signed.
        lodged(Role::Researcher),
        lodged(Role::Steward),
        // Whoever lodged a scan attests it themselves.
        attest(Role::Signatory),
        attest(Role::Controller),
        sign(|case| set_party(case, Some(ELSEWHERE))),
        sign(|case| set_party(case, None)),
        // Signatory of one party, signing for the other: no role there.
        attack("agreements.party", Reason::OtherParty, act, case(act, &[]), |case| {
            set_party(case, Some(PARTNER));
        }),
        look("agreements.unknown", act, unknown_pact()),
        look("agreements.unknown", Act::AgreementShow, unknown_pact()),
        resume(&[PARTNER], &[ORGANISATION], Role::Signatory),
        resume(&[ORGANISATION, PARTNER], &[ELSEWHERE], Role::Controller),
        resume(&[PARTNER], &[], Role::Controller),
    ]
}

/// A signatory lodges what another's party signed.
fn lodge(act: Act) -> Attack {
    attack("agreements.party", Reason::OtherParty, act, right(act, Role::Signatory), |case| {
        set_party(case, Some(ELSEWHERE));
    })
}

fn lodged(role: Role) -> Attack {
    let act = Act::AgreementDocument;
    attack("agreements.lodged", Reason::RoleMissing, act, case(act, &[role]), |case| {
        if let Target::Agreement { is_lodged, .. } = &mut case.target {
            *is_lodged = true;
        }
    })
}

fn attest(role: Role) -> Attack {
    let act = Act::AgreementAttest;
    attack("agreements.by-two", Reason::OwnRequest, act, right(act, role), |case| {
        if let Target::Agreement { lodger, .. } = &mut case.target {
            *lodger = Some(ACTOR);
        }
    })
}

fn unknown_pact() -> Target {
    let mut target = pact();
    if let Target::Agreement { is_known_to_actor, .. } = &mut target {
        *is_known_to_actor = false;
    }
    target
}

/// Somebody who speaks for `sides` resumes what `stops` have stopped.
fn resume(
    stopped: &[words::Id<words::noun::Organisation>],
    speaks_for: &[words::Id<words::noun::Organisation>],
    role: Role,
) -> Attack {
    let act = Act::AgreementResume;
    attack("agreements.own-stop", Reason::OtherParty, act, right(act, role), |case| {
        if let Target::Agreement { stops, sides, .. } = &mut case.target {
            (*stops, *sides) = (stopped.iter().copied().collect(), speaks_for.iter().copied().collect());
        }
    })
}

fn set_party(case: &mut Case, to: Option<words::Id<words::noun::Organisation>>) {
    if let Target::Agreement { party, .. } = &mut case.target {
        *party = to;
    }
}
