//! The data map: what lies where, how old it is, who uses it, and what wants somebody's attention.

use async_trait::async_trait;
use serde_json::{Value, json};
use words::act::DatasetMap;
use words::time::DAY_MS;
use words::{Reason, Refusal};

use super::DatasetRow;
use crate::act::Scene;
use crate::catalogue::Figures;
use crate::cell::draft::Draft;
use crate::contract;
use crate::examine::cdm;
use crate::noun::agreement::AgreementRow;
use crate::noun::bucket::BucketRow;
use crate::noun::project;
use crate::show::Show;

/// WHY: a quarter of a year without a reader is a question, not yet a fault.
const UNREAD_DAYS: i64 = 90;
/// WHY: what ends within a month wants a decision now.
const ENDING_DAYS: i64 = 30;

#[async_trait]
impl Show for DatasetMap {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let rows = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let project = project::find(scene.root, &self.project).await?;
        let cell = scene.region.cell(project.id.cast()).await?;
        let datasets: Vec<DatasetRow> =
            rows.all::<DatasetRow>(&[]).await?.into_iter().map(|(_, row)| row).collect();
        let (mut places, mut wants) = (Vec::new(), Vec::new());
        for (_, bucket) in rows.all::<BucketRow>(&[]).await? {
            let figures = scene.region.catalogue().figures(scene.region, &cell, &bucket.name, "").await?;
            let agreement = bucket.agreement(rows, scene.root, cell.id).await?;
            let own: Vec<&DatasetRow> = datasets.iter().filter(|row| row.bucket == bucket.name).collect();
            let mut described = 0;
            // WHY the widest alone where they overlap: nothing is counted twice.
            let widest = own.iter().filter(|row| {
                !own.iter().any(|other| {
                    other.prefix.len() < row.prefix.len() && row.prefix.starts_with(&other.prefix)
                })
            });
            for row in widest {
                described += scene
                    .region
                    .catalogue()
                    .figures(scene.region, &cell, &bucket.name, &row.prefix)
                    .await?
                    .objects;
            }
            let undescribed = figures.objects.saturating_sub(described);
            wants.extend(dark(scene, &bucket, &figures, &own, undescribed, agreement.as_ref()));
            wants.extend(amiss(scene, rows, &bucket).await?);
            let mut place = json!({
                "bucket": bucket.name,
                "agreement": agreement.map(|agreement| agreement.alias),
                "datasets": own.iter().map(|row| row.alias.clone()).collect::<Vec<_>>(),
                "undescribed": undescribed,
            });
            if let Some(all) = place.as_object_mut() {
                all.extend(figures.told());
            }
            places.push(place);
        }
        Ok(json!({ "places": places, "wants": wants }))
    }
}

/// What did not come that was agreed, and what came that makes no whole: series that are late, sets of OMOP tables that lack some.
async fn amiss(scene: &Scene<'_>, rows: &Draft, bucket: &BucketRow) -> Result<Vec<Value>, Refusal> {
    let mut wants = Vec::new();
    for series in contract::late(rows, bucket.id, scene.now).await? {
        wants.push(json!({ "what": "late", "bucket": bucket.name, "of": series, "objects": 0 }));
    }
    for (folder, set) in cdm::sets(rows, bucket.id, "").await? {
        if !set.is_cdm() {
            wants.push(json!({
                "what": "cdm",
                "bucket": bucket.name,
                "of": folder,
                "missing": set.missing,
                "doubled": set.doubled,
                "objects": set.tables.len(),
            }));
        }
    }
    Ok(wants)
}

/// What wants somebody's attention in a bucket: its dark corners.
fn dark(
    scene: &Scene<'_>,
    bucket: &BucketRow,
    figures: &Figures,
    datasets: &[&DatasetRow],
    undescribed: u64,
    agreement: Option<&AgreementRow>,
) -> Vec<Value> {
    let mut wants = Vec::new();
    let mut want = |what: &str, objects: u64| {
        if objects > 0 {
            wants.push(json!({ "what": what, "bucket": bucket.name, "objects": objects }));
        }
    };
    want("undescribed", undescribed);
    for standing in ["apart", "asks", "broken", "unread"] {
        want(standing, figures.standing(standing));
    }
    let quiet = scene.now.plus_ms(-UNREAD_DAYS * DAY_MS);
    let is_old = figures.newest.is_some_and(|newest| newest < quiet);
    let is_quiet = figures.last_read.is_none_or(|read| read < quiet);
    if is_old && is_quiet {
        want("unused", figures.objects);
    }
    if datasets.iter().any(|row| row.steward.is_none()) {
        want("unowned", figures.objects);
    }
    let soon = scene.now.plus_ms(ENDING_DAYS * DAY_MS);
    if agreement.is_some_and(|agreement| agreement.terms.ends < soon || agreement.is_over(scene.now)) {
        want("ending", figures.objects);
    }
    wants
}
