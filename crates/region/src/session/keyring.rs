//! The keys that issuers publish, and where people sign in there, as they were last fetched.
//!
//! Whoever carries them here fetches each every few minutes, and at once when a
//! token names a key that is not among them. It is memory: a new process starts
//! without, and what is too old is not believed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gate::identify::token::KeySet;
use tokio::sync::Notify;
use words::noun::Issuer;
use words::time::MINUTE_MS;
use words::{Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::noun::issuer::IssuerRow;

/// WHY: a key that leaked must end soon where its provider takes it out, and a provider is away for minutes.
const BELIEVED_MS_MAX: i64 = 30 * MINUTE_MS;
/// WHY: when all are well they are this fresh.
pub const FRESH_MS: i64 = 5 * MINUTE_MS;
/// WHY: who makes up names of keys must not make us ask a provider again and again.
pub const AGAIN_MS_MIN: i64 = 10_000;
/// WHY: somebody is waiting to be let in.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// What is known of every issuer's keys.
#[derive(Debug, Default)]
pub struct Keyring {
    known: Mutex<BTreeMap<Id<Issuer>, Known>>,
    wanted: Notify,
    fetched: Notify,
}

/// What an issuer publishes of itself.
#[derive(Debug)]
pub struct Published {
    pub keys: KeySet,
    /// None: nobody signs in there by browser.
    pub endpoints: Option<Endpoints>,
}

/// Where a browser signs in, and where its code is taken to; at the issuer's own origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    pub authorization: String,
    pub token: String,
    /// Where people sign out of it, if it says (OpenID Connect RP-Initiated Logout 1.0).
    pub end_session: Option<String>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Option<(Arc<KeySet>, Timestamp)>,
    endpoints: Option<Endpoints>,
    tried: Option<Timestamp>,
    is_wanted: bool,
}

impl Keyring {
    fn known(&self) -> MutexGuard<'_, BTreeMap<Id<Issuer>, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keys(&self, issuer: Id<Issuer>, now: Timestamp) -> Option<Arc<KeySet>> {
        let known = self.known();
        let (keys, at) = known.get(&issuer)?.keys.as_ref()?;
        (now.since_ms(*at) <= BELIEVED_MS_MAX).then(|| Arc::clone(keys))
    }

    fn endpoints(&self, issuer: Id<Issuer>, now: Timestamp) -> Option<Endpoints> {
        self.keys(issuer, now)?;
        self.known().get(&issuer)?.endpoints.clone()
    }

    /// Waits until it was asked again, for a moment at most; one that was asked just now is not.
    pub(crate) async fn fetched_anew(&self, issuer: Id<Issuer>, now: Timestamp) {
        let is_late = |known: &Known| known.tried.is_none_or(|at| now.since_ms(at) >= AGAIN_MS_MIN);
        {
            let mut known = self.known();
            let own = known.entry(issuer).or_default();
            own.is_wanted |= is_late(own);
        }
        let answered = async {
            loop {
                let next = self.fetched.notified();
                if !self.known().get(&issuer).is_some_and(|known| known.is_wanted) {
                    return;
                }
                self.wanted.notify_one();
                next.await;
            }
        };
        // Late or not, what is there then is looked at.
        let _in_time = tokio::time::timeout(ANSWER_WAIT, answered).await;
    }

    /// Until somebody needs keys that are not here.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Those that are to be asked now.
    pub fn due(&self, issuers: Vec<IssuerRow>, now: Timestamp) -> Vec<IssuerRow> {
        let mut known = self.known();
        known.retain(|id, _| issuers.iter().any(|row| row.id == *id));
        let is_due = |row: &IssuerRow| {
            let known = known.get(&row.id);
            let since = |at: Option<Timestamp>| at.map_or(i64::MAX, |at| now.since_ms(at));
            let age_ms = since(known.and_then(|known| known.keys.as_ref().map(|(_, at)| *at)));
            let is_wanted = known.is_some_and(|known| known.is_wanted);
            let tried_ms = since(known.and_then(|known| known.tried));
            // WHY calmly where nobody waits: one that is away for a day must not fill the log.
            (is_wanted && tried_ms >= AGAIN_MS_MIN) || (age_ms >= FRESH_MS && tried_ms >= MINUTE_MS)
        };
        issuers.iter().filter(|row| is_due(row)).cloned().collect()
    }

    /// What an issuer answered; none: nothing that could be used.
    pub fn answered(&self, issuer: Id<Issuer>, published: Option<Published>, now: Timestamp) {
        let mut known = self.known();
        let own = known.entry(issuer).or_default();
        own.tried = Some(now);
        own.is_wanted = false;
        if let Some(Published { keys, endpoints }) = published {
            own.keys = Some((Arc::new(keys), now));
            own.endpoints = endpoints;
        }
        drop(known);
        self.fetched.notify_waiters();
    }
}

impl Region {
    /// Where people sign in at an issuer by browser.
    ///
    /// WHY remembered: strangers must not make us ask a provider as often as they like.
    pub async fn endpoints_of(&self, issuer: Id<Issuer>) -> Result<Endpoints, Refusal> {
        if let Some(known) = self.keyring().endpoints(issuer, self.now()) {
            return Ok(known);
        }
        self.keyring().fetched_anew(issuer, self.now()).await;
        let known = self.keyring().endpoints(issuer, self.now());
        known.ok_or_else(|| {
            Refusal::with(Reason::Unavailable, "the identity provider does not say where to sign in")
        })
    }

    /// The issuers whose keys are needed.
    pub async fn issuers(&self) -> Result<Vec<IssuerRow>, Refusal> {
        let rows = self.root().view().await?.all::<IssuerRow>(&[]).await?;
        Ok(rows.into_iter().map(|(_, row)| row).filter(|row| row.is_trusted).collect())
    }
}
