//! What was decided a moment ago about the same question.
//!
//! A question is all that a policy can see but the time, and policies do nothing
//! with the time but compare it with dates of what is asked about (`rule`
//! refuses any other use). So an answer holds until the next of those dates. It
//! must never remember an answer that was not the policies' own.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Mutex, PoisonError};

use words::actor::{Place, Role};
use words::{Act, Id, Timestamp, noun};

use crate::allowed::Verdict;
use crate::denied::Denied;
use crate::facts::{Case, Target};

/// WHY: one answer for everybody at work in every bucket and way; about 4 MiB. A fuller memory starts again.
const ANSWERS_MAX: usize = 8_192;

pub(crate) type Answer = Result<Verdict, Denied>;

/// Who asks, as far as policies can see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Asker {
    pub person: Id<noun::Person>,
    pub organisation: Option<Id<noun::Organisation>>,
    pub is_suspended: bool,
    pub is_strong: bool,
    pub place: Place,
    pub credential: Option<Used>,
    pub trained_until: Option<Timestamp>,
    pub instructed_until: Option<Timestamp>,
    pub roles: Vec<Role>,
}

/// The credential that a request came through, as far as policies can see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Used {
    pub project: Id<noun::Project>,
    pub place: Place,
    pub grant: Option<Id<noun::Grant>>,
}

/// All that policies are asked about, but the time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub act: Act,
    pub asker: Asker,
    pub target: Target,
}

impl Question {
    pub fn new(act: Act, case: &Case) -> Self {
        let actor = &case.actor.actor;
        let used =
            |of: &words::actor::CredentialUse| Used { project: of.project, place: of.place, grant: of.grant };
        let asker = Asker {
            person: actor.person,
            organisation: case.actor.organisation,
            is_suspended: case.actor.is_suspended,
            is_strong: actor.is_strong(),
            place: actor.place,
            credential: actor.credential.as_ref().map(used),
            trained_until: case.actor.trained_until,
            instructed_until: case.actor.instructed_until,
            roles: case.actor.roles.iter().copied().collect(),
        };
        Self { act, asker, target: case.target.clone() }
    }
}

/// Answers about data, the acts that come by the thousand; bounded.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    answers: Mutex<HashMap<Question, (RangeInclusive<Timestamp>, Answer)>>,
}

impl Memo {
    /// The answer from memory, or a fresh one.
    pub fn answer(
        &self,
        question: Question,
        now: Timestamp,
        ask: impl FnOnce(&Question) -> Answer,
    ) -> Answer {
        // WHY only these: other targets hold sets as long as people make them, and are asked about seldom.
        let Target::Data(facts) = &question.target else {
            return ask(&question);
        };
        let mut moments = facts.moments();
        moments.extend(question.asker.trained_until.into_iter().chain(question.asker.instructed_until));
        let held = steady(now, &moments);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, answer)) = answers.get(&question).filter(|(until, _)| until.contains(&now)) {
            return answer.clone();
        }
        drop(answers);
        let answer = ask(&question);
        if answer.as_ref().is_err_and(|denied| denied.is_alarm) {
            return answer;
        }
        answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= ANSWERS_MAX {
            answers.clear();
        }
        answers.insert(question, (held, answer.clone()));
        answer
    }
}

/// From when until when no comparison with one of these moments changes its answer.
fn steady(now: Timestamp, moments: &[Timestamp]) -> RangeInclusive<Timestamp> {
    // A comparison changes its answer at the moment itself or right behind it.
    let edges = || moments.iter().flat_map(|moment| [*moment, moment.plus_ms(1)]);
    let from = edges().filter(|edge| *edge <= now).max();
    let until = edges().filter(|edge| *edge > now).min();
    let (first, last) = (Timestamp::from_ms(i64::MIN), Timestamp::from_ms(i64::MAX));
    from.unwrap_or(first)..=until.map_or(last, |edge| edge.plus_ms(-1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_until_the_next_date() {
        let at = |ms| Timestamp::from_ms(ms);
        let moments = [at(10), at(20)];
        for (now, from, until) in [(15, 11, 19), (10, 10, 10), (11, 11, 19), (20, 20, 20), (19, 11, 19)] {
            assert_eq!(steady(at(now), &moments), at(from)..=at(until), "{now}");
        }
        assert_eq!(steady(at(9), &moments), at(i64::MIN)..=at(9));
        assert_eq!(steady(at(21), &moments), at(21)..=at(i64::MAX));
        assert_eq!(steady(at(5), &[]), at(i64::MIN)..=at(i64::MAX));
    }
}
