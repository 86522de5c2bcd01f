//! Sealing census: nothing readable lies in the bucket.

use async_trait::async_trait;
use bytes::Bytes;
use store::custody::Custody;
use store::{Bucket, Derived};
use words::noun::ROOT_CELL;
use words::{Reason, Refusal};

use crate::Region;
use crate::check::{Check, Finding, Verdict, left_out};
use crate::noun::bucket::BucketRow;
use crate::noun::organisation::OrganisationRow;
use crate::noun::person::{PersonRow, PersonalRow};
use crate::object::ObjectRow;

/// WHY: shorter patterns occur in random bytes by chance.
const NEEDLE_BYTES_MIN: usize = 8;
/// WHY: one census looks for so many patterns at a time (`store::limit`).
const NEEDLES_MAX: usize = 1_000;
/// WHY: object keys sampled per project.
const KEYS_SAMPLED: usize = 200;

pub struct SealingCensus;

#[async_trait]
impl Check for SealingCensus {
    fn name(&self) -> &'static str {
        "sealing-census"
    }

    fn says(&self) -> &'static str {
        "no name, no e-mail address and no key in custody occurs in any raw name or byte of the bucket"
    }

    fn controls(&self) -> &'static [&'static str] {
        &["A.8.24", "A.5.34", "GDPR Art.32(1)(a)", "EHDS Art.73(1)(b)"]
    }

    async fn look(&self, region: &Region) -> Result<Finding, Refusal> {
        let needles = needles(region).await?;
        let mut finding = examine(&region.ground().bucket, needles).await?;
        finding.measured += &left_out(region).await?;
        Ok(finding)
    }

    async fn look_at_fault(&self) -> Result<Finding, Refusal> {
        let bucket = Bucket::memory();
        let planted = b"name;birth\nMario Rossi-Bianchi;1961-02-03\n";
        let written =
            Derived::new(bucket.clone(), ROOT_CELL).put_checkpoint(Bytes::from_static(planted)).await;
        written.map_err(|_| Refusal::new(Reason::Unavailable))?;
        examine(&bucket, vec![b"Rossi-Bianchi".to_vec()]).await
    }
}

async fn examine(bucket: &Bucket, needles: Vec<Vec<u8>>) -> Result<Finding, Refusal> {
    if needles.is_empty() {
        return Ok(Finding::new(Verdict::NotApplicable, "nothing is stored yet"));
    }
    let mut found = Vec::new();
    for round in needles.chunks(NEEDLES_MAX) {
        let sightings = store::sweep::census(bucket, round).await;
        found.extend(
            sightings.map_err(|_| Refusal::with(Reason::Unavailable, "the raw store cannot be read"))?,
        );
    }
    let measured = match found.first() {
        None => format!("{} patterns looked for, none found", needles.len()),
        // WHY no pattern: it is what must not be readable.
        Some(first) => format!("{} sightings, the first in `{}`", found.len(), first.name),
    };
    Ok(Finding::holds(found.is_empty(), measured))
}

/// What people wrote and what opens anything.
async fn needles(region: &Region) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut needles = Vec::new();
    let root = region.root().view().await?;
    for (_, row) in root.all::<OrganisationRow>(&[]).await? {
        needles.push(row.name.into_bytes());
    }
    for (key, row) in root.all::<PersonRow>(&[]).await? {
        let personal: Option<PersonalRow> = root.row(&key).await?;
        needles.push(row.alias.into_bytes());
        needles.extend(personal.into_iter().flat_map(|row| [row.name.into_bytes(), row.email.into_bytes()]));
    }
    for cell in region.open_cells() {
        let rows = cell.view().await?;
        for (_, bucket) in rows.all::<BucketRow>(&[]).await? {
            needles.push(bucket.name.into_bytes());
        }
        for (_, object) in rows.rows::<ObjectRow>(&[], None, KEYS_SAMPLED).await? {
            needles.push(object.key.into_bytes());
        }
    }
    needles.extend(keys(region.ground().custody.as_ref())?);
    needles.retain(|needle| needle.len() >= NEEDLE_BYTES_MIN);
    Ok(needles)
}

fn keys(custody: &dyn Custody) -> Result<Vec<Vec<u8>>, Refusal> {
    let unheld = |_| Refusal::with(Reason::Unavailable, "custody does not answer");
    let mut keys = Vec::new();
    for name in custody.names().map_err(unheld)? {
        if let Some(key) = custody.key(&name).map_err(unheld)? {
            keys.push(key.expose().to_vec());
        }
    }
    Ok(keys)
}
