//! The client of the endpoint: one signed request per act.
//!
//! Commands and the tour speak through it, as any program of a person may. It
//! speaks to loopback only, since nothing here is enciphered on its way, and
//! must never keep a body in memory.

mod answer;
mod call;

use std::net::SocketAddr;
use std::sync::Arc;

use seal::SigningKey;
use words::noun::Attempt;
use words::{Clock, Id, Rand};

pub use answer::{Answer, Download};

use crate::problem::Problem;

/// Why an act has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("`{0}` is no address of this machine: expected `http://127.0.0.1:9010`")]
    Address(String),
    #[error("no region answers at `{address}`")]
    Unreachable {
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

/// Where a region listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(SocketAddr);

impl std::str::FromStr for Address {
    type Err = CallError;

    fn from_str(from: &str) -> Result<Self, CallError> {
        let wrong = || CallError::Address(from.to_owned());
        let plain = from.strip_prefix("http://").unwrap_or(from);
        let plain = plain.strip_suffix('/').unwrap_or(plain).replace("localhost", "127.0.0.1");
        let address: SocketAddr = plain.parse().map_err(|_| wrong())?;
        // WHY: a signed request in clear on a network could be read by others.
        if address.ip().is_loopback() { Ok(Self(address)) } else { Err(wrong()) }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self(address)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "http://{}", self.0)
    }
}

/// A person at a region's door.
#[derive(Clone)]
pub struct Client {
    pub address: Address,
    pub key: Arc<SigningKey>,
    pub clock: Arc<dyn Clock>,
    pub rand: Arc<dyn Rand>,
    /// The access key id through which they act.
    pub credential: Option<String>,
    /// Given again, an act takes no second effect.
    pub attempt: Option<Id<Attempt>>,
}
