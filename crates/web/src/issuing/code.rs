//! Codes that a program exchanges for tokens: sealed, for a minute, once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use minicbor::{Decode, Encode};
use region::Region;
use region::account::{Entered, Way};
use words::noun::Person;
use words::time::MINUTE_MS;
use words::{Id, Reason, Refusal, Timestamp};

use super::Asked;

const PURPOSE: &str = "epic authorization code";
/// WHY: a program exchanges it at once (RFC 6749, 4.1.2).
const CODE_MS: i64 = MINUTE_MS;
/// WHY: each stands for somebody who has proved who they are, a quarter of a second of this machine.
const SPENT_MAX: usize = 65_536;

/// Somebody's sign-in, on its way to a program.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Code {
    #[n(0)]
    pub asked: Asked,
    #[n(1)]
    pub person: Id<Person>,
    #[n(2)]
    is_passkey: bool,
    #[n(3)]
    pub at: Timestamp,
    #[n(4)]
    id: [u8; 16],
}

impl Code {
    pub fn new(region: &Region, asked: Asked, entered: Entered) -> Self {
        let Entered { person, way, at } = entered;
        let id = words::chance::bytes(region.rand());
        Self { asked, person, is_passkey: way == Way::Passkey, at, id }
    }

    pub fn text(&self, region: &Region) -> Result<String, Refusal> {
        let bytes = minicbor::to_vec(self).map_err(|_| Refusal::new(Reason::Unavailable))?;
        region.seal_text(PURPOSE, &bytes)
    }

    /// The code, if it was made here a moment ago, by this very process.
    pub fn open(region: &Region, text: &str, bound: Timestamp) -> Option<Self> {
        let bytes = region.open_text(PURPOSE, text).ok()?;
        let code: Self = minicbor::decode(&bytes).ok()?;
        // WHY this process: what one before it has spent is in no memory.
        let is_timely = region.now().since_ms(code.at) <= CODE_MS && code.at >= bound;
        is_timely.then_some(code)
    }

    pub const fn entered(&self) -> Entered {
        let way = if self.is_passkey { Way::Passkey } else { Way::Password };
        Entered { person: self.person, way, at: self.at }
    }
}

/// Codes that were exchanged.
#[derive(Debug, Default)]
pub struct Spent {
    known: Mutex<HashMap<[u8; 16], Timestamp>>,
}

impl Spent {
    /// Spends a code; false: it was spent before.
    pub fn spend(&self, code: &Code, now: Timestamp) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, at| now.since_ms(*at) <= CODE_MS);
        // WHY refused: a memory that is full must not forget what was spent.
        known.len() < SPENT_MAX && known.insert(code.id, code.at).is_none()
    }
}
