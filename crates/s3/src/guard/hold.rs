//! What a request takes of its door, and holds until its answer is gone.

use std::sync::{Mutex, OnceLock, PoisonError};

use listen::{Budget, Grant, Share};

/// Filled on the request's way in; dropped with its answer's body.
#[derive(Debug)]
pub struct Hold {
    /// The door's.
    budget: Budget,
    share: OnceLock<Share>,
    grants: Mutex<Vec<Grant>>,
}

impl Hold {
    pub fn new(budget: Budget) -> Self {
        Self { budget, share: OnceLock::new(), grants: Mutex::default() }
    }

    /// Its place among the requests of its person.
    pub fn keep_share(&self, share: Share) {
        // A request has one person; a second share would be given back here.
        let _kept = self.share.set(share);
    }

    /// Whether its signature was verified and its person found.
    pub fn is_known(&self) -> bool {
        self.share.get().is_some()
    }

    /// So many bytes of the door's, out of the person's part; a stranger gets none.
    pub fn bytes(&self, bytes: u64) -> Option<Grant> {
        self.share.get()?.bytes(&self.budget, bytes)
    }

    /// The room of a body that is read whole, and of one that is written whole.
    pub fn keep_grant(&self, grant: Grant) {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner).push(grant);
    }
}
