//! Multipart uploads: start, complete, abort.

use region::Request;
use region::object::Checksum;
use region::upload::{self, Begun, Named, PartRow, UploadRow};
use s3s::dto::*;
use s3s::{S3ErrorCode, S3Response, S3Result};
use seal::checksum::{Algorithm, Digest, combine, composite};
use words::limit::UPLOAD_PARTS_MAX;
use words::{Reason, Refusal, act};

use crate::ask::{Ask, recorded};
use crate::error::{self, About};
use crate::kept::said;
use crate::locking::locking;
use crate::put::condition;
use crate::sums::{self, given, kind, tell};
use crate::tags;

pub async fn start(
    mut ask: Ask<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let algorithm = ask.input.checksum_algorithm.take();
    let (algorithm, is_full) = agreed(algorithm.as_ref(), ask.input.checksum_type.as_ref())?;
    let mut said = said!(ask);
    let sealed = said.sealed()?;
    let media = said.media.take();
    let name = algorithm.map(|algorithm| algorithm.name().to_owned());
    let (lock, labels) = (locking!(ask)?, tags::asked(ask.input.tagging.as_deref())?);
    let begun = Begun { media, metadata: said.pairs()?, algorithm: name, is_full, lock, labels };
    let deed = act::UploadStart {
        project: ask.project.clone(),
        bucket: ask.input.bucket.clone(),
        key: ask.input.key.clone(),
        sealed,
    };
    let (row, leaf) =
        upload::start(&ask.region, &ask.actor, deed, begun).await.map_err(About::Bucket.told())?;
    let output = CreateMultipartUploadOutput {
        checksum_algorithm: row.algorithm.clone().map(ChecksumAlgorithm::from),
        checksum_type: row.algorithm.as_ref().map(|_| ChecksumType::from_static(type_name(row.is_full))),
        bucket: Some(ask.input.bucket),
        key: Some(crate::page::printable(&ask.input.key)),
        upload_id: Some(row.id.to_string()),
        ..CreateMultipartUploadOutput::default()
    };
    Ok(recorded(output, leaf))
}

pub const fn type_name(is_full: bool) -> &'static str {
    if is_full { ChecksumType::FULL_OBJECT } else { ChecksumType::COMPOSITE }
}

/// Which checksum the parts carry, and whether the whole one is over bytes or over checksums.
fn agreed(
    name: Option<&ChecksumAlgorithm>,
    kind: Option<&ChecksumType>,
) -> S3Result<(Option<Algorithm>, bool)> {
    let refused = |detail: &str| error::invalid(S3ErrorCode::InvalidRequest, detail);
    let is_full = match kind.map(ChecksumType::as_str) {
        Some(ChecksumType::FULL_OBJECT) => Some(true),
        Some(ChecksumType::COMPOSITE) => Some(false),
        Some(_) => return Err(refused("a checksum's type is COMPOSITE or FULL_OBJECT")),
        None => None,
    };
    let Some(name) = name else {
        return if is_full.is_some() {
            Err(refused("a checksum's type goes with its algorithm"))
        } else {
            Ok((None, true))
        };
    };
    let algorithm = Algorithm::parse(name.as_str()).ok_or_else(|| refused("no such checksum algorithm"))?;
    let is_full = is_full.unwrap_or(algorithm == Algorithm::Crc64Nvme);
    match (algorithm, is_full) {
        (Algorithm::Sha1 | Algorithm::Sha256, true) => {
            Err(refused("a SHA of the whole cannot be had from its parts"))
        }
        (Algorithm::Crc64Nvme, false) => Err(refused("CRC64NVME is over the whole object")),
        _ => Ok((Some(algorithm), is_full)),
    }
}

pub async fn complete(
    mut ask: Ask<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let parts = ask.input.multipart_upload.take().and_then(|upload| upload.parts).unwrap_or_default();
    let named = named(parts)?;
    let claimed = claimed(given!(ask.input))?;
    let size_bytes = ask.input.mpu_object_size;
    let asked_type = ask.input.checksum_type.take();
    let deed = act::UploadComplete {
        project: ask.project.clone(),
        bucket: ask.input.bucket.clone(),
        key: ask.input.key.clone(),
        upload: ask.input.upload_id.clone(),
        condition: condition(ask.input.if_match.take(), ask.input.if_none_match.take())?,
    };
    let summed: Vec<_> = named.iter().map(|part| !part.checksums.is_empty()).collect();
    let sum = move |upload: &UploadRow, parts: &[PartRow]| {
        check_size(size_bytes, parts)?;
        check_type(asked_type.as_ref(), upload)?;
        check_parts(upload, &summed)?;
        let found = whole(upload, parts, claimed.as_ref().map(|(algorithm, _)| *algorithm))?;
        match &claimed {
            Some((algorithm, value)) if !holds(&found, *algorithm, value) => {
                Err(sums::wrong(algorithm.name()))
            }
            Some(_) | None => Ok(found),
        }
    };
    let stored =
        upload::complete(&ask.region, &ask.actor, deed, named, sum).await.map_err(About::Upload.told())?;
    let mut output = CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", ask.input.bucket, crate::page::encode(&ask.input.key))),
        bucket: Some(ask.input.bucket),
        key: Some(crate::page::printable(&ask.input.key)),
        e_tag: Some(ETag::Strong(stored.row.etag.clone())),
        version_id: stored.version,
        checksum_type: kind(&stored.row.checksums),
        ..CompleteMultipartUploadOutput::default()
    };
    tell!(output, &stored.row.checksums);
    Ok(recorded(output, stored.leaf))
}

/// The whole object's checksum as the client has it: one at most, and readable.
fn claimed(given: Vec<(Algorithm, String)>) -> S3Result<Option<(Algorithm, String)>> {
    let refused = |detail: String| error::invalid(S3ErrorCode::InvalidRequest, detail);
    if given.len() > 1 {
        return Err(refused("expecting a single x-amz-checksum- header".to_owned()));
    }
    let Some((algorithm, value)) = given.into_iter().next() else {
        return Ok(None);
    };
    let digest = value.split_once('-').map_or(value.as_str(), |(digest, _)| digest);
    if Digest::from_text(algorithm, digest).is_err() {
        return Err(refused(format!("{} is no checksum", sums::header_name(algorithm))));
    }
    Ok(Some((algorithm, value)))
}

/// A composite may be named with or without the number of its parts.
fn holds(found: &[Checksum], algorithm: Algorithm, value: &str) -> bool {
    let found = found.iter().find(|sum| sum.algorithm == algorithm.name());
    found.is_some_and(|sum| {
        let digest = sum.value.split_once('-').map(|(digest, _)| digest);
        sum.value == value || digest == Some(value)
    })
}

/// SPEC: CompleteMultipartUpload: a composite is confirmed part by part.
fn check_parts(upload: &UploadRow, summed: &[bool]) -> Result<(), Refusal> {
    let is_composite = upload.algorithm.is_some() && !upload.is_full;
    match summed.iter().position(|is_summed| !is_summed).filter(|_| is_composite) {
        None => Ok(()),
        Some(index) => {
            let says =
                format!("the x-amz-checksum-algorithm of the upload is missing for the {}. part", index + 1);
            Err(Refusal::with(Reason::Invalid, says))
        }
    }
}

fn named(parts: Vec<CompletedPart>) -> S3Result<Vec<Named>> {
    let malformed = |detail: &str| error::invalid(S3ErrorCode::MalformedXML, detail);
    let parts_max = usize::try_from(UPLOAD_PARTS_MAX).unwrap_or(usize::MAX);
    if parts.is_empty() || parts.len() > parts_max {
        return Err(malformed("an upload completes with 1 to 10,000 parts"));
    }
    let each = parts.into_iter().map(|part| {
        let number = part.part_number.and_then(|number| u32::try_from(number).ok());
        let number = number.ok_or_else(|| malformed("a part has its number"))?;
        let checksums = given!(part).into_iter().map(|(algorithm, value)| Checksum {
            algorithm: algorithm.name().to_owned(),
            value,
            is_full: true,
        });
        let checksums = checksums.collect();
        let etag = part.e_tag.ok_or_else(|| malformed("a part has its ETag"))?;
        Ok(Named { number, etag: etag.into_value(), checksums })
    });
    each.collect()
}

fn check_size(said: Option<i64>, parts: &[PartRow]) -> Result<(), Refusal> {
    let size_bytes: u64 = parts.iter().map(|part| part.piece.plain_bytes).sum();
    match said {
        Some(said) if u64::try_from(said) != Ok(size_bytes) => {
            Err(Refusal::with(Reason::Invalid, "the parts' sizes do not add up to x-amz-mp-object-size"))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_type(asked: Option<&ChecksumType>, upload: &UploadRow) -> Result<(), Refusal> {
    match asked {
        Some(asked) if asked.as_str() != type_name(upload.is_full) => {
            Err(sums::wrong("the upload was started with another x-amz-checksum-type"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The whole object's checksum from its parts', as S3 defines it.
fn whole(
    upload: &UploadRow,
    parts: &[PartRow],
    claimed: Option<Algorithm>,
) -> Result<Vec<Checksum>, Refusal> {
    let agreed = upload.algorithm.as_deref().and_then(Algorithm::parse);
    let all = |algorithm: Algorithm| -> Option<Vec<(Digest, u64)>> {
        parts
            .iter()
            .map(|part| Some((sums::digest(&part.checksums, algorithm)?, part.piece.plain_bytes)))
            .collect()
    };
    let found = match agreed {
        Some(algorithm) => {
            let lacking = || {
                Refusal::with(
                    Reason::Invalid,
                    format!("a part came without its {} checksum", algorithm.name()),
                )
            };
            Some((algorithm, all(algorithm).ok_or_else(lacking)?))
        }
        None => claimed
            .into_iter()
            .chain(sums::ALGORITHMS)
            .find_map(|algorithm| Some((algorithm, all(algorithm)?))),
    };
    let Some((algorithm, digests)) = found else {
        return Ok(Vec::new());
    };
    let broken = |_| Refusal::with(Reason::Invalid, "the parts' checksums do not combine");
    let is_sha = matches!(algorithm, Algorithm::Sha1 | Algorithm::Sha256);
    if upload.is_full && !is_sha {
        return Ok(vec![Checksum::whole(&combine(&digests).map_err(broken)?)]);
    }
    let digests: Vec<_> = digests.into_iter().map(|(digest, _)| digest).collect();
    let value = composite(&digests).map_err(broken)?;
    Ok(vec![Checksum { algorithm: algorithm.name().to_owned(), value, is_full: false }])
}

pub async fn abort(ask: Ask<AbortMultipartUploadInput>) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let told = About::Upload.told();
    let cell = ask.region.project_cell(&ask.actor, &ask.project).await.map_err(&told)?;
    let deed = act::UploadAbort {
        project: ask.project.clone(),
        bucket: ask.input.bucket.clone(),
        key: ask.input.key.clone(),
        upload: ask.input.upload_id.clone(),
    };
    let request = Request::once(ask.actor.clone(), deed);
    let done = ask.region.at_cell(&cell, request).await.map_err(&told)?;
    Ok(recorded(AbortMultipartUploadOutput::default(), done.leaf))
}
