//! A body on its way, held to what its source says of it.
//!
//! INVARIANT: the last piece goes out only once the whole was found right, so
//! that a wrong body is never a whole one.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::stream::{self, Stream};
use seal::checksum::{Algorithm, Checksum, Digest};
use store::remote::{Found, Object};

/// Why a body was given up; told apart from what the region says of its end.
#[derive(Clone, Default)]
pub struct Verdict(Arc<Mutex<Option<String>>>);

impl Verdict {
    fn give(&self, why: impl Into<String>) -> io::Error {
        let why = why.into();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.clone());
        io::Error::other(why)
    }

    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What a body must come to.
pub struct Expected {
    size_bytes: u64,
    sums: Vec<(Checksum, Digest)>,
    /// The strongest that is asked, for the report.
    pub by: &'static str,
}

impl Expected {
    /// What the source says; a digest of ours from a first reading says more.
    pub fn of(found: &Found, object: &Object, first: Option<Digest>) -> Self {
        let algorithm = |name: &str| match name {
            "sha256" => Some(Algorithm::Sha256),
            "sha1" => Some(Algorithm::Sha1),
            "crc64nvme" => Some(Algorithm::Crc64Nvme),
            "crc32c" => Some(Algorithm::Crc32c),
            "crc32" => Some(Algorithm::Crc32),
            _ => None,
        };
        let mut sums: Vec<(&'static str, Digest)> = Vec::new();
        for (name, text) in &object.sums {
            let digest = algorithm(name).and_then(|algorithm| Digest::from_text(algorithm, text).ok());
            sums.extend(digest.map(|digest| (*name, digest)));
        }
        sums.extend(md5_of(found, object).map(|digest| ("md5", digest)));
        sums.extend(first.map(|digest| ("second_reading", digest)));
        let by = sums.first().map_or("size", |(name, _)| name);
        let sums = sums.into_iter().map(|(_, digest)| (Checksum::new(digest.algorithm()), digest)).collect();
        Self { size_bytes: found.size_bytes, sums, by }
    }

    pub fn has_sum(&self) -> bool {
        !self.sums.is_empty()
    }

    fn update(&mut self, bytes: &[u8]) {
        self.sums.iter_mut().for_each(|(sum, _)| sum.update(bytes));
    }

    fn differs(self) -> Option<Algorithm> {
        let mut ended = self.sums.into_iter().map(|(sum, expected)| (sum.finish(), expected));
        ended.find(|(found, expected)| found != expected).map(|(_, expected)| expected.algorithm())
    }
}

/// SPEC: S3: the etag of an object that was put in one go is its MD5, unless a key service sealed it.
fn md5_of(found: &Found, object: &Object) -> Option<Digest> {
    let etag = found.etag.trim_matches('"');
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(etag.as_bytes()).ok()?;
    (!object.is_sealed).then(|| Digest::from_bytes(Algorithm::Md5, &bytes).ok()).flatten()
}

struct State {
    object: Object,
    expected: Expected,
    read_bytes: u64,
    held: Option<Bytes>,
    verdict: Verdict,
}

/// The body's bytes, the last ones after all were found right.
pub fn checked(
    object: Object,
    expected: Expected,
    verdict: Verdict,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let state = State { object, expected, read_bytes: 0, held: None, verdict };
    stream::unfold(Some(state), |state| async move {
        let mut state = state?;
        loop {
            match state.object.next().await {
                Some(Ok(bytes)) if bytes.is_empty() => {}
                Some(Ok(bytes)) => {
                    state.read_bytes += bytes.len() as u64;
                    if state.read_bytes > state.expected.size_bytes {
                        return Some((Err(state.verdict.give("the source sends more than it listed")), None));
                    }
                    state.expected.update(&bytes);
                    if let Some(before) = state.held.replace(bytes) {
                        return Some((Ok(before), Some(state)));
                    }
                }
                Some(Err(error)) => {
                    let why = error.fault().map_or_else(|| error.to_string(), |fault| fault.to_string());
                    return Some((Err(state.verdict.give(why)), None));
                }
                None => return ended(state).map(|last| (last, None)),
            }
        }
    })
}

fn ended(state: State) -> Option<io::Result<Bytes>> {
    if state.read_bytes < state.expected.size_bytes {
        return Some(Err(state.verdict.give("the source ends before the size it listed")));
    }
    match state.expected.differs() {
        Some(algorithm) => {
            let why =
                format!("its {algorithm:?} is not what the source says: it is damaged there or on the way");
            Some(Err(state.verdict.give(why)))
        }
        None => state.held.map(Ok),
    }
}

/// The digest of a whole body, read and let go.
pub async fn read_once(mut object: Object) -> Result<Digest, String> {
    let mut sum = Checksum::new(Algorithm::Sha256);
    while let Some(bytes) = object.next().await {
        sum.update(&bytes.map_err(|error| error.to_string())?);
    }
    Ok(sum.finish())
}
