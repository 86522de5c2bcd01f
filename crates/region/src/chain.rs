//! A release's chain: the agreements it stands on, the permit, the results, the judgement; with the leaf of every step.
//!
//! Rows say what holds, leaves prove it: each step names those of the ledgers
//! that tell of it, so that whoever reads the chain can have each of them proved.
//! It names no person: a leaf does, to those who may have it proved.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use gate::facts::Target;
use serde_json::{Value, json};
use words::act::{AirlockChain, PermitShow};
use words::noun::{Noun, Project};
use words::{Actor, Deed, Id, Reason, Refusal};

use crate::Region;
use crate::act::{Judged, Scene, subject};
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::format::Record;
use crate::cell::step::Done;
use crate::facts;
use crate::noun::agreement::AgreementRow;
use crate::noun::airlock::{self, AirlockRow};
use crate::noun::ledger::{self, About};
use crate::noun::organisation::OrganisationRow;
use crate::noun::permit::{self, PermitRow};
use crate::noun::project;

/// WHY: whoever waits longer asks again.
const TURN_WAIT: Duration = Duration::from_secs(10);

#[async_trait]
impl Judged for AirlockChain {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let project = project::find(scene.root, &self.project).await?;
        facts::project(scene, project.id).await.map(Target::Project)
    }
}

/// The chain of one release.
pub async fn chain(region: &Region, actor: &Actor, deed: AirlockChain) -> Result<Done, Refusal> {
    let project = deed.project.clone();
    region.heard(actor, AirlockChain::ACT, Some(&project), chained(region, actor, deed).boxed()).await
}

async fn chained(region: &Region, actor: &Actor, deed: AirlockChain) -> Result<Done, Refusal> {
    let cell = region.project_cell(actor, &deed.project).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let (rows, root) = (cell.view().await?, region.root().view().await?);
    let project = project::find(&root, &deed.project).await?;
    let row = airlock::find(&rows, &deed.airlock).await?;
    region.observe(&allowed, subject(Noun::Airlock, row.id), &cell)?;
    // WHY one at a time: each reads both ledgers.
    let patient = tokio::time::timeout(TURN_WAIT, region.chaining().lock()).await;
    let _turn = patient.map_err(|_| Refusal::with(Reason::Unavailable, "others look at chains just now"))?;
    let scene = Scene { region, actor, root: &root, cell: Some(&rows), now: region.now() };
    let links = Links {
        agreements: agreements(&root, project.id, &row).await?,
        permits: permits(&scene, project.id, &row).await?,
        row: &row,
    };
    let (steps, is_whole) = links.steps(&scene, &cell, &deed.project).await?;
    let told = links.told(&root, &steps).await?;
    let answer = json!({
        "airlock": row.alias,
        "project": project.alias,
        "state": row.state(region.now()),
        "purpose": project.purpose,
        "links": told,
        "whole": is_whole,
    });
    Ok(Done { leaf: None, answer })
}

/// What a release stands on.
struct Links<'a> {
    agreements: Vec<AgreementRow>,
    permits: Vec<PermitRow>,
    row: &'a AirlockRow,
}

/// Those that bound the project's data when the release was drafted.
async fn agreements(
    root: &Draft,
    project: Id<Project>,
    of: &AirlockRow,
) -> Result<Vec<AgreementRow>, Refusal> {
    let rows = root.all::<AgreementRow>(&project.to_bytes()).await?;
    let at = of.drafted_at;
    let bound = |row: &AgreementRow| {
        let is_timely = (row.terms.starts..=row.terms.ends).contains(&at);
        row.is_signed() && is_timely && row.ended_at.is_none_or(|ended| ended > at)
    };
    Ok(rows.into_iter().map(|(_, row)| row).filter(bound).collect())
}

/// Those under which its author worked then, as far as whoever looks may see them; their dates are those of today.
async fn permits(
    scene: &Scene<'_>,
    project: Id<Project>,
    of: &AirlockRow,
) -> Result<Vec<PermitRow>, Refusal> {
    let rows = scene.root.all::<PermitRow>(&project.to_bytes()).await?;
    let at = of.drafted_at;
    let covers = |row: &PermitRow| {
        row.granted_by.is_some()
            && row.persons.contains(&of.author)
            && (row.starts..=row.ends).contains(&at)
            && row.ended_at.is_none_or(|ended| ended > at)
    };
    let mut seen = Vec::new();
    for (_, row) in rows.into_iter().filter(|(_, row)| covers(row)) {
        if scene.region.may_see::<PermitShow>(scene, permit::target_of(scene, &row).await?).await? {
            seen.push(row);
        }
    }
    Ok(seen)
}

impl Links<'_> {
    /// The leaves that tell of them, of both ledgers: those that whoever looks could have proved.
    async fn steps(
        &self,
        scene: &Scene<'_>,
        cell: &Cell,
        project: &str,
    ) -> Result<(Vec<About>, bool), Refusal> {
        let (region, actor) = (scene.region, scene.actor);
        let agreed = self.agreements.iter().map(|row| subject(Noun::Agreement, row.id));
        let permitted = self.permits.iter().map(|row| subject(Noun::Permit, row.id));
        let in_root: BTreeSet<String> = agreed.chain(permitted).collect();
        let results = self.row.items.iter().map(|item| subject(Noun::Object, item.object));
        let in_cell: BTreeSet<String> = results.chain([subject(Noun::Airlock, self.row.id)]).collect();
        let sees_root = ledger::may_search(region, actor, region.root(), None).await?;
        let sees_cell = ledger::may_search(region, actor, cell, Some(project.to_owned())).await?;
        let may_know = |sees_all| move |record: &Record| sees_all || ledger::tells_of(record, actor);
        let (mut steps, all_of_root) = ledger::about(region.root(), &in_root, may_know(sees_root)).await?;
        let (more, all_of_cell) = ledger::about(cell, &in_cell, may_know(sees_cell)).await?;
        steps.extend(more);
        Ok((steps, all_of_root && all_of_cell))
    }

    async fn told(&self, root: &Draft, steps: &[About]) -> Result<Vec<Value>, Refusal> {
        let mut links = Vec::new();
        for row in &self.agreements {
            let provider: OrganisationRow = root.known(&row.provider.to_bytes()).await?;
            links.push(json!({
                "link": "agreement",
                "name": row.alias,
                "provider": provider.name,
                "purpose": row.terms.purpose,
                "categories": row.terms.categories,
                "digest": row.digest()?,
                "starts": row.terms.starts,
                "ends": row.terms.ends,
                "leaves": leaves(steps, &subject(Noun::Agreement, row.id)),
            }));
        }
        links.extend(self.permits.iter().map(|row| {
            json!({
                "link": "permit",
                "name": row.alias,
                "purpose": row.purpose,
                "legal_basis": row.legal_basis,
                "ethics": row.ethics,
                "consent": row.consent,
                "starts": row.starts,
                "ends": row.ends,
                "leaves": leaves(steps, &subject(Noun::Permit, row.id)),
            })
        }));
        links.extend(self.row.items.iter().map(|item| {
            json!({
                "link": "object",
                "name": item.name,
                "size_bytes": item.size_bytes,
                "leaves": leaves(steps, &subject(Noun::Object, item.object)),
            })
        }));
        links.push(json!({
            "link": "airlock",
            "name": self.row.alias,
            "context": self.row.context,
            "approvals": self.row.approvals.len(),
            "released": self.row.released_at,
            "fetch_ends": self.row.fetch_ends,
            "leaves": leaves(steps, &subject(Noun::Airlock, self.row.id)),
        }));
        Ok(links)
    }
}

fn leaves(steps: &[About], subject: &str) -> Vec<Value> {
    let own = steps.iter().filter(|step| step.subject == subject);
    own.map(|step| json!({ "act": step.act, "time": step.time, "leaf": step.leaf.to_string() })).collect()
}
