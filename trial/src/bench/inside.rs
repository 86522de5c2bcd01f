//! A region opened in this process, from the folders that the binary left: to fill it
//! with many objects through the region's own functions, and to time single parts of a PUT.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use futures::{StreamExt, stream};
use gate::Allowed;
use region::cell::draft::Change;
use region::cell::format::Record;
use region::cell::pack::{Packer, Pen};
use region::cell::step::Entry;
use region::object::ObjectRow;
use region::object::change::{Own, copy};
use region::{Parts, Region, row};
use serde_json::json;
use store::Bucket;
use store::custody::FileCustody;
use store::index::SlateShelf;
use tokio::time::Instant;
use words::act::{ObjectCopy, ObjectPut};
use words::{Actor, Place, Rand, Refusal};

use super::house::House;
use super::sign::Access;
use super::world::{SystemRand, WallClock, cpu_seconds};

/// WHY: enough to fill commits, few enough that nothing times out.
const COPIES_IN_FLIGHT: usize = 1_024;
const ROUNDS: u32 = 2_000;

pub async fn open(house: &House) -> anyhow::Result<Region> {
    let rand: Arc<dyn Rand> = Arc::new(SystemRand);
    let bucket = Bucket::local(&house.data().join("bucket"))?;
    let custody = FileCustody::open(&house.custody(), bucket.folder(), Arc::clone(&rand))?;
    let shelf = Arc::new(SlateShelf::new(bucket.clone(), Arc::clone(&rand)));
    let clock = Arc::new(WallClock);
    let parts =
        Parts { name: "epic.bench".to_owned(), bucket, shelf, custody: Arc::new(custody), clock, rand };
    Ok(Region::open(parts).await?)
}

pub async fn actor(region: &Region, access: &Access) -> anyhow::Result<Actor> {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    region.actor_of_credential(&access.id, here, Place::Inside).await.map_err(refused)
}

/// Copies one object many times: each copy is an act, a leaf and a row of its own over a shared blob.
pub async fn copies(
    region: &Region,
    actor: &Actor,
    from: (&str, &str),
    to: &str,
    count: u64,
) -> anyhow::Result<()> {
    let project = actor.credential.as_ref().context("no credential")?.project.to_string();
    let one = |number: u64| {
        let deed = ObjectCopy {
            project: project.clone(),
            bucket: to.to_owned(),
            key: format!("{:03}/{number:07}", number / 1_000),
            source_bucket: from.0.to_owned(),
            source_key: from.1.to_owned(),
        };
        let (region, actor) = (region.clone(), actor.clone());
        async move {
            tokio::spawn(async move { copy(&region, &actor, deed, None, Own::default(), |_| Ok(())).await })
                .await
        }
    };
    let mut done = stream::iter(0..count).map(one).buffer_unordered(COPIES_IN_FLIGHT);
    while let Some(ended) = done.next().await {
        ended?.map_err(refused)?;
    }
    Ok(())
}

/// Opens, fills while the region is tended, and closes in good order.
pub async fn fill(
    house: &House,
    access: &Access,
    from: (&str, &str),
    to: &str,
    count: u64,
) -> anyhow::Result<f64> {
    let region = open(house).await?;
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let tending = tokio::spawn({
        let region = region.clone();
        async move { region.tend(async move { drop(ended.await) }).await }
    });
    let actor = actor(&region, access).await?;
    let started = Instant::now();
    copies(&region, &actor, from, to, count).await?;
    let seconds = started.elapsed().as_secs_f64();
    drop(end);
    tending.await?;
    Ok(count as f64 / seconds)
}

/// Processor time of one PUT's decision and of its part of a commit, in microseconds.
pub struct Share {
    pub policy_us: f64,
    pub ledger_us: f64,
}

/// Times the parts alone: deciding a PUT over real rows, and packing a commit of so many of them.
pub async fn share(house: &House, access: &Access, acts: u32) -> anyhow::Result<Share> {
    let region = open(house).await?;
    let actor = actor(&region, access).await?;
    let project = actor.credential.as_ref().context("no credential")?.project.to_string();
    let cell = region.project_cell(&actor, &project).await.map_err(refused)?;
    let deed =
        ObjectPut { project, bucket: "small".into(), key: "share".into(), media: None, condition: None };
    let own = std::process::id();
    let started = cpu_seconds(own)?;
    let mut allowed: Option<Allowed<ObjectPut>> = None;
    for _ in 0..ROUNDS {
        region.confirm().await;
        allowed = Some(region.allow(&actor, &deed, Some(&cell)).await.map_err(refused)?);
    }
    let policy_us = (cpu_seconds(own)? - started) * 1e6 / f64::from(ROUNDS);
    let rows = cell.view().await.map_err(refused)?;
    let bucket = region::noun::bucket::find(&rows, "small").await.map_err(refused)?;
    let known = rows.rows::<ObjectRow>(&bucket.id.to_bytes(), None, 1).await.map_err(refused)?;
    let (_, object) = known.into_iter().next().context("the bucket is empty")?;
    let allowed = allowed.context("not allowed")?;
    let rounds = ROUNDS / acts.max(1) + 100;
    let pen = Pen {
        cell: cell.id,
        writer: region.ground().writer,
        keys: &cell.keys,
        signer: &region.ground().signer,
        rand: region.rand(),
    };
    let started = cpu_seconds(own)?;
    for _ in 0..rounds {
        let mut packer = Packer::default();
        for _ in 0..acts {
            let entry = entry(&actor, &deed, &allowed, &object);
            let change = Change {
                key: row::key(row::Table::Object, &object.row_key()),
                value: Some(row::encode(&object).map_err(refused)?),
                seal: object.seal(),
            };
            packer.add(&entry, vec![change], &cell.head(), region.rand()).map_err(refused)?;
        }
        let packed = packer.pack(&cell.head(), &pen, super::world::now(), 0).map_err(refused)?;
        std::hint::black_box(packed.bytes);
    }
    let ledger_us = (cpu_seconds(own)? - started) * 1e6 / f64::from(rounds * acts);
    region.close().await;
    Ok(Share { policy_us, ledger_us })
}

/// A leaf as `object.put` leaves it.
fn entry(actor: &Actor, deed: &ObjectPut, allowed: &Allowed<ObjectPut>, object: &ObjectRow) -> Entry {
    let record = Record {
        act: "object.put".to_owned(),
        person: Some(actor.person),
        credential: actor.credential.as_ref().map(|used| used.id),
        place: Some(actor.place.text().to_owned()),
        refused: None,
        time: super::world::now(),
        subjects: vec![format!("object:{}", object.id), format!("bucket:{}", object.bucket)],
        policies: allowed.policies().iter().map(|policy| policy.to_string()).collect(),
        root_seq: 0,
    };
    let detail = serde_json::to_vec(deed).unwrap_or_default();
    Entry { record, detail, scope: Some(object.scope), is_access: false, answer: json!(null) }
}

fn refused(refusal: Refusal) -> anyhow::Error {
    anyhow!("{refusal}")
}
