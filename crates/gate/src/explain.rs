//! Which rules speak of an act or give a reason, in their own words.

use words::{Act, Reason};

use crate::gate::Gate;
use crate::rule::Rule;

impl Gate {
    /// The rules that can give this reason.
    pub fn explain_reason(&self, reason: Reason) -> Vec<&Rule> {
        let gives = |rule: &&Rule| rule.reason() == Some(reason);
        self.rules().iter().filter(gives).collect()
    }

    /// The rules that speak of this act: who may, then what refuses.
    pub fn explain_act(&self, act: Act) -> Vec<&Rule> {
        let speaks = |rule: &&Rule| rule.acts.contains(&act);
        let mut rules: Vec<&Rule> = self.rules().iter().filter(speaks).collect();
        rules.sort_by_key(|rule| rule.reason().is_some());
        rules
    }
}
