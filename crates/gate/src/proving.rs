//! Other gates, for tests alone: one with a rule left out, one that asks Cedar
//! plainly. They exist to prove that every rule is needed and that the quick
//! way of asking changes no answer; no door may use them.

use cedar_policy::{Entities, PolicySet, Request};
use words::Act;

use crate::allowed::Verdict;
use crate::denied::Denied;
use crate::facts::Case;
use crate::gate::{Gate, GateError, moment, schema};
use crate::memo::Question;
use crate::rule::{Rule, action};

/// The embedded gate without one rule.
pub fn without(id: &str) -> Result<Gate, GateError> {
    let schema = schema()?;
    let mut rules = Rule::read_all(&schema)?;
    rules.retain(|rule| rule.id.as_ref() != id);
    Gate::new(&schema, rules)
}

/// All policies as written, asked at once, with facts held against the schema.
#[derive(Debug)]
pub struct Plain {
    gate: &'static Gate,
    schema: cedar_policy::Schema,
    actions: Entities,
    policies: PolicySet,
}

impl Plain {
    pub fn embedded() -> Result<Self, GateError> {
        let (gate, schema) = (Gate::embedded()?, schema()?);
        let written = gate.rules().iter().map(|rule| rule.policy.clone());
        let policies = PolicySet::from_policies(written);
        Ok(Self {
            policies: policies.map_err(|cause| GateError::Invalid(cause.to_string()))?,
            actions: schema.action_entities().map_err(|_| GateError::Actions)?,
            schema,
            gate,
        })
    }

    /// The answer, or how the facts do not fit the schema.
    pub fn decide(&self, act: Act, case: &Case) -> Result<Result<Verdict, Denied>, String> {
        let unfit = |_| "not a Cedar value".to_owned();
        let question = Question::new(act, case);
        let person = self.gate.names.person(&question.asker).map_err(unfit)?;
        let resource = self.gate.names.resource(&question.target).map_err(unfit)?;
        let action = action(act.name()).map_err(|error| error.to_string())?;
        let moment = moment(case.now).ok_or("no moment")?;
        let request = Request::new(person.uid(), action, resource.uid(), moment, Some(&self.schema));
        let request = request.map_err(|error| error.to_string())?;
        let facts = self.actions.clone().add_entities([person, resource], Some(&self.schema));
        let facts = facts.map_err(|error| format!("{error:?}"))?;
        let response = self.gate.authorizer.is_authorized(&request, &self.policies, &facts);
        Ok(self.gate.judge(act, &response))
    }
}
