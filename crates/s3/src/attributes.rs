//! What is known of an object, asked by name: GetObjectAttributes.

use std::collections::BTreeSet;

use region::object::ObjectRow;
use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Response, S3Result};

use crate::ask::Ask;
use crate::error;
use crate::page;
use crate::read::probed;
use crate::sums::{kind, tell};

const NAMES: [&str; 5] = [
    ObjectAttributes::CHECKSUM,
    ObjectAttributes::ETAG,
    ObjectAttributes::OBJECT_PARTS,
    ObjectAttributes::OBJECT_SIZE,
    ObjectAttributes::STORAGE_CLASS,
];

pub async fn get(ask: Ask<GetObjectAttributesInput>) -> S3Result<S3Response<GetObjectAttributesOutput>> {
    let input = &ask.input;
    let wanted = wanted(&input.object_attributes)?;
    let parts_max = page::size(input.max_parts, "x-amz-max-parts")?;
    let after = usize::try_from(input.part_number_marker.unwrap_or(0))
        .map_err(|_| invalid("a part's number is not negative"))?;
    let row = probed(&ask, &input.bucket, &input.key, input.version_id.as_deref()).await?;
    let is_wanted = |name: &str| wanted.contains(name);
    let parts = is_wanted(ObjectAttributes::OBJECT_PARTS) && row.is_multipart;
    let class = StorageClass::from_static(StorageClass::STANDARD);
    Ok(S3Response::new(GetObjectAttributesOutput {
        checksum: is_wanted(ObjectAttributes::CHECKSUM).then(|| checksum(&row)).flatten(),
        e_tag: is_wanted(ObjectAttributes::ETAG).then(|| ETag::Strong(row.etag.clone())),
        last_modified: Some(page::time(row.at)),
        object_parts: parts.then(|| told(&row, after, parts_max)),
        object_size: is_wanted(ObjectAttributes::OBJECT_SIZE).then(|| page::bytes(row.size_bytes)),
        storage_class: is_wanted(ObjectAttributes::STORAGE_CLASS).then_some(class),
        version_id: (!row.is_null).then(|| row.version_id()),
        ..GetObjectAttributesOutput::default()
    }))
}

fn invalid(detail: &str) -> S3Error {
    error::invalid(S3ErrorCode::InvalidArgument, detail)
}

/// WHY split here: clients write all names into one header, and the protocol crate takes that for one name.
fn wanted(asked: &[ObjectAttributes]) -> S3Result<BTreeSet<&str>> {
    let names = asked.iter().flat_map(|names| names.as_str().split(',')).map(str::trim);
    let names: BTreeSet<_> = names.filter(|name| !name.is_empty()).collect();
    if names.is_empty() || !names.iter().all(|name| NAMES.contains(name)) {
        return Err(invalid(
            "x-amz-object-attributes names ETag, Checksum, ObjectParts, StorageClass, ObjectSize",
        ));
    }
    Ok(names)
}

fn checksum(row: &ObjectRow) -> Option<Checksum> {
    let mut checksum = Checksum { checksum_type: Some(kind(&row.checksums)?), ..Checksum::default() };
    tell!(checksum, &row.checksums);
    Some(checksum)
}

/// SPEC: GetObjectAttributes: parts are listed only where they have checksums; else only how many there are.
fn told(row: &ObjectRow, after: usize, parts_max: usize) -> GetObjectAttributesParts {
    let own = row.pieces.iter().enumerate().filter_map(|(at, piece)| Some((at, piece, row.part_sum(at)?)));
    let rest = own.skip(after);
    let parts: Vec<_> = rest
        .clone()
        .take(parts_max)
        .map(|(index, piece, sum)| {
            let mut part = ObjectPart {
                part_number: Some(page::count(index + 1)),
                size: Some(page::bytes(piece.plain_bytes)),
                ..ObjectPart::default()
            };
            tell!(part, std::slice::from_ref(&sum));
            part
        })
        .collect();
    let has_sums = row.part_sums.is_some();
    let is_truncated = rest.count() > parts.len();
    let last = parts.last().and_then(|part| part.part_number);
    GetObjectAttributesParts {
        is_truncated: has_sums.then_some(is_truncated),
        max_parts: has_sums.then(|| page::count(parts_max)),
        next_part_number_marker: has_sums.then(|| last.unwrap_or_else(|| page::count(after))),
        part_number_marker: has_sums.then(|| page::count(after)),
        parts: has_sums.then_some(parts),
        total_parts_count: Some(page::count(row.pieces.len())),
    }
}
