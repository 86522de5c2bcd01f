//! Sessions that were asked for with a policy: what each request does is held to it, before anything else is done.
//!
//! One place, which every verb passes: a verb is asked with an `Ask`, an `Ask` takes a `Cleared`, and a `Cleared` is made
//! here alone. A policy only takes away: the region's own rules judge whatever it lets through. It must never be read
//! more widely than it was written.

mod needs;
mod pattern;
mod policy;
mod read;
mod tree;

use std::sync::Arc;

use http::HeaderMap;
use region::Region;
use region::session::{Bounds, Holder};
use s3s::dto::CopySource;
use s3s::path::S3Path;
use words::{Actor, Refusal};

use crate::copy;
use crate::guard::name::{Pair, value};
use needs::{Need, On};
pub use policy::Policy;
use policy::Question;
pub use read::{ABOUT, POLICY_CHARS_MAX, read};

/// Reads a policy and writes it as a session's ticket carries it.
pub fn bounds(text: &str) -> Result<Bounds, Refusal> {
    read(text)?.write()
}

/// A verified request, as far as it says what it does.
pub struct Sought<'a> {
    pub verb: &'a str,
    pub path: &'a S3Path,
    pub headers: &'a HeaderMap,
    pub query: &'a [Pair],
}

/// One object, or a version of it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    pub bucket: &'a str,
    pub key: &'a str,
    pub version: Option<&'a str>,
}

impl Named<'_> {
    fn resource(self) -> String {
        format!("{}/{}", self.bucket, self.key)
    }
}

/// Whoever asks, let by the policy of their session as far as the request's head tells.
#[derive(Clone)]
pub struct Cleared {
    pub actor: Actor,
    policy: Option<Arc<Policy>>,
}

impl Cleared {
    pub fn new(region: &Region, holder: Holder, sought: &Sought<'_>) -> Result<Self, Refusal> {
        let Holder { actor, bounds } = holder;
        let Some(bounds) = bounds else {
            return Ok(Self { actor, policy: None });
        };
        let policy = Policy::open(&bounds)?;
        let cleared = Self { actor, policy: Some(Arc::new(policy)) };
        let needs =
            needs::of_verb(sought.verb).ok_or_else(|| region.refuse_narrowed(&cleared.actor, sought.verb))?;
        for need in needs.iter().chain(needs::of_headers(sought.headers)) {
            cleared.check_sought(region, need, sought)?;
        }
        Ok(cleared)
    }

    fn check_sought(&self, region: &Region, need: &Need, sought: &Sought<'_>) -> Result<(), Refusal> {
        let (bucket, key) = match sought.path {
            S3Path::Root => (None, None),
            S3Path::Bucket { bucket } => (Some(bucket.as_ref()), None),
            S3Path::Object { bucket, key } => (Some(bucket.as_ref()), Some(key.as_ref())),
        };
        let prefix = value(sought.query, "prefix");
        let version = value(sought.query, "versionId");
        let lost = || region.refuse_narrowed(&self.actor, need.action);
        match need.on {
            On::Project => self.check(region, need.action, "", prefix),
            On::Bucket => self.check(region, need.action, bucket.ok_or_else(lost)?, prefix),
            On::Object => {
                // A bypass goes with a batch too, whose objects the body names.
                let (Some(bucket), Some(key)) = (bucket, key) else {
                    return if sought.verb == "DeleteObjects" { Ok(()) } else { Err(lost()) };
                };
                self.check_object(region, need, Named { bucket, key, version })
            }
            On::Source => {
                let header = sought.headers.get("x-amz-copy-source").and_then(|source| source.to_str().ok());
                let source = header.and_then(|source| CopySource::parse(source).ok()).ok_or_else(lost)?;
                let (bucket, key, version) = copy::source(&source).map_err(|_| lost())?;
                let version = version.as_deref();
                self.check_object(region, need, Named { bucket: &bucket, key: &key, version })
            }
            On::Listed => Ok(()),
        }
    }

    fn check_object(&self, region: &Region, need: &Need, named: Named<'_>) -> Result<(), Refusal> {
        let resource = named.resource();
        self.check(region, need.action, &resource, None)?;
        match need.of_version.filter(|_| named.version.is_some()) {
            Some(action) => self.check(region, action, &resource, None),
            None => Ok(()),
        }
    }

    fn check(
        &self,
        region: &Region,
        action: &str,
        resource: &str,
        prefix: Option<&str>,
    ) -> Result<(), Refusal> {
        let question = Question { action, resource, prefix, address: self.actor.address };
        match &self.policy {
            Some(policy) if !policy.allows(&question) => {
                Err(region.refuse_narrowed(&self.actor, &format!("s3:{action}")))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// An object that a batch deletes.
    pub fn check_deleted(&self, region: &Region, named: Named<'_>) -> Result<(), Refusal> {
        self.check_object(region, &needs::DELETED, named)
    }

    /// One that it deletes though governance keeps it.
    pub fn check_bypass(&self, region: &Region, named: Named<'_>) -> Result<(), Refusal> {
        self.check_object(region, &needs::BYPASS, named)
    }

    /// Tags that go along with a copy.
    pub fn check_tags(&self, region: &Region, source: Named<'_>, target: Named<'_>) -> Result<(), Refusal> {
        self.check_object(region, &needs::TAGS_READ, source)?;
        self.check_object(region, &needs::TAGS_WRITTEN, target)
    }
}

#[cfg(test)]
mod tests;
