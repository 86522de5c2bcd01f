//! Doors over a region in memory, and persons before them.
#![allow(dead_code, clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;

use region::twin::World;
use tokio::net::TcpListener;
use web::ActsDoor;
use web::client::{Client, Who};
use words::Place;

/// Serves the acts of a world in one place.
pub async fn listen(world: &World, place: Place, limits: Option<listen::Limits>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (region, bound) = (world.region.clone(), words::Clock::now(world.soil.clock.as_ref()));
    let door = match limits {
        None => ActsDoor::new(region, place, address, bound),
        Some(limits) => ActsDoor::with(region, place, address, bound, limits),
    };
    tokio::spawn(web::serve(listener, door, std::future::pending()));
    address
}

/// A person with their own key.
pub fn client(world: &World, person: &str, at: SocketAddr) -> Client {
    Client {
        address: at.into(),
        trust: None,
        who: Who::Key(Arc::new(World::key(person).unwrap())),
        clock: Arc::clone(&world.soil.clock) as _,
        rand: Arc::clone(&world.soil.rand) as _,
        credential: None,
        attempt: None,
    }
}
