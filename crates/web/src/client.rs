//! The client of the endpoint: one request per act, signed or in a session.
//!
//! Commands and the tour speak through it, as any program of a person may. It
//! speaks in clear to this machine only, and must never keep a body in memory.

mod address;
mod answer;
mod call;
mod device;
mod fetch;
mod sign_in;

use std::sync::Arc;

use listen::Trust;
use region::expected::Digest;
use seal::SigningKey;
use words::noun::Attempt;
use words::{Clock, Id, Rand, Secret};

pub use address::Address;
pub use answer::{Answer, Download};
pub(crate) use call::{send, send_over};
pub use device::{Device, DeviceError, Told};
pub(crate) use fetch::{configuration_of, fetch, fetch_as, is_same_origin, place};
pub use sign_in::{Link, Opened, sign_in};

pub use crate::encode::digest as upon;
use crate::problem::Problem;

/// Why an act has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error(
        "`{0}` is no address of a region: expected `https://region.example:9010`, or `http://127.0.0.1:9010` on this machine"
    )]
    Address(String),
    #[error("no region answers at `{address}`")]
    Unreachable {
        address: String,
        #[source]
        cause: std::io::Error,
    },
    #[error("nobody at `{address}` proves to be the region")]
    Unproven {
        address: String,
        #[source]
        cause: std::io::Error,
    },
    #[error("the connection to the region broke")]
    Broken(#[source] hyper::Error),
    #[error("the request cannot be written")]
    Unwritten,
    #[error("the region answered something else than an act's end (status {status})")]
    Strange { status: u16 },
    #[error("{}", .0.title)]
    Refused(Box<Problem>),
}

/// What tells who asks.
#[derive(Clone)]
pub enum Who {
    /// Their own key signs each request.
    Key(Arc<SigningKey>),
    /// They signed in for a while.
    Session(Arc<Secret<String>>),
}

/// A person at a region's door.
#[derive(Clone)]
pub struct Client {
    pub address: Address,
    /// Whose certificates are believed; needed for `https`.
    pub trust: Option<Trust>,
    pub who: Who,
    pub clock: Arc<dyn Clock>,
    pub rand: Arc<dyn Rand>,
    /// The access key id through which they act.
    pub credential: Option<String>,
    /// Given again, an act takes no second effect.
    pub attempt: Option<Id<Attempt>>,
    /// What an act is done upon, as a look told it: on anything else it is refused.
    pub upon: Option<Digest>,
}
