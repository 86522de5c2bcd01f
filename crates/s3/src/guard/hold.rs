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
    /// Its place among the requests of its credential.
    pub fn keep_share(&self, share: Share) {
        // A request has one credential; a second share would be given back here.
        let _kept = self.share.set(share);
    }

    /// The room of a body that is read whole.
    pub fn keep_grant(&self, grant: Grant) {
        let _kept = self.grant.set(grant);
    }
}
