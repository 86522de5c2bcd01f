//! Having an object looked at again: what was found may have been a fault of ours, or the rules have moved on.

use async_trait::async_trait;
use gate::facts::Target;
use serde_json::json;
use words::act::ObjectRetry;
use words::noun::Noun;
use words::{Reason, Refusal};

use super::DelayRow;
use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::derive::RunsRow;
use crate::facts::{self, DataTarget};
use crate::noun::bucket;
use crate::object::known;

#[async_trait]
impl Judged for ObjectRetry {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        facts::data(scene, &DataTarget::object(&self.project, &self.bucket, &self.key)).await
    }
}

#[async_trait]
impl Rule for ObjectRetry {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let bucket = bucket::find(draft, &self.bucket).await?;
        let mut row = known(draft, &bucket, &self.key, None).await?;
        if row.derived.is_some() {
            return Err(Refusal::with(
                Reason::StateWrong,
                "ask for what it was made of: this is made from it again",
            ));
        }
        // INVARIANT: until it was looked at it stands as before; what is set apart is not read meanwhile.
        if row.examined.as_ref().is_some_and(|examined| examined.again == Some(true)) {
            return Err(Reason::AlreadyDone.into());
        }
        row.look_again();
        let (key, seal) = (row.row_key(), row.seal());
        if let Some(mut runs) = draft.row::<RunsRow>(&key).await? {
            // WHY only those: what was made the same way would be the same.
            for run in runs.runs.iter_mut().filter(|run| run.cause.is_some()) {
                run.asked.clear();
            }
            draft.put_in(seal, &key, &runs)?;
        }
        draft.remove::<DelayRow>(seal, &key);
        row.store(draft)?;
        Ok(Outcome::of(Noun::Object, row.id)
            .within(row.scope)
            .saying(json!({ "object": row.id.to_string() })))
    }
}
