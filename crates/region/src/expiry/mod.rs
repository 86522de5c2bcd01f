//! Expiry: versions and unfinished uploads that end by themselves, by rules that a controller set.
//!
//! S3 calls it lifecycle. Nothing here decides what may vanish: holds,
//! retention and deliveries are asked at each step's commit, and a step that
//! they keep from happening simply does not happen.

pub mod asked;
pub mod due;
pub mod round;
pub mod rule;
mod set;
mod step;

pub use asked::Asked;
pub use round::{Ages, Ended};
pub use rule::{ExpiryRule, LIST_RULES_MAX};

/// The region's own act on a version whose time is over.
pub const OBJECT_EXPIRE: &str = "object.expire";
/// The region's own act on an upload that nobody ended.
pub const UPLOAD_EXPIRE: &str = "upload.expire";
