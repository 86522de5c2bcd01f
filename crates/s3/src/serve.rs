//! The door on its listener.

use std::future::Future;
use std::net::SocketAddr;

use crate::ask::Caller;
use crate::door::{Limits, S3Door};
use crate::guard;

/// WHY: a dozen S3 headers, two dozen of user metadata, and what proxies add.
const HEADERS_MAX: usize = 128;
/// WHY: a head of the longest target and 2 KB of metadata, with room for the rest.
const HEAD_BYTES_MAX: usize = 64 * 1_024;

/// Serves until told to end, then lets requests in flight finish, for a while.
pub async fn serve(port: impl Into<listen::Port>, door: S3Door, until: impl Future<Output = ()> + Send) {
    let limits = listening(door.limits());
    let answer = move |peer: SocketAddr, request| {
        let door = door.clone();
        let caller = Caller { address: peer.ip().to_canonical(), place: door.place() };
        async move { guard::serve(&door, caller, request).await }
    };
    listen::serve(port, limits, answer, until).await;
}

fn listening(limits: Limits) -> listen::Limits {
    listen::Limits {
        head_wait: limits.head_wait,
        body_wait: limits.body_wait,
        close_wait: limits.close_wait,
        connections_max: limits.connections_max,
        headers_max: HEADERS_MAX,
        head_bytes_max: HEAD_BYTES_MAX,
    }
}
