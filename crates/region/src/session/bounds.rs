//! What a session was narrowed to by whoever asked for it: carried in its ticket, and read by the door it was asked at.
//!
//! To the region it is sealed bytes of bounded length. It can only take away:
//! whatever it allows is judged by the gate as ever. A ticket that carries some
//! is sealed for a purpose of its own, so that a process that knows nothing of
//! bounds cannot open it and forget them.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use words::noun::ROOT_CELL;
use words::{Actor, Reason, Refusal};

use crate::Region;

/// WHY: AWS packs a session policy into as much; with its ticket it fits a header with room for the rest.
pub const BOUNDS_BYTES_MAX: usize = 2_048;

/// A session's bounds, as the door that judges by them wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Bounds(#[n(0)] ByteVec);

impl Bounds {
    pub fn new(written: Vec<u8>) -> Result<Self, Refusal> {
        match written.len() <= BOUNDS_BYTES_MAX {
            true => Ok(Self(written.into())),
            false => Err(Refusal::with(Reason::TooLarge, "session policy: it takes fewer words")),
        }
    }

    pub fn written(&self) -> &[u8] {
        &self.0
    }
}

/// Whoever holds an access key, and what their session was narrowed to.
///
/// WHY together: who takes the one and leaves the other would widen a session.
#[derive(Debug, Clone)]
pub struct Holder {
    pub actor: Actor,
    pub bounds: Option<Bounds>,
}

impl From<Actor> for Holder {
    /// One whose key has no bounds beside the rules.
    fn from(actor: Actor) -> Self {
        Self { actor, bounds: None }
    }
}

impl Region {
    /// Notes that somebody's session was asked for with bounds that do not let it do something.
    pub fn refuse_narrowed(&self, actor: &Actor, what: &str) -> Refusal {
        let refusal = Refusal::with(Reason::SessionNarrowed, format!("`{what}`"));
        self.observe_refusal(actor, "session.use", &refusal, ROOT_CELL);
        refusal
    }
}
