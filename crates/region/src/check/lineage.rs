//! Lineage complete: nothing lies in a study's snapshot but what its home says left for it.

use std::sync::Arc;

use async_trait::async_trait;
use seal::leaf_hash;
use seal::merkle::{TileNodes, inclusion, inclusion_nodes};
use seal::note::{Note, Receipt};
use words::noun::Noun;
use words::{Reason, Refusal};

use crate::Region;
use crate::act::subject;
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::cell::publish;
use crate::cell::step::{Entry, HouseStep};
use crate::check::{Check, Finding, Verdict};
use crate::noun::bucket::BucketRow;
use crate::noun::ledger;
use crate::noun::project::ProjectRow;
use crate::object::{Lineage, ObjectRow};
use crate::scope::ScopeRow;
use crate::snapshot::{LeavingRow, SnapshotRow};
use crate::twin::{Soil, World};

pub struct LineageComplete;

#[async_trait]
impl Check for LineageComplete {
    fn name(&self) -> &'static str {
        "lineage-complete"
    }

    fn says(&self) -> &'static str {
        "every object in a snapshot that is not erased cites a leaf of its home that proves and says that this very object left for it"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["A.5.14", "GDPR Art.30", "EHDS Art.73"]
    }

    async fn look(&self, region: &Region) -> Result<Finding, Refusal> {
        // WHY: between its steps a withdrawal has erased one side and not yet the other.
        let _none_under_way = region.erasing().lock().await;
        let mut objects = 0;
        for row in snapshots(region).await? {
            match wrong(region, &row, &mut objects).await? {
                None => {}
                Some(wrong) => return Ok(Finding::holds(false, format!("snapshot {}: {wrong}", row.id))),
            }
        }
        match objects {
            0 => Ok(Finding::new(Verdict::NotApplicable, "no study holds data of another project")),
            objects => {
                Ok(Finding::holds(true, format!("{objects} objects, each as its home says that it left")))
            }
        }
    }

    /// One object of a snapshot cites a leaf that says something else.
    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        let world = snapshot_in_a_twin().await.map_err(|_| Refusal::new(Reason::Unavailable))?;
        let region = &world.region;
        let row = snapshots(region).await?.pop().ok_or(Refusal::new(Reason::Unavailable))?;
        let study = region.cell(row.study.cast()).await?;
        let objects = study.view().await?.all::<ObjectRow>(&[]).await?;
        let (_, mut object) = objects.into_iter().next().ok_or(Refusal::new(Reason::Unavailable))?;
        object.lineage = object.lineage.map(|lineage| Lineage { leaf: 0, ..lineage });
        let step = HouseStep::new(move |draft: &mut Draft, moment| {
            object.store(draft)?;
            Ok(Entry::of_house("cell.sweep", moment.now))
        });
        study.submit(Box::new(step)).await?;
        let wrong = wrong(region, &row, &mut 0).await?;
        Ok(Finding::holds(wrong.is_none(), wrong.unwrap_or_default()))
    }
}

pub(super) async fn snapshot_in_a_twin() -> Result<World, Refusal> {
    let world = World::planet(Soil::new(11)).await.map_err(|_| Refusal::new(Reason::Unavailable))?;
    world.study(2).await?;
    world.onward("bari").await?;
    world.deliver_onward("bari", "a").await?;
    world.cross("across", &["onward-bari"], "2027-06-30").await?;
    Ok(world)
}

async fn snapshots(region: &Region) -> Result<Vec<SnapshotRow>, Refusal> {
    let rows = region.root().view().await?.all::<SnapshotRow>(&[]).await?;
    Ok(rows.into_iter().map(|(_, row)| row).filter(|row| row.erased_at.is_none()).collect())
}

/// What is wrong with a snapshot's objects, in words; cells that nobody opened since are opened for it.
async fn wrong(region: &Region, row: &SnapshotRow, seen: &mut u64) -> Result<Option<String>, Refusal> {
    let root = region.root().view().await?;
    let is_erased = |project: Option<ProjectRow>| project.is_none_or(|project| project.erased_at.is_some());
    if is_erased(root.row(&row.study.to_bytes()).await?) {
        return Ok(None);
    }
    let study = region.cell(row.study.cast()).await?;
    let rows = study.view().await?;
    let Some(bucket) = rows.row::<BucketRow>(row.bucket().as_bytes()).await? else {
        return Ok(None);
    };
    let mut objects = Vec::new();
    rows.each(&bucket.id.to_bytes(), |object: ObjectRow| objects.push(object)).await?;
    if objects.is_empty() {
        return Ok(None);
    }
    *seen += objects.len() as u64;
    if is_erased(root.row(&row.home.to_bytes()).await?) {
        return Ok(row.closed.is_none().then(|| "its home is erased and it is open".to_owned()));
    }
    let home = region.cell(row.home.cast()).await?;
    let scope: Option<ScopeRow> = home.view().await?.row(&row.scope.to_bytes()).await?;
    if scope.is_none_or(|scope| scope.is_erased) {
        return Ok(row.closed.is_none().then(|| "its provider withdrew and it is open".to_owned()));
    }
    of_home(region, &home, row, &objects).await
}

/// Compares what is there with what the home says left.
async fn of_home(
    region: &Region,
    home: &Arc<Cell>,
    row: &SnapshotRow,
    objects: &[ObjectRow],
) -> Result<Option<String>, Refusal> {
    let mut left = Vec::new();
    home.view().await?.each(&row.id.to_bytes(), |leaving: LeavingRow| left.push(leaving)).await?;
    let mut proved = None;
    for object in objects {
        let Some(lineage) = &object.lineage else {
            return Ok(Some(format!("object {} has no lineage", object.id)));
        };
        let is_it = |leaving: &&LeavingRow| {
            let of = &leaving.object;
            (of.id, of.version, of.size_bytes) == (lineage.object, lineage.version, object.size_bytes)
                && leaving.blake3 == lineage.blake3
        };
        let is_ours = (lineage.snapshot, lineage.home) == (row.id, row.home);
        if !is_ours || !left.iter().any(|leaving| is_it(&leaving)) {
            return Ok(Some(format!("object {} is not among what left", object.id)));
        }
        if proved != Some(lineage.leaf) && !proves(region, home, row, lineage.leaf).await? {
            return Ok(Some(format!("object {} cites a leaf that does not say that it left", object.id)));
        }
        proved = Some(lineage.leaf);
    }
    Ok(None)
}

/// Whether a leaf of the home says that this snapshot left, and is in the tree that the home's checkpoint signs.
async fn proves(region: &Region, home: &Arc<Cell>, row: &SnapshotRow, leaf: u64) -> Result<bool, Refusal> {
    if leaf >= home.head().frontier.size() {
        return Ok(false);
    }
    let opened = ledger::at(home, leaf).await?.1;
    let (about, study) = (subject(Noun::Snapshot, row.id), format!("study:{}", row.study));
    let is_said = opened.record.as_ref().is_some_and(|record| {
        record.act == "snapshot.leave" && record.subjects.contains(&about) && record.subjects.contains(&study)
    });
    if !is_said {
        return Ok(false);
    }
    let checkpoint = home.publisher.publish(home).await?;
    let Some(size) = ledger::size_of(&checkpoint) else { return Ok(false) };
    let tiles = home.publisher.tiles(&inclusion_nodes(leaf, size), size).await?;
    let origin = publish::origin(&region.ground().origin, home.id);
    let known = publish::verifier(&region.ground().origin, home.id, region.ground().signer.public());
    let proof = inclusion(&TileNodes { tiles: &tiles, size }, leaf, size).ok();
    let (Some(proof), Some(known), Ok(checkpoint)) = (proof, known, Note::parse(checkpoint.as_bytes()))
    else {
        return Ok(false);
    };
    let receipt = Receipt { index: leaf, proof, checkpoint, extra: None };
    Ok(receipt.verify(leaf_hash(&opened.commitment), &origin, &[known]).is_ok())
}
