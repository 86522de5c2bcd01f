//! Who is asking: the ways a request proves its actor.
//!
//! Each way is a file of its own and ends in a key, a credential's id or a
//! provider's name for somebody; the region then knows whose it is. A further way (mTLS) joins here. Nothing
//! here decides what anyone may do.

pub mod access_key;
pub mod digest;
pub mod key_text;
pub mod passkey;
pub mod password;
mod replay;
pub mod signed;
pub mod token;

pub use access_key::{AccessKey, AccessKind};
pub use replay::{REPLAY_SEEN_MAX, REPLAY_SEEN_PER_KEY_MAX, Replay};
