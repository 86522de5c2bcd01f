//! S3's lifecycle: the region's rules of expiry in S3's words.
//!
//! What the region does not do is refused by its name, never left out.

use region::Request;
use region::expiry::Asked;
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Response, S3Result};
use serde_json::Value;
use words::act;
use words::act::List as Texts;

use crate::ask::{Ask, recorded};
use crate::bucket;
use crate::error::{self, About};
use crate::page;

pub async fn get(
    ask: Ask<GetBucketLifecycleConfigurationInput>,
) -> S3Result<S3Response<GetBucketLifecycleConfigurationOutput>> {
    let row = bucket::one(&ask, &ask.input.bucket).await?;
    let rules = row.get("expiry").cloned().unwrap_or(Value::Null);
    let rules: Vec<Asked> = serde_json::from_value(rules).unwrap_or_default();
    if rules.is_empty() {
        return Err(error::lacking(S3ErrorCode::NoSuchLifecycleConfiguration, "rules of expiry"));
    }
    let rules = Some(rules.iter().map(told).collect());
    Ok(S3Response::new(GetBucketLifecycleConfigurationOutput { rules, ..Default::default() }))
}

pub async fn put(
    ask: Ask<PutBucketLifecycleConfigurationInput>,
) -> S3Result<S3Response<PutBucketLifecycleConfigurationOutput>> {
    let rules = ask.input.lifecycle_configuration.as_ref().map(|said| said.rules.as_slice());
    let rules = rules.filter(|rules| !rules.is_empty()).ok_or_else(|| malformed("there is no rule"))?;
    let rules: Vec<_> =
        rules.iter().enumerate().map(|(at, rule)| asked(at, rule)).collect::<S3Result<_>>()?;
    let leaf = set(&ask, &ask.input.bucket, &rules).await?;
    Ok(recorded(PutBucketLifecycleConfigurationOutput::default(), leaf))
}

pub async fn delete(
    ask: Ask<DeleteBucketLifecycleInput>,
) -> S3Result<S3Response<DeleteBucketLifecycleOutput>> {
    let leaf = set(&ask, &ask.input.bucket, &[]).await?;
    Ok(recorded(DeleteBucketLifecycleOutput::default(), leaf))
}

async fn set<I>(ask: &Ask<I>, bucket: &str, rules: &[Asked]) -> S3Result<Option<region::Leaf>> {
    let rules = rules.iter().map(|rule| serde_json::to_string(rule).unwrap_or_default()).collect();
    let deed =
        act::BucketExpire { project: ask.project.clone(), bucket: bucket.to_owned(), rules: Texts(rules) };
    let request = Request::once(ask.actor.clone(), deed);
    Ok(ask.region.at_project(request).await.map_err(About::Bucket.told())?.leaf)
}

fn malformed(says: &str) -> S3Error {
    error::invalid(S3ErrorCode::MalformedXML, says)
}

/// A rule of S3's as the region is asked for it.
fn asked(at: usize, rule: &LifecycleRule) -> S3Result<Asked> {
    if rule.transitions.is_some() || rule.noncurrent_version_transitions.is_some() {
        return Err(error::not_offered("Transition: there is one storage class"));
    }
    let mut asked = Asked {
        // WHY: S3 makes one up; a rule is known by its id.
        id: rule.id.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| format!("rule-{}", at + 1)),
        disabled: match rule.status.as_str() {
            ExpirationStatus::ENABLED => false,
            ExpirationStatus::DISABLED => true,
            _ => return Err(malformed("a rule is Enabled or Disabled")),
        },
        ..Asked::default()
    };
    filter(rule, &mut asked)?;
    if let Some(ends) = &rule.expiration {
        asked.days = ends.days.map(days).transpose()?;
        asked.from = ends.date.clone().map(moment);
        asked.lone_markers = ends.expired_object_delete_marker.unwrap_or(false);
    }
    if let Some(older) = &rule.noncurrent_version_expiration {
        asked.older_days = older.noncurrent_days.map(days).transpose()?;
        asked.older_kept = older.newer_noncurrent_versions.map(days).transpose()?;
    }
    if let Some(upload) = &rule.abort_incomplete_multipart_upload {
        asked.upload_days = upload.days_after_initiation.map(days).transpose()?;
    }
    Ok(asked)
}

fn filter(rule: &LifecycleRule, asked: &mut Asked) -> S3Result<()> {
    let (old, new) = (&rule.prefix, &rule.filter);
    let Some(new) = new else {
        asked.prefix = old.clone().ok_or_else(|| malformed("a rule has a filter, if an empty one"))?;
        return Ok(());
    };
    let ways = [new.and.is_some(), new.tag.is_some(), new.prefix.is_some()];
    let sizes = [new.object_size_greater_than.is_some(), new.object_size_less_than.is_some()];
    if old.is_some() || ways.into_iter().chain(sizes).filter(|is_said| *is_said).count() > 1 {
        return Err(malformed("a filter says one thing, or several within And"));
    }
    let (mut tags, mut larger, mut smaller) =
        (Vec::from_iter(new.tag.clone()), new.object_size_greater_than, new.object_size_less_than);
    asked.prefix = new.prefix.clone().unwrap_or_default();
    if let Some(and) = &new.and {
        asked.prefix = and.prefix.clone().unwrap_or_default();
        tags = and.tags.clone().unwrap_or_default();
        (larger, smaller) = (and.object_size_greater_than, and.object_size_less_than);
    }
    for tag in tags {
        let (Some(name), Some(value)) = (tag.key, tag.value) else {
            return Err(malformed("a tag has a key and a value"));
        };
        if asked.labels.insert(name, value).is_some() {
            return Err(malformed("a tag's key comes twice"));
        }
    }
    let size = |size: i64| u64::try_from(size).map_err(|_| malformed("a size is not negative"));
    asked.larger_than_bytes = larger.map(size).transpose()?;
    asked.smaller_than_bytes = smaller.map(size).transpose()?;
    Ok(())
}

fn days(days: i32) -> S3Result<u32> {
    let is_wrong = |_| error::invalid(S3ErrorCode::InvalidArgument, "a number in a rule is positive");
    u32::try_from(days).map_err(is_wrong)
}

fn moment(at: Timestamp) -> words::Timestamp {
    let nanos = time::OffsetDateTime::from(at).unix_timestamp_nanos();
    words::Timestamp::from_ms(i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(i64::MAX))
}

/// One of the region's rules in S3's words.
fn told(rule: &Asked) -> LifecycleRule {
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let status = if rule.disabled { ExpirationStatus::DISABLED } else { ExpirationStatus::ENABLED };
    let has_expiration = rule.days.is_some() || rule.from.is_some() || rule.lone_markers;
    LifecycleRule {
        id: Some(rule.id.clone()),
        status: ExpirationStatus::from_static(status),
        filter: Some(told_filter(rule)),
        prefix: None,
        expiration: has_expiration.then(|| LifecycleExpiration {
            days: rule.days.map(number),
            date: rule.from.map(page::time),
            expired_object_delete_marker: rule.lone_markers.then_some(true),
        }),
        noncurrent_version_expiration: rule.older_days.map(|days| NoncurrentVersionExpiration {
            noncurrent_days: Some(number(days)),
            newer_noncurrent_versions: rule.older_kept.map(number),
        }),
        abort_incomplete_multipart_upload: rule
            .upload_days
            .map(|days| AbortIncompleteMultipartUpload { days_after_initiation: Some(number(days)) }),
        noncurrent_version_transitions: None,
        transitions: None,
    }
}

fn told_filter(rule: &Asked) -> LifecycleRuleFilter {
    let (larger, smaller) =
        (rule.larger_than_bytes.map(page::bytes), rule.smaller_than_bytes.map(page::bytes));
    let tag = |(key, value): (&String, &String)| Tag { key: Some(key.clone()), value: Some(value.clone()) };
    let mut tags: Vec<_> = rule.labels.iter().map(tag).collect();
    let said = usize::from(!rule.prefix.is_empty()) + tags.len();
    if said + usize::from(larger.is_some()) + usize::from(smaller.is_some()) > 1 {
        let and = LifecycleRuleAndOperator {
            prefix: Some(rule.prefix.clone()).filter(|prefix| !prefix.is_empty()),
            tags: Some(tags).filter(|tags| !tags.is_empty()),
            object_size_greater_than: larger,
            object_size_less_than: smaller,
        };
        return LifecycleRuleFilter { and: Some(and), ..LifecycleRuleFilter::default() };
    }
    let tag = tags.pop();
    let has_other = tag.is_some() || larger.is_some() || smaller.is_some();
    LifecycleRuleFilter {
        and: None,
        tag,
        object_size_greater_than: larger,
        object_size_less_than: smaller,
        prefix: (!has_other).then(|| rule.prefix.clone()),
    }
}
