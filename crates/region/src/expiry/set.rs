//! Setting a bucket's rules: the controller's act.

use async_trait::async_trait;
use gate::facts::Target;
use serde_json::json;
use words::act::BucketExpire;
use words::noun::Noun;
use words::{Reason, Refusal};

use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::expiry::{Asked, ExpiryRule, LIST_RULES_MAX};
use crate::facts::{self, DataTarget};
use crate::noun::bucket;

#[async_trait]
impl Judged for BucketExpire {
    async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
        facts::data(scene, &DataTarget::bucket(&self.project, &self.bucket)).await
    }
}

#[async_trait]
impl Rule for BucketExpire {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let rules = self.rules.iter().map(|text| read(text)).collect::<Result<Vec<_>, _>>()?;
        if rules.len() > LIST_RULES_MAX {
            return Err(Refusal::with(Reason::TooLarge, "a bucket has 100 rules of expiry at most"));
        }
        let mut ids: Vec<_> = rules.iter().map(|rule| &rule.id).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(Refusal::with(Reason::Invalid, "two rules of expiry have one id"));
        }
        let mut row = bucket::find(draft, &self.bucket).await?;
        row.expiry = rules;
        row.store(draft)?;
        let shown: Vec<_> = row.expiry.iter().map(Asked::of).collect();
        let answer = json!({ "bucket": row.name, "expiry": shown });
        Ok(Outcome::of(Noun::Bucket, row.id).within(row.scope).saying(answer))
    }
}

fn read(text: &str) -> Result<ExpiryRule, Refusal> {
    let asked: Asked = serde_json::from_str(text)
        .map_err(|error| Refusal::with(Reason::Invalid, format!("a rule of expiry: {error}")))?;
    asked.rule()
}
