//! The nouns: a file each, with their rows and the acts upon them.

pub mod agreement;
pub mod airlock;
pub mod bucket;
pub mod credential;
pub mod erasure;
pub mod grant;
pub mod key;
pub mod ledger;
pub mod locking;
pub mod organisation;
pub mod permit;
pub mod person;
pub mod project;
pub mod role;
pub mod tenant;
