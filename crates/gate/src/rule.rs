//! The rules as data: read from `policy/`, each with its sentence and its reason.
//!
//! A rule without a sentence, or a refusal without a reason, does not load.
//! This file must never judge a request.

mod time;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use cedar_policy::{ActionConstraint, EntityUid, Policy, PolicyId, PolicySet, Schema};
use words::{Act, Reason};

use crate::gate::GateError;

pub(crate) const SCHEMA: &str = include_str!("../../../policy/epic.cedarschema");

/// The files of rules, by theme, in the order people read them.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("people", include_str!("../../../policy/people.cedar")),
    ("agreements", include_str!("../../../policy/agreements.cedar")),
    ("projects", include_str!("../../../policy/projects.cedar")),
    ("permits", include_str!("../../../policy/permits.cedar")),
    ("snapshots", include_str!("../../../policy/snapshots.cedar")),
    ("awareness", include_str!("../../../policy/awareness.cedar")),
    ("data", include_str!("../../../policy/data.cedar")),
    ("airlock", include_str!("../../../policy/airlock.cedar")),
    ("exits", include_str!("../../../policy/exits.cedar")),
    ("keys", include_str!("../../../policy/keys.cedar")),
    ("proof", include_str!("../../../policy/proof.cedar")),
];

/// What a rule does when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Permit,
    /// Refuses whatever any permit says.
    Forbid(Reason),
}

/// One rule, for people and for the gate.
#[derive(Debug, Clone)]
pub struct Rule {
    /// `write.no-agreement`
    pub id: Arc<str>,
    /// `data`
    pub theme: &'static str,
    pub effect: Effect,
    /// One plain sentence.
    pub says: Arc<str>,
    /// Its source text.
    pub source: String,
    /// The acts it speaks of.
    pub acts: Vec<Act>,
    /// As written.
    pub(crate) policy: Policy,
    /// The same without its list of acts: it is only asked about those.
    pub(crate) bare: Policy,
}

impl Rule {
    /// Reads all files, in order.
    pub(crate) fn read_all(schema: &Schema) -> Result<Vec<Self>, GateError> {
        let groups = groups(schema)?;
        let mut rules: Vec<Self> = Vec::new();
        for (theme, text) in FILES {
            let set: PolicySet =
                text.parse().map_err(|cause| GateError::Syntax { theme, cause: Box::new(cause) })?;
            // WHY: Cedar numbers policies in the order of the text but keeps them in a hash table.
            let mut policies: Vec<&Policy> = set.policies().collect();
            policies.sort_by_key(|policy| number(policy.id()));
            for policy in policies {
                let rule = Self::read(theme, policy, &groups)?;
                if rules.iter().any(|known| known.id == rule.id) {
                    return Err(GateError::Twice { rule: rule.id });
                }
                rules.push(rule);
            }
        }
        Ok(rules)
    }

    fn read(theme: &'static str, policy: &Policy, groups: &Groups) -> Result<Self, GateError> {
        let note = |key: &'static str| {
            let found = policy.annotation(key).filter(|text| !text.is_empty());
            found.ok_or_else(|| GateError::Note { theme, key, rule: policy.to_string() })
        };
        let id: Arc<str> = note("id")?.into();
        let effect = match policy.effect() {
            cedar_policy::Effect::Permit => Effect::Permit,
            cedar_policy::Effect::Forbid => {
                let reason = Reason::parse(note("reason")?);
                Effect::Forbid(reason.ok_or_else(|| GateError::Reason { rule: Arc::clone(&id) })?)
            }
        };
        let policy = policy.new_id(PolicyId::new(&id));
        if !policy.to_json().is_ok_and(|json| time::is_only_compared(&json)) {
            return Err(GateError::Time { rule: id });
        }
        Ok(Self {
            theme,
            effect,
            says: note("says")?.into(),
            source: policy.to_string(),
            acts: acts(&policy, groups),
            bare: bare(&policy).ok_or_else(|| GateError::Bare { rule: Arc::clone(&id) })?,
            policy,
            id,
        })
    }

    pub fn reason(&self) -> Option<Reason> {
        match self.effect {
            Effect::Permit => None,
            Effect::Forbid(reason) => Some(reason),
        }
    }
}

fn number(id: &PolicyId) -> u32 {
    let text: &str = id.as_ref();
    text.trim_start_matches("policy").parse().unwrap_or(u32::MAX)
}

/// The policy for any act at all.
///
/// WHY: Cedar builds and compares the list of acts anew for every question, which
/// took a third of the time; the gate has already chosen the policies of the act.
fn bare(policy: &Policy) -> Option<Policy> {
    let mut json = policy.to_json().ok()?;
    *json.get_mut("action")? = serde_json::json!({ "op": "All" });
    Policy::from_json(Some(policy.id().clone()), json).ok()
}

/// Which acts each action of the schema stands for: itself, or its members.
type Groups = BTreeMap<String, Vec<Act>>;

fn groups(schema: &Schema) -> Result<Groups, GateError> {
    let actions = schema.action_entities().map_err(|_| GateError::Actions)?;
    let is_group: HashSet<&EntityUid> = schema.action_groups().collect();
    let names = schema.actions().filter(|action| !is_group.contains(action));
    if names.count() != Act::ALL.len() {
        return Err(GateError::Actions);
    }
    let mut groups = Groups::new();
    for act in Act::ALL {
        let own = action(act.name())?;
        let above = actions.ancestors(&own).ok_or(GateError::Actions)?;
        for uid in above.chain([&own]) {
            groups.entry(uid.to_string()).or_default().push(*act);
        }
    }
    Ok(groups)
}

fn acts(policy: &Policy, groups: &Groups) -> Vec<Act> {
    let of = |uid: &EntityUid| groups.get(&uid.to_string()).cloned().unwrap_or_default();
    let mut acts = match policy.action_constraint() {
        ActionConstraint::Any => Act::ALL.to_vec(),
        ActionConstraint::Eq(uid) => of(&uid),
        ActionConstraint::In(uids) => uids.iter().flat_map(of).collect(),
    };
    acts.sort_unstable();
    acts.dedup();
    acts
}

/// The action of the schema that bears an act's name.
pub(crate) fn action(name: &str) -> Result<EntityUid, GateError> {
    let text = format!("Action::\"{name}\"");
    text.parse().map_err(|_| GateError::Actions)
}
