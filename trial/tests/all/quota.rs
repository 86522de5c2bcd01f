//! Quotas: what makes more than may be is refused, before it is sent and when many race; what makes less never is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::stream;
use region::Region;
use region::expiry::Ages;
use region::object::ObjectRow;
use region::object::body::Body;
use region::object::change::delete;
use region::object::put::{Extra, Stored, put};
use region::twin::study::STUDY;
use region::twin::{Soil, World};
use region::upload::{self, Begun, PartRow, UploadRow};
use region::usage::{UsageRow, total};
use serde_json::{Value, json};
use store::index::MemoryShelf;
use tokio::sync::Barrier;
use trial::kit::{PROJECT, body, put_deed, store};
use words::act::{ObjectDelete, UploadAbort, UploadComplete, UploadCopy, UploadPart, UploadStart};
use words::noun::Cell;
use words::time::DAY_MS;
use words::{Act, Actor, Id, Reason, Refusal};

use crate::across::{ENDS, snapshots, study as study_of};
use crate::ground::{desk, dina, pass_ms, project, reason, refused};

/// S3's smallest part but for the last.
const PART: usize = 5 << 20;

/// A project with a bucket of its own and a researcher inside.
struct Desk {
    world: World,
    rita: Actor,
    cell: Id<Cell>,
}

async fn at_desk(seed: u64) -> Desk {
    let world = World::planet(Soil::new(seed)).await.unwrap();
    world.permit("permit-1", PROJECT, "2027-01-01", "2027-12-30").await.unwrap();
    world.act("rita", "bucket.create", json!({ "project": PROJECT, "bucket": "results" })).await.unwrap();
    let (_, rita) = desk(&world).await;
    let cell = project(&world.region).await;
    Desk { world, rita, cell }
}

impl Desk {
    async fn quota(&self, bytes: Option<u64>, objects: Option<u64>) {
        quota(&self.world, PROJECT, bytes, objects).await.unwrap();
    }

    async fn put(&self, key: &str, size_bytes: usize) -> Result<Stored, Refusal> {
        store(&self.world.region, &self.rita, "results", key, &vec![7; size_bytes]).await
    }

    async fn full(&self, key: &str, size_bytes: usize) {
        let what = format!("{size_bytes} bytes as {key}");
        refused(&self.world, Reason::QuotaFull, &what, self.put(key, size_bytes)).await;
    }

    async fn delete(&self, key: &str, version: Option<String>) {
        let deed = ObjectDelete {
            project: PROJECT.into(),
            bucket: "results".into(),
            key: key.into(),
            version,
            condition: None,
            bypass: None,
        };
        delete(&self.world.region, &self.rita, deed).await.unwrap();
    }

    async fn start(&self, key: &str) -> Result<UploadRow, Refusal> {
        let (project, bucket, key) = (PROJECT.into(), "results".into(), key.into());
        let deed = UploadStart { project, bucket, key, sealed: None };
        upload::start(&self.world.region, &self.rita, deed, Begun::default()).await.map(|(row, _)| row)
    }

    async fn part(&self, of: &UploadRow, part: u64, size_bytes: usize) -> Result<PartRow, Refusal> {
        let (project, bucket, key) = (PROJECT.into(), "results".into(), of.key.clone());
        let deed = UploadPart { project, bucket, key, upload: of.id.to_string(), part };
        let sent =
            upload::part(&self.world.region, &self.rita, deed, Extra::default(), body(&vec![7; size_bytes]));
        sent.await.map(|(row, _)| row)
    }

    async fn complete(&self, of: &UploadRow) -> Result<Stored, Refusal> {
        let (project, bucket, key) = (PROJECT.into(), "results".into(), of.key.clone());
        let deed = UploadComplete { project, bucket, key, upload: of.id.to_string(), condition: None };
        upload::complete(&self.world.region, &self.rita, deed, Vec::new(), |_, _| Ok(Vec::new())).await
    }

    /// What the project is said to hold; its rows must make the same.
    async fn used(&self) -> (u64, u64) {
        let used = used(&self.world.region, self.cell).await;
        let shown = self.world.act("carla", "project.show", json!({ "project": PROJECT })).await.unwrap();
        assert_eq!(shown.answer[0]["used"], json!({ "bytes": used.bytes, "objects": used.objects }));
        (used.bytes, used.objects)
    }
}

async fn quota(
    world: &World,
    project: &str,
    bytes: Option<u64>,
    objects: Option<u64>,
) -> Result<(), Refusal> {
    let fields = json!({ "project": project, "bytes": bytes, "objects": objects });
    world.act("olga", "project.quota", fields).await.map(drop)
}

/// The count, compared with every row that there is.
async fn used(region: &Region, cell: Id<Cell>) -> UsageRow {
    let rows = region.cell(cell).await.unwrap().view().await.unwrap();
    let objects: Vec<ObjectRow> = rows.all(&[]).await.unwrap().into_iter().map(|(_, row)| row).collect();
    let parts: Vec<PartRow> = rows.all(&[]).await.unwrap().into_iter().map(|(_, row)| row).collect();
    let versions = objects.iter().filter(|row| !row.is_marker);
    let bytes =
        versions.clone().map(|row| row.size_bytes).chain(parts.iter().map(|row| row.piece.plain_bytes));
    let counted = UsageRow { bytes: bytes.sum(), objects: versions.count() as u64 };
    assert_eq!(total(&rows).await.unwrap(), counted);
    counted
}

// Goal: up to the last byte and no further; what is deleted or made smaller gives its room back.
#[tokio::test]
async fn a_full_project_takes_no_byte_more_and_gives_back() {
    let desk = at_desk(131).await;
    desk.put("before", 50).await.unwrap();
    desk.quota(Some(100), None).await;
    refused(&desk.world, Reason::AlreadyDone, "the same quota", quota(&desk.world, PROJECT, Some(100), None))
        .await;
    desk.full("a", 51).await;
    desk.put("a", 50).await.unwrap();
    assert_eq!(desk.used().await, (100, 2));
    desk.full("b", 1).await;
    desk.put("nothing", 0).await.unwrap();
    // In place of itself: no more than it was.
    desk.full("a", 51).await;
    desk.put("a", 50).await.unwrap();
    desk.put("a", 20).await.unwrap();
    desk.put("b", 30).await.unwrap();
    desk.delete("before", None).await;
    assert_eq!(desk.used().await, (50, 3));
    let copy = json!({ "project": PROJECT, "bucket": "results", "key": "copy", "source_bucket": "results", "source_key": "b" });
    let copied = || desk.world.region.perform(&desk.rita, Act::ObjectCopy, copy.clone(), None);
    copied().await.unwrap();
    desk.put("a", 40).await.unwrap();
    desk.delete("copy", None).await;
    desk.put("c", 30).await.unwrap();
    refused(&desk.world, Reason::QuotaFull, "a copy", copied()).await;
    assert_eq!(desk.used().await, (100, 4));
    desk.quota(None, None).await;
    desk.put("d", 1_000).await.unwrap();
    assert_eq!(desk.used().await, (1_100, 5));
}

// Goal: every version counts, a marker does not, and hiding works in a full project.
#[tokio::test]
async fn versions_count_and_markers_do_not() {
    let desk = at_desk(132).await;
    let versions = json!({ "project": PROJECT, "bucket": "results", "versions": "enabled" });
    desk.world.act("carla", "bucket.version", versions).await.unwrap();
    desk.quota(None, Some(2)).await;
    let first = desk.put("a", 10).await.unwrap();
    desk.put("a", 20).await.unwrap();
    desk.full("a", 0).await;
    desk.full("b", 0).await;
    refused(&desk.world, Reason::QuotaFull, "an upload that cannot end", desk.start("b")).await;
    desk.delete("a", None).await;
    desk.delete("never there", None).await;
    assert_eq!(desk.used().await, (30, 2));
    desk.full("a", 0).await;
    desk.delete("a", first.version).await;
    assert_eq!(desk.used().await, (20, 1));
    desk.put("b", 5).await.unwrap();
    desk.full("c", 0).await;
}

// Goal: lowering takes nothing away; only what makes more is refused.
#[tokio::test]
async fn a_quota_below_what_is_there_stops_only_what_makes_more() {
    let desk = at_desk(133).await;
    for key in ["a", "b", "c"] {
        desk.put(key, 100).await.unwrap();
    }
    desk.quota(Some(150), Some(1)).await;
    desk.full("d", 1).await;
    desk.full("a", 101).await;
    desk.put("a", 90).await.unwrap();
    let describe =
        json!({ "project": PROJECT, "bucket": "results", "key": "a", "labels": ["state=checked"] });
    desk.world.region.perform(&desk.rita, Act::ObjectDescribe, describe, None).await.unwrap();
    desk.delete("b", None).await;
    desk.delete("c", None).await;
    assert_eq!(desk.used().await, (90, 1));
    desk.full("d", 1).await;
    desk.quota(Some(150), Some(2)).await;
    desk.put("d", 60).await.unwrap();
}

// Goal: parts count while they lie there, an object made of them counts once, and whatever ends an upload gives back.
#[tokio::test]
async fn parts_count_once_and_uploads_that_end_give_back() {
    let desk = at_desk(134).await;
    let size = PART as u64 + 10;
    desk.quota(Some(size), Some(1)).await;
    let whole = desk.start("whole").await.unwrap();
    desk.part(&whole, 1, PART).await.unwrap();
    refused(&desk.world, Reason::QuotaFull, "a part too large", desk.part(&whole, 2, 11)).await;
    desk.part(&whole, 2, 10).await.unwrap();
    desk.part(&whole, 1, PART).await.unwrap();
    refused(&desk.world, Reason::QuotaFull, "a larger part again", desk.part(&whole, 2, 11)).await;
    assert_eq!(desk.used().await, (size, 0));
    desk.complete(&whole).await.unwrap();
    assert_eq!(desk.used().await, (size, 1));
    // In place of the whole one; its parts lie beside it for a while.
    desk.quota(Some(size + 8), Some(1)).await;
    let again = desk.start("whole").await.unwrap();
    desk.part(&again, 1, 8).await.unwrap();
    let copy = UploadCopy {
        project: PROJECT.into(),
        bucket: "results".into(),
        key: "whole".into(),
        upload: again.id.to_string(),
        part: 2,
        source_bucket: "results".into(),
        source_key: "whole".into(),
        source_version: None,
        range: Some("0-0".into()),
    };
    let copied = upload::copy::copy(&desk.world.region, &desk.rita, copy, |_, _| Ok(Vec::new()));
    refused(&desk.world, Reason::QuotaFull, "a part copied", copied).await;
    desk.complete(&again).await.unwrap();
    assert_eq!(desk.used().await, (8, 1));
    let given_up = desk.start("whole").await.unwrap();
    desk.part(&given_up, 1, 100).await.unwrap();
    let abort = UploadAbort {
        project: PROJECT.into(),
        bucket: "results".into(),
        key: "whole".into(),
        upload: given_up.id.to_string(),
    };
    let abort = serde_json::to_value(abort).unwrap();
    desk.world.region.perform(&desk.rita, Act::UploadAbort, abort, None).await.unwrap();
    let forgotten = desk.start("whole").await.unwrap();
    desk.part(&forgotten, 1, 100).await.unwrap();
    assert_eq!(desk.used().await, (108, 1));
    pass_ms(&desk.world, 40 * DAY_MS).await;
    assert_eq!(desk.world.region.expire_in(desk.cell, Ages::default()).await.unwrap().uploads, 1);
    assert_eq!(used(&desk.world.region, desk.cell).await, UsageRow { bytes: 8, objects: 1 });
}

/// A body of pieces of 10 bytes that counts how many were asked for.
fn counted(pieces: usize, asked: &Arc<AtomicUsize>) -> Body {
    let asked = Arc::clone(asked);
    Box::pin(stream::iter((0..pieces).map(move |_| {
        asked.fetch_add(1, Ordering::SeqCst);
        Ok(Bytes::from_static(b"0123456789"))
    })))
}

// Goal: nobody sends in vain. Method: a body that counts what is taken of it, announced and not.
#[tokio::test]
async fn a_body_too_large_is_not_read_and_one_of_unknown_length_is_stopped() {
    let desk = at_desk(135).await;
    desk.quota(Some(100), None).await;
    let blobs = || store::sweep::blobs(&desk.world.soil.bucket, desk.cell);
    let asked = Arc::new(AtomicUsize::new(0));
    for (size_bytes, taken_max) in [(Some(1_000), 0), (None, 11)] {
        asked.store(0, Ordering::SeqCst);
        let extra = Extra { size_bytes, ..Extra::default() };
        let sent = put(&desk.world.region, &desk.rita, put_deed("results", "a"), extra, counted(100, &asked));
        assert_eq!(reason(sent.await), Reason::QuotaFull);
        assert_eq!(asked.load(Ordering::SeqCst), taken_max, "{size_bytes:?}");
        assert!(blobs().await.unwrap().is_empty(), "{size_bytes:?}: bytes were stored");
    }
    // Announced shorter than it is: stopped as if nothing was said.
    let extra = Extra { size_bytes: Some(1), ..Extra::default() };
    let sent = put(&desk.world.region, &desk.rita, put_deed("results", "a"), extra, counted(100, &asked));
    assert_eq!(reason(sent.await), Reason::QuotaFull);
    desk.put("a", 100).await.unwrap();
    let sent =
        put(&desk.world.region, &desk.rita, put_deed("results", "b"), Extra::default(), counted(1, &asked));
    assert_eq!(reason(sent.await), Reason::QuotaFull);
    assert_eq!(blobs().await.unwrap().len(), 1);
}

/// Bytes that come once everybody is as far.
fn together(barrier: &Arc<Barrier>, size_bytes: usize) -> Body {
    let barrier = Arc::clone(barrier);
    Box::pin(stream::once(async move {
        barrier.wait().await;
        Ok(Bytes::from(vec![7; size_bytes]))
    }))
}

// Goal: who races does not pass together. Method: eight writers that have all been let in before any has committed.
#[tokio::test]
async fn of_many_who_race_for_the_last_room_one_gets_it() {
    let desk = at_desk(136).await;
    for (bytes, objects, winners) in [(Some(100), None, 1), (Some(190), None, 3), (None, Some(5), 2)] {
        desk.quota(bytes, objects).await;
        let barrier = Arc::new(Barrier::new(8));
        let writers = (0..8).map(|writer| {
            let deed = put_deed("results", &format!("{winners}-{writer}"));
            put(&desk.world.region, &desk.rita, deed, Extra::default(), together(&barrier, 60))
        });
        let before = desk.used().await;
        let told = futures::future::join_all(writers).await;
        let (stored, refused): (Vec<_>, Vec<_>) = told.into_iter().partition(Result::is_ok);
        let room = bytes.map_or_else(|| objects.unwrap() - before.1, |bytes| (bytes - before.0) / 60);
        assert_eq!(stored.len() as u64, room, "{bytes:?} {objects:?}: {before:?}");
        assert!(refused.into_iter().all(|told| reason(told) == Reason::QuotaFull));
        assert_eq!(desk.used().await, (before.0 + room * 60, before.1 + room));
    }
}

// Goal: the count dies with its scope, and every replay finds it as it was.
#[tokio::test]
async fn what_is_erased_counts_no_more_and_replay_counts_the_same() {
    let desk = at_desk(137).await;
    let region = &desk.world.region;
    for (hospital, size_bytes) in [("bari", 300), ("bologna", 40)] {
        let dina = dina(&desk.world, hospital).await;
        store(region, &dina, hospital, "a", &vec![1; size_bytes]).await.unwrap();
        store(region, &dina, hospital, "a", &vec![2; size_bytes]).await.unwrap();
    }
    desk.put("own", 7).await.unwrap();
    let upload = desk.start("cut").await.unwrap();
    desk.part(&upload, 1, 3).await.unwrap();
    assert_eq!(desk.used().await, (690, 5));
    desk.quota(Some(690), None).await;
    desk.full("more", 1).await;
    let erase = json!({ "project": PROJECT, "agreement": "planet-bari", "reason": "withdrawn" });
    desk.world.act("kurt", "key.erase-scope", erase).await.unwrap();
    assert_eq!(desk.used().await, (90, 3));
    desk.put("more", 600).await.unwrap();
    desk.full("much more", 1).await;
    let check = json!({ "check": "usage-recount" });
    let told = desk.world.act("anna", "check.run", check).await.unwrap().answer[0].clone();
    assert_eq!(told["verdict"], "pass", "{told}");

    let soil = Soil { shelf: MemoryShelf::default(), ..desk.world.soil.clone() };
    region.close().await;
    let replayed = desk.world.over(Region::open(soil.parts()).await.unwrap(), soil);
    assert_eq!(used(&replayed.region, desk.cell).await, UsageRow { bytes: 690, objects: 4 });
    let told = store(&replayed.region, &desk.rita, "results", "still full", b"1").await;
    assert_eq!(reason(told), Reason::QuotaFull);
}

// Goal: a snapshot arrives as far as there is room, waits, and goes on; nothing is counted twice.
#[tokio::test]
async fn a_snapshot_waits_for_room() {
    let world = crate::across::world(138, 2).await;
    let study: Id<Cell> = study_of(&world.region).await.cast();
    quota(&world, STUDY, None, Some(1)).await.unwrap();
    world.cross("across", &["onward-bari/cases/*"], ENDS).await.unwrap();
    assert_eq!(used(&world.region, study).await.objects, 1, "what has room is there");
    assert!(snapshots(&world.region).await[0].whole.is_none());
    quota(&world, STUDY, Some(1_000), None).await.unwrap();
    world.region.finish_snapshots().await.unwrap();
    assert!(snapshots(&world.region).await[0].whole.is_some());
    let told = used(&world.region, study).await;
    assert_eq!(told, UsageRow { bytes: 2 * "bari cases/1.csv".len() as u64, objects: 2 });
}

// Goal: how full a project is, is told to who sets its quota and who sees its buckets, and to nobody else.
#[tokio::test]
async fn who_has_no_part_in_the_buckets_is_not_told_how_full_they_are() {
    let desk = at_desk(139).await;
    desk.quota(Some(1 << 40), None).await;
    desk.put("a", 5).await.unwrap();
    let used = json!({ "bytes": 5, "objects": 1 });
    let quota = json!({ "bytes": 1_u64 << 40, "objects": null });
    for who in ["olga", "carla", "rita", "sara-bari"] {
        let shown = desk.world.act(who, "project.show", json!({})).await.unwrap().answer[0].clone();
        let told = if who == "sara-bari" { (&Value::Null, &Value::Null) } else { (&used, &quota) };
        assert_eq!((&shown["used"], &shown["quota"]), told, "{who}");
    }
    for who in ["carla", "rita", "kurt", "sara-bari"] {
        let set = desk.world.act(who, "project.quota", json!({ "project": PROJECT, "bytes": 1 }));
        refused(&desk.world, Reason::RoleMissing, who, set).await;
    }
}
