//! Copying an object: the copy shares the sealed bytes, at any size.

use region::object::ObjectRow;
use region::object::change::{Copying, copy as copy_one};
use s3s::dto::*;
use s3s::{S3ErrorCode, S3Response, S3Result};
use seal::checksum::Algorithm;
use words::act;

use crate::ask::{Ask, recorded};
use crate::error::{self, About};
use crate::kept::said;
use crate::locking::locking;
use crate::narrow::Named;
use crate::page;
use crate::sums::{kind, tell};
use crate::tags;
use crate::wish::Conditions;

pub async fn copy(mut ask: Ask<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
    let (source_bucket, source_key, version) = source(&ask.input.copy_source)?;
    let own = own(&mut ask)?;
    let is_same = source_bucket == ask.input.bucket && source_key == ask.input.key;
    if is_same && own.metadata.is_none() && version.is_none() {
        return Err(error::invalid(
            S3ErrorCode::InvalidRequest,
            "a copy onto itself must replace the metadata",
        ));
    }
    let conditions = Conditions {
        matches: ask.input.copy_source_if_match.take(),
        matches_none: ask.input.copy_source_if_none_match.take(),
        changed_since: ask.input.copy_source_if_modified_since.take(),
        same_since: ask.input.copy_source_if_unmodified_since.take(),
    };
    let about = About::version(version.as_deref());
    let deed = act::ObjectCopy {
        project: ask.project.clone(),
        bucket: ask.input.bucket.clone(),
        key: ask.input.key.clone(),
        source_bucket,
        source_key,
    };
    let mut found: Option<String> = None;
    let keeps_tags = own.labels.is_none();
    let (region, cleared) = (ask.region.clone(), ask.cleared.clone());
    let (from, to) =
        ((deed.source_bucket.clone(), deed.source_key.clone()), (deed.bucket.clone(), deed.key.clone()));
    let algorithm = asked(ask.input.checksum_algorithm.take())?;
    let source_must = |row: &ObjectRow| {
        found = (!row.is_null).then(|| row.version_id());
        if keeps_tags && !row.labels.is_empty() {
            let named = Named { bucket: &from.0, key: &from.1, version: version.as_deref() };
            cleared.check_tags(&region, named, Named { bucket: &to.0, key: &to.1, version: None })?;
        }
        conditions.check_source(row)
    };
    let copying = Copying { source_version: version.clone(), algorithm, ..own };
    let stored = copy_one(&ask.region, &ask.actor, deed, copying, source_must).await;
    let stored = stored.map_err(about.told())?;
    let mut result = CopyObjectResult {
        e_tag: Some(ETag::Strong(stored.row.etag.clone())),
        last_modified: Some(page::time(stored.row.at)),
        checksum_type: kind(&stored.row.checksums),
        ..CopyObjectResult::default()
    };
    tell!(result, &stored.row.checksums);
    let output = CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: version.or(found),
        version_id: stored.version,
        ..CopyObjectOutput::default()
    };
    Ok(recorded(output, stored.leaf))
}

/// The checksum that the copy is to have; one that its source lacks is computed.
fn asked(name: Option<ChecksumAlgorithm>) -> S3Result<Option<Algorithm>> {
    let unknown = || error::invalid(S3ErrorCode::InvalidRequest, "no such checksum algorithm");
    name.map(|name| Algorithm::parse(name.as_str()).ok_or_else(unknown)).transpose()
}

pub fn source(from: &CopySource) -> S3Result<(String, String, Option<String>)> {
    match from {
        CopySource::Bucket { bucket, key, version_id } => {
            Ok((bucket.to_string(), key.to_string(), version_id.as_ref().map(ToString::to_string)))
        }
        CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => {
            Err(error::not_offered("a copy names its source as `bucket/key`"))
        }
    }
}

/// Metadata, tags and locks of its own, where the request does not leave the source's.
fn own(ask: &mut Ask<CopyObjectInput>) -> S3Result<Copying> {
    let metadata = match ask.input.metadata_directive.as_ref().map(MetadataDirective::as_str) {
        None | Some(MetadataDirective::COPY) => None,
        Some(MetadataDirective::REPLACE) => {
            let mut said = said!(ask);
            if said.sealed()?.is_some() {
                let says = "content-encoding: a copy's bytes come from here, not sealed";
                return Err(error::invalid(S3ErrorCode::InvalidRequest, says));
            }
            Some(said.pairs()?)
        }
        Some(_) => return Err(wrong("the metadata directive is COPY or REPLACE")),
    };
    let tagging = ask.input.tagging.as_deref();
    let labels = match ask.input.tagging_directive.as_ref().map(TaggingDirective::as_str) {
        None | Some(TaggingDirective::COPY) if tagging.is_none() => None,
        None | Some(TaggingDirective::COPY) => {
            return Err(wrong("tags of a copy go with x-amz-tagging-directive: REPLACE"));
        }
        Some(TaggingDirective::REPLACE) => Some(tags::asked(tagging)?),
        Some(_) => return Err(wrong("the tagging directive is COPY or REPLACE")),
    };
    Ok(Copying { metadata, labels, lock: locking!(ask)?, ..Copying::default() })
}

fn wrong(detail: &str) -> s3s::S3Error {
    error::invalid(S3ErrorCode::InvalidArgument, detail)
}
