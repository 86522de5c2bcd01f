//! A part made of an object's bytes, all of them or a range.

use region::object::ObjectRow;
use region::upload::copy::copy as copy_one;
use region::upload::{PartRow, UploadRow};
use s3s::dto::*;
use s3s::{S3ErrorCode, S3Response, S3Result};
use seal::checksum::Algorithm;
use words::act;

use crate::ask::{Ask, recorded};
use crate::copy::source;
use crate::error::{self, About};
use crate::page;
use crate::part;
use crate::sums::tell;
use crate::wish::Conditions;

pub async fn copy(mut ask: Ask<UploadPartCopyInput>) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let input = &mut ask.input;
    let (source_bucket, source_key, source_version) = source(&input.copy_source)?;
    let number = part::number(input.part_number)?;
    let conditions = Conditions {
        matches: input.copy_source_if_match.take(),
        matches_none: input.copy_source_if_none_match.take(),
        changed_since: input.copy_source_if_modified_since.take(),
        same_since: input.copy_source_if_unmodified_since.take(),
    };
    let about = About::version(source_version.as_deref());
    let deed = act::UploadCopy {
        project: ask.project.clone(),
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        upload: input.upload_id.clone(),
        part: number.into(),
        source_bucket,
        source_key,
        source_version,
        range: input.copy_source_range.as_deref().map(range).transpose()?,
    };
    let must = |upload: &UploadRow, source: &ObjectRow| {
        conditions.check_source(source)?;
        Ok(vec![part::agreed(upload).unwrap_or(Algorithm::Crc64Nvme)])
    };
    let copied = copy_one(&ask.region, &ask.actor, deed, must).await.map_err(about.told())?;
    let source = &copied.source;
    let output = UploadPartCopyOutput {
        copy_part_result: Some(result(&copied.part)),
        copy_source_version_id: (!source.is_null).then(|| source.version_id()),
        ..UploadPartCopyOutput::default()
    };
    Ok(recorded(output, copied.leaf))
}

fn result(part: &PartRow) -> CopyPartResult {
    let mut result = CopyPartResult {
        e_tag: Some(ETag::Strong(part.etag.clone())),
        last_modified: Some(page::time(part.at)),
        ..CopyPartResult::default()
    };
    tell!(result, &part.checksums);
    result
}

/// SPEC: UploadPartCopy: `bytes=first-last`, both of them.
fn range(text: &str) -> S3Result<String> {
    let says = "x-amz-copy-source-range is `bytes=first-last`";
    let range = text.strip_prefix("bytes=").filter(|range| !range.starts_with('-') && !range.ends_with('-'));
    let range = range.ok_or_else(|| error::invalid(S3ErrorCode::InvalidArgument, says))?;
    Ok(range.to_owned())
}
