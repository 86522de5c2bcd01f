//! Codes that a program exchanges for tokens: sealed, for a minute, once.

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
    /// At which of our addresses: what is made at one is exchanged there.
    #[n(5)]
    issuer: String,
}

impl Code {
    pub fn new(region: &Region, issuer: &str, asked: Asked, entered: Entered) -> Self {
        let Entered { person, way, at } = entered;
        let id = words::chance::bytes(region.rand());
        Self { asked, person, is_passkey: way == Way::Passkey, at, id, issuer: issuer.to_owned() }
    }

    pub fn text(&self, region: &Region) -> Result<String, Refusal> {
        let bytes = minicbor::to_vec(self).map_err(|_| Refusal::new(Reason::Unavailable))?;
        region.seal_text(PURPOSE, &bytes)
    }

    /// Spends it; false: it was spent before.
    pub fn spend(&self, region: &Region) -> bool {
        region.spent().spend(self.id, self.at.plus_ms(CODE_MS), region.now())
    }

    /// The code, if it was made at this issuer a moment ago, by this very process.
    pub fn open(region: &Region, issuer: &str, text: &str, bound: Timestamp) -> Option<Self> {
        let bytes = region.open_text(PURPOSE, text).ok()?;
        let code: Self = minicbor::decode(&bytes).ok()?;
        // WHY this process: what one before it has spent is in no memory.
        let is_timely = region.now().since_ms(code.at) <= CODE_MS && code.at >= bound;
        (is_timely && code.issuer == issuer).then_some(code)
    }

    pub const fn entered(&self) -> Entered {
        let way = if self.is_passkey { Way::Passkey } else { Way::Password };
        Entered { person: self.person, way, at: self.at }
    }
}
