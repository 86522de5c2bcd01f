//! What comes sealed: a Crypt4GH file to the scope's own key, opened on its arrival.
//!
//! It is stored like any other body: opened segment by segment, sealed anew under a key of its own with our
//! nonces, in constant memory. The gate has looked whether the project is locked. It must never guess: who sends
//! a sealed file says so.

use async_stream::try_stream;
use bytes::BytesMut;
use futures::StreamExt;
use seal::DecryptionKey;
use seal::checksum::Algorithm;
use seal::crypt4gh::{Arrival, ArrivalError};
use words::{Reason, Refusal};

use crate::Region;
use crate::cell::Cell;
use crate::object::body::Body;
use crate::object::put::Sums;
use crate::object::sums::summed;
use crate::scope::ScopeRow;

/// The one way of coming sealed.
pub const CRYPT4GH: &str = "crypt4gh";
/// WHY: a sender may have fetched the public key before it was rotated, but not a lifetime ago.
const GENERATIONS_MAX: u32 = 4;

/// Refuses ways of sealing that are none.
pub fn check(sealed: Option<&str>) -> Result<(), Refusal> {
    match sealed {
        None | Some(CRYPT4GH) => Ok(()),
        Some(_) => Err(Refusal::with(Reason::Invalid, "bytes come sealed as `crypt4gh`, or not sealed")),
    }
}

/// The plain bytes of what came sealed, and their checksums once all have come.
pub fn opened(
    region: &Region,
    cell: &Cell,
    scope: &ScopeRow,
    body: Body,
    algorithms: &[Algorithm],
) -> Result<(Body, Sums), Refusal> {
    let readers = readers(region, cell, scope)?;
    // WHY one at least: so that a read can always tell one.
    let algorithms = if algorithms.is_empty() { &[Algorithm::Crc64Nvme][..] } else { algorithms };
    Ok(summed(plain(readers, body), algorithms))
}

/// The scope's pairs, newest first; those of before the last rotations may be gone.
fn readers(region: &Region, cell: &Cell, scope: &ScopeRow) -> Result<Vec<DecryptionKey>, Refusal> {
    let mut readers = vec![region.data_pair(cell, scope.id, scope.generation)?];
    let oldest = scope.generation.saturating_sub(GENERATIONS_MAX - 1).max(1);
    for generation in (oldest..scope.generation).rev() {
        match region.data_pair(cell, scope.id, generation) {
            Ok(pair) => readers.push(pair),
            Err(gone) if gone.reason == Reason::ScopeErased => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(readers)
}

fn plain(readers: Vec<DecryptionKey>, mut body: Body) -> Body {
    Box::pin(try_stream! {
        let mut arrival = Arrival::new(readers);
        let mut plain = BytesMut::new();
        while let Some(next) = body.next().await {
            arrival.push(&next?, &mut plain).map_err(|error| wrong(&error))?;
            if !plain.is_empty() {
                yield plain.split().freeze();
            }
        }
        arrival.finish(&mut plain).map_err(|error| wrong(&error))?;
        if !plain.is_empty() {
            yield plain.freeze();
        }
    })
}

fn wrong(error: &ArrivalError) -> Refusal {
    Refusal::with(Reason::SealWrong, error.to_string())
}
