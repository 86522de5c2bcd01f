//! Attacks on what goes from a home project to a study.

use gate::{AgreementFacts, CrossingFacts, SnapshotFacts};
use words::act::Act;
use words::{Reason, Role, Tier};

use super::attacks::{Attack, attack, look, peek};
use super::*;

/// A permit that others asked for.
pub fn permit(crossing: Option<CrossingFacts>) -> Target {
    Target::Permit {
        id: id(32),
        project: project(),
        requester: OTHER,
        persons: [OTHER, THIRD].into(),
        crossing,
    }
}

/// Data of the project wanted in a study, all in order.
pub fn crossing() -> CrossingFacts {
    CrossingFacts {
        study_tier: Tier::Identifiable,
        is_actor_of_study: false,
        home: Some(agreement()),
        is_onward_agreed: true,
        study: Some(agreement()),
    }
}

pub fn all() -> Vec<Attack> {
    let mut all = crossings();
    all.extend(in_the_study());
    all
}

/// The controller of the data grants, but for one thing.
fn grants(rule: &'static str, reason: Reason, act: Act, edit: impl FnOnce(&mut CrossingFacts)) -> Attack {
    let mut facts = crossing();
    edit(&mut facts);
    attack(rule, reason, act, right(act, Role::Controller), |case| case.target = permit(Some(facts)))
}

fn home(edit: fn(&mut AgreementFacts)) -> Attack {
    grants("snapshots.onward", Reason::OnwardMissing, Act::PermitGrant, |facts| {
        facts.home.as_mut().map(edit);
    })
}

fn study(edit: fn(&mut AgreementFacts)) -> Attack {
    grants("snapshots.study-agreement", Reason::AgreementMissing, Act::SnapshotTake, |facts| {
        facts.study.as_mut().map(edit);
    })
}

fn crossings() -> Vec<Attack> {
    let mut all = Vec::new();
    let spoils: [fn(&mut AgreementFacts); 5] = [
        |of| of.is_signed = false,
        |of| of.is_suspended = true,
        |of| of.is_ended = true,
        |of| of.span = PAST,
        |of| of.span = FUTURE,
    ];
    all.extend(spoils.map(home));
    all.extend(spoils.map(study));
    for act in [Act::PermitGrant, Act::PermitAmend, Act::SnapshotTake] {
        all.extend([
            grants("snapshots.onward", Reason::OnwardMissing, act, |of| of.home = None),
            grants("snapshots.onward", Reason::OnwardMissing, act, |of| of.is_onward_agreed = false),
            grants("snapshots.study-agreement", Reason::AgreementMissing, act, |of| of.study = None),
            grants("snapshots.both-sides", Reason::DutiesMixed, act, |of| of.is_actor_of_study = true),
            grants("snapshots.tier", Reason::TierLowered, act, |of| of.study_tier = Tier::Pseudonymised),
        ]);
    }
    all.push(attack(
        "permits.own",
        Reason::OwnRequest,
        Act::SnapshotTake,
        right(Act::SnapshotTake, Role::Controller),
        |case| case.actor.actor.person = OTHER,
    ));
    all
}

fn in_the_study() -> Vec<Attack> {
    let spoil = |rule, reason, act, role| {
        attack(rule, reason, act, right(act, role), |case: &mut gate::Case| {
            let is_open = rule == "snapshots.fixed";
            case.data().snapshot = Some(SnapshotFacts { is_open });
        })
    };
    let shown = target(Act::SnapshotTake);
    let mut all = vec![
        look("snapshots.unseen", Act::SnapshotShow, shown.clone()),
        peek("snapshots.unseen", Act::SnapshotShow, &[Role::Researcher], shown),
        attack(
            "erase.held",
            Reason::LegalHold,
            Act::SnapshotErase,
            right(Act::SnapshotErase, Role::Custodian),
            |case| {
                if let Target::Keys { is_held, .. } = &mut case.target {
                    *is_held = true;
                }
            },
        ),
    ];
    for act in [Act::ObjectGet, Act::ObjectProbe, Act::ObjectList] {
        all.push(spoil("snapshots.closed", Reason::SnapshotClosed, act, Role::Researcher));
    }
    for act in [Act::ObjectPut, Act::UploadStart, Act::UploadAbort, Act::ObjectCopy, Act::ObjectDelete] {
        all.push(spoil("snapshots.fixed", Reason::SnapshotFixed, act, Role::Researcher));
    }
    for act in [Act::ObjectDescribe, Act::BucketVersion, Act::BucketDelete] {
        all.push(spoil("snapshots.fixed", Reason::SnapshotFixed, act, Role::Controller));
    }
    all
}
