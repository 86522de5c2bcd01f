//! Acting: one op of the simulation, done on a real region by the right person.

use std::cell::Cell;

use region::Region;
use region::cell::step::Leaf;
use region::check::scrub::scrub;
use region::object::put::{Extra, put};
use region::object::read::get;
use region::upload::{Begun, complete, part, start};
use serde_json::{Value, json};
use store::custody::MemoryCustody;
use words::act::{UploadComplete, UploadPart, UploadStart};
use words::{Act, Actor, Id, Place as Where, Reason, Refusal};

use crate::kit::{HERE, PROJECT, body, drain, get_deed, put_deed};
use crate::sim::model::content;
use crate::sim::op::{Op, Place};
use crate::sim::stand::{BUCKETS, Cast, OWN};

/// What came of an op.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done {
        leaf: Option<Leaf>,
        bytes: Option<Vec<u8>>,
    },
    Refused(Reason),
    /// It may have taken effect.
    Unknown,
    /// Whoever asked hung up; it may have taken effect.
    Cut,
}

/// Who does what where.
pub struct Stage<'a> {
    pub region: &'a Region,
    pub cast: &'a Cast,
    pub custody: &'a MemoryCustody,
    /// What the acts of this moment are called when they are asked again.
    pub attempts: &'a Cell<u64>,
}

type Told = (Option<Leaf>, Option<Vec<u8>>);

impl Stage<'_> {
    /// Does an op; whoever asks may hang up after so many steps of it.
    pub async fn act(&self, op: Op, patience: Option<u32>) -> Answer {
        match patience {
            None => self.whole(op).await,
            Some(steps) => cut(self.whole(op), steps).await.unwrap_or(Answer::Cut),
        }
    }

    async fn whole(&self, op: Op) -> Answer {
        match self.told(op).await {
            Ok((leaf, bytes)) => Answer::Done { leaf, bytes },
            Err(refusal) if refusal.reason == Reason::Unavailable => Answer::Unknown,
            Err(refusal) => Answer::Refused(refusal.reason),
        }
    }

    async fn told(&self, op: Op) -> Result<Told, Refusal> {
        match op {
            Op::Put(place, tag) => self.put(place, tag).await,
            Op::Upload(place, tag) => self.upload(place, tag, true).await,
            Op::Begin(place, tag) => self.upload(place, tag, false).await,
            Op::Get(place) => self.get(place, &self.with(OWN, Where::Inside).await?).await,
            Op::GetOutside(place) => self.get(place, &self.by("rita")).await,
            Op::GetByGrant(hospital) => {
                self.get((hospital, 0), &self.with(hospital, Where::Outside).await?).await
            }
            Op::Probe(place) => self.inside(Act::ObjectProbe, at(place)).await,
            Op::List(bucket) => self.inside(Act::ObjectList, of(bucket)).await,
            Op::Delete(place) => self.inside(Act::ObjectDelete, at(place)).await,
            Op::Copy(bucket, from, to) => {
                let mut fields = at((bucket, to));
                fields["source_bucket"] = json!(BUCKETS[bucket]);
                fields["source_key"] = json!(key(from));
                self.inside(Act::ObjectCopy, fields).await
            }
            Op::Hold(place, on) => {
                let mut fields = at(place);
                fields["hold"] = json!(if on { "on" } else { "off" });
                fields["reason"] = json!("court");
                self.person("carla", Act::ObjectHold, fields).await
            }
            Op::Retain(place, by_ms) => {
                let mut fields = at(place);
                fields["mode"] = json!("governance");
                fields["until"] = json!(self.region.clock().now().plus_ms(by_ms));
                self.inside(Act::ObjectRetain, fields).await
            }
            Op::Lift(place) => {
                let mut fields = at(place);
                (fields["mode"], fields["reason"]) = (json!("none"), json!("the wrong file"));
                self.controller(Act::ObjectRetain, fields).await
            }
            Op::Destroy(place, index) => self.destroy(place, index).await,
            Op::Versions(bucket, on) => {
                let mut fields = of(bucket);
                fields["versions"] = json!(if on { "enabled" } else { "suspended" });
                self.person("carla", Act::BucketVersion, fields).await
            }
            other => self.duty(other).await,
        }
    }

    async fn duty(&self, op: Op) -> Result<Told, Refusal> {
        let agreement = |hospital: usize| json!({ "agreement": format!("planet-{}", BUCKETS[hospital]) });
        let because = |mut fields: Value| {
            fields["reason"] = json!("so it goes");
            fields
        };
        let project = || json!({ "project": PROJECT });
        let permit = || json!({ "permit": "permit-1" });
        match op {
            Op::Suspend(hospital) => {
                self.person("carla", Act::AgreementSuspend, because(agreement(hospital))).await
            }
            Op::Resume(hospital) => self.person("carla", Act::AgreementResume, agreement(hospital)).await,
            Op::End(hospital) => self.person("sergio", Act::AgreementEnd, because(agreement(hospital))).await,
            Op::Amend(by_ms) => {
                let mut fields = permit();
                fields["ends"] = json!(self.region.clock().now().plus_ms(by_ms));
                self.person("carla", Act::PermitAmend, fields).await
            }
            Op::PermitEnd => self.person("carla", Act::PermitEnd, because(permit())).await,
            Op::Lock => self.person("kurt", Act::KeyLock, project()).await,
            Op::Unlock => self.person("kim", Act::KeyUnlock, project()).await,
            Op::UnlockOwn => self.person("kurt", Act::KeyUnlock, project()).await,
            Op::Halt => self.person("carla", Act::ProjectHalt, because(project())).await,
            Op::Unhalt => self.person("carla", Act::ProjectResume, project()).await,
            Op::Rotate => self.person("kurt", Act::KeyRotate, project()).await,
            Op::Erase(hospital) => {
                let mut fields = because(project());
                fields["agreement"] = json!(format!("planet-{}", BUCKETS[hospital]));
                self.person("kurt", Act::KeyEraseScope, fields).await
            }
            other => self.house(other).await,
        }
    }

    /// What a running region does by itself.
    async fn house(&self, op: Op) -> Result<Told, Refusal> {
        let cell = self.cast.project.cast();
        match op {
            Op::Sweep => self.region.sweep(cell).await.map(drop)?,
            Op::Scrub => {
                let broken = scrub(&*self.region.cell(cell).await?).await?.broken;
                // Nothing here damages what is stored, so this is an answer for no reason.
                if !broken.is_empty() {
                    return Err(Reason::Unavailable.into());
                }
            }
            Op::Flush => self.region.flush_observations().await?,
            Op::Publish => {
                self.region.publish_all().await;
                self.region.anchor_and_flush().await;
            }
            Op::Custody(true) => self.custody.fail(),
            Op::Custody(false) => self.custody.recover(),
            _ => {}
        }
        Ok((None, None))
    }

    fn by(&self, name: &str) -> Actor {
        let person = self.cast.persons.get(name).copied();
        let person = person.unwrap_or(words::Id::from_bytes([0xEE; 16]));
        Actor { person, credential: None, session: None, place: Where::Outside, address: HERE }
    }

    async fn with(&self, key: usize, place: Where) -> Result<Actor, Refusal> {
        self.region.actor_of_credential(&self.cast.keys[key].id, HERE, place).await
    }

    /// An act of a person's own key; where the answer is lost it is asked for again, as the same attempt.
    async fn person(&self, name: &str, act: Act, fields: Value) -> Result<Told, Refusal> {
        let keeps_attempts = act != Act::KeyEraseScope;
        self.attempts.set(self.attempts.get() + 1);
        let attempt = Id::from_bytes(u128::from(self.attempts.get()).to_be_bytes());
        let attempt = Some(attempt).filter(|_| keeps_attempts);
        let mut done = self.region.perform(&self.by(name), act, fields.clone(), attempt).await;
        if keeps_attempts && matches!(&done, Err(refusal) if refusal.reason == Reason::Unavailable) {
            done = self.region.perform(&self.by(name), act, fields, attempt).await;
        }
        Ok((done?.leaf, None))
    }

    async fn inside(&self, act: Act, fields: Value) -> Result<Told, Refusal> {
        let rita = self.with(OWN, Where::Inside).await?;
        let done = self.region.perform(&rita, act, fields, None).await?;
        Ok((done.leaf, None))
    }

    async fn controller(&self, act: Act, fields: Value) -> Result<Told, Refusal> {
        let carla = Actor { place: Where::Inside, ..self.by("carla") };
        let done = self.region.perform(&carla, act, fields, None).await?;
        Ok((done.leaf, None))
    }

    /// Deletes one version for good; where there are not so many, one that never was.
    async fn destroy(&self, place: Place, index: usize) -> Result<Told, Refusal> {
        let rows = self.region.cell(self.cast.project.cast()).await?.view().await?;
        let never = format!("{:016x}{}", 1, Id::<words::noun::Object>::from_bytes([0xEE; 16]));
        let version = match region::noun::bucket::find(&rows, BUCKETS[place.0]).await {
            Ok(bucket) => {
                let own = region::object::prefix(bucket.id, &key(place.1));
                let chain = rows.all::<region::object::ObjectRow>(&own).await?;
                chain.get(index).map_or(never, |(_, row)| row.version_id())
            }
            Err(_) => never,
        };
        let mut fields = at(place);
        fields["version"] = json!(version);
        self.inside(Act::ObjectDelete, fields).await
    }

    /// Hospitals deliver from outside; the project's own data come from inside.
    async fn writer(&self, bucket: usize) -> Result<Actor, Refusal> {
        let place = if bucket == OWN { Where::Inside } else { Where::Outside };
        self.with(bucket, place).await
    }

    async fn put(&self, place: Place, tag: u64) -> Result<Told, Refusal> {
        let writer = self.writer(place.0).await?;
        let mut deed = put_deed(BUCKETS[place.0], &key(place.1));
        deed.media = Some(media(tag));
        let stored = put(self.region, &writer, deed, Extra::default(), body(&content(tag))).await?;
        Ok((stored.leaf, None))
    }

    async fn upload(&self, place: Place, tag: u64, ends: bool) -> Result<Told, Refusal> {
        let writer = self.writer(place.0).await?;
        let (project, bucket, key) = (PROJECT.to_owned(), BUCKETS[place.0].to_owned(), key(place.1));
        let deed =
            UploadStart { project: project.clone(), bucket: bucket.clone(), key: key.clone(), sealed: None };
        let begun = Begun { media: Some(media(tag)), ..Begun::default() };
        let (row, leaf) = start(self.region, &writer, deed, begun).await?;
        let upload = row.id.to_string();
        let deed = UploadPart {
            project: project.clone(),
            bucket: bucket.clone(),
            key: key.clone(),
            upload: upload.clone(),
            part: 1,
        };
        part(self.region, &writer, deed, Extra::default(), body(&content(tag))).await?;
        if !ends {
            return Ok((leaf, None));
        }
        let deed = UploadComplete { project, bucket, key, upload, condition: None };
        let stored = complete(self.region, &writer, deed, Vec::new(), |_, _| Ok(Vec::new())).await?;
        Ok((stored.leaf, None))
    }

    async fn get(&self, place: Place, actor: &Actor) -> Result<Told, Refusal> {
        let deed = get_deed(BUCKETS[place.0], &key(place.1));
        let reading = get(self.region, actor, deed, |row| Ok(0..row.size_bytes)).await?;
        let bytes = drain(reading.body).await?;
        Ok((reading.leaf, Some(bytes)))
    }
}

/// Lets a future take so many steps, then drops it.
async fn cut<T>(work: impl Future<Output = T>, steps: u32) -> Option<T> {
    let (mut work, mut left) = (std::pin::pin!(work), steps);
    std::future::poll_fn(|context| {
        if left == 0 {
            return std::task::Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

fn key(number: usize) -> String {
    format!("k{number}")
}

fn media(tag: u64) -> String {
    format!("tag/{tag}")
}

fn of(bucket: usize) -> Value {
    json!({ "project": PROJECT, "bucket": BUCKETS[bucket] })
}

fn at(place: Place) -> Value {
    json!({ "project": PROJECT, "bucket": BUCKETS[place.0], "key": key(place.1) })
}

/// The act whose leaf acknowledges an op, if it has one of its own.
pub const fn leaf_of(op: Op) -> Option<Act> {
    match op {
        Op::Put(..) => Some(Act::ObjectPut),
        Op::Upload(..) => Some(Act::UploadComplete),
        Op::Begin(..) => Some(Act::UploadStart),
        Op::Get(_) | Op::GetOutside(_) | Op::GetByGrant(_) => Some(Act::ObjectGet),
        Op::Delete(_) | Op::Destroy(..) => Some(Act::ObjectDelete),
        Op::Retain(..) | Op::Lift(_) => Some(Act::ObjectRetain),
        Op::Copy(..) => Some(Act::ObjectCopy),
        Op::Hold(..) => Some(Act::ObjectHold),
        Op::Versions(..) => Some(Act::BucketVersion),
        Op::Suspend(_) => Some(Act::AgreementSuspend),
        Op::Resume(_) => Some(Act::AgreementResume),
        Op::End(_) => Some(Act::AgreementEnd),
        Op::Amend(_) => Some(Act::PermitAmend),
        Op::PermitEnd => Some(Act::PermitEnd),
        Op::Lock => Some(Act::KeyLock),
        Op::Unlock | Op::UnlockOwn => Some(Act::KeyUnlock),
        Op::Halt => Some(Act::ProjectHalt),
        Op::Unhalt => Some(Act::ProjectResume),
        Op::Rotate => Some(Act::KeyRotate),
        Op::Erase(_) => Some(Act::KeyEraseScope),
        Op::Probe(_) | Op::List(_) | Op::Sweep | Op::Scrub | Op::Flush | Op::Publish | Op::Custody(_) => None,
    }
}
