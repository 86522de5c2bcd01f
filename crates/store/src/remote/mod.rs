//! An S3 server as the region's bucket, and S3 servers that data come from.
//!
//! One place, one pair of keys, one way out: our own connections, so that no
//! variable of the environment, no proxy and no redirect decides where sealed
//! bytes go. What a server must promise is in ADR 0022; nothing here trusts it.

mod client;
mod fault;
mod http;
mod keys;
mod place;
mod sign;
mod source;
mod store;
mod uploads;
mod wire;
mod xml;

pub use fault::Fault;
pub use keys::{Keys, KeysError};
pub use place::{BucketUrl, Endpoint, PlaceError};
pub(crate) use source::fuzz;
pub use source::{Found, Object, Page, Source, SourceError};

use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use words::Clock;

use crate::error::{Cause, StoreError};
use client::Client;
use http::Http;
use store::RemoteStore;

pub(crate) use uploads::Uploads;

/// A bucket of an S3 server, and who we are there.
#[derive(Debug)]
pub struct Remote {
    pub url: BucketUrl,
    pub endpoint: Endpoint,
    /// What the server calls its region; it is part of every signature.
    pub region: String,
    pub keys: Keys,
    /// The certificates that the server's own must be signed by; the system's where left out.
    pub roots: Option<PathBuf>,
}

/// The bucket as a store, and what no store interface offers.
pub(crate) fn open(
    remote: &Remote,
    clock: Arc<dyn Clock>,
) -> Result<(Arc<dyn ObjectStore>, Uploads), StoreError> {
    let failed = |cause: Cause| StoreError::unavailable("open the bucket", &remote.url, cause);
    let http = Http::new(&remote.endpoint, remote.roots.as_deref()).map_err(failed)?;
    let store = RemoteStore::new(remote, &http).map_err(|cause| failed(cause.into()))?;
    let prefix = &remote.url.prefix;
    let uploads = Uploads::new(Client::new(remote, http, clock), prefix.clone());
    let store: Arc<dyn ObjectStore> = match prefix.is_empty() {
        true => Arc::new(store),
        false => {
            let prefix = Path::parse(prefix).map_err(|cause| failed(cause.into()))?;
            Arc::new(PrefixStore::new(store, prefix))
        }
    };
    Ok((store, uploads))
}
