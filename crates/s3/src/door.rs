//! One listener's door: a region, a place, and the bounds of its clients.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use listen::{Budget, Seated, Shares, SignIn, SignIns};
use region::Region;
use region::meter::Door;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use words::{Place, Reason, Timestamp};

use crate::auth::{Admission, Secrets};
use crate::front::Front;
use crate::guard::head::DOCUMENT_BYTES_MAX;
use crate::guard::whole::Whole;
use crate::sts::Ways;
use crate::verbs::Verbs;

/// How long and how many: what clients may take of a listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a request's head, and between two requests.
    pub head_wait: Duration,
    /// For the next few kilobytes of a body, in either direction.
    pub body_wait: Duration,
    /// Until a copy or a completion that takes long is told to be at work, and between two such words.
    pub answer_wait: Duration,
    /// For requests in flight when the door closes.
    pub close_wait: Duration,
    pub connections_max: usize,
    /// Bodies being received at once.
    pub bodies_max: usize,
    /// Bytes held in memory at once: XML read whole, signed chunks put together.
    pub held_bytes_max: u32,
    /// Of these, for the requests of one person together.
    pub held_bytes_per_person_max: u32,
    /// Requests in flight of one person, through whichever of their credentials.
    pub per_person_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_wait: Duration::from_secs(30),
            body_wait: Duration::from_secs(20),
            // WHY: clients and proxies give up after a minute of silence, some after half of one.
            answer_wait: Duration::from_secs(10),
            close_wait: Duration::from_secs(30),
            connections_max: 4_096,
            bodies_max: 2_048,
            // WHY: 2,048 uploads in signed chunks of 64 KiB, as stock clients send them, and as much again for XML.
            held_bytes_max: 256 << 20,
            // WHY: as many such uploads as a person may have in flight; three quarters are left to others.
            held_bytes_per_person_max: 64 << 20,
            // WHY: a busy pipeline has hundreds; three quarters are left to others.
            per_person_max: 1_024,
        }
    }
}

/// WHY: refused clients that are still sending are heard out, but never on more than a few connections.
const DRAINS_MAX: usize = 256;

/// A door over a region, for one place; cheap to clone.
#[derive(Clone)]
pub struct S3Door {
    region: Region,
    place: Place,
    limits: Limits,
    front: Arc<Front>,
    protocol: S3Service,
    bodies: Arc<Semaphore>,
    drains: Arc<Semaphore>,
    sign_ins: Arc<SignIns>,
    budget: Budget,
    seated: Arc<Seated>,
}

impl S3Door {
    pub fn new(region: Region, place: Place) -> Self {
        Self::with(region, place, Limits::default())
    }

    pub fn with(region: Region, place: Place, limits: Limits) -> Self {
        Self::fronted(region, place, limits, Front::default())
    }

    /// The same under names of its own, for pages of other origins.
    pub fn fronted(region: Region, place: Place, limits: Limits, front: Front) -> Self {
        let front = Arc::new(front);
        let shares = Shares::new(limits.per_person_max, limits.held_bytes_per_person_max);
        let admission = Admission { region: region.clone(), shares };
        let mut config = S3Config::default();
        config.xml_max_body_size = usize::try_from(DOCUMENT_BYTES_MAX).unwrap_or(usize::MAX);
        // WHY: the guard has judged the request's date already, by the region's clock and no other.
        config.presigned_url_max_skew_time_secs = u32::MAX;
        let config = Arc::new(StaticConfigProvider::new(Arc::new(config)));
        let service = || {
            let mut builder = S3ServiceBuilder::new(Verbs(region.clone(), Arc::clone(&front)));
            builder.set_host(Front::clone(&front));
            builder.set_auth(Secrets(region.clone()));
            builder.set_access(admission.clone());
            builder.set_config(Arc::clone(&config) as _);
            builder
        };
        let mut builder = service();
        builder.set_route(Ways { whole: Whole(service().build()), admission: admission.clone() });
        let bodies = Arc::new(Semaphore::new(limits.bodies_max));
        let drains = Arc::new(Semaphore::new(DRAINS_MAX));
        let budget = Budget::new(limits.held_bytes_max);
        Self {
            region,
            place,
            limits,
            front,
            protocol: builder.build(),
            bodies,
            drains,
            sign_ins: Arc::new(SignIns::new()),
            budget,
            seated: Arc::default(),
        }
    }

    pub fn place(&self) -> Place {
        self.place
    }

    /// How many sit at it, wherever it is served.
    pub fn seated(&self) -> Arc<Seated> {
        Arc::clone(&self.seated)
    }

    /// A stranger was refused.
    pub(crate) fn refused(&self, reason: Option<Reason>) {
        self.region.meters().stranger(Door::S3, reason.unwrap_or(Reason::Unauthenticated));
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    pub(crate) fn front(&self) -> &Front {
        &self.front
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.region.clock().now()
    }

    pub(crate) fn protocol(&self) -> &S3Service {
        &self.protocol
    }

    /// One more body, unless too many are open.
    pub(crate) fn open_body(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.bodies).try_acquire_owned().ok()
    }

    /// One more refused client to hear out.
    pub(crate) fn open_drain(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.drains).try_acquire_owned().ok()
    }

    /// One more who asks for a session and is not known yet.
    pub(crate) fn open_sign_in(&self, address: IpAddr) -> Option<SignIn> {
        self.sign_ins.take(address)
    }

    /// Bytes that this door may hold.
    pub(crate) fn budget(&self) -> Budget {
        self.budget.clone()
    }
}
