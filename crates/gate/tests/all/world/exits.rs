//! Attacks on the return of data to their provider.

use words::act::Act;
use words::{Reason, Role};

use super::attacks::{Attack, attack};
use super::*;

pub fn all() -> Vec<Attack> {
    let state = Reason::StateWrong;
    let spoil = |rule, reason, act, role, target: Target| {
        attack(rule, reason, act, right(act, role), |case| case.target = target)
    };
    let with = |edit: fn(&mut bool, &mut bool, &mut gate::AgreementFacts)| {
        let mut target = exit(true, true);
        if let Target::Exit { is_confirmed, is_waived, agreement, .. } = &mut target {
            edit(is_confirmed, is_waived, agreement);
        }
        target
    };
    let running = with(|_, _, agreement| agreement.is_ended = false);
    let confirmed = with(|is_confirmed, _, _| *is_confirmed = true);
    let waived = with(|_, is_waived, _| *is_waived = true);
    let steward = Role::Steward;
    vec![
        spoil("exit.running", Reason::AgreementRunning, Act::ExitStart, Role::Controller, running),
        spoil("exit.unstarted", state, Act::ExitAccept, Role::Signatory, exit(false, false)),
        spoil("exit.unstarted", state, Act::ExitConfirm, steward, exit(false, false)),
        spoil("exit.unaccepted", state, Act::ExitList, steward, exit(true, false)),
        spoil("exit.unaccepted", state, Act::ExitFetch, steward, exit(true, false)),
        spoil("exit.closed", Reason::AlreadyDone, Act::ExitFetch, steward, confirmed.clone()),
        spoil("exit.closed", Reason::AlreadyDone, Act::ExitConfirm, steward, confirmed),
        spoil("exit.given-up", Reason::RoleMissing, Act::ExitConfirm, steward, waived),
        attack(
            "data.locked",
            Reason::ProjectLocked,
            Act::ExitFetch,
            right(Act::ExitFetch, steward),
            |case| {
                case.project().is_locked = true;
            },
        ),
    ]
}
