//! Checksums between S3's one-field-per-algorithm and the region's list.
//!
//! What a client claims is compared with what arrived, before anything is
//! committed; what was found to hold is told back on reads.

use http::HeaderMap;
use region::object::Checksum;
use s3s::dto::ChecksumType;
use s3s::{S3ErrorCode, S3Result};
use seal::checksum::{Algorithm, Digest};
use words::{Reason, Refusal};

use crate::error;

/// S3's algorithms for `x-amz-checksum-*`.
pub const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme, Algorithm::Sha1, Algorithm::Sha256];

/// The header that carries a checksum.
pub fn header_name(algorithm: Algorithm) -> String {
    format!("x-amz-checksum-{}", algorithm.name().to_ascii_lowercase())
}

/// The checksums that a request carries in its headers, MD5 included.
pub fn claimed(headers: &HeaderMap) -> S3Result<Vec<Digest>> {
    let mut claimed = Vec::new();
    for algorithm in ALGORITHMS {
        claimed.extend(read(headers, &header_name(algorithm), algorithm, S3ErrorCode::InvalidRequest)?);
    }
    // SPEC: S3 API, "Checking object integrity": one x-amz-checksum header at most; MD5 has its own.
    if claimed.len() > 1 {
        let says = "expecting a single x-amz-checksum- header";
        return Err(error::invalid(S3ErrorCode::InvalidRequest, says));
    }
    claimed.extend(md5(headers)?);
    Ok(claimed)
}

/// The MD5 that a request carries in its headers.
pub fn md5(headers: &HeaderMap) -> S3Result<Option<Digest>> {
    read(headers, "content-md5", Algorithm::Md5, S3ErrorCode::InvalidDigest)
}

fn read(
    headers: &HeaderMap,
    name: &str,
    algorithm: Algorithm,
    code: S3ErrorCode,
) -> S3Result<Option<Digest>> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let digest = value.to_str().ok().and_then(|text| Digest::from_text(algorithm, text).ok());
    digest.map(Some).ok_or_else(|| error::invalid(code, format!("{name} is no checksum")))
}

/// The algorithm whose checksum will follow the body.
pub fn announced(headers: &HeaderMap) -> S3Result<Option<Algorithm>> {
    let Some(value) = headers.get("x-amz-trailer") else {
        return Ok(None);
    };
    let named =
        |algorithm: &Algorithm| value.as_bytes().eq_ignore_ascii_case(header_name(*algorithm).as_bytes());
    let algorithm = ALGORITHMS.into_iter().find(named);
    algorithm.map(Some).ok_or_else(|| {
        error::invalid(S3ErrorCode::InvalidRequest, "x-amz-trailer names one x-amz-checksum header")
    })
}

/// What is kept of checksums that were found to hold.
pub fn kept(digests: &[Digest]) -> Vec<Checksum> {
    let kept = digests.iter().filter(|digest| digest.algorithm() != Algorithm::Md5);
    kept.map(Checksum::whole).collect()
}

pub fn value(sums: &[Checksum], algorithm: Algorithm) -> Option<String> {
    let found = sums.iter().find(|sum| sum.algorithm == algorithm.name());
    found.map(|sum| sum.value.clone())
}

pub fn kind(sums: &[Checksum]) -> Option<ChecksumType> {
    let name = |sum: &Checksum| {
        if sum.is_full { ChecksumType::FULL_OBJECT } else { ChecksumType::COMPOSITE }
    };
    sums.first().map(|sum| ChecksumType::from_static(name(sum)))
}

/// A kept checksum as a digest; none for a composite.
pub fn digest(sums: &[Checksum], algorithm: Algorithm) -> Option<Digest> {
    Digest::from_text(algorithm, &value(sums, algorithm)?).ok()
}

pub fn wrong(detail: impl Into<String>) -> Refusal {
    Refusal::with(Reason::ChecksumWrong, detail)
}

/// Fills an answer's five fields.
macro_rules! tell {
    ($output:expr, $sums:expr) => {{
        use seal::checksum::Algorithm;
        let sums: &[region::object::Checksum] = $sums;
        $output.checksum_crc32 = $crate::sums::value(sums, Algorithm::Crc32);
        $output.checksum_crc32c = $crate::sums::value(sums, Algorithm::Crc32c);
        $output.checksum_crc64nvme = $crate::sums::value(sums, Algorithm::Crc64Nvme);
        $output.checksum_sha1 = $crate::sums::value(sums, Algorithm::Sha1);
        $output.checksum_sha256 = $crate::sums::value(sums, Algorithm::Sha256);
    }};
}
pub(crate) use tell;

/// The five fields of a request, those that are set.
macro_rules! given {
    ($input:expr) => {{
        use seal::checksum::Algorithm;
        [
            (Algorithm::Crc32, $input.checksum_crc32.clone()),
            (Algorithm::Crc32c, $input.checksum_crc32c.clone()),
            (Algorithm::Crc64Nvme, $input.checksum_crc64nvme.clone()),
            (Algorithm::Sha1, $input.checksum_sha1.clone()),
            (Algorithm::Sha256, $input.checksum_sha256.clone()),
        ]
        .into_iter()
        .filter_map(|(algorithm, value)| value.map(|value| (algorithm, value)))
        .collect::<Vec<(Algorithm, String)>>()
    }};
}
pub(crate) use given;
