//! Reading: an object's bytes, or only what is known of it.

use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use futures::Stream;
use http::header::IF_RANGE;
use http::{HeaderMap, HeaderName, HeaderValue};
use region::object::body::Body;
use region::object::{Checksum, ObjectRow, read};
use s3s::dto::*;
use s3s::{S3Error, S3Response, S3Result};
use words::{Reason, Refusal, act};

use crate::ask::{Ask, recorded};
use crate::error::About;
use crate::kept::Said;
use crate::locking;
use crate::page;
use crate::sums::{kind, tell};
use crate::wish::{Choice, Chosen, Conditions};

/// What S3 says of an object without a type.
const MEDIA_UNKNOWN: &str = "binary/octet-stream";
/// Home, leaf, object, version, permit and snapshot, as ids.
const LINEAGE: &str = "x-epic-lineage";

const TAG_COUNT: HeaderName = HeaderName::from_static("x-amz-tagging-count");

pub async fn get(mut ask: Ask<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
    let only_if = only_if(&ask.headers);
    let input = &mut ask.input;
    let conditions = Conditions {
        matches: input.if_match.take(),
        matches_none: input.if_none_match.take(),
        changed_since: input.if_modified_since.take(),
        same_since: input.if_unmodified_since.take(),
    };
    let choice = Choice { range: input.range.take(), part: input.part_number, only_if };
    let about = About::version(input.version_id.as_deref());
    let deed = act::ObjectGet {
        project: ask.project.clone(),
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        version: input.version_id.clone(),
    };
    let mut decided: Option<S3Result<Chosen>> = None;
    let wanted = |row: &ObjectRow| {
        let chosen = conditions.check_read(row).and_then(|()| choice.of(row));
        let range = chosen.as_ref().map(|chosen| chosen.bytes.clone());
        let range = range.map_err(|_| Refusal::new(Reason::PreconditionFailed));
        decided = Some(chosen);
        range
    };
    let reading = read::get(&ask.region, &ask.actor, deed, wanted).await;
    let chosen = decided.transpose()?;
    let reading = reading.map_err(about.told())?;
    let chosen = chosen.ok_or_else(|| about.told()(Reason::Unavailable.into()))?;
    let is_verified = is_verified(ask.input.checksum_mode.as_ref());
    let mut output = described(&reading.row, &chosen, is_verified, ask.input.version_id.as_deref());
    output.body = Some(StreamingBlob::wrap(Sent(Mutex::new(reading.body))));
    Ok(traced(recorded(output, reading.leaf), &reading.row))
}

/// An object of a snapshot says where it came from.
fn traced<O>(mut response: S3Response<O>, row: &ObjectRow) -> S3Response<O> {
    if let Some(value) = row.lineage.as_ref().and_then(|lineage| lineage.to_string().parse().ok()) {
        response.headers.insert(LINEAGE, value);
    }
    response
}

fn only_if(headers: &HeaderMap) -> Option<String> {
    headers.get(IF_RANGE).map(|value| value.to_str().unwrap_or_default().to_owned())
}

/// WHY whatever the letters: SDKs differ in them.
fn is_verified(mode: Option<&ChecksumMode>) -> bool {
    mode.is_some_and(|mode| mode.as_str().eq_ignore_ascii_case(ChecksumMode::ENABLED))
}

fn described(row: &ObjectRow, chosen: &Chosen, is_verified: bool, version: Option<&str>) -> GetObjectOutput {
    let said = Said::of(&row.metadata);
    let media = said.media.or_else(|| row.media.clone());
    let mut output = GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        cache_control: said.cache_control,
        content_disposition: said.disposition,
        content_encoding: said.encoding,
        content_language: said.language,
        expires: said.expires,
        metadata: said.user,
        content_type: Some(media.unwrap_or_else(|| MEDIA_UNKNOWN.to_owned())),
        content_length: Some(page::bytes(chosen.bytes.end - chosen.bytes.start)),
        content_range: chosen.content_range.clone(),
        parts_count: chosen.parts.map(page::count),
        e_tag: Some(ETag::Strong(row.etag.clone())),
        last_modified: Some(page::time(row.at)),
        version_id: version.map(str::to_owned).or_else(|| (!row.is_null).then(|| row.version_id())),
        ..GetObjectOutput::default()
    };
    locking::tell(&mut output, row);
    output.tag_count = Some(page::count(row.labels.len())).filter(|count| *count > 0);
    let sums = if is_verified { sums_of(row, chosen) } else { Vec::new() };
    tell!(output, &sums);
    output.checksum_type = kind(&sums);
    output
}

/// What can be told of the chosen bytes: all of them, or a part that has its own.
fn sums_of(row: &ObjectRow, chosen: &Chosen) -> Vec<Checksum> {
    let Some(index) = chosen.part else {
        return if chosen.content_range.is_none() { row.checksums.clone() } else { Vec::new() };
    };
    row.part_sum(index).into_iter().collect()
}

/// The row of an object that somebody looks at.
pub async fn probed<I>(ask: &Ask<I>, bucket: &str, key: &str, version: Option<&str>) -> S3Result<ObjectRow> {
    let deed = act::ObjectProbe {
        project: ask.project.clone(),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version: version.map(str::to_owned),
    };
    let probed = read::probe(&ask.region, &ask.actor, &deed).await;
    probed.map_err(About::version(version).told())
}

pub async fn head(mut ask: Ask<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
    let only_if = only_if(&ask.headers);
    let input = &mut ask.input;
    let conditions = Conditions {
        matches: input.if_match.take(),
        matches_none: input.if_none_match.take(),
        changed_since: input.if_modified_since.take(),
        same_since: input.if_unmodified_since.take(),
    };
    let choice = Choice { range: input.range.take(), part: input.part_number, only_if };
    let input = &ask.input;
    let row = probed(&ask, &input.bucket, &input.key, input.version_id.as_deref()).await?;
    conditions.check_read(&row)?;
    let chosen = choice.of(&row)?;
    let is_verified = is_verified(ask.input.checksum_mode.as_ref());
    let output = described(&row, &chosen, is_verified, ask.input.version_id.as_deref());
    let tags = output.tag_count;
    let mut response = traced(S3Response::new(overridden(without_body(output), ask.input)), &row);
    // WHY here: the protocol crate tells it with GET alone.
    if let Some(tags) = tags {
        response.headers.insert(TAG_COUNT, HeaderValue::from(tags));
    }
    Ok(response)
}

/// WHY here: the protocol crate does it for GET alone.
fn overridden(output: HeadObjectOutput, input: HeadObjectInput) -> HeadObjectOutput {
    HeadObjectOutput {
        cache_control: input.response_cache_control.or(output.cache_control),
        content_disposition: input.response_content_disposition.or(output.content_disposition),
        content_encoding: input.response_content_encoding.or(output.content_encoding),
        content_language: input.response_content_language.or(output.content_language),
        content_type: input.response_content_type.or(output.content_type),
        expires: input.response_expires.or(output.expires),
        ..output
    }
}

fn without_body(output: GetObjectOutput) -> HeadObjectOutput {
    HeadObjectOutput {
        accept_ranges: output.accept_ranges,
        cache_control: output.cache_control,
        checksum_crc32: output.checksum_crc32,
        checksum_crc32c: output.checksum_crc32c,
        checksum_crc64nvme: output.checksum_crc64nvme,
        checksum_sha1: output.checksum_sha1,
        checksum_sha256: output.checksum_sha256,
        checksum_type: output.checksum_type,
        content_disposition: output.content_disposition,
        content_encoding: output.content_encoding,
        content_language: output.content_language,
        content_length: output.content_length,
        content_range: output.content_range,
        content_type: output.content_type,
        e_tag: output.e_tag,
        expires: output.expires,
        last_modified: output.last_modified,
        metadata: output.metadata,
        object_lock_legal_hold_status: output.object_lock_legal_hold_status,
        object_lock_mode: output.object_lock_mode,
        object_lock_retain_until_date: output.object_lock_retain_until_date,
        parts_count: output.parts_count,
        version_id: output.version_id,
        ..HeadObjectOutput::default()
    }
}

/// A body on its way out; the protocol wants it shareable between threads.
struct Sent(Mutex<Body>);

impl Stream for Sent {
    type Item = Result<bytes::Bytes, S3Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let body = self.0.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        // WHY an error ends the connection: the head has promised all bytes already.
        body.as_mut().poll_next(context).map_err(About::Object.told())
    }
}
