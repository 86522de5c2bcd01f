//! Checksums of plain bytes on their way, where only the region sees them: copies, and what came sealed.

use std::sync::{Arc, Mutex, PoisonError};

use async_stream::try_stream;
use futures::StreamExt;
use seal::checksum::{Algorithm, Checksum as Running, Digest};

use crate::object::Checksum;
use crate::object::body::Body;
use crate::object::put::Sums;

impl Checksum {
    /// A checksum over all bytes.
    pub fn whole(digest: &Digest) -> Self {
        Self { algorithm: digest.algorithm().name().to_owned(), value: digest.to_text(), is_full: true }
    }
}

/// The same body, and its checksums once it has ended well; none of a body that broke off.
pub fn summed(mut body: Body, algorithms: &[Algorithm]) -> (Body, Sums) {
    let found = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&found);
    let mut running: Vec<_> = algorithms.iter().copied().map(Running::new).collect();
    let body = try_stream! {
        while let Some(next) = body.next().await {
            let bytes = next?;
            running.iter_mut().for_each(|sum| sum.update(&bytes));
            yield bytes;
        }
        let kept = running.into_iter().map(|sum| Checksum::whole(&sum.finish())).collect();
        *told.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    };
    let sums = move || Ok(std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner)));
    (Box::pin(body), Box::new(sums))
}
