//! What a request takes of its door, and holds until its answer is gone.

use std::sync::OnceLock;

use listen::{Grant, Share};

/// Filled on the request's way in; dropped with its answer's body.
#[derive(Debug, Default)]
pub struct Hold {
    share: OnceLock<Share>,
    grant: OnceLock<Grant>,
}

impl Hold {
    /// Its place among the requests of its person.
    pub fn keep_share(&self, share: Share) {
        // A request has one person; a second share would be given back here.
        let _kept = self.share.set(share);
    }

    /// Whether its signature was verified and its person found.
    pub fn is_known(&self) -> bool {
        self.share.get().is_some()
    }

    /// The room of a body that is read or written whole.
    pub fn keep_grant(&self, grant: Grant) {
        let _kept = self.grant.set(grant);
    }
}
