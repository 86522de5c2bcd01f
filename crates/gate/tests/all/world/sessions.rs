//! Attacks by people who signed in, and upon what lets them.

use words::Reason;
use words::act::Act;
use words::actor::Role;

use super::attacks::{Attack, attack, look, unknown_appointment};
use super::{Spoil, person, right};

pub fn all() -> Vec<Attack> {
    let weak = |act, role| {
        attack("data.second-factor", Reason::SecondFactorMissing, act, right(act, role), |case| {
            case.with_session(false);
        })
    };
    vec![
        weak(Act::ObjectGet, Role::Researcher),
        weak(Act::ObjectPut, Role::Researcher),
        weak(Act::AirlockApprove, Role::Reviewer),
        weak(Act::AirlockRelease, Role::Controller),
        look("people.unknown", Act::PersonLink, person(false)),
        look("people.unknown", Act::PersonUnlink, person(false)),
        look("people.unknown", Act::PersonRecall, person(false)),
        look("roles.unknown", Act::RoleMap, unknown_appointment()),
        look("roles.unknown", Act::RoleUnmap, unknown_appointment()),
    ]
}
