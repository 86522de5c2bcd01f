//! Listings of objects: versions 1 and 2, and all versions of keys.

use region::object::ObjectRow;
use region::object::list::{Page, Position, Wanted};
use s3s::dto::*;
use s3s::{S3ErrorCode, S3Response, S3Result};
use words::act;

use crate::ask::Ask;
use crate::error::{self, About};
use crate::page::{self, Writing};

async fn page_of<I>(ask: &Ask<I>, bucket: &str, wanted: &Wanted) -> S3Result<Page> {
    let deed = act::ObjectList {
        project: ask.project.clone(),
        bucket: bucket.to_owned(),
        prefix: Some(wanted.prefix.clone()).filter(|prefix| !prefix.is_empty()),
        page: None,
    };
    let page = region::object::list::list(&ask.region, &ask.actor, &deed, wanted).await;
    page.map_err(About::Bucket.told())
}

fn after(key: Option<String>) -> Option<Position> {
    key.filter(|key| !key.is_empty()).map(|key| Position { key, version: None })
}

/// Every name that a page writes.
fn names<'a>(page: &'a Page, others: &[Option<&'a String>]) -> Vec<&'a str> {
    let keys = page.objects.iter().map(|(row, _)| row.key.as_str());
    let folders = page.folders.iter().map(String::as_str);
    let next = page.next.iter().map(|next| next.key.as_str());
    let others = others.iter().flatten().map(|name| name.as_str());
    keys.chain(folders).chain(next).chain(others).collect()
}

fn contents(page: &Page, writing: Writing) -> Vec<Object> {
    page.objects.iter().map(|(row, _)| object(row, writing)).collect()
}

fn object(row: &ObjectRow, writing: Writing) -> Object {
    Object {
        key: Some(writing.write(&row.key)),
        size: Some(page::bytes(row.size_bytes)),
        e_tag: Some(ETag::Strong(row.etag.clone())),
        last_modified: Some(page::time(row.at)),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        checksum_algorithm: algorithms(row),
        checksum_type: crate::sums::kind(&row.checksums),
        ..Object::default()
    }
}

fn algorithms(row: &ObjectRow) -> Option<Vec<ChecksumAlgorithm>> {
    let names = row.checksums.iter().map(|sum| ChecksumAlgorithm::from(sum.algorithm.clone()));
    Some(names.collect::<Vec<_>>()).filter(|names| !names.is_empty())
}

fn folders(page: &Page, writing: Writing) -> Option<Vec<CommonPrefix>> {
    let folders = page.folders.iter().map(|folder| CommonPrefix { prefix: Some(writing.write(folder)) });
    Some(folders.collect::<Vec<_>>()).filter(|folders| !folders.is_empty())
}

pub async fn first(mut ask: Ask<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
    let input = std::mem::take(&mut ask.input);
    let wanted = Wanted {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|mark| !mark.is_empty()),
        after: after(input.marker.clone()),
        keys_max: page::size(input.max_keys, "max-keys")?,
        versions: false,
    };
    let page = page_of(&ask, &input.bucket, &wanted).await?;
    let said = [input.prefix.as_ref(), input.delimiter.as_ref(), input.marker.as_ref()];
    let writing = Writing::of(input.encoding_type.as_ref(), names(&page, &said))?;
    Ok(S3Response::new(ListObjectsOutput {
        contents: Some(contents(&page, writing)),
        common_prefixes: folders(&page, writing),
        is_truncated: Some(page.next.is_some()),
        next_marker: page.next.as_ref().map(|next| writing.write(&next.key)),
        prefix: Some(writing.write(&wanted.prefix)),
        marker: Some(writing.write(input.marker.as_deref().unwrap_or_default())),
        delimiter: writing.write_opt(wanted.delimiter.as_deref()),
        encoding_type: writing.told(),
        max_keys: Some(page::count(wanted.keys_max)),
        name: Some(input.bucket),
        ..ListObjectsOutput::default()
    }))
}

pub async fn second(mut ask: Ask<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
    let input = std::mem::take(&mut ask.input);
    let from = match input.continuation_token.as_deref() {
        Some(token) => Some(page::after(token)?),
        None => input.start_after.clone(),
    };
    let wanted = Wanted {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|mark| !mark.is_empty()),
        after: after(from),
        keys_max: page::size(input.max_keys, "max-keys")?,
        versions: false,
    };
    let page = page_of(&ask, &input.bucket, &wanted).await?;
    let said = [input.prefix.as_ref(), input.delimiter.as_ref(), input.start_after.as_ref()];
    let writing = Writing::of(input.encoding_type.as_ref(), names(&page, &said))?;
    let owner = Owner { id: Some(ask.project.clone()), ..Owner::default() };
    let owner = Some(owner).filter(|_| input.fetch_owner == Some(true));
    let contents = contents(&page, writing).into_iter();
    let contents = contents.map(|object| Object { owner: owner.clone(), ..object });
    Ok(S3Response::new(ListObjectsV2Output {
        contents: Some(contents.collect()),
        common_prefixes: folders(&page, writing),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.as_ref().map(|next| page::token(&next.key)),
        continuation_token: input.continuation_token,
        key_count: Some(page::count(page.objects.len() + page.folders.len())),
        prefix: Some(writing.write(&wanted.prefix)),
        start_after: writing.write_opt(input.start_after.as_deref()),
        delimiter: writing.write_opt(wanted.delimiter.as_deref()),
        encoding_type: writing.told(),
        max_keys: Some(page::count(wanted.keys_max)),
        name: Some(input.bucket),
        ..ListObjectsV2Output::default()
    }))
}

pub async fn versions(
    mut ask: Ask<ListObjectVersionsInput>,
) -> S3Result<S3Response<ListObjectVersionsOutput>> {
    let input = std::mem::take(&mut ask.input);
    let version = input.version_id_marker.clone().filter(|version| !version.is_empty());
    let key = input.key_marker.clone().filter(|key| !key.is_empty());
    if version.is_some() && key.is_none() {
        return Err(error::invalid(
            S3ErrorCode::InvalidArgument,
            "a version-id-marker goes with a key-marker",
        ));
    }
    let wanted = Wanted {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone().filter(|mark| !mark.is_empty()),
        after: key.map(|key| Position { key, version }),
        keys_max: page::size(input.max_keys, "max-keys")?,
        versions: true,
    };
    let page = page_of(&ask, &input.bucket, &wanted).await?;
    let said = [input.prefix.as_ref(), input.delimiter.as_ref(), input.key_marker.as_ref()];
    let writing = Writing::of(input.encoding_type.as_ref(), names(&page, &said))?;
    let (markers, kept): (Vec<_>, Vec<_>) = page.objects.iter().partition(|(row, _)| row.is_marker);
    Ok(S3Response::new(ListObjectVersionsOutput {
        versions: Some(
            kept.into_iter().map(|(row, is_newest)| kept_version(row, *is_newest, writing)).collect(),
        ),
        delete_markers: Some(
            markers.into_iter().map(|(row, is_newest)| marker(row, *is_newest, writing)).collect(),
        ),
        common_prefixes: folders(&page, writing),
        is_truncated: Some(page.next.is_some()),
        next_key_marker: page.next.as_ref().map(|next| writing.write(&next.key)),
        next_version_id_marker: page.next.as_ref().and_then(|next| next.version.clone()),
        key_marker: Some(writing.write(input.key_marker.as_deref().unwrap_or_default())),
        version_id_marker: input.version_id_marker,
        prefix: Some(writing.write(&wanted.prefix)),
        delimiter: writing.write_opt(wanted.delimiter.as_deref()),
        encoding_type: writing.told(),
        max_keys: Some(page::count(wanted.keys_max)),
        name: Some(input.bucket),
        ..ListObjectVersionsOutput::default()
    }))
}

fn kept_version(row: &ObjectRow, is_newest: bool, writing: Writing) -> ObjectVersion {
    ObjectVersion {
        key: Some(writing.write(&row.key)),
        version_id: Some(row.version_id()),
        is_latest: Some(is_newest),
        size: Some(page::bytes(row.size_bytes)),
        e_tag: Some(ETag::Strong(row.etag.clone())),
        last_modified: Some(page::time(row.at)),
        storage_class: Some(ObjectVersionStorageClass::from_static(ObjectVersionStorageClass::STANDARD)),
        checksum_algorithm: algorithms(row),
        checksum_type: crate::sums::kind(&row.checksums),
        ..ObjectVersion::default()
    }
}

fn marker(row: &ObjectRow, is_newest: bool, writing: Writing) -> DeleteMarkerEntry {
    DeleteMarkerEntry {
        key: Some(writing.write(&row.key)),
        version_id: Some(row.version_id()),
        is_latest: Some(is_newest),
        last_modified: Some(page::time(row.at)),
        ..DeleteMarkerEntry::default()
    }
}
