//! Things by their noun: a list of them, and one with what can be done to it.
//!
//! Every act that shows something in the table gives such pages; there is no
//! page of a noun that the table does not know.

use serde_json::{Map, Value, json};
use words::act::Row;
use words::{Act, Reason, Refusal};

use super::{Answered, Visit};
use crate::pages;

/// A noun with pages of its own.
pub struct Noun {
    /// As addresses name its things.
    pub path: &'static str,
    /// As the table does.
    pub word: &'static str,
    pub show: Act,
}

/// Nouns of the region.
pub const OF_REGION: &[Noun] = &[
    Noun { path: "projects", word: "project", show: Act::ProjectShow },
    Noun { path: "agreements", word: "agreement", show: Act::AgreementShow },
    Noun { path: "permits", word: "permit", show: Act::PermitShow },
    Noun { path: "people", word: "person", show: Act::PersonShow },
    Noun { path: "organisations", word: "organisation", show: Act::OrganisationShow },
    Noun { path: "tenants", word: "tenant", show: Act::TenantShow },
    Noun { path: "grants", word: "grant", show: Act::GrantShow },
    Noun { path: "credentials", word: "credential", show: Act::CredentialShow },
    Noun { path: "snapshots", word: "snapshot", show: Act::SnapshotShow },
    Noun { path: "issuers", word: "issuer", show: Act::IssuerShow },
    Noun { path: "checks", word: "check", show: Act::CheckShow },
    Noun { path: "witnesses", word: "witness", show: Act::WitnessShow },
];

/// Nouns of one project.
pub const OF_PROJECT: &[Noun] = &[
    Noun { path: "buckets", word: "bucket", show: Act::BucketShow },
    Noun { path: "airlocks", word: "airlock", show: Act::AirlockShow },
    Noun { path: "keys", word: "key", show: Act::KeyShow },
    Noun { path: "exit", word: "exit", show: Act::ExitShow },
    Noun { path: "ledger", word: "ledger", show: Act::LedgerShow },
];

fn find(nouns: &'static [Noun], path: &str) -> Result<&'static Noun, Refusal> {
    let found = nouns.iter().find(|noun| noun.path == path);
    found.ok_or_else(|| Refusal::with(Reason::NotFound, "there is no such page"))
}

impl Noun {
    /// What a thing is called in addresses: by its id, which tells nothing, or by the name it has in its project.
    pub fn name(&self, thing: &Map<String, Value>) -> Option<String> {
        let text = |name: &str| thing.get(name).and_then(Value::as_str);
        text("id").or_else(|| text(self.word)).map(str::to_owned)
    }

    /// What people call it.
    pub fn alias(&self, thing: &Map<String, Value>) -> Option<String> {
        thing.get(self.word).and_then(Value::as_str).map(str::to_owned)
    }

    /// Whether its show takes the name of one.
    fn has_one(&self) -> bool {
        self.show.row().fields.iter().any(|field| field.name == self.word)
    }
}

pub async fn all(visit: &Visit<'_>, path: &str) -> Result<Answered, Refusal> {
    let noun = find(OF_REGION, path)?;
    let things = visit.list(noun.show, json!({})).await?;
    Ok(Answered::page(pages::things(visit, noun, None, &things)?))
}

pub async fn one(visit: &Visit<'_>, path: &str, name: &str) -> Result<Answered, Refusal> {
    let noun = find(OF_REGION, path)?;
    let things = match noun.has_one() {
        true => visit.list(noun.show, json!({ noun.word: name })).await?,
        false => visit.list(noun.show, json!({})).await?,
    };
    let found = thing(noun, &things, name)?;
    Ok(Answered::page(pages::thing(visit, noun, None, found)?))
}

pub async fn in_project(visit: &Visit<'_>, project: &str, path: &str) -> Result<Answered, Refusal> {
    let noun = find(OF_PROJECT, path)?;
    if noun.show == Act::LedgerShow {
        return pages::ledger(visit, project).await.map(Answered::page);
    }
    let things = visit.list(noun.show, json!({ "project": project })).await?;
    Ok(Answered::page(pages::things(visit, noun, Some(project), &things)?))
}

pub async fn one_in_project(
    visit: &Visit<'_>,
    project: &str,
    path: &str,
    name: &str,
) -> Result<Answered, Refusal> {
    let noun = find(OF_PROJECT, path)?;
    let things = visit.list(noun.show, json!({ "project": project })).await?;
    let found = thing(noun, &things, name)?;
    Ok(Answered::page(pages::thing(visit, noun, Some(project), found)?))
}

/// WHY one answer: what may not be known of is not there.
fn thing<'t>(noun: &Noun, things: &'t [Value], name: &str) -> Result<&'t Map<String, Value>, Refusal> {
    let is_meant = |thing: &&Map<String, Value>| {
        let text = |field: &str| thing.get(field).and_then(Value::as_str);
        text("id") == Some(name) || text(noun.word) == Some(name)
    };
    let found = things.iter().filter_map(Value::as_object).find(is_meant);
    found.ok_or_else(|| Refusal::with(Reason::NotFound, "nothing is called that here"))
}

/// Whether somebody with these duties may think of doing it: what they are told by, not what decides.
pub fn is_for(visit: &Visit<'_>, row: &Row) -> bool {
    let Ok(signed) = visit.signed() else { return false };
    row.who.is_empty() || row.who.iter().any(|role| signed.greeting.is(*role))
}
