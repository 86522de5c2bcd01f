//! Gate probes: what must be refused is refused, by the policy that is loaded now.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use async_trait::async_trait;
use gate::Gate;
use gate::facts::{ActorFacts, AgreementFacts, Case, DataFacts, ProjectFacts, Span, Target};
use words::actor::{Actor, Role, Tier};
use words::{Act, Id, Place, Reason, Refusal, Timestamp};

use crate::Region;
use crate::check::{Check, Finding};

pub struct GateProbes;

#[async_trait]
impl Check for GateProbes {
    fn name(&self) -> &'static str {
        "gate-probes"
    }

    fn says(&self) -> &'static str {
        "a researcher with a permit reads from inside; without agreement, permit, place or role the same request is refused with its reason"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["A.5.15", "A.8.3", "A.5.3", "EHDS Art.73(1)(d)"]
    }

    async fn look(&self, region: &Region) -> Result<Finding, Refusal> {
        Ok(examine(region.gate()))
    }

    /// The same probes against a gate that has lost the rule of places.
    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        let lost = region_rule().ok_or(Refusal::new(Reason::PolicyFault))?;
        let gate = gate::proving::without(&lost).map_err(|_| Refusal::new(Reason::PolicyFault))?;
        Ok(examine(&gate))
    }
}

/// The rule that keeps tier 2 and 3 inside.
fn region_rule() -> Option<String> {
    let gate = Gate::embedded().ok()?;
    let rules = gate.explain_reason(Reason::PlaceOutside);
    rules.iter().find(|rule| rule.acts.contains(&Act::ObjectGet)).map(|rule| rule.id.to_string())
}

/// One probe: an act, how the right case is spoilt, and what must come of it.
struct Probe {
    name: &'static str,
    act: Act,
    spoil: fn(&mut Case, &mut DataFacts),
    expected: Option<Reason>,
}

const PROBES: &[Probe] = &[
    Probe { name: "right read", act: Act::ObjectGet, spoil: |_, _| {}, expected: None },
    Probe { name: "right write", act: Act::ObjectPut, spoil: |_, _| {}, expected: None },
    Probe {
        name: "read from outside",
        act: Act::ObjectGet,
        spoil: |case, _| case.actor.actor.place = Place::Outside,
        expected: Some(Reason::PlaceOutside),
    },
    Probe {
        name: "read without a permit",
        act: Act::ObjectGet,
        spoil: |_, data| data.permit = None,
        expected: Some(Reason::PermitMissing),
    },
    Probe {
        name: "read a millisecond late",
        act: Act::ObjectGet,
        spoil: |case, data| {
            if let Some(permit) = data.permit {
                case.now = permit.ends.plus_ms(1);
            }
        },
        expected: Some(Reason::PermitEnded),
    },
    Probe {
        name: "write before all have signed",
        act: Act::ObjectPut,
        spoil: |_, data| {
            data.agreement = data.agreement.map(|agreement| AgreementFacts { is_signed: false, ..agreement })
        },
        expected: Some(Reason::AgreementMissing),
    },
    Probe {
        name: "write in a halted project",
        act: Act::ObjectPut,
        spoil: |_, data| data.project.is_halted = true,
        expected: Some(Reason::ProjectHalted),
    },
    Probe {
        name: "read in a locked project",
        act: Act::ObjectGet,
        spoil: |_, data| data.project.is_locked = true,
        expected: Some(Reason::ProjectLocked),
    },
    Probe {
        name: "stranger",
        act: Act::ObjectGet,
        spoil: |case, data| {
            case.actor.roles = BTreeSet::new();
            data.permit = None;
            data.project.is_known_to_actor = false;
        },
        expected: Some(Reason::NotFound),
    },
    Probe {
        name: "suspended person",
        act: Act::ObjectGet,
        spoil: |case, _| case.actor.is_suspended = true,
        expected: Some(Reason::PersonSuspended),
    },
];

fn examine(gate: &Gate) -> Finding {
    let wrong: Vec<_> = PROBES.iter().filter(|probe| !probe.holds(gate)).map(|probe| probe.name).collect();
    match wrong.is_empty() {
        true => Finding::holds(true, format!("{} probes as expected", PROBES.len())),
        false => Finding::holds(false, format!("wrong answer to: {}", wrong.join(", "))),
    }
}

impl Probe {
    fn holds(&self, gate: &Gate) -> bool {
        let (mut case, mut data) = right();
        (self.spoil)(&mut case, &mut data);
        case.target = Target::Data(data);
        let decided = gate.decide_act(self.act, &case);
        match self.expected {
            None => decided.is_ok(),
            Some(expected) => decided.is_err_and(|denied| denied.reason == expected && !denied.is_alarm),
        }
    }
}

/// A researcher inside, with a permit, in a project of tier 2 under an agreement.
fn right() -> (Case, DataFacts) {
    let now = Timestamp::from_ms(1_800_000_000_000);
    let span = Span { starts: now.plus_ms(-1_000), ends: now.plus_ms(1_000) };
    let actor = Actor {
        person: Id::from_bytes([1; 16]),
        credential: None,
        session: None,
        place: Place::Inside,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let actor = ActorFacts {
        actor,
        organisation: Some(Id::from_bytes([2; 16])),
        is_suspended: false,
        trained_until: Some(span.ends),
        instructed_until: Some(span.ends),
        roles: BTreeSet::from([Role::Researcher]),
    };
    let project = ProjectFacts {
        id: Id::from_bytes([3; 16]),
        tier: Tier::Pseudonymised,
        is_halted: false,
        is_locked: false,
        is_erased: false,
        is_known_to_actor: true,
        is_split: false,
        opened_until: None,
        is_empty: false,
    };
    let agreement = AgreementFacts { span, is_signed: true, is_suspended: false, is_ended: false };
    let data = DataFacts {
        project,
        agreement: Some(agreement),
        permit: Some(span),
        grant: None,
        is_conditional: false,
        is_sealed: false,
        is_scope_erased: false,
        is_held: false,
        retained_until: None,
        snapshot: None,
        is_bypassing: false,
        hands: BTreeSet::new(),
        is_binding: false,
    };
    (Case { actor, target: Target::Region, now, epoch: 0 }, data)
}
