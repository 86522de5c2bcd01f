//! A request's body on its way in: counted, summed, and refused at its end if it is not what was announced.
//!
//! The refusal comes as the stream's last item, so the region lets go of the
//! bytes before anything refers to them. It never buffers.

use std::sync::{Arc, Mutex, PoisonError};

use async_stream::try_stream;
use futures::StreamExt;
use http::HeaderMap;
use region::object::Checksum as Kept;
use region::object::body::Body;
use region::object::put::Extra;
use s3s::dto::StreamingBlob;
use s3s::{S3ErrorCode, S3Result, TrailingHeaders};
use seal::checksum::{Algorithm, Checksum, Digest};
use words::limit::PART_BYTES_MAX;
use words::{Reason, Refusal};

use crate::error;
use crate::guard::chunk::Chunks;
use crate::sums;

/// What a body was announced to be.
pub struct Announced {
    size_bytes: u64,
    claimed: Vec<Digest>,
    trailer: Option<Algorithm>,
    trailers: Option<TrailingHeaders>,
    /// Asked for by name, without a value.
    named: Option<Algorithm>,
    /// Computed in any case.
    also: Option<Algorithm>,
}

impl Announced {
    pub fn read(
        headers: &HeaderMap,
        size_bytes: Option<i64>,
        trailers: Option<TrailingHeaders>,
    ) -> S3Result<Self> {
        let missing = || error::invalid(S3ErrorCode::MissingContentLength, "a body announces its length");
        let size_bytes = size_bytes.and_then(|size| u64::try_from(size).ok());
        let size_bytes = size_bytes.or_else(|| decoded(headers)).ok_or_else(missing)?;
        if size_bytes > PART_BYTES_MAX {
            return Err(error::error(S3ErrorCode::EntityTooLarge, &Refusal::new(Reason::TooLarge)));
        }
        let named = ["x-amz-sdk-checksum-algorithm", "x-amz-checksum-algorithm"].into_iter();
        let unknown = || error::invalid(S3ErrorCode::InvalidRequest, "no such checksum algorithm");
        let named = named.filter_map(|name| headers.get(name)?.to_str().ok()).next();
        let by_name = |name: &str| Algorithm::parse(&name.to_ascii_uppercase()).ok_or_else(unknown);
        let named = named.map(by_name).transpose()?;
        let trailer = sums::announced(headers)?;
        Ok(Self { size_bytes, claimed: sums::claimed(headers)?, trailer, trailers, named, also: None })
    }

    /// The same of a part: it has the checksum that its upload was started with, and no other.
    ///
    /// WHY CRC64NVME without one: parts of a kind, whatever each came with, so that the whole has one too.
    pub fn within(self, agreed: Option<Algorithm>) -> Result<Self, Refusal> {
        let own = self.algorithms();
        if agreed.is_some_and(|agreed| own.iter().any(|algorithm| *algorithm != agreed)) {
            let says = "the part's checksum is of another kind than x-amz-checksum-algorithm of its upload";
            return Err(Refusal::with(Reason::Invalid, says));
        }
        Ok(Self { also: Some(agreed.unwrap_or(Algorithm::Crc64Nvme)), ..self })
    }

    /// The checksums that the client speaks of, MD5 left out.
    fn algorithms(&self) -> Vec<Algorithm> {
        let claimed = self.claimed.iter().map(Digest::algorithm);
        let spoken = claimed.chain(self.trailer).chain(self.named);
        spoken.filter(|algorithm| *algorithm != Algorithm::Md5).collect()
    }

    /// The checksums to compute; one at least, so that a read can always tell one.
    fn running(&self) -> Vec<Checksum> {
        let claimed = self.claimed.iter().map(Digest::algorithm);
        let mut wanted: Vec<_> = claimed.chain(self.trailer).chain(self.named).chain(self.also).collect();
        if wanted.iter().all(|algorithm| *algorithm == Algorithm::Md5) {
            wanted.push(Algorithm::Crc64Nvme);
        }
        wanted.sort();
        wanted.dedup();
        wanted.into_iter().map(Checksum::new).collect()
    }

    /// Compares what arrived with what was announced.
    fn judge(&self, size_bytes: u64, found: &[Digest]) -> Result<Vec<Kept>, Refusal> {
        if size_bytes != self.size_bytes {
            return Err(Reason::BodyCut.into());
        }
        let trailer = self.trailer.map(|algorithm| self.trailing(algorithm)).transpose()?;
        for claim in self.claimed.iter().chain(&trailer) {
            if !found.contains(claim) {
                return Err(sums::wrong(claim.algorithm().name()));
            }
        }
        Ok(sums::kept(found))
    }

    /// The checksum that follows the body; a body without it was cut.
    fn trailing(&self, algorithm: Algorithm) -> Result<Digest, Refusal> {
        let name = sums::header_name(algorithm);
        let value =
            self.trailers.as_ref().and_then(|trailers| trailers.read(|headers| headers.get(&name).cloned()));
        let value = value.flatten().ok_or(Refusal::new(Reason::BodyCut))?;
        let digest = value.to_str().ok().and_then(|text| Digest::from_text(algorithm, text).ok());
        digest.ok_or_else(|| sums::wrong(algorithm.name()))
    }
}

/// The length of a body in S3's chunks, which HTTP's chunks may carry: then it is announced here alone.
///
/// SPEC: "Transferring payload in multiple chunks" (S3 API, `SigV4`). WHY: the C++ SDK sends its bodies so.
fn decoded(headers: &HeaderMap) -> Option<u64> {
    Chunks::of(headers)?;
    headers.get("x-amz-decoded-content-length")?.to_str().ok()?.parse().ok()
}

/// The body for the region, and the checksums to keep once it has ended well.
pub fn verified(
    from: Option<StreamingBlob>,
    announced: Announced,
    metadata: Vec<(String, String)>,
) -> (Body, Extra) {
    let found = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&found);
    let inner = announced.algorithms();
    let size_bytes = Some(announced.size_bytes);
    let body = try_stream! {
        let mut running = announced.running();
        let mut size_bytes = 0_u64;
        if let Some(mut from) = from {
            while let Some(next) = from.next().await {
                let bytes = next.map_err(|error| broken(error.as_ref()))?;
                size_bytes = size_bytes.saturating_add(bytes.len() as u64);
                if size_bytes > announced.size_bytes {
                    Err(Refusal::with(Reason::Invalid, "the body is longer than announced"))?;
                }
                running.iter_mut().for_each(|sum| sum.update(&bytes));
                yield bytes;
            }
        }
        let digests: Vec<Digest> = running.into_iter().map(Checksum::finish).collect();
        let kept = announced.judge(size_bytes, &digests)?;
        *told.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    };
    let checksums = move || Ok(std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner)));
    let checksums = Some(Box::new(checksums) as _);
    let extra = Extra { metadata, checksums, size_bytes, inner, ..Extra::default() };
    (Box::pin(body), extra)
}

/// WHY by the text: the protocol crate does not name its stream errors outside itself.
fn broken(error: &(dyn std::error::Error + Send + Sync)) -> Refusal {
    let text = error.to_string();
    let says = |part: &str| text.contains(part);
    if says("SignatureMismatch") {
        Reason::SignatureWrong.into()
    } else if says("Sha256Mismatch") {
        sums::wrong(error::PAYLOAD_HASH)
    } else if says("FormatError") || says("TooLarge") || says("TooMany") || says("LengthMismatch") {
        Refusal::with(Reason::Invalid, "the body's chunks cannot be read")
    } else {
        Reason::BodyCut.into()
    }
}
