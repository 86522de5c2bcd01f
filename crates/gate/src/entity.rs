//! Facts as Cedar entities: a translation, name for name, without judgement.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Display;

use cedar_policy::{Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use words::{Id, Place, Role, Timestamp, noun};

use crate::facts::{AgreementFacts, CrossingFacts, DataFacts, GrantFacts, ProjectFacts, Span, Target};
use crate::gate::GateError;
use crate::memo::Asker;

type Value = RestrictedExpression;
type Attributes = HashMap<String, Value>;
/// A fact that Cedar would not take; the gate then answers no.
#[derive(Debug)]
pub(crate) struct Unfit;

/// The names of the schema, parsed once.
pub(crate) struct Names {
    person: EntityTypeName,
    organisation: EntityTypeName,
    project: EntityTypeName,
    grant: EntityTypeName,
    roles: Vec<EntityUid>,
    inside: EntityUid,
    outside: EntityUid,
    region: EntityUid,
    tenant: EntityTypeName,
    member: EntityTypeName,
    appointment: EntityTypeName,
    agreement: EntityTypeName,
    classification: EntityTypeName,
    permit: EntityTypeName,
    credential: EntityTypeName,
    data: EntityTypeName,
    airlock: EntityTypeName,
    keys: EntityTypeName,
    exit: EntityTypeName,
    ledger: EntityTypeName,
}

impl Names {
    pub fn new() -> Result<Self, GateError> {
        let kind = |name: &str| name.parse::<EntityTypeName>().map_err(|_| GateError::Actions);
        let role = kind("Role")?;
        let place = kind("Place")?;
        let roles = Role::ALL.iter().map(|of| uid(&role, of.text())).collect();
        Ok(Self {
            roles,
            inside: uid(&place, Place::Inside.text()),
            outside: uid(&place, Place::Outside.text()),
            region: uid(&kind("Region")?, "region"),
            person: kind("Person")?,
            organisation: kind("Organisation")?,
            project: kind("Project")?,
            grant: kind("Grant")?,
            tenant: kind("Tenant")?,
            member: kind("Member")?,
            appointment: kind("Appointment")?,
            agreement: kind("Agreement")?,
            classification: kind("Classification")?,
            permit: kind("Permit")?,
            credential: kind("Credential")?,
            data: kind("Data")?,
            airlock: kind("Airlock")?,
            keys: kind("Keys")?,
            exit: kind("Exit")?,
            ledger: kind("Ledger")?,
        })
    }

    /// Who asks.
    pub fn person(&self, asker: &Asker) -> Result<Entity, Unfit> {
        let mut attributes = Attributes::from([
            known("is_suspended", yes(asker.is_suspended)),
            known("is_strong", yes(asker.is_strong)),
            known("place", Value::new_entity_uid(self.place(asker.place))),
        ]);
        let organisation = asker.organisation.map(|id| self.organisation(id));
        perhaps(&mut attributes, "organisation", organisation);
        perhaps(&mut attributes, "trained_until", asker.trained_until.map(at));
        perhaps(&mut attributes, "instructed_until", asker.instructed_until.map(at));
        if let Some(used) = &asker.credential {
            let mut fields = vec![
                known("project", entity(&self.project, used.project)),
                known("place", Value::new_entity_uid(self.place(used.place))),
            ];
            fields.extend(used.grant.map(|id| known("grant", entity(&self.grant, id))));
            attributes.insert("credential".to_owned(), record(fields)?);
        }
        let parents = asker.roles.iter().map(|role| self.role(*role)).collect();
        build(uid(&self.person, asker.person), attributes, parents)
    }

    /// What it is about.
    pub fn resource(&self, target: &Target) -> Result<Entity, Unfit> {
        match target {
            Target::Region => thing(self.region.clone(), Attributes::new()),
            Target::Organisation { id, has_signatory } => {
                let attributes = Attributes::from([known("has_signatory", yes(*has_signatory))]);
                thing(uid(&self.organisation, id), attributes)
            }
            Target::Tenant { id, is_known_to_actor } => {
                let attributes = Attributes::from([known("is_known", yes(*is_known_to_actor))]);
                thing(uid(&self.tenant, id), attributes)
            }
            Target::Person { .. } => self.member(target),
            Target::Role { .. } => self.appointment(target),
            Target::Agreement { .. } => self.agreement(target),
            Target::Classification { project, wanted, signed } => {
                let mut attributes = self.project(project)?;
                attributes.insert("wanted".to_owned(), Value::new_long(i64::from(wanted.number())));
                attributes.insert("signed".to_owned(), Value::new_long(i64::from(signed.number())));
                thing(uid(&self.classification, project.id), attributes)
            }
            Target::Project(project) => thing(uid(&self.project, project.id), self.project(project)?),
            Target::Permit { id, project, requester, persons, crossing } => {
                let mut attributes = self.project(project)?;
                attributes.insert("requester".to_owned(), self.person_id(*requester));
                attributes.insert("persons".to_owned(), self.persons(persons));
                perhaps(&mut attributes, "crossing", crossing.as_ref().map(crossed).transpose()?);
                thing(uid(&self.permit, id), attributes)
            }
            Target::Grant { id, project, issuer, receiver } => {
                let mut attributes = self.project(project)?;
                attributes.insert("issuer".to_owned(), self.person_id(*issuer));
                attributes.insert("receiver".to_owned(), self.person_id(*receiver));
                thing(uid(&self.grant, id), attributes)
            }
            Target::Credential { id, project, owner } => {
                let mut attributes = self.project(project)?;
                attributes.insert("owner".to_owned(), self.person_id(*owner));
                thing(uid(&self.credential, id), attributes)
            }
            Target::Data(facts) => self.data(facts),
            Target::Airlock { .. } => self.airlock(target),
            Target::Keys { project, is_held, retained_until, locker, is_unreturned } => {
                let mut attributes = self.project(project)?;
                attributes.insert("is_held".to_owned(), yes(*is_held));
                attributes.insert("is_unreturned".to_owned(), yes(*is_unreturned));
                perhaps(&mut attributes, "retained_until", retained_until.map(at));
                perhaps(&mut attributes, "locker", locker.map(|id| self.person_id(id)));
                thing(uid(&self.keys, project.id), attributes)
            }
            Target::Exit { .. } => self.exit(target),
            Target::Ledger { project, is_own_leaf } => {
                let of_project = project.as_ref().map(|project| self.project(project)).transpose()?;
                let mut attributes = of_project.unwrap_or_default();
                attributes.insert("is_own_leaf".to_owned(), yes(*is_own_leaf));
                let id = project.as_ref().map_or_else(|| "root".to_owned(), |project| project.id.to_string());
                thing(uid(&self.ledger, id), attributes)
            }
        }
    }

    fn member(&self, target: &Target) -> Result<Entity, Unfit> {
        let Target::Person { id, has_signatory, is_known_to_actor, asked_by } = target else {
            return Err(Unfit);
        };
        let mut attributes = Attributes::from([
            known("person", self.person_id(*id)),
            known("has_signatory", yes(*has_signatory)),
            known("is_known", yes(*is_known_to_actor)),
        ]);
        perhaps(&mut attributes, "asked_by", asked_by.map(|by| self.person_id(by)));
        thing(uid(&self.member, id), attributes)
    }

    fn appointment(&self, target: &Target) -> Result<Entity, Unfit> {
        let Target::Role { role, person, held, has_signatory, is_known_to_actor, .. } = target else {
            return Err(Unfit);
        };
        let held = held.iter().map(|role| Value::new_entity_uid(self.role(*role)));
        let attributes = Attributes::from([
            known("person", self.person_id(*person)),
            known("role", Value::new_entity_uid(self.role(*role))),
            known("held", Value::new_set(held)),
            known("has_signatory", yes(*has_signatory)),
            known("is_known", yes(*is_known_to_actor)),
        ]);
        thing(uid(&self.appointment, person), attributes)
    }

    fn agreement(&self, target: &Target) -> Result<Entity, Unfit> {
        let Target::Agreement {
            id,
            author,
            parties,
            party,
            lodger,
            is_lodged,
            is_known_to_actor,
            stops,
            sides,
            ..
        } = target
        else {
            return Err(Unfit);
        };
        let mut attributes = Attributes::from([
            known("author", self.person_id(*author)),
            known("parties", self.organisations(parties)),
            known("is_known", yes(*is_known_to_actor)),
            known("is_lodged", yes(*is_lodged)),
            known("stops", self.organisations(stops)),
            known("sides", self.organisations(sides)),
        ]);
        perhaps(&mut attributes, "party", party.map(|id| self.organisation(id)));
        perhaps(&mut attributes, "lodger", lodger.map(|id| self.person_id(id)));
        thing(uid(&self.agreement, id), attributes)
    }

    fn data(&self, facts: &DataFacts) -> Result<Entity, Unfit> {
        let mut attributes = self.project(&facts.project)?;
        attributes.insert("is_conditional".to_owned(), yes(facts.is_conditional));
        attributes.insert("is_sealed".to_owned(), yes(facts.is_sealed));
        attributes.insert("is_scope_erased".to_owned(), yes(facts.is_scope_erased));
        attributes.insert("is_held".to_owned(), yes(facts.is_held));
        attributes.insert("is_bypassing".to_owned(), yes(facts.is_bypassing));
        attributes.insert("is_binding".to_owned(), yes(facts.is_binding));
        attributes.insert("hands".to_owned(), self.persons(&facts.hands));
        perhaps(&mut attributes, "retained_until", facts.retained_until.map(at));
        let snapshot = facts.snapshot.map(|of| record(vec![known("is_open", yes(of.is_open))]));
        perhaps(&mut attributes, "snapshot", snapshot.transpose()?);
        perhaps(&mut attributes, "agreement", facts.agreement.map(agreement).transpose()?);
        perhaps(&mut attributes, "permit", facts.permit.map(span).transpose()?);
        perhaps(&mut attributes, "grant", facts.grant.map(grant).transpose()?);
        thing(uid(&self.data, facts.project.id), attributes)
    }

    fn exit(&self, target: &Target) -> Result<Entity, Unfit> {
        let Target::Exit {
            project,
            agreement: of,
            is_started,
            is_accepted,
            is_confirmed,
            is_scope_erased,
            is_waived,
        } = target
        else {
            return Err(Unfit);
        };
        let mut attributes = self.project(project)?;
        attributes.insert("agreement".to_owned(), agreement(*of)?);
        let facts = [
            ("is_started", is_started),
            ("is_accepted", is_accepted),
            ("is_confirmed", is_confirmed),
            ("is_scope_erased", is_scope_erased),
            ("is_waived", is_waived),
        ];
        attributes.extend(facts.map(|(name, fact)| known(name, yes(*fact))));
        thing(uid(&self.exit, project.id), attributes)
    }

    fn airlock(&self, target: &Target) -> Result<Entity, Unfit> {
        let Target::Airlock { id, project, author, approvers, standing, is_released, fetch_ends, permit } =
            target
        else {
            return Err(Unfit);
        };
        // WHY: Cedar sets cannot be counted; an author's own approval never counts.
        let approvals = standing.intersection(approvers).filter(|approver| *approver != author).count();
        let approvals = i64::try_from(approvals).map_err(|_| Unfit)?;
        let mut attributes = self.project(project)?;
        attributes.insert("author".to_owned(), self.person_id(*author));
        attributes.insert("approvers".to_owned(), self.persons(approvers));
        attributes.insert("approvals".to_owned(), Value::new_long(approvals));
        attributes.insert("is_released".to_owned(), yes(*is_released));
        perhaps(&mut attributes, "fetch_ends", fetch_ends.map(at));
        perhaps(&mut attributes, "permit", permit.map(span).transpose()?);
        thing(uid(&self.airlock, id), attributes)
    }

    fn project(&self, facts: &ProjectFacts) -> Result<Attributes, Unfit> {
        let mut fields = vec![
            known("id", entity(&self.project, facts.id)),
            known("tier", Value::new_long(i64::from(facts.tier.number()))),
            known("is_halted", yes(facts.is_halted)),
            known("is_locked", yes(facts.is_locked)),
            known("is_erased", yes(facts.is_erased)),
            known("is_known", yes(facts.is_known_to_actor)),
            known("is_empty", yes(facts.is_empty)),
            known("is_split", yes(facts.is_split)),
        ];
        fields.extend(facts.opened_until.map(|until| known("opened_until", at(until))));
        Ok(Attributes::from([known("project", record(fields)?)]))
    }

    fn place(&self, place: Place) -> EntityUid {
        match place {
            Place::Inside => self.inside.clone(),
            Place::Outside => self.outside.clone(),
        }
    }

    fn role(&self, role: Role) -> EntityUid {
        self.roles[role as usize].clone()
    }

    fn organisation(&self, id: Id<noun::Organisation>) -> Value {
        entity(&self.organisation, id)
    }

    fn organisations(&self, ids: &BTreeSet<Id<noun::Organisation>>) -> Value {
        Value::new_set(ids.iter().map(|id| self.organisation(*id)))
    }

    fn person_id(&self, id: Id<noun::Person>) -> Value {
        entity(&self.person, id)
    }

    fn persons(&self, ids: &BTreeSet<Id<noun::Person>>) -> Value {
        Value::new_set(ids.iter().map(|id| self.person_id(*id)))
    }
}

fn agreement(facts: AgreementFacts) -> Result<Value, Unfit> {
    record(vec![
        known("starts", at(facts.span.starts)),
        known("ends", at(facts.span.ends)),
        known("is_signed", yes(facts.is_signed)),
        known("is_suspended", yes(facts.is_suspended)),
        known("is_ended", yes(facts.is_ended)),
    ])
}

fn crossed(facts: &CrossingFacts) -> Result<Value, Unfit> {
    let mut fields = vec![
        known("study_tier", Value::new_long(i64::from(facts.study_tier.number()))),
        known("is_of_study", yes(facts.is_actor_of_study)),
        known("is_onward_agreed", yes(facts.is_onward_agreed)),
    ];
    fields.extend(facts.home.map(agreement).transpose()?.map(|of| known("home", of)));
    fields.extend(facts.study.map(agreement).transpose()?.map(|of| known("study", of)));
    record(fields)
}

fn grant(facts: GrantFacts) -> Result<Value, Unfit> {
    record(vec![
        known("starts", at(facts.span.starts)),
        known("ends", at(facts.span.ends)),
        known("is_revoked", yes(facts.is_revoked)),
        known("address_matches", yes(facts.address_matches)),
        known("covers_target", yes(facts.covers_target)),
    ])
}

fn span(facts: Span) -> Result<Value, Unfit> {
    record(vec![known("starts", at(facts.starts)), known("ends", at(facts.ends))])
}

fn uid(kind: &EntityTypeName, id: impl Display) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id.to_string()))
}

fn entity<T>(kind: &EntityTypeName, id: Id<T>) -> Value {
    Value::new_entity_uid(uid(kind, id))
}

fn at(moment: Timestamp) -> Value {
    Value::new_long(moment.ms())
}

fn yes(fact: bool) -> Value {
    Value::new_bool(fact)
}

fn known(name: &str, value: Value) -> (String, Value) {
    (name.to_owned(), value)
}

fn perhaps(attributes: &mut Attributes, name: &str, value: Option<Value>) {
    attributes.extend(value.map(|value| known(name, value)));
}

fn record(fields: Vec<(String, Value)>) -> Result<Value, Unfit> {
    Value::new_record(fields).map_err(|_| Unfit)
}

fn thing(uid: EntityUid, attributes: Attributes) -> Result<Entity, Unfit> {
    build(uid, attributes, HashSet::new())
}

fn build(uid: EntityUid, attributes: Attributes, parents: HashSet<EntityUid>) -> Result<Entity, Unfit> {
    Entity::new(uid, attributes, parents).map_err(|_| Unfit)
}
