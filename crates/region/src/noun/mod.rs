//! The nouns: a file each, with their rows and the acts upon them.

pub mod agreement;
pub mod airlock;
pub mod bucket;
pub mod call;
pub mod credential;
pub mod crossing;
pub mod erasure;
pub mod exit;
pub mod gift;
pub mod grant;
pub mod group;
pub mod issuer;
pub mod key;
pub mod ledger;
pub mod link;
pub mod locking;
pub mod notice;
pub mod organisation;
pub mod permit;
pub mod person;
pub mod project;
pub mod quota;
pub mod role;
pub mod share_key;
pub mod split;
pub mod tenant;
