//! Tags: S3's word for the labels of objects and buckets.

use region::object::label::{Labels, check, text};
use region::object::read;
use s3s::dto::*;
use s3s::{S3ErrorCode, S3Response, S3Result};
use serde_json::Value;
use words::act::{self, List};
use words::limit::OBJECT_LABELS_MAX;

use crate::ask::{Ask, recorded};
use crate::bucket;
use crate::error::{self, About, lacking};
use crate::guard::name;

fn pairs(tagging: Tagging) -> S3Result<Labels> {
    let half = || error::invalid(S3ErrorCode::MalformedXML, "a tag has a key and a value");
    let pair = |tag: Tag| tag.key.zip(tag.value).ok_or_else(half);
    tagging.tag_set.into_iter().map(pair).collect()
}

fn texts(labels: &[(String, String)]) -> List {
    List(labels.iter().map(|(name, value)| text(name, value)).collect())
}

fn tags(labels: &[(String, String)]) -> Vec<Tag> {
    let tag = |(name, value): &(String, String)| Tag { key: Some(name.clone()), value: Some(value.clone()) };
    labels.iter().map(tag).collect()
}

/// The header `x-amz-tagging`: tags as a form writes them.
pub fn asked(header: Option<&str>) -> S3Result<Labels> {
    let unreadable =
        || error::invalid(S3ErrorCode::InvalidArgument, "x-amz-tagging is `key=value&key=value`");
    let decode = |text: &str| name::decode(&text.replace('+', " ")).ok_or_else(unreadable);
    let each = header.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let labels = each.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Ok((decode(name)?, decode(value)?))
    });
    let labels: Labels = labels.collect::<S3Result<_>>()?;
    check(&labels, OBJECT_LABELS_MAX).map_err(About::Object.told())?;
    Ok(labels)
}

pub async fn get(ask: Ask<GetObjectTaggingInput>) -> S3Result<S3Response<GetObjectTaggingOutput>> {
    let input = &ask.input;
    let deed = act::ObjectShow {
        project: ask.project.clone(),
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        version: input.version_id.clone(),
    };
    let about = About::version(input.version_id.as_deref());
    let row = read::show(&ask.region, &ask.actor, &deed).await.map_err(about.told())?;
    let version_id = (!row.is_null).then(|| row.version_id());
    Ok(S3Response::new(GetObjectTaggingOutput { tag_set: tags(&row.labels), version_id }))
}

/// Replaces a version's tags; tells the version where the bucket keeps them.
async fn describe<I>(
    ask: &Ask<I>,
    bucket: &str,
    key: &str,
    version: Option<&str>,
    labels: &Labels,
) -> S3Result<(Option<String>, Option<region::Leaf>)> {
    let deed = act::ObjectDescribe {
        project: ask.project.clone(),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version: version.map(str::to_owned),
        labels: texts(labels),
    };
    let done = ask.perform(deed).await.map_err(About::version(version).told())?;
    let version = done.answer.get("version").and_then(Value::as_str);
    let version = version.filter(|version| *version != region::object::NULL_VERSION);
    Ok((version.map(str::to_owned), done.leaf))
}

pub async fn put(mut ask: Ask<PutObjectTaggingInput>) -> S3Result<S3Response<PutObjectTaggingOutput>> {
    let labels = pairs(std::mem::take(&mut ask.input.tagging))?;
    let input = &ask.input;
    let version = input.version_id.as_deref();
    let (version_id, leaf) = describe(&ask, &input.bucket, &input.key, version, &labels).await?;
    Ok(recorded(PutObjectTaggingOutput { version_id }, leaf))
}

pub async fn delete(ask: Ask<DeleteObjectTaggingInput>) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
    let input = &ask.input;
    let version = input.version_id.as_deref();
    let (version_id, leaf) = describe(&ask, &input.bucket, &input.key, version, &Labels::new()).await?;
    Ok(recorded(DeleteObjectTaggingOutput { version_id }, leaf))
}

pub async fn of_bucket(ask: Ask<GetBucketTaggingInput>) -> S3Result<S3Response<GetBucketTaggingOutput>> {
    let row = bucket::one(&ask, &ask.input.bucket).await?;
    let labels = row.get("labels").cloned().map(serde_json::from_value::<Labels>);
    let labels = labels.and_then(Result::ok).unwrap_or_default();
    if labels.is_empty() {
        return Err(lacking(S3ErrorCode::NoSuchTagSet, "tag set of a bucket"));
    }
    Ok(S3Response::new(GetBucketTaggingOutput { tag_set: tags(&labels) }))
}

async fn describe_bucket<I>(ask: &Ask<I>, bucket: &str, labels: &Labels) -> S3Result<Option<region::Leaf>> {
    let (project, bucket) = (ask.project.clone(), bucket.to_owned());
    let deed = act::BucketDescribe { project, bucket, labels: texts(labels) };
    Ok(ask.perform(deed).await.map_err(About::Bucket.told())?.leaf)
}

pub async fn put_of_bucket(
    mut ask: Ask<PutBucketTaggingInput>,
) -> S3Result<S3Response<PutBucketTaggingOutput>> {
    let labels = pairs(std::mem::take(&mut ask.input.tagging))?;
    let leaf = describe_bucket(&ask, &ask.input.bucket, &labels).await?;
    Ok(recorded(PutBucketTaggingOutput::default(), leaf))
}

pub async fn delete_of_bucket(
    ask: Ask<DeleteBucketTaggingInput>,
) -> S3Result<S3Response<DeleteBucketTaggingOutput>> {
    let leaf = describe_bucket(&ask, &ask.input.bucket, &Labels::new()).await?;
    Ok(recorded(DeleteBucketTaggingOutput::default(), leaf))
}
