//! Buckets: each belongs to the one project that the credential reaches.

use region::Request;
use s3s::dto::*;
use s3s::{S3ErrorCode, S3Response, S3Result};
use serde_json::Value;
use words::{BucketName, act};

use crate::ask::{Ask, recorded};
use crate::error::{self, About};
use crate::page;

/// The buckets that the actor may see, or the one that is meant.
async fn show<I>(ask: &Ask<I>, bucket: Option<&str>) -> S3Result<Vec<Value>> {
    let deed = act::BucketShow { project: ask.project.clone(), bucket: bucket.map(str::to_owned) };
    let done = ask.region.look_in_project(&ask.actor, &deed).await.map_err(About::Bucket.told())?;
    match done.answer {
        Value::Array(rows) => Ok(rows),
        _ => Ok(Vec::new()),
    }
}

pub async fn one<I>(ask: &Ask<I>, bucket: &str) -> S3Result<Value> {
    let lost = || About::Bucket.told()(words::Reason::NotFound.into());
    show(ask, Some(bucket)).await?.into_iter().next().ok_or_else(lost)
}

pub async fn create(ask: Ask<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
    check_place(&ask)?;
    let name: BucketName = ask.input.bucket.parse().map_err(|problem: words::name::NameError| {
        error::invalid(S3ErrorCode::InvalidBucketName, problem.to_string())
    })?;
    let lock = (ask.input.object_lock_enabled_for_bucket == Some(true)).then(|| "on".to_owned());
    let deed =
        act::BucketCreate { project: ask.project.clone(), bucket: name.to_string(), agreement: None, lock };
    let request = Request::once(ask.actor.clone(), deed);
    let done = ask.region.at_project(request).await.map_err(About::Bucket.told())?;
    Ok(recorded(CreateBucketOutput { location: Some(format!("/{name}")) }, done.leaf))
}

/// WHY: a bucket is nowhere but here, whatever its maker wishes.
fn check_place(ask: &Ask<CreateBucketInput>) -> S3Result<()> {
    let Some(asked) = &ask.input.create_bucket_configuration else {
        return Ok(());
    };
    if asked.bucket.is_some() || asked.location.is_some() {
        return Err(error::not_offered("directory buckets: there is one kind of bucket"));
    }
    let place = asked.location_constraint.as_ref().map(BucketLocationConstraint::as_str);
    if place.is_some_and(|place| !place.is_empty() && Some(place) != ask.region_name.as_deref()) {
        let says = "a bucket lies in this region; leave the constraint out";
        return Err(error::invalid(S3ErrorCode::InvalidLocationConstraint, says));
    }
    Ok(())
}

pub async fn head(ask: Ask<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
    one(&ask, &ask.input.bucket).await?;
    Ok(S3Response::new(HeadBucketOutput::default()))
}

pub async fn list(ask: Ask<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
    let prefix = ask.input.prefix.clone().unwrap_or_default();
    let buckets_max = page::size(ask.input.max_buckets, "max-buckets")?;
    let after = ask.input.continuation_token.as_deref().map(page::after).transpose()?.unwrap_or_default();
    let rows = show(&ask, None).await?;
    let named =
        |bucket: &Bucket, is_wanted: &dyn Fn(&str) -> bool| bucket.name.as_deref().is_some_and(is_wanted);
    let is_wanted = |name: &str| name.starts_with(&prefix) && name > after.as_str();
    let mut buckets: Vec<_> =
        rows.iter().filter_map(told).filter(|bucket| named(bucket, &is_wanted)).collect();
    buckets.sort_by(|left, right| left.name.cmp(&right.name));
    let is_cut = buckets.len() > buckets_max;
    buckets.truncate(buckets_max);
    let last = buckets.last().and_then(|bucket| bucket.name.clone()).filter(|_| is_cut);
    Ok(S3Response::new(ListBucketsOutput {
        buckets: Some(buckets),
        prefix: ask.input.prefix,
        continuation_token: last.map(|name| page::token(&name)),
        ..ListBucketsOutput::default()
    }))
}

fn told(row: &Value) -> Option<Bucket> {
    let created: words::Timestamp = row.get("created")?.as_str()?.parse().ok()?;
    let name = row.get("bucket")?.as_str()?.to_owned();
    Some(Bucket { name: Some(name), creation_date: Some(page::time(created)), ..Bucket::default() })
}

pub async fn delete(ask: Ask<DeleteBucketInput>) -> S3Result<S3Response<DeleteBucketOutput>> {
    let deed = act::BucketDelete { project: ask.project.clone(), bucket: ask.input.bucket.clone() };
    let request = Request::once(ask.actor.clone(), deed);
    let done = ask.region.at_project(request).await.map_err(About::Bucket.told())?;
    Ok(recorded(DeleteBucketOutput::default(), done.leaf))
}

/// An empty constraint is the default place of S3's clients.
pub async fn location(ask: Ask<GetBucketLocationInput>) -> S3Result<S3Response<GetBucketLocationOutput>> {
    one(&ask, &ask.input.bucket).await?;
    Ok(S3Response::new(GetBucketLocationOutput::default()))
}

pub async fn versions(ask: Ask<GetBucketVersioningInput>) -> S3Result<S3Response<GetBucketVersioningOutput>> {
    let row = one(&ask, &ask.input.bucket).await?;
    let status = match row.get("versions").and_then(Value::as_str) {
        Some("enabled") => Some(BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED)),
        Some("suspended") => Some(BucketVersioningStatus::from_static(BucketVersioningStatus::SUSPENDED)),
        Some(_) | None => None,
    };
    Ok(S3Response::new(GetBucketVersioningOutput { status, ..GetBucketVersioningOutput::default() }))
}

pub async fn set_versions(
    ask: Ask<PutBucketVersioningInput>,
) -> S3Result<S3Response<PutBucketVersioningOutput>> {
    let asked = &ask.input.versioning_configuration;
    if asked.mfa_delete.is_some() {
        return Err(error::not_offered("MFA delete: deletions are acts with their own proof"));
    }
    let versions = match asked.status.as_ref().map(BucketVersioningStatus::as_str) {
        Some(BucketVersioningStatus::ENABLED) => "enabled",
        Some(BucketVersioningStatus::SUSPENDED) => "suspended",
        Some(_) | None => {
            return Err(error::invalid(S3ErrorCode::MalformedXML, "versioning is Enabled or Suspended"));
        }
    };
    let deed = act::BucketVersion {
        project: ask.project.clone(),
        bucket: ask.input.bucket.clone(),
        versions: versions.to_owned(),
    };
    let request = Request::once(ask.actor.clone(), deed);
    let done = ask.region.at_project(request).await.map_err(About::Bucket.told())?;
    Ok(recorded(PutBucketVersioningOutput::default(), done.leaf))
}
