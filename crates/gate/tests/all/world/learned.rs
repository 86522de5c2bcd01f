//! Attacks on what persons must have learned.

use super::attacks::{Attack, attack};
use super::*;
use words::Reason;

/// Somebody with a permit whom nobody trained or instructed, or no more.
pub fn all() -> Vec<Attack> {
    const OVER: Timestamp = Timestamp::from_ms(NOW.ms() - 1);
    let train = Act::PersonTrain;
    let oneself = |case: &mut Case| case.target = oneself();
    let own =
        attack("people.own-training", Reason::OwnRequest, train, right(train, Role::Signatory), oneself);
    let mut all = vec![own];
    let inspect = || right(Act::AirlockInspect, Role::Reviewer);
    all.push(attack("work.untrained", Reason::TrainingMissing, Act::AirlockInspect, inspect(), |case| {
        case.actor.trained_until = None;
    }));
    for act in [Act::ObjectGet, Act::ObjectPut, Act::ObjectDelete, Act::AirlockDraft] {
        for until in [None, Some(OVER)] {
            let case = || right(act, Role::Researcher);
            all.push(attack("work.untrained", Reason::TrainingMissing, act, case(), |case| {
                case.actor.trained_until = until;
            }));
            all.push(attack("work.uninstructed", Reason::InstructionMissing, act, case(), |case| {
                case.actor.instructed_until = until;
            }));
        }
    }
    all
}
