//! Storing an object in one request.

use region::object::put::{self, Extra};
use s3s::dto::*;
use s3s::{S3Response, S3Result};
use words::act;

use crate::ask::{Ask, recorded};
use crate::body::{Announced, verified};
use crate::error::{self, About};
use crate::kept::said;
use crate::locking::locking;
use crate::sums::{kind, tell};
use crate::tags;

pub async fn put(mut ask: Ask<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
    let announced = Announced::read(&ask.headers, ask.input.content_length, ask.trailers.take())?;
    let mut said = said!(ask);
    let sealed = said.sealed()?;
    let media = said.media.take();
    let (lock, labels) = (locking!(ask)?, tags::asked(ask.input.tagging.as_deref())?);
    let (body, extra) = verified(ask.input.body.take(), announced, said.pairs()?);
    let extra = Extra { lock, labels, ..extra };
    let deed = act::ObjectPut {
        project: ask.project.clone(),
        bucket: ask.input.bucket.clone(),
        key: ask.input.key.clone(),
        media,
        condition: condition(ask.input.if_match.take(), ask.input.if_none_match.take())?,
        sealed,
    };
    let stored = put::put(&ask.region, &ask.actor, deed, extra, body).await.map_err(About::Object.told())?;
    let mut output = PutObjectOutput {
        e_tag: Some(ETag::Strong(stored.row.etag.clone())),
        version_id: stored.version,
        checksum_type: kind(&stored.row.checksums),
        ..PutObjectOutput::default()
    };
    tell!(output, &stored.row.checksums);
    Ok(recorded(output, stored.leaf))
}

/// S3's two conditions on writing: not there yet, or still what the writer read.
pub fn condition(
    matches: Option<ETagCondition>,
    matches_none: Option<ETagCondition>,
) -> S3Result<Option<String>> {
    match (matches, matches_none) {
        (None, None) => Ok(None),
        (Some(matches), None) => Ok(Some(matches.as_etag().map_or("*", ETag::value).to_owned())),
        (None, Some(none)) if none.is_any() => Ok(Some("absent".to_owned())),
        (_, Some(_)) => {
            Err(error::not_offered("a write is conditioned by If-Match, or by If-None-Match with `*`"))
        }
    }
}
