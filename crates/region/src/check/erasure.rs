//! Erase proof: of what was erased no key, no name and no row is left.

use async_trait::async_trait;
use seal::note::Note;
use store::custody::KeyName;
use words::noun::Scope;
use words::{Id, Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::cell::publish;
use crate::check::{Check, Finding, Verdict};
use crate::noun::bucket::BucketRow;
use crate::noun::erasure::CertificateRow;
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
        let mut erased = 0;
        for project in region.projects().await?.iter().filter(|project| project.erased_at.is_some()) {
            erased += 1;
            if !region.keys(project.id.cast()).is_destroyed()? {
                return Ok(Finding::holds(false, format!("keys of erased project {} are left", project.id)));
            }
        }
        for cell in region.open_cells() {
            for (_, scope) in cell.view().await?.all::<ScopeRow>(&[]).await? {
                if !scope.is_erased {
                    continue;
                }
                erased += 1;
                if let Some(left) = left(region, &cell, scope.id).await? {
                    return Ok(Finding::holds(false, format!("scope {}: {left}", scope.id)));
                }
            }
        }
        if erased == 0 {
            return Ok(Finding::new(Verdict::NotApplicable, "nothing was erased yet"));
        }
        Ok(Finding::holds(true, format!("{erased} erasures, nothing left of them")))
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

/// What is left of a scope, in words.
async fn left(region: &Region, cell: &Cell, scope: Id<Scope>) -> Result<Option<String>, Refusal> {
    let names = region.ground().custody.names();
    let names = names.map_err(|_| Refusal::with(Reason::Unavailable, "custody does not answer"))?;
    let is_of_scope = |name: &KeyName| match name {
        KeyName::ScopeMetadata(_, of) | KeyName::ScopeData(_, of, _) => *of == scope,
        _ => false,
    };
    if let Some(name) = names.iter().find(|name| is_of_scope(name)) {
        return Ok(Some(format!("custody holds `{name}`")));
    }
    let rows = cell.view().await?;
    let objects = rows.all::<ObjectRow>(&[]).await?;
    let buckets = rows.all::<BucketRow>(&[]).await?;
    if objects.iter().any(|(_, row)| row.scope == scope) || buckets.iter().any(|(_, row)| row.scope == scope)
    {
        return Ok(Some("a row still names something".to_owned()));
    }
    let certificate: Option<CertificateRow> = rows.row(&scope.to_bytes()).await?;
    let Some(certificate) = certificate else {
        return Ok(Some("there is no certificate".to_owned()));
    };
    let key = publish::verifier(&region.ground().origin, cell.id, region.ground().signer.public());
    let note = Note::parse(certificate.note.as_bytes()).ok();
    let is_signed = note.zip(key).is_some_and(|(note, key)| note.verify(&[key]).is_ok());
    Ok((!is_signed).then(|| "the certificate is not signed by this region".to_owned()))
}
