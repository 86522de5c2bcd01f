//! A no, with the rule that said it. It must never tell a stranger more than
//! that there is nothing here.

use std::sync::Arc;

use words::{Act, Reason, Refusal};

/// Why an act was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("refused: {}", reason.code())]
pub struct Denied {
    /// The first reason, in the order of `Reason::ALL`.
    pub reason: Reason,
    /// Every rule that refused; empty when none allowed it.
    pub policies: Vec<Arc<str>>,
    /// The sentence of the rule that gave the reason.
    pub says: Arc<str>,
    /// The fault is ours: somebody must look.
    pub is_alarm: bool,
}

impl Denied {
    /// The policies could not be asked: a no, and an alarm.
    pub(crate) fn fault() -> Self {
        Self { reason: Reason::PolicyFault, policies: Vec::new(), says: "".into(), is_alarm: true }
    }

    /// No rule allows it; the table of acts says whom to ask.
    pub(crate) fn role_missing(act: Act) -> Self {
        let who: Vec<&str> = act.row().who.iter().map(|role| role.text()).collect();
        Self {
            reason: Reason::RoleMissing,
            policies: Vec::new(),
            says: format!("`{}` is for: {}", act.name(), who.join(", ")).into(),
            is_alarm: false,
        }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        // WHY: which rule hid a thing would tell that there is a thing to hide.
        if denied.reason == Reason::NotFound {
            return Self::new(Reason::NotFound);
        }
        Self::with(denied.reason, denied.says.as_ref())
    }
}
