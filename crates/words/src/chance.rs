//! The two ways the world gets in: the time and chance.
//!
//! Nothing else may read the clock or randomness, so that a simulation with a
//! seed sees the same trace every time.

use crate::time::Timestamp;

/// The wall clock, milliseconds since the Unix epoch.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// A source of unpredictable bytes.
pub trait Rand: Send + Sync {
    fn fill(&self, into: &mut [u8]);
}

/// `N` fresh bytes.
pub fn bytes<const N: usize>(rand: &dyn Rand) -> [u8; N] {
    let mut out = [0; N];
    rand.fill(&mut out);
    out
}
