//! One verified request: who asks, for which project, what.
//!
//! The guard and the signature have been passed when an `Ask` exists. It
//! carries no permission: that is the gate's to give.

use std::net::IpAddr;
use std::sync::Arc;

use http::HeaderMap;
use region::cell::step::Done;
use region::{Leaf, Region};
use s3s::{S3Error, S3Request, S3Response, S3Result, TrailingHeaders};
use words::{Actor, Deed, Place, Reason, Refusal};

use crate::error::{About, LEAF};
use crate::front::Front;
use crate::narrow::Cleared;

/// Who calls, as the listener knows it.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub address: IpAddr,
    pub place: Place,
}

/// Where the region's own lines are written, while the protocol's are not.
#[derive(Clone)]
pub struct Voice(pub tracing::Dispatch);

/// What a verb gets.
pub struct Ask<I> {
    pub region: Region,
    pub actor: Actor,
    /// They, and what else of the request is held to the policy of their session.
    pub cleared: Cleared,
    /// The only project that the credential reaches, as its id's text.
    pub project: String,
    pub input: I,
    pub headers: HeaderMap,
    pub trailers: Option<TrailingHeaders>,
    /// What the client takes this region's name for, in its signature.
    pub region_name: Option<String>,
    pub front: Arc<Front>,
}

impl<I> Ask<I> {
    pub fn new(region: &Region, front: &Arc<Front>, request: S3Request<I>) -> S3Result<Self> {
        let cleared = request.extensions.get::<Cleared>().cloned().ok_or_else(unknown)?;
        let actor = cleared.actor.clone();
        let project = actor.credential.as_ref().ok_or_else(unknown)?.project.to_string();
        Ok(Self {
            region: region.clone(),
            front: Arc::clone(front),
            actor,
            cleared,
            project,
            input: request.input,
            headers: request.headers,
            trailers: request.trailing_headers,
            region_name: request.region.map(|region| region.as_str().to_owned()),
        })
    }
}

impl<I> Ask<I> {
    /// Does an act that its fields say whole.
    pub async fn perform<D: Deed>(&self, deed: D) -> Result<Done, Refusal> {
        let fields = serde_json::to_value(&deed).map_err(|_| Refusal::new(Reason::Invalid))?;
        self.region.perform(&self.actor, D::ACT, fields, None).await
    }
}

fn unknown() -> S3Error {
    About::Bucket.told()(Refusal::new(Reason::Unauthenticated))
}

/// An answer with the place where the act was recorded.
pub fn recorded<O>(output: O, leaf: Option<Leaf>) -> S3Response<O> {
    let mut response = S3Response::new(output);
    if let Some(value) = leaf.and_then(|leaf| leaf.to_string().parse().ok()) {
        response.headers.insert(LEAF, value);
    }
    response
}
