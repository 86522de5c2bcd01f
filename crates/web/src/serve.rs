//! The door on its listener.

use std::future::Future;
use std::net::SocketAddr;

use crate::door::ActsDoor;
use crate::perform;

/// Serves until told to end, then lets requests in flight finish, for a while.
pub async fn serve(port: impl Into<listen::Port>, door: ActsDoor, until: impl Future<Output = ()> + Send) {
    let limits = door.limits();
    let answer = move |peer: SocketAddr, request| {
        let door = door.clone();
        async move { perform::answer(&door, peer.ip().to_canonical(), request).await }
    };
    listen::serve(port, limits, answer, until).await;
}
