//! Things by their noun: a list of them, and one with what can be done to it.
//!
//! Every act that shows something in the table gives such pages; there is no
//! page of a noun that the table does not know.

use serde_json::{Map, Value};
use words::act::Row;
use words::{Act, Reason, Refusal};

use super::{Answered, Visit};
use crate::pages;
use crate::told::said;

/// A noun with pages of its own.
pub struct Noun {
    /// As addresses name its things.
    pub path: &'static str,
    /// As the table does.
    pub word: &'static str,
    pub show: Act,
}

/// Nouns of the region.
const OF_REGION: &[Noun] = &[
    Noun { path: "projects", word: "project", show: Act::ProjectShow },
    Noun { path: "agreements", word: "agreement", show: Act::AgreementShow },
    Noun { path: "permits", word: "permit", show: Act::PermitShow },
    Noun { path: "people", word: "person", show: Act::PersonShow },
    Noun { path: "organisations", word: "organisation", show: Act::OrganisationShow },
    Noun { path: "tenants", word: "tenant", show: Act::TenantShow },
    Noun { path: "grants", word: "grant", show: Act::GrantShow },
    Noun { path: "credentials", word: "credential", show: Act::CredentialShow },
    Noun { path: "snapshots", word: "snapshot", show: Act::SnapshotShow },
    Noun { path: "datasets", word: "dataset", show: Act::DatasetShow },
    Noun { path: "issuers", word: "issuer", show: Act::IssuerShow },
    Noun { path: "accounts", word: "account", show: Act::AccountShow },
    Noun { path: "clients", word: "client", show: Act::ClientShow },
    Noun { path: "checks", word: "check", show: Act::CheckShow },
    Noun { path: "witnesses", word: "witness", show: Act::WitnessShow },
];

/// Nouns of one project.
const OF_PROJECT: &[Noun] = &[
    Noun { path: "buckets", word: "bucket", show: Act::BucketShow },
    Noun { path: "rules", word: "rule", show: Act::RuleShow },
    Noun { path: "airlocks", word: "airlock", show: Act::AirlockShow },
    Noun { path: "keys", word: "key", show: Act::KeyShow },
    Noun { path: "exit", word: "exit", show: Act::ExitShow },
    Noun { path: "ledger", word: "ledger", show: Act::LedgerShow },
];

fn find(project: Option<&str>, path: &str) -> Result<&'static Noun, Refusal> {
    let nouns = if project.is_some() { OF_PROJECT } else { OF_REGION };
    let found = nouns.iter().find(|noun| noun.path == path);
    found.ok_or_else(|| Refusal::with(Reason::NotFound, "there is no such page"))
}

impl Noun {
    /// The noun that the table calls so: of the region, or of this project where there is one.
    pub fn called(word: &str, project: Option<&str>) -> Option<&'static Self> {
        let of_project = OF_PROJECT.iter().filter(|_| project.is_some());
        OF_REGION.iter().chain(of_project).find(|noun| noun.word == word)
    }

    /// What a thing is called in addresses: by its id, which tells nothing, or by the name it has in its project.
    pub fn name(&self, thing: &Map<String, Value>) -> Option<String> {
        said(thing, "id").or_else(|| said(thing, self.word)).map(str::to_owned)
    }

    /// What people call it.
    pub fn alias(&self, thing: &Map<String, Value>) -> Option<String> {
        said(thing, self.word).map(str::to_owned)
    }

    fn takes(&self, name: &str) -> bool {
        self.show.row().fields.iter().any(|field| field.name == name)
    }

    /// Its things that whoever visits may know of; of this name alone where its show takes one.
    pub async fn things(
        &self,
        visit: &Visit<'_>,
        project: Option<&str>,
        name: Option<&str>,
    ) -> Result<Vec<Value>, Refusal> {
        let asked = [("project", project), (self.word, name)];
        let taken = asked.into_iter().filter(|(field, _)| self.takes(field));
        let fields = taken.filter_map(|(field, value)| Some((field.to_owned(), Value::from(value?))));
        visit.list(self.show, Value::Object(fields.collect())).await
    }

    /// One of them, by its alias or its id.
    pub async fn thing(
        &self,
        visit: &Visit<'_>,
        project: Option<&str>,
        name: &str,
    ) -> Result<Map<String, Value>, Refusal> {
        let things = self.things(visit, project, Some(name)).await?;
        // WHY one answer: what may not be known of is not there.
        self.pick(&things, name).ok_or_else(|| Refusal::with(Reason::NotFound, "nothing is called that here"))
    }

    /// The one of some that bears this alias or id.
    pub fn pick(&self, things: &[Value], name: &str) -> Option<Map<String, Value>> {
        let is_meant = |thing: &&Map<String, Value>| {
            said(thing, "id") == Some(name) || said(thing, self.word) == Some(name)
        };
        things.iter().filter_map(Value::as_object).find(is_meant).cloned()
    }
}

pub async fn all(visit: &Visit<'_>, project: Option<&str>, path: &str) -> Result<Answered, Refusal> {
    let noun = find(project, path)?;
    if let (Act::LedgerShow, Some(project)) = (noun.show, project) {
        return pages::ledger(visit, project).await.map(Answered::page);
    }
    let things = noun.things(visit, project, None).await?;
    Ok(Answered::page(pages::things(visit, noun, project, &things)))
}

pub async fn one(
    visit: &Visit<'_>,
    project: Option<&str>,
    path: &str,
    name: &str,
) -> Result<Answered, Refusal> {
    let noun = find(project, path)?;
    let found = noun.thing(visit, project, name).await?;
    if noun.show == Act::DatasetShow {
        return Ok(Answered::page(pages::dataset(visit, &found)));
    }
    Ok(Answered::page(pages::thing(visit, noun, project, &found)))
}

/// Whether somebody with these duties may think of doing it: what they are told by, not what decides.
pub fn is_for(visit: &Visit<'_>, row: &Row) -> bool {
    let Ok(signed) = visit.signed() else { return false };
    row.who.is_empty() || row.who.iter().any(|role| signed.greeting.is(*role))
}
