//! Parts of multipart uploads, and what is known of uploads in flight.

use region::upload::{self, PartRow, UploadRow};
use s3s::dto::*;
use s3s::{S3ErrorCode, S3Response, S3Result};
use seal::checksum::Algorithm;
use words::limit::UPLOAD_PARTS_MAX;
use words::{Reason, act};

use crate::ask::{Ask, recorded};
use crate::body::{Announced, verified};
use crate::error::{self, About};
use crate::page::{self, Writing};
use crate::sums::tell;
use crate::upload::type_name;

/// A part's number, if it is one.
pub fn number(part_number: i32) -> S3Result<u32> {
    let number = u32::try_from(part_number).ok();
    let number = number.filter(|number| (1..=UPLOAD_PARTS_MAX).contains(number));
    number.ok_or_else(|| error::invalid(S3ErrorCode::InvalidArgument, "a part's number is 1 to 10,000"))
}

/// The checksum that the parts of an upload have.
pub fn agreed(upload: &UploadRow) -> Option<Algorithm> {
    upload.algorithm.as_deref().and_then(Algorithm::parse)
}

pub async fn part(mut ask: Ask<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
    let number = number(ask.input.part_number)?;
    let announced = Announced::read(&ask.headers, ask.input.content_length, ask.trailers.take())?;
    let body = ask.input.body.take();
    let sent = |upload: &UploadRow| Ok(verified(body, announced.within(agreed(upload))?, Vec::new()));
    let deed = act::UploadPart {
        project: ask.project.clone(),
        bucket: ask.input.bucket.clone(),
        key: ask.input.key.clone(),
        upload: ask.input.upload_id.clone(),
        part: number.into(),
    };
    let (row, leaf) =
        upload::part_of(&ask.region, &ask.actor, deed, sent).await.map_err(About::Upload.told())?;
    let mut output =
        UploadPartOutput { e_tag: Some(ETag::Strong(row.etag.clone())), ..UploadPartOutput::default() };
    tell!(output, &row.checksums);
    Ok(recorded(output, leaf))
}

async fn in_flight<I>(
    ask: &Ask<I>,
    bucket: &str,
    upload: Option<&str>,
) -> S3Result<Vec<(UploadRow, Vec<PartRow>)>> {
    let deed = act::UploadShow {
        project: ask.project.clone(),
        bucket: bucket.to_owned(),
        upload: upload.map(str::to_owned),
    };
    upload::list(&ask.region, &ask.actor, &deed).await.map_err(About::Upload.told())
}

pub async fn parts(ask: Ask<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
    let input = &ask.input;
    let parts_max = page::size(input.max_parts, "max-parts")?;
    let after = u32::try_from(input.part_number_marker.unwrap_or(0)).unwrap_or(0);
    let found = in_flight(&ask, &input.bucket, Some(&input.upload_id)).await?;
    let found = found.into_iter().find(|(row, _)| row.key == input.key);
    let (upload, rows) = found.ok_or_else(|| About::Upload.told()(Reason::NotFound.into()))?;
    let rows: Vec<_> = rows.into_iter().filter(|row| row.number > after).collect();
    let is_truncated = rows.len() > parts_max;
    let shown: Vec<_> = rows.iter().take(parts_max).map(told).collect();
    Ok(S3Response::new(ListPartsOutput {
        next_part_number_marker: shown.last().and_then(|part| part.part_number).filter(|_| is_truncated),
        parts: Some(shown),
        is_truncated: Some(is_truncated),
        max_parts: Some(page::count(parts_max)),
        part_number_marker: Some(input.part_number_marker.unwrap_or(0)),
        checksum_algorithm: upload.algorithm.clone().map(ChecksumAlgorithm::from),
        checksum_type: upload
            .algorithm
            .as_ref()
            .map(|_| ChecksumType::from_static(type_name(upload.is_full))),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        bucket: Some(ask.input.bucket),
        key: Some(page::printable(&ask.input.key)),
        upload_id: Some(ask.input.upload_id),
        ..ListPartsOutput::default()
    }))
}

fn told(row: &PartRow) -> Part {
    let mut part = Part {
        part_number: i32::try_from(row.number).ok(),
        size: Some(page::bytes(row.piece.plain_bytes)),
        e_tag: Some(ETag::Strong(row.etag.clone())),
        last_modified: Some(page::time(row.at)),
        ..Part::default()
    };
    tell!(part, &row.checksums);
    part
}

pub async fn uploads(
    mut ask: Ask<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let input = std::mem::take(&mut ask.input);
    let uploads_max = page::size(input.max_uploads, "max-uploads")?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let mark = input.delimiter.clone().filter(|mark| !mark.is_empty());
    let rows = in_flight(&ask, &input.bucket, None).await?.into_iter().map(|(row, _)| row);
    let is_wanted = |row: &UploadRow| row.key.starts_with(&prefix) && is_after(row, &input);
    let mut entries = Entries::default();
    for row in rows.filter(is_wanted) {
        if !entries.take(row, &prefix, mark.as_deref(), uploads_max) {
            break;
        }
    }
    let names = entries.names().chain([prefix.as_str()]);
    let writing = Writing::of(input.encoding_type.as_ref(), names)?;
    let next = entries.last.as_ref().filter(|_| entries.is_truncated);
    Ok(S3Response::new(ListMultipartUploadsOutput {
        is_truncated: Some(entries.is_truncated),
        next_key_marker: next.map(|(key, _)| writing.write(key)),
        next_upload_id_marker: next.and_then(|(_, id)| id.clone()),
        uploads: Some(entries.rows.iter().map(|row| shown(row, writing)).collect()),
        common_prefixes: Some(
            entries
                .folders
                .iter()
                .map(|folder| CommonPrefix { prefix: Some(writing.write(folder)) })
                .collect(),
        ),
        encoding_type: writing.told(),
        key_marker: Some(writing.write(input.key_marker.as_deref().unwrap_or_default())),
        upload_id_marker: input.upload_id_marker,
        prefix: Some(writing.write(&prefix)),
        delimiter: writing.write_opt(mark.as_deref()),
        max_uploads: Some(page::count(uploads_max)),
        bucket: Some(input.bucket),
        ..ListMultipartUploadsOutput::default()
    }))
}

/// Behind the last page's end: its key, and within it the last upload told.
fn is_after(row: &UploadRow, input: &ListMultipartUploadsInput) -> bool {
    let Some(key) = input.key_marker.as_deref().filter(|key| !key.is_empty()) else {
        return true;
    };
    let id = input.upload_id_marker.as_deref().filter(|id| !id.is_empty());
    // WHY longer than the prefix: the prefix itself is no folder of its page.
    let is_below = key.len() > input.prefix.as_deref().map_or(0, str::len);
    let is_mark = |mark: &str| !mark.is_empty() && key.ends_with(mark);
    let is_folder = is_below && input.delimiter.as_deref().is_some_and(is_mark);
    match id {
        Some(id) => row.key.as_str() > key || (row.key == key && row.id.to_bytes() > last_bytes(id)),
        None if is_folder => row.key.as_str() > key && !row.key.starts_with(key),
        None => row.key.as_str() > key,
    }
}

/// WHY bytes: uploads of one key are listed in the order of their ids' bytes.
fn last_bytes(id: &str) -> [u8; words::id::ID_BYTES] {
    id.parse::<words::Id<words::noun::Upload>>().map_or([u8::MAX; words::id::ID_BYTES], words::Id::to_bytes)
}

/// Uploads and folders of one page.
#[derive(Default)]
struct Entries {
    rows: Vec<UploadRow>,
    folders: Vec<String>,
    last: Option<(String, Option<String>)>,
    is_truncated: bool,
}

impl Entries {
    /// Takes a row in; no, when the page is full.
    fn take(&mut self, row: UploadRow, prefix: &str, mark: Option<&str>, rows_max: usize) -> bool {
        let folder = mark.and_then(|mark| {
            let rest = row.key.get(prefix.len()..)?;
            row.key.get(..prefix.len() + rest.find(mark)? + mark.len()).map(str::to_owned)
        });
        if folder.is_some() && folder.as_ref() == self.folders.last() {
            return true;
        }
        if self.rows.len() + self.folders.len() >= rows_max {
            self.is_truncated = true;
            return false;
        }
        match folder {
            Some(folder) => {
                self.last = Some((folder.clone(), None));
                self.folders.push(folder);
            }
            None => {
                self.last = Some((row.key.clone(), Some(row.id.to_string())));
                self.rows.push(row);
            }
        }
        true
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let keys = self.rows.iter().map(|row| row.key.as_str());
        keys.chain(self.folders.iter().map(String::as_str))
    }
}

fn shown(row: &UploadRow, writing: Writing) -> MultipartUpload {
    MultipartUpload {
        key: Some(writing.write(&row.key)),
        upload_id: Some(row.id.to_string()),
        initiated: Some(page::time(row.at)),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        checksum_algorithm: row.algorithm.clone().map(ChecksumAlgorithm::from),
        checksum_type: row.algorithm.as_ref().map(|_| ChecksumType::from_static(type_name(row.is_full))),
        ..MultipartUpload::default()
    }
}
