//! The gate: facts in, a proof or a refusal out.
//!
//! It asks only the rules that speak of the act, and answers no whenever
//! anything about the asking went wrong. It must never add a rule of its own.

use std::sync::{Arc, OnceLock};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityTypeName, EntityUid, PolicySet, Request, Response,
    RestrictedExpression, Schema, SchemaFragment, ValidationMode, Validator,
};
use words::act::{Act, Deed};
use words::{Reason, Timestamp};

use crate::allowed::{Allowed, Verdict};
use crate::denied::Denied;
use crate::entity::Names;
use crate::facts::Case;
use crate::memo::{Answer, Memo, Question};
use crate::rule::{self, Rule};

/// Why the policies could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error("cannot read the schema of policies")]
    Schema(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("cannot read the policies of `{theme}`")]
    Syntax {
        theme: &'static str,
        #[source]
        cause: Box<cedar_policy::ParseErrors>,
    },
    #[error("a policy of `{theme}` has no `@{key}`: {rule}")]
    Note { theme: &'static str, key: &'static str, rule: String },
    #[error("policy `{rule}` names a reason that does not exist")]
    Reason { rule: Arc<str> },
    #[error("policy `{rule}` is there twice")]
    Twice { rule: Arc<str> },
    #[error("policies do not fit their schema: {0}")]
    Invalid(String),
    #[error("policy `{rule}` cannot be asked about single acts")]
    Bare { rule: Arc<str> },
    #[error("policy `{rule}` does more with the time than compare it with a date of what it is about")]
    Time { rule: Arc<str> },
    #[error("the schema's actions are not the table of acts")]
    Actions,
}

/// The rules, ready to be asked.
pub struct Gate {
    pub(crate) authorizer: Authorizer,
    pub(crate) names: Names,
    rules: Vec<Rule>,
    acts: Vec<Asked>,
    memo: Memo,
}

/// What is needed to ask about one act.
struct Asked {
    action: EntityUid,
    /// The action with the groups it is in.
    entity: Entity,
    resources: Vec<EntityTypeName>,
    policies: PolicySet,
}

impl Gate {
    /// The gate with the policies of this build, read once in a process.
    pub fn embedded() -> Result<&'static Self, GateError> {
        static EMBEDDED: OnceLock<Gate> = OnceLock::new();
        if let Some(gate) = EMBEDDED.get() {
            return Ok(gate);
        }
        let schema = schema()?;
        let gate = Self::new(&schema, Rule::read_all(&schema)?)?;
        Ok(EMBEDDED.get_or_init(|| gate))
    }

    pub(crate) fn new(schema: &Schema, rules: Vec<Rule>) -> Result<Self, GateError> {
        validate(schema, &rules)?;
        let actions = schema.action_entities().map_err(|_| GateError::Actions)?;
        let acts = Act::ALL
            .iter()
            .map(|act| Asked::new(*act, schema, &actions, &rules))
            .collect::<Result<_, _>>()?;
        Ok(Self { authorizer: Authorizer::new(), names: Names::new()?, rules, acts, memo: Memo::default() })
    }

    /// May they? The answer is the proof, or the reason.
    pub fn decide<A: Deed>(&self, case: &Case) -> Result<Allowed<A>, Denied> {
        let verdict = self.decide_act(A::ACT, case)?;
        Ok(Allowed::new(case, verdict))
    }

    /// The same for an act known only at run time: an answer, and no proof.
    pub fn decide_act(&self, act: Act, case: &Case) -> Result<Verdict, Denied> {
        self.memo.answer(Question::new(act, case), case.now, |question| self.answer(question, case.now))
    }

    fn answer(&self, question: &Question, now: Timestamp) -> Answer {
        let asked = self.acts.get(question.act as usize).ok_or_else(Denied::fault)?;
        let response = self.ask(asked, question, now).ok_or_else(Denied::fault)?;
        self.judge(question.act, &response)
    }

    /// Cedar's answer in our words; an evaluation error is a no and an alarm.
    pub(crate) fn judge(&self, act: Act, response: &Response) -> Result<Verdict, Denied> {
        if response.diagnostics().errors().next().is_some() {
            return Err(Denied::fault());
        }
        let found = self.found(response);
        match response.decision() {
            Decision::Allow => {
                Ok(Verdict { policies: found.iter().map(|rule| Arc::clone(&rule.id)).collect() })
            }
            Decision::Deny => Err(denied(act, &found)),
        }
    }

    /// Every rule, by theme, in the order people read them.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    fn ask(&self, asked: &Asked, question: &Question, now: Timestamp) -> Option<Response> {
        let person = self.names.person(&question.asker).ok()?;
        let resource = self.names.resource(&question.target).ok()?;
        let (principal, target) = (person.uid(), resource.uid());
        // WHY: facts about a thing of another kind would be judged by rules not written for it.
        if !asked.resources.contains(target.type_name()) {
            return None;
        }
        let entities = Entities::from_entities([person, resource, asked.entity.clone()], None).ok()?;
        let request = Request::new(principal, asked.action.clone(), target, moment(now)?, None);
        Some(self.authorizer.is_authorized(&request.ok()?, &asked.policies, &entities))
    }

    /// The rules that made the decision, in the order people read them.
    fn found(&self, response: &Response) -> Vec<&Rule> {
        let ids: Vec<&str> = response.diagnostics().reason().map(AsRef::as_ref).collect();
        let is_found = |rule: &&Rule| ids.contains(&rule.id.as_ref());
        self.rules.iter().filter(is_found).collect()
    }
}

impl Asked {
    fn new(act: Act, schema: &Schema, actions: &Entities, rules: &[Rule]) -> Result<Self, GateError> {
        let action = rule::action(act.name())?;
        let about = rules.iter().filter(|rule| rule.acts.contains(&act));
        let policies = PolicySet::from_policies(about.map(|rule| rule.bare.clone()));
        let resources = schema.resources_for_action(&action).ok_or(GateError::Actions)?;
        Ok(Self {
            entity: actions.get(&action).ok_or(GateError::Actions)?.clone(),
            resources: resources.cloned().collect(),
            policies: policies.map_err(|cause| GateError::Invalid(cause.to_string()))?,
            action,
        })
    }
}

/// The refusal that the first reason of `found` gives; none found means none allowed it.
fn denied(act: Act, found: &[&Rule]) -> Denied {
    let reasons = found.iter().filter_map(|rule| Some((rule.reason()?, rule)));
    let first = reasons.min_by_key(|(reason, _)| rank(*reason));
    let role_missing = || Denied::role_missing(act);
    first.map_or_else(role_missing, |(reason, rule)| Denied {
        reason,
        policies: found.iter().map(|rule| Arc::clone(&rule.id)).collect(),
        says: Arc::clone(&rule.says),
        is_alarm: false,
    })
}

fn rank(reason: Reason) -> usize {
    let place = Reason::ALL.iter().position(|other| *other == reason);
    place.unwrap_or(usize::MAX)
}

pub(crate) fn moment(now: Timestamp) -> Option<Context> {
    Context::from_pairs([("now".to_owned(), RestrictedExpression::new_long(now.ms()))]).ok()
}

pub(crate) fn schema() -> Result<Schema, GateError> {
    let read = SchemaFragment::from_cedarschema_str(rule::SCHEMA);
    let (fragment, _warnings) = read.map_err(|cause| GateError::Schema(Box::new(cause)))?;
    Schema::from_schema_fragments([fragment]).map_err(|cause| GateError::Schema(Box::new(cause)))
}

fn validate(schema: &Schema, rules: &[Rule]) -> Result<(), GateError> {
    let set = PolicySet::from_policies(rules.iter().map(|rule| rule.policy.clone()))
        .map_err(|cause| GateError::Invalid(cause.to_string()))?;
    let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
    if result.validation_passed_without_warnings() {
        return Ok(());
    }
    let errors = result.validation_errors().map(ToString::to_string);
    let warnings = result.validation_warnings().map(ToString::to_string);
    let all: Vec<String> = errors.chain(warnings).collect();
    Err(GateError::Invalid(all.join("; ")))
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Gate({} rules)", self.rules.len())
    }
}
