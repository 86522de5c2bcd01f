//! Deleting objects, one or a thousand at a time.

use futures::StreamExt;
use region::Leaf;
use region::object::change::{Deleted, delete as delete_one};
use s3s::dto::*;
use s3s::{S3ErrorCode, S3Response, S3Result};
use words::limit::{DELETE_KEYS_MAX, OBJECT_KEY_BYTES_MAX};
use words::{Reason, Refusal, act};

use crate::ask::{Ask, recorded};
use crate::error::{self, About};
use crate::locking;
use crate::narrow::Named;
use crate::page;

/// WHY: deletions of one batch that wait for the same commit.
const AT_ONCE: usize = 64;

pub async fn delete(ask: Ask<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
    let input = &ask.input;
    if input.if_match_size.is_some() || input.if_match_last_modified_time.is_some() {
        return Err(conditions_not_offered());
    }
    let how = How {
        version: input.version_id.clone(),
        condition: input.if_match.as_ref().map(|etag| etag.as_etag().map_or("*", ETag::value).to_owned()),
        bypass: locking::bypass(input.bypass_governance_retention),
    };
    let about = About::version(input.version_id.as_deref());
    let deleted = gone(&ask, &input.bucket, &input.key, how).await.map_err(about.told())?;
    let output = DeleteObjectOutput {
        delete_marker: deleted.is_marker.then_some(true),
        version_id: deleted.version,
        ..DeleteObjectOutput::default()
    };
    Ok(recorded(output, deleted.leaf))
}

/// Which version, and under what conditions.
struct How {
    version: Option<String>,
    condition: Option<String>,
    bypass: Option<String>,
}

async fn gone<I>(ask: &Ask<I>, bucket: &str, key: &str, how: How) -> Result<Deleted, Refusal> {
    // WHY here too: the keys of a batch come in the body, past the guard.
    if key.len() > OBJECT_KEY_BYTES_MAX {
        return Err(Refusal::with(Reason::TooLarge, "an object key has at most 1,024 bytes"));
    }
    let named = Named { bucket, key, version: how.version.as_deref() };
    ask.cleared.check_deleted(&ask.region, named)?;
    if how.bypass.is_some() {
        ask.cleared.check_bypass(&ask.region, named)?;
    }
    let deed = act::ObjectDelete {
        project: ask.project.clone(),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version: how.version,
        condition: how.condition,
        bypass: how.bypass,
    };
    delete_one(&ask.region, &ask.actor, deed).await
}

fn conditions_not_offered() -> s3s::S3Error {
    error::not_offered("a delete is conditioned by an ETag; sizes and dates are directory buckets'")
}

/// Each key succeeds or is refused on its own.
///
/// Every deletion has a leaf of its own; the answer carries the last of them.
pub async fn delete_many(mut ask: Ask<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let wanted = std::mem::take(&mut ask.input.delete.objects);
    let is_quiet = ask.input.delete.quiet == Some(true);
    if wanted.is_empty() || wanted.len() > DELETE_KEYS_MAX {
        return Err(error::invalid(S3ErrorCode::MalformedXML, "a batch names 1 to 1,000 keys"));
    }
    if wanted.iter().any(|one| one.size.is_some() || one.last_modified_time.is_some()) {
        return Err(conditions_not_offered());
    }
    let bucket = ask.input.bucket.clone();
    let bypass = locking::bypass(ask.input.bypass_governance_retention);
    let each = wanted.into_iter().map(|one| async {
        let how = How {
            version: one.version_id.clone(),
            condition: one.e_tag.as_ref().map(|etag| etag.value().to_owned()),
            bypass: bypass.clone(),
        };
        let deleted = gone(&ask, &bucket, &one.key, how).await;
        (one, deleted)
    });
    let answers: Vec<_> = futures::stream::iter(each).buffered(AT_ONCE).collect().await;
    let (mut deleted, mut errors, mut last) = (Vec::new(), Vec::new(), None::<Leaf>);
    for (one, answer) in answers {
        match answer {
            Ok(gone) => {
                last = gone.leaf.into_iter().chain(last).max_by_key(|leaf| leaf.index);
                deleted.push(told(one, gone));
            }
            Err(refusal) => errors.push(refused(one, &refusal)),
        }
    }
    let deleted = Some(deleted).filter(|_| !is_quiet);
    Ok(recorded(
        DeleteObjectsOutput { deleted, errors: Some(errors), ..DeleteObjectsOutput::default() },
        last,
    ))
}

fn told(one: ObjectIdentifier, gone: Deleted) -> DeletedObject {
    DeletedObject {
        key: Some(page::printable(&one.key)),
        delete_marker: gone.is_marker.then_some(true),
        delete_marker_version_id: gone.version.filter(|_| gone.is_marker),
        version_id: one.version_id,
    }
}

fn refused(one: ObjectIdentifier, refusal: &Refusal) -> Error {
    let about = About::version(one.version_id.as_deref());
    Error {
        code: Some(error::code(refusal, about).as_str().to_owned()),
        message: Some(error::message(refusal)),
        key: Some(page::printable(&one.key)),
        version_id: one.version_id,
    }
}
