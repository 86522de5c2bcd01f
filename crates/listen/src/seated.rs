//! How many sit at a door now, for whoever counts.
//!
//! It decides nothing: seats are given and taken in `seat`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A count of connections.
#[derive(Debug, Default)]
pub struct Seated(AtomicU64);

/// One of them, until it is gone.
pub struct Sits(Arc<Seated>);

impl Seated {
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub fn sit(self: &Arc<Self>) -> Sits {
        self.0.fetch_add(1, Ordering::Relaxed);
        Sits(Arc::clone(self))
    }
}

impl Drop for Sits {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
