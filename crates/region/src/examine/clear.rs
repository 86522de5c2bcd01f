//! Saying that what was set apart may be read: it names nobody, or those who may be named here.

use async_trait::async_trait;
use gate::facts::Target;
use serde_json::json;
use words::act::ObjectClear;
use words::noun::{Bucket, Noun};
use words::{Id, Reason, Refusal};

use super::keep::stand_with;
use super::{Standing, refer};
use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::facts::{self, DataTarget};
use crate::noun::bucket;
use crate::object::{ObjectRow, prefix};

#[async_trait]
impl Judged for ObjectClear {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        facts::data(scene, &DataTarget::object(&self.project, &self.bucket, &self.key)).await
    }
}

#[async_trait]
impl Rule for ObjectClear {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let bucket = bucket::find(draft, &self.bucket).await?;
        let mut row = meant(draft, bucket.id, self).await?;
        if row.derived.is_some() {
            return Err(Refusal::with(
                Reason::StateWrong,
                "clear what it was made of: this stands as that does",
            ));
        }
        // WHY: whom it names is judged by another than whoever brought it.
        if row.by == frame.actor.person {
            return Err(Reason::OwnRequest.into());
        }
        let stands = row
            .examined
            .as_mut()
            .filter(|examined| matches!(examined.standing, Standing::Apart | Standing::Asks));
        let examined = stands.ok_or_else(|| {
            Refusal::with(Reason::StateWrong, "nothing that was found in it waits for a word of yours")
        })?;
        examined.standing = Standing::Clear;
        (examined.cleared, examined.rule) = (Some(frame.actor.person), None);
        row.store(draft)?;
        stand_with(draft, &row).await?;
        refer::arrived(draft, &row).await?;
        let answer =
            json!({ "object": row.id.to_string(), "version": row.version_id(), "standing": "clear" });
        Ok(Outcome::of(Noun::Object, row.id).within(row.scope).saying(answer))
    }
}

/// The very version that was looked at. WHY by its id: another may have taken its place, and its name, meanwhile.
async fn meant(draft: &Draft, bucket: Id<Bucket>, deed: &ObjectClear) -> Result<ObjectRow, Refusal> {
    let mut found = None;
    let is_meant = |row: ObjectRow| found = found.take().or((row.id.to_string() == deed.id).then_some(row));
    draft.each(&prefix(bucket, &deed.key), is_meant).await?;
    found.ok_or_else(|| Refusal::with(Reason::NotFound, "object"))
}
