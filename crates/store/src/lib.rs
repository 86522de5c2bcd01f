//! The store: the only wall to object storage, SlateDB and key custody.
//!
//! It knows how bytes become durable, in which order and under which opaque
//! name; it never knows who asks, what the bytes mean or whether they may be
//! written. Whoever is above this wall names no storage technology.

pub mod backup;
pub mod blob;
pub mod bucket;
mod buffer;
pub mod custody;
pub mod derived;
pub mod error;
#[doc(hidden)]
pub mod fuzz;
mod ground;
pub mod index;
pub mod limit;
pub mod log;
pub mod name;
pub mod probe;
pub mod remote;
pub mod sweep;
pub mod twin;

pub use blob::{BlobWriter, Blobs};
pub use bucket::Bucket;
pub use buffer::Buffers;
pub use derived::Derived;
pub use error::{Kind, StoreError};
pub use log::{AppendError, Log};
pub use name::TileName;
pub use remote::Remote;
