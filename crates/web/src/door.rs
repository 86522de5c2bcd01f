//! One listener's door: a region, a place, and what its clients may take.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gate::identify::key_text::public_text;
use gate::identify::signed::Headers;
use gate::identify::{Replay, signed};
use http::HeaderMap;
use listen::{Budget, Grant, Limits, Seated, Share, Shares, SignIn, SignIns, Tls, Trust};
use region::Region;
use region::meter::Door;
use seal::VerifyingKey;
use words::noun::Person;
use words::time::SECOND_MS;
use words::{Actor, Id, Place, Reason, Refusal, Timestamp};

use crate::console::Links;
use crate::head::Head;
use crate::issuing::Devices;

/// What clients may take of a listener.
const LIMITS: Limits = Limits {
    head_wait: Duration::from_secs(20),
    body_wait: Duration::from_secs(20),
    close_wait: Duration::from_secs(10),
    connections_max: 1_024,
    // WHY: a client of ours sends seven.
    headers_max: 32,
    // WHY: the fields of an act with a stream (a key of 1 KiB, a few names), in base64, twice over.
    head_bytes_max: 32 * 1_024,
};

/// WHY: a hundred of the largest bodies of fields; those of people are a few hundred bytes.
const FIELDS_BYTES_MAX: u32 = 32 << 20;
/// WHY: one person's key leaves three quarters of the connections to others.
const PER_KEY_PART: usize = 4;
/// WHY: and three quarters of the bytes.
const FIELDS_BYTES_PER_KEY_MAX: u32 = FIELDS_BYTES_MAX / 4;

/// WHY: a person follows a few projects, and each takes a connection for an hour.
const FOLLOWS_PER_PERSON_MAX: usize = 4;
/// WHY: seven eighths of the connections are left to those who ask and go.
const FOLLOWS_PART: usize = 8;

/// A door over a region, for one place; cheap to clone.
#[derive(Clone)]
pub struct ActsDoor {
    inner: Arc<Inner>,
}

struct Inner {
    region: Region,
    place: Place,
    limits: Limits,
    /// The names under which this listener may be spoken to.
    authorities: [String; 2],
    /// And those that its certificate speaks for, whatever port a network maps to it.
    tls: Option<Tls>,
    bound: Timestamp,
    replay: Mutex<Replay>,
    /// Bodies of fields that are read whole.
    budget: Budget,
    /// Requests in flight of each person's key.
    shares: Arc<Shares>,
    seated: Arc<Seated>,
    sign_ins: SignIns,
    /// The same of those on their way from and to their providers, which may be slow.
    journeys: SignIns,
    /// Sessions on their way into a browser.
    links: Links,
    /// Those who read what is for everybody.
    readers: SignIns,
    /// Ledgers that are followed: of each person, and of all.
    follows: Arc<Shares>,
    all_follows: Arc<Shares>,
    /// Machines that wait for somebody to sign in.
    devices: Devices,
    /// Whose certificates are believed, of providers where people sign in by browser.
    trust: Option<Trust>,
}

impl ActsDoor {
    /// `address` is the one listened on, `bound` since when.
    pub fn new(region: Region, place: Place, address: SocketAddr, bound: Timestamp) -> Self {
        Self::with(region, place, address, bound, LIMITS)
    }

    /// The same over TLS: it is spoken to by the names of its certificate, and believes providers' by `trust`.
    pub fn secured(
        region: Region,
        place: Place,
        address: SocketAddr,
        bound: Timestamp,
        (tls, trust): (Option<Tls>, Option<Trust>),
    ) -> Self {
        Self::made(region, place, address, bound, LIMITS, (tls, trust))
    }

    pub fn with(region: Region, place: Place, address: SocketAddr, bound: Timestamp, limits: Limits) -> Self {
        Self::made(region, place, address, bound, limits, (None, None))
    }

    fn made(
        region: Region,
        place: Place,
        address: SocketAddr,
        bound: Timestamp,
        limits: Limits,
        (tls, trust): (Option<Tls>, Option<Trust>),
    ) -> Self {
        let authorities = [address.to_string(), format!("localhost:{}", address.port())];
        let inner = Inner {
            region,
            place,
            limits,
            authorities,
            tls,
            bound,
            replay: Mutex::new(Replay::new()),
            budget: Budget::new(FIELDS_BYTES_MAX),
            shares: Shares::new(limits.connections_max.div_ceil(PER_KEY_PART), FIELDS_BYTES_PER_KEY_MAX),
            seated: Arc::default(),
            sign_ins: SignIns::new(),
            journeys: SignIns::new(),
            links: Links::default(),
            readers: SignIns::new(),
            follows: Shares::new(FOLLOWS_PER_PERSON_MAX, 0),
            all_follows: Shares::new(limits.connections_max.div_ceil(FOLLOWS_PART), 0),
            devices: Devices::default(),
            trust,
        };
        Self { inner: Arc::new(inner) }
    }

    pub fn region(&self) -> &Region {
        &self.inner.region
    }

    /// Whether browsers speak TLS with it.
    pub(crate) fn is_secure(&self) -> bool {
        self.inner.tls.is_some()
    }

    pub(crate) fn trust(&self) -> Option<&Trust> {
        self.inner.trust.as_ref()
    }

    pub(crate) fn links(&self) -> &Links {
        &self.inner.links
    }

    pub(crate) fn devices(&self) -> &Devices {
        &self.inner.devices
    }

    /// Since when it is listened on.
    pub(crate) fn bound(&self) -> Timestamp {
        self.inner.bound
    }

    /// How many sit at it, wherever it is served.
    pub fn seated(&self) -> Arc<Seated> {
        Arc::clone(&self.inner.seated)
    }

    /// A stranger was refused.
    pub(crate) fn refused(&self, refusal: &Refusal) {
        self.region().meters().stranger(Door::Acts, refusal.reason);
    }

    pub fn limits(&self) -> Limits {
        self.inner.limits
    }

    /// Whether this process leads the region and has seen its root of late; otherwise it refuses everything.
    pub(crate) fn is_serving(&self) -> bool {
        let region = self.region();
        region.is_leading() && region.lease().confirmed(region.clock().now()).is_ok()
    }

    /// One more request in flight of a key that has signed it.
    pub(crate) fn share(&self, key: VerifyingKey) -> Result<Share, Refusal> {
        let share = self.inner.shares.take(&public_text(key));
        share.ok_or_else(|| Refusal::with(Reason::Unavailable, "too many requests of this key at once"))
    }

    /// Room for a body that is read whole, of somebody who is known.
    pub(crate) fn room(&self, share: &Share, size_bytes: u64) -> Result<Grant, Refusal> {
        let room = share.bytes(&self.inner.budget, size_bytes);
        room.ok_or_else(|| Refusal::with(Reason::Unavailable, "too many requests at once"))
    }

    pub fn place(&self) -> Place {
        self.inner.place
    }

    /// A place for somebody of whom it is not known yet who they are.
    pub(crate) fn open_sign_in(&self, address: IpAddr) -> Result<SignIn, Refusal> {
        place_of(&self.inner.sign_ins, address)
    }

    /// A place for somebody on their way from or to their provider.
    pub(crate) fn open_journey(&self, address: IpAddr) -> Result<SignIn, Refusal> {
        place_of(&self.inner.journeys, address)
    }

    /// A place for somebody who reads what is for everybody.
    pub(crate) fn open_reading(&self, address: IpAddr) -> Result<SignIn, Refusal> {
        place_of(&self.inner.readers, address)
    }

    /// One more ledger that a person follows, whatever they came in by.
    pub(crate) fn follow(&self, person: Id<Person>) -> Result<(Share, Share), Refusal> {
        let own = self.inner.follows.take(&person.to_string());
        let both = own.and_then(|own| Some((own, self.inner.all_follows.take("all")?)));
        both.ok_or_else(|| Refusal::with(Reason::Unavailable, "too many ledgers are followed at once"))
    }

    /// One more request in flight of a person.
    pub(crate) fn share_of(&self, person: Id<Person>) -> Result<Share, Refusal> {
        let share = self.inner.shares.take(&person.to_string());
        share.ok_or_else(|| Refusal::with(Reason::Unavailable, "too many requests of this person at once"))
    }

    /// Whoever a session was opened for, and their place among those who ask.
    pub(crate) async fn in_session(
        &self,
        head: &Head,
        ticket: &str,
        address: IpAddr,
    ) -> Result<(Share, Actor), Refusal> {
        self.refuse_other(&head.host)?;
        if head.credential.is_some() {
            return Err(Refusal::with(Reason::Invalid, "a session goes with no credential"));
        }
        let actor = self.region().actor_of_open_session(ticket, address, self.inner.place).await?;
        Ok((self.share_of(actor.person)?, actor))
    }

    /// WHY: a page in a browser may reach loopback under a name of its own (DNS rebinding), and what
    /// was signed for another region must not be taken here.
    pub(crate) fn refuse_other(&self, host: &str) -> Result<(), Refusal> {
        match self.is_ours(host) {
            true => Ok(()),
            false => Err(Refusal::with(Reason::Unauthenticated, "the request was made for another address")),
        }
    }

    /// `https://region.example:9010`, as a request came to it.
    pub(crate) fn origin(&self, headers: &HeaderMap) -> Result<String, Refusal> {
        let host = crate::head::host(headers)?;
        self.refuse_other(&host)?;
        let scheme = if self.is_secure() { "https" } else { "http" };
        Ok(format!("{scheme}://{host}"))
    }

    /// The person's key, if they signed this very request, just now, for this door.
    pub(crate) fn verify(&self, head: &Head, signed: &Headers) -> Result<VerifyingKey, Refusal> {
        self.refuse_other(&head.host)?;
        let now = self.region().clock().now();
        let mut replay = self.inner.replay.lock().unwrap_or_else(PoisonError::into_inner);
        let key = signed::verify(&head.message(), signed, now, &mut replay).map_err(Refusal::new)?;
        if self.is_older(&signed.input) {
            return Err(Refusal::with(Reason::ClockSkewed, "the request is older than this process"));
        }
        Ok(key)
    }

    /// Whether this door may be spoken to as `host`.
    fn is_ours(&self, host: &str) -> bool {
        let is_listed = self.inner.authorities.iter().any(|ours| ours.eq_ignore_ascii_case(host));
        let is_proven = |tls: &Tls| host_alone(host).is_some_and(|host| tls.speaks_for(host));
        is_listed || self.inner.tls.as_ref().is_some_and(is_proven)
    }

    /// WHY: what a process before this one took at this address is in no memory, so it is not taken again.
    fn is_older(&self, input: &str) -> bool {
        let created = input.split_once(";created=").and_then(|(_, rest)| rest.split_once(';'));
        let created = created.and_then(|(seconds, _)| seconds.parse::<i64>().ok());
        created.is_none_or(|created| created < self.inner.bound.ms().div_euclid(SECOND_MS))
    }

    /// Who acts: the person, or the person through one of their credentials.
    pub(crate) async fn actor(
        &self,
        head: &Head,
        key: VerifyingKey,
        address: IpAddr,
    ) -> Result<Actor, Refusal> {
        let person = self.region().actor_of_key(key, address).await?;
        let Some(credential) = &head.credential else {
            return Ok(person);
        };
        let actor = self.region().actor_of_credential(credential, address, self.inner.place).await?;
        // WHY: an access key id is no secret; it counts only in the hands of whom it was issued to.
        if actor.person != person.person {
            return Err(Refusal::with(Reason::Unauthenticated, "the credential is another person's"));
        }
        Ok(actor)
    }
}

fn place_of(places: &SignIns, address: IpAddr) -> Result<SignIn, Refusal> {
    places.take(address).ok_or_else(|| Refusal::with(Reason::Unavailable, "too many sign-ins at once"))
}

/// `region.example` of `region.example:9010`, `::1` of `[::1]:9010`.
fn host_alone(host: &str) -> Option<&str> {
    if let Some(bracketed) = host.strip_prefix('[') {
        return bracketed.split_once(']').map(|(host, _)| host);
    }
    host.split(':').next()
}
