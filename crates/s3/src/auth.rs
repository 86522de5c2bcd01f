//! Signatures are the protocol's to verify, secrets and persons the region's to know.
//!
//! The secret follows from the access key id; whether the credential still
//! holds is asked only once the signature has proven to match.

use std::sync::Arc;

use http::HeaderMap;
use listen::Shares;
use region::Region;
use region::session::Holder;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3ErrorCode, S3Result};
use words::{Reason, Refusal};

use crate::ask::Caller;
use crate::error::{self, About};
use crate::guard::hold::Hold;
use crate::guard::name;
use crate::narrow::{Cleared, Sought};
use crate::{asked, offered};

/// Secrets of access keys.
pub struct Secrets(pub Region);

#[async_trait::async_trait]
impl S3Auth for Secrets {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        let secret = self.0.secret_of(access_key).map_err(About::Bucket.told())?;
        Ok(SecretKey::from(secret.expose().as_str()))
    }
}

/// An access key whose signature was verified by another service of the same door.
#[derive(Clone)]
pub struct Verified(pub String);

/// Goes with a temporary key: what its session is.
const TICKET: &str = "x-amz-security-token";

/// From a verified access key to an actor; what is not offered ends here.
#[derive(Clone)]
pub struct Admission {
    pub region: Region,
    /// Requests in flight of each person, through whichever of their credentials.
    pub shares: Arc<Shares>,
}

#[async_trait::async_trait]
impl S3Access for Admission {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let own = context.credentials().map(|credentials| credentials.access_key.clone());
        let verified = context.extensions_mut().remove::<Verified>().map(|Verified(key)| key);
        let access_key = own.or(verified).ok_or_else(anonymous)?;
        let caller = context.extensions_mut().get::<Caller>().copied().ok_or_else(anonymous)?;
        let hold = context.extensions_mut().get::<Arc<Hold>>().cloned();
        let holder = self.known(&access_key, context.headers(), caller, hold.as_ref()).await?;
        let verb = context.s3_op().name();
        offered::check_verb(verb)?;
        asked::check_headers(verb, context.headers())?;
        asked::check_query(verb, context.uri().query())?;
        // WHY last: what is not understood whole cannot be held to a policy.
        let query = name::pairs(context.uri().query())?;
        let sought = Sought { verb, path: context.s3_path(), headers: context.headers(), query: &query };
        let cleared = Cleared::new(&self.region, holder, &sought).map_err(About::Bucket.told())?;
        context.extensions_mut().insert(cleared);
        Ok(())
    }
}

impl Admission {
    /// Whoever holds a verified access key, with their place among those who ask.
    pub async fn known(
        &self,
        access_key: &str,
        headers: &HeaderMap,
        caller: Caller,
        hold: Option<&Arc<Hold>>,
    ) -> S3Result<Holder> {
        let Caller { address, place } = caller;
        let holder = match headers.get(TICKET) {
            None => self.region.actor_of_credential(access_key, address, place).await.map(Holder::from),
            Some(ticket) => {
                let ticket = ticket.to_str().unwrap_or_default();
                self.region.actor_of_session(access_key, ticket, address, place).await
            }
        };
        let holder = holder.map_err(About::Bucket.told())?;
        let share = self.shares.take(&holder.actor.person.to_string());
        let share = share.ok_or_else(|| error::slow_down("too many requests of this person at once"))?;
        if let Some(hold) = hold {
            hold.keep_share(share);
        }
        Ok(holder)
    }
}

/// Nobody is served without a signature.
pub fn anonymous() -> s3s::S3Error {
    error::error(S3ErrorCode::AccessDenied, &Refusal::new(Reason::Unauthenticated))
}
