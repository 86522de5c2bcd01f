//! Saying that what was set apart may be read: it names nobody, or those who may be named here.

use async_trait::async_trait;
use gate::facts::Target;
use serde_json::json;
use words::act::ObjectClear;
use words::noun::Noun;
use words::{Reason, Refusal};

use super::Standing;
use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::facts::{self, DataTarget};
use crate::noun::bucket;
use crate::object::known;

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
        let mut row = known(draft, &bucket, &self.key, self.version.as_deref()).await?;
        let stands = row
            .examined
            .as_mut()
            .filter(|examined| matches!(examined.standing, Standing::Apart | Standing::Asks));
        let examined = stands.ok_or_else(|| {
            Refusal::with(Reason::StateWrong, "nothing that was found in it waits for a word of yours")
        })?;
        examined.standing = Standing::Clear;
        examined.cleared = Some(frame.actor.person);
        row.store(draft)?;
        let answer =
            json!({ "object": row.id.to_string(), "version": row.version_id(), "standing": "clear" });
        Ok(Outcome::of(Noun::Object, row.id).within(row.scope).saying(answer))
    }
}
