//! Erase proof: of what was erased no key, no name and no row is left.

use async_trait::async_trait;
use seal::note::Note;
use store::custody::KeyName;
use words::noun::{Cell as CellNoun, ROOT_CELL, Scope};
use words::{Id, Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::cell::publish;
use crate::check::{Check, Finding, Verdict};
use crate::noun::bucket::BucketRow;
use crate::noun::erasure::{CertificateRow, ErasureRow, scopes_of};
use crate::noun::project::ProjectRow;
use crate::object::ObjectRow;
use crate::scope::ScopeRow;
use crate::twin::{Soil, World};

pub struct EraseProof;

#[async_trait]
impl Check for EraseProof {
    fn name(&self) -> &'static str {
        "erase-proof"
    }

    fn says(&self) -> &'static str {
        "for every erased scope and project custody holds no key, no row names anything, and the certificate verifies"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["A.8.10", "GDPR Art.17", "27018:A.11.13"]
    }

    async fn look(&self, region: &Region) -> Result<Finding, Refusal> {
        // WHY: between its steps an erasure has left something, and that is no fault.
        let _none_under_way = region.erasing().lock().await;
        let erasures = region.root().view().await?.all::<ErasureRow>(&[]).await?;
        for (_, erasure) in &erasures {
            let left = match erasure.is_done {
                true => left_of(region, erasure).await?,
                false => Some("it was begun and is not finished".to_owned()),
            };
            if let Some(left) = left {
                return Ok(Finding::holds(false, format!("{}: {left}", erasure.subject())));
            }
        }
        match erasures.len() {
            0 => Ok(Finding::new(Verdict::NotApplicable, "nothing was erased yet")),
            erased => {
                Ok(Finding::holds(true, format!("nothing is left of what was erased (erasures: {erased})")))
            }
        }
    }

    /// A scope that is said to be erased while its key lives on.
    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        let world = World::planet(Soil::new(9)).await.map_err(|_| Refusal::new(Reason::Unavailable))?;
        let cell = world.region.project_cell(&world.actor("carla"), "planet").await?;
        let scopes = cell.view().await?.all::<ScopeRow>(&[]).await?;
        let (_, scope) = scopes.first().ok_or(Refusal::new(Reason::Unavailable))?;
        let left = left(&world.region, &cell, scope.id).await?;
        Ok(Finding::holds(left.is_none(), left.unwrap_or_default()))
    }
}

/// What is left of what was erased; a cell that nobody opened since is opened for it.
async fn left_of(region: &Region, erasure: &ErasureRow) -> Result<Option<String>, Refusal> {
    let project: ProjectRow = region.root().view().await?.known(&erasure.project.to_bytes()).await?;
    match erasure.scope {
        Some(scope) if project.erased_at.is_none() => {
            let cell = region.cell(erasure.project.cast()).await?;
            left(region, &cell, scope).await
        }
        // The project was erased after it, or with it.
        Some(_) | None => left_of_project(region, erasure, &project).await,
    }
}

async fn left_of_project(
    region: &Region,
    erasure: &ErasureRow,
    project: &ProjectRow,
) -> Result<Option<String>, Refusal> {
    if !region.keys(project.id.cast()).is_destroyed()? {
        return Ok(Some("custody holds keys".to_owned()));
    }
    let held = region.root().keys.held_of(&scopes_of(region, erasure).await?)?;
    Ok(held.map(still_held).or_else(|| unsigned(region, ROOT_CELL, project.certificate.as_deref())))
}

fn still_held(name: KeyName) -> String {
    format!("custody holds `{name}`")
}

/// What is left of a scope, in words.
async fn left(region: &Region, cell: &Cell, scope: Id<Scope>) -> Result<Option<String>, Refusal> {
    if let Some(held) = cell.keys.held_of(&[scope])? {
        return Ok(Some(still_held(held)));
    }
    let rows = cell.view().await?;
    let mut is_named = rows.all::<BucketRow>(&[]).await?.iter().any(|(_, row)| row.scope == scope);
    rows.each(&[], |row: ObjectRow| is_named |= row.scope == scope).await?;
    if is_named {
        return Ok(Some("a row still names something".to_owned()));
    }
    let certificate: Option<CertificateRow> = rows.row(&scope.to_bytes()).await?;
    Ok(unsigned(region, cell.id, certificate.as_ref().map(|row| row.note.as_str())))
}

/// What is wrong with a certificate that a cell's ledger should have signed.
fn unsigned(region: &Region, cell: Id<CellNoun>, note: Option<&str>) -> Option<String> {
    let Some(note) = note else {
        return Some("there is no certificate".to_owned());
    };
    let key = publish::verifier(&region.ground().origin, cell, region.ground().signer.public());
    let note = Note::parse(note.as_bytes()).ok();
    let is_signed = note.zip(key).is_some_and(|(note, key)| note.verify(&[key]).is_ok());
    (!is_signed).then(|| "the certificate is not signed by this region".to_owned())
}
