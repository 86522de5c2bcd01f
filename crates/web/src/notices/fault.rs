//! Why a notice did not arrive, in words that name nobody.

use crate::client::CallError;

/// WHY no sources: what a server says may repeat an address, and a log names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("nobody answers")]
    Unreachable,
    #[error("it proves no name that is believed")]
    Unproven,
    #[error("it offers no TLS")]
    Clear,
    #[error("it is no server of this kind")]
    Strange,
    #[error("it does not answer in time")]
    Late,
    #[error("it breaks off, or falls silent, over a message")]
    Broken,
    #[error("it refuses our name or password")]
    Login,
    #[error("it refuses for now ({0})")]
    Busy(u16),
    #[error("it refuses ({0})")]
    Refused(u16),
    #[error("the address cannot be used")]
    Address,
    #[error("the address leads inside")]
    Inside,
    #[error("it cannot be written")]
    Unwritten,
}

impl Fault {
    /// Whether it is the address of one person that is at fault, and not whoever takes mail of all.
    pub const fn is_of_one(self) -> bool {
        matches!(self, Self::Address | Self::Refused(_) | Self::Busy(_) | Self::Unwritten)
    }

    /// Whether whoever takes mail did not even come to a message. WHY apart: one receiver may make a relay fall silent
    /// over theirs each time, and must not keep mail from all others.
    pub const fn is_of_relay(self) -> bool {
        !self.is_of_one() && !matches!(self, Self::Broken)
    }
}

impl From<&CallError> for Fault {
    fn from(error: &CallError) -> Self {
        match error {
            CallError::Address(_) => Self::Address,
            CallError::Unreachable { .. } => Self::Unreachable,
            CallError::Unproven { .. } => Self::Unproven,
            CallError::Unwritten => Self::Unwritten,
            CallError::Broken(_) | CallError::Strange { .. } | CallError::Refused(_) => Self::Strange,
        }
    }
}
