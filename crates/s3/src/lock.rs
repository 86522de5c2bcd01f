//! Object lock: a bucket's rule, a version's retention, its legal hold.

use region::object::lock::Mode;
use region::object::{ObjectRow, read};
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Response, S3Result};
use serde_json::Value;
use words::{Reason, Refusal, act};

use crate::ask::{Ask, recorded};
use crate::bucket;
use crate::error::{self, About};
use crate::locking::{bypass, own_mode, s3_mode};
use crate::page;

const ASKED_BY_HOLD: &str = "PutObjectLegalHold";

fn malformed(detail: &str) -> S3Error {
    error::invalid(S3ErrorCode::MalformedXML, detail)
}

fn without(code: S3ErrorCode, detail: &str) -> S3Error {
    let mut error = error::error(code, &Refusal::with(Reason::NotFound, detail));
    error.set_status_code(http::StatusCode::NOT_FOUND);
    error
}

pub async fn config(
    ask: Ask<GetObjectLockConfigurationInput>,
) -> S3Result<S3Response<GetObjectLockConfigurationOutput>> {
    let row = bucket::one(&ask, &ask.input.bucket).await?;
    let Some(lock) = row.get("lock").filter(|lock| lock.is_object()) else {
        let code = S3ErrorCode::ObjectLockConfigurationNotFoundError;
        return Err(without(code, "bucket without object lock"));
    };
    let configuration = ObjectLockConfiguration {
        object_lock_enabled: Some(ObjectLockEnabled::from_static(ObjectLockEnabled::ENABLED)),
        rule: rule(lock).map(|retention| ObjectLockRule { default_retention: Some(retention) }),
    };
    Ok(S3Response::new(GetObjectLockConfigurationOutput { object_lock_configuration: Some(configuration) }))
}

fn rule(lock: &Value) -> Option<DefaultRetention> {
    let number = |name: &str| i32::try_from(lock.get(name)?.as_u64()?).ok();
    let mode = Mode::parse(lock.get("mode")?.as_str()?).ok()?;
    let mode = Some(ObjectLockRetentionMode::from_static(s3_mode(mode)));
    Some(DefaultRetention { days: number("days"), mode, years: number("years") })
}

pub async fn set_config(
    ask: Ask<PutObjectLockConfigurationInput>,
) -> S3Result<S3Response<PutObjectLockConfigurationOutput>> {
    let asked = ask.input.object_lock_configuration.as_ref();
    let asked = asked.ok_or_else(|| malformed("object lock is Enabled"))?;
    let enabled = asked.object_lock_enabled.as_ref().map(ObjectLockEnabled::as_str);
    if enabled != Some(ObjectLockEnabled::ENABLED) {
        return Err(malformed("object lock is Enabled"));
    }
    let rule = asked.rule.as_ref().map(|rule| {
        rule.default_retention.as_ref().ok_or_else(|| malformed("a rule has a default retention"))
    });
    let (mode, days, years) = match rule.transpose()? {
        None => (None, None, None),
        Some(retention) => told_rule(retention)?,
    };
    let (project, bucket) = (ask.project.clone(), ask.input.bucket.clone());
    let done = ask.perform(act::BucketLock { project, bucket, mode, days, years }).await;
    let done = done.map_err(About::Bucket.told())?;
    Ok(recorded(PutObjectLockConfigurationOutput::default(), done.leaf))
}

type Rule = (Option<String>, Option<u64>, Option<u64>);

fn told_rule(asked: &DefaultRetention) -> S3Result<Rule> {
    let mode = asked.mode.as_ref().and_then(|mode| own_mode(mode.as_str()));
    let mode = mode.ok_or_else(|| malformed("a lock is in GOVERNANCE or COMPLIANCE"))?;
    let counted = |number: Option<i32>| {
        let says = "a lock is for 1 to 36,500 days, or 1 to 100 years";
        let invalid = || error::invalid(S3ErrorCode::InvalidArgument, says);
        number
            .map(|number| u64::try_from(number).ok().filter(|number| *number > 0).ok_or_else(invalid))
            .transpose()
    };
    let (days, years) = (counted(asked.days)?, counted(asked.years)?);
    if days.is_some() == years.is_some() {
        return Err(malformed("a lock is for days, or for years"));
    }
    Ok((Some(mode.text().to_owned()), days, years))
}

/// A version that this actor may know the keeping of.
async fn shown<I>(ask: &Ask<I>, bucket: &str, key: &str, version: Option<&str>) -> S3Result<ObjectRow> {
    let deed = act::ObjectShow {
        project: ask.project.clone(),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version: version.map(str::to_owned),
    };
    read::show(&ask.region, &ask.actor, &deed).await.map_err(About::version(version).told())
}

/// SPEC: S3 refuses to speak of locks in a bucket without object lock.
async fn needs_lock<I>(ask: &Ask<I>, bucket: &str) -> S3Result<()> {
    let row = bucket::one(ask, bucket).await?;
    let says = "the bucket has no object lock";
    let missing = || error::invalid(S3ErrorCode::InvalidRequest, says);
    row.get("lock").filter(|lock| lock.is_object()).map(drop).ok_or_else(missing)
}

pub async fn retention(ask: Ask<GetObjectRetentionInput>) -> S3Result<S3Response<GetObjectRetentionOutput>> {
    let input = &ask.input;
    let row = shown(&ask, &input.bucket, &input.key, input.version_id.as_deref()).await?;
    let Some(retention) = row.retention else {
        needs_lock(&ask, &input.bucket).await?;
        return Err(without(S3ErrorCode::NoSuchObjectLockConfiguration, "object without a lock"));
    };
    let retention = ObjectLockRetention {
        mode: Some(ObjectLockRetentionMode::from_static(s3_mode(retention.mode))),
        retain_until_date: Some(page::time(retention.until)),
    };
    Ok(S3Response::new(GetObjectRetentionOutput { retention: Some(retention) }))
}

pub async fn set_retention(
    ask: Ask<PutObjectRetentionInput>,
) -> S3Result<S3Response<PutObjectRetentionOutput>> {
    let input = &ask.input;
    let asked = input.retention.as_ref().ok_or_else(|| malformed("a lock has a mode and a date"))?;
    let mode = asked.mode.as_ref().map(ObjectLockRetentionMode::as_str);
    let (mode, until) = match (mode, asked.retain_until_date.as_ref()) {
        (None, None) => ("none", None),
        (Some(mode), Some(until)) => {
            let mode = own_mode(mode).ok_or_else(|| malformed("a lock is in GOVERNANCE or COMPLIANCE"))?;
            (mode.text(), Some(page::moment(until)))
        }
        _ => return Err(malformed("a lock has a mode and a date")),
    };
    let deed = act::ObjectRetain {
        project: ask.project.clone(),
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        version: input.version_id.clone(),
        mode: mode.to_owned(),
        until,
        reason: bypass(input.bypass_governance_retention),
    };
    let about = About::version(input.version_id.as_deref());
    let done = ask.perform(deed).await.map_err(about.told())?;
    Ok(recorded(PutObjectRetentionOutput::default(), done.leaf))
}

pub async fn hold(ask: Ask<GetObjectLegalHoldInput>) -> S3Result<S3Response<GetObjectLegalHoldOutput>> {
    let input = &ask.input;
    let row = shown(&ask, &input.bucket, &input.key, input.version_id.as_deref()).await?;
    if !row.is_held {
        needs_lock(&ask, &input.bucket).await?;
    }
    let status = Some(ObjectLockLegalHoldStatus::from_static(status(row.is_held)));
    Ok(S3Response::new(GetObjectLegalHoldOutput { legal_hold: Some(ObjectLockLegalHold { status }) }))
}

const fn status(is_held: bool) -> &'static str {
    if is_held { ObjectLockLegalHoldStatus::ON } else { ObjectLockLegalHoldStatus::OFF }
}

pub async fn set_hold(ask: Ask<PutObjectLegalHoldInput>) -> S3Result<S3Response<PutObjectLegalHoldOutput>> {
    let input = &ask.input;
    let asked = input.legal_hold.as_ref().and_then(|hold| hold.status.as_ref());
    let hold = match asked.map(ObjectLockLegalHoldStatus::as_str) {
        Some(ObjectLockLegalHoldStatus::ON) => "on",
        Some(ObjectLockLegalHoldStatus::OFF) => "off",
        Some(_) | None => return Err(malformed("a legal hold is ON or OFF")),
    };
    // WHY not to lift one: `epic object hold` places it anywhere.
    if hold == "on" {
        needs_lock(&ask, &input.bucket).await?;
    }
    let deed = act::ObjectHold {
        project: ask.project.clone(),
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        version: input.version_id.clone(),
        hold: hold.to_owned(),
        reason: ASKED_BY_HOLD.to_owned(),
    };
    let about = About::version(input.version_id.as_deref());
    let leaf = match ask.perform(deed).await {
        Ok(done) => done.leaf,
        // As S3: a hold that is there may be asked for again.
        Err(refusal) if refusal.reason == Reason::AlreadyDone => None,
        Err(refusal) => return Err(about.told()(refusal)),
    };
    Ok(recorded(PutObjectLegalHoldOutput::default(), leaf))
}
