//! Locking a version until a date, before it is stored or afterwards.

use async_trait::async_trait;
use gate::facts::Target;
use serde::{Deserialize, Serialize};
use serde_json::json;
use words::act::{ObjectHold, ObjectRetain};
use words::noun::Noun;
use words::{Act, Actor, Deed, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::Cell;
use crate::cell::draft::Draft;
use crate::facts::{self, DataTarget};
use crate::noun::bucket::{self, BucketRow};
use crate::object::keep::Aside;
use crate::object::known;
use crate::object::lock::{Locking, Mode, Retention, Wanted, check_change, check_date};
use crate::object::touch::Touch;

/// What a deed asks a lock to be.
fn wanted(deed: &ObjectRetain) -> Result<Wanted, Refusal> {
    match (deed.mode.as_str(), deed.until) {
        ("none", None) => Ok(None),
        ("none", Some(_)) => Err(Refusal::with(Reason::Invalid, "no lock has no date")),
        (mode, Some(until)) => Ok(Some((Mode::parse(mode)?, until))),
        (mode, None) => {
            Mode::parse(mode)?;
            Err(Refusal::with(Reason::Invalid, "a lock has a date"))
        }
    }
}

#[async_trait]
impl Judged for ObjectRetain {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let (version, aside) = (self.version.as_deref(), Aside::because(self.reason.as_deref())?);
        let touch = Touch::Locks { version, to: wanted(self)?, aside };
        let of = DataTarget::object(&self.project, &self.bucket, &self.key);
        facts::data(scene, &DataTarget { touch, ..of }).await
    }
}

#[async_trait]
impl Rule for ObjectRetain {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let (to, aside) = (wanted(self)?, Aside::because(self.reason.as_deref())?);
        let bucket = bucket::find(draft, &self.bucket).await?;
        needs_lock(&bucket)?;
        let mut row = known(draft, &bucket, &self.key, self.version.as_deref()).await?;
        // WHY again: the version may have been locked since the gate looked.
        check_change(&row, to, aside, frame.actor.person, frame.now)?;
        if let Some((_, until)) = to {
            check_date(until, frame.now)?;
        }
        let by = Some(frame.actor.person);
        row.retention = to.map(|(mode, until)| Retention { mode, until, by });
        row.store(draft)?;
        let lock = row.retention.map(|retention| retention.told());
        let answer = json!({ "object": row.id.to_string(), "version": row.version_id(), "lock": lock });
        Ok(Outcome::of(Noun::Object, row.id).within(row.scope).saying(answer))
    }
}

/// WHY: where versions are not kept for good, a locked one could be put over.
pub fn needs_lock(bucket: &BucketRow) -> Result<(), Refusal> {
    match bucket.lock {
        Some(_) => Ok(()),
        None => Err(Refusal::with(Reason::StateWrong, "the bucket has no object lock")),
    }
}

/// The lock of a version stored now: what was asked for, never less than the bucket's rule.
///
/// WHY not the asked one alone, as S3 has it: the rule is the controller's, and whoever writes could write around it.
pub fn lock_of(
    bucket: &BucketRow,
    asked: Option<Retention>,
    now: Timestamp,
) -> Result<Option<Retention>, Refusal> {
    let rule = bucket.lock.and_then(|lock| lock.rule).map(|rule| rule.retention(now));
    let Some(asked) = asked else {
        return Ok(rule);
    };
    needs_lock(bucket)?;
    let Some(rule) = rule else {
        return Ok(Some(asked));
    };
    if rule.mode == Mode::Compliance && asked.mode == Mode::Governance {
        return Err(Refusal::with(Reason::Retained, "the bucket locks in compliance"));
    }
    // WHY not as long as the rule: nobody can take back what nobody has typed.
    if rule.mode == Mode::Governance && asked.mode == Mode::Compliance && asked.until < rule.until {
        return Err(Refusal::with(Reason::Retained, "the bucket locks for longer"));
    }
    Ok(Some(Retention { until: asked.until.max(rule.until), ..asked }))
}

/// The act of locking, of a version that is not there yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct RetainNew {
    project: String,
    bucket: String,
    key: String,
    mode: String,
}

impl Deed for RetainNew {
    const ACT: Act = Act::ObjectRetain;
}

#[async_trait]
impl Judged for RetainNew {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        let touch = Touch::LocksNew(Mode::parse(&self.mode)?);
        let of = DataTarget::object(&self.project, &self.bucket, &self.key);
        facts::data(scene, &DataTarget { touch, ..of }).await
    }
}

/// Refuses a lock that ends before it begins, or too late; asked once, at the beginning of what may take long.
pub fn check_locking(locking: &Locking, now: Timestamp) -> Result<(), Refusal> {
    locking.retention.map_or(Ok(()), |retention| check_date(retention.until, now))
}

/// Refuses to lock or hold what is about to be stored, where its writer could not do that afterwards.
///
/// WHY asked again before the commit: between a request's head and its end lie hours, of an upload days.
pub async fn allow_locking(
    region: &Region,
    actor: &Actor,
    cell: &Cell,
    place: [&str; 3],
    locking: &Locking,
) -> Result<(), Refusal> {
    let [project, bucket, key] = place.map(str::to_owned);
    if let Some(retention) = locking.retention {
        let mode = retention.mode.text().to_owned();
        let deed = RetainNew { project: project.clone(), bucket: bucket.clone(), key: key.clone(), mode };
        region.allow(actor, &deed, Some(cell)).await.map(drop)?;
    }
    if locking.is_held {
        let (hold, reason) = (String::from("on"), String::new());
        let deed = ObjectHold { project, bucket, key, version: None, hold, reason };
        region.allow(actor, &deed, Some(cell)).await.map(drop)?;
    }
    Ok(())
}
