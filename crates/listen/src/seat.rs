//! Seats: how many peers may sit at a door, and who gives way when it is full.
//!
//! A connection without a request in flight (silent, with half a head, or idle
//! between two requests) costs its peer nothing. So it is the first to go: of
//! the address that has most of them, the one that waited longest. A request
//! in flight must never be ended here, nor a seat before it has settled.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// WHY: the last bytes of an answer may still be on their way when its body has been handed over.
const SETTLE: Duration = Duration::from_secs(3);
/// How often a full house is looked over for somebody who may go by now.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// WHY: file descriptors may end before seats do; this many at a time outrun whoever takes them.
const GIVE_WAY_AT_ONCE: usize = 16;

/// When somebody may be asked to leave, and a number to tell two of them apart.
type Turn = (Instant, u64);

/// The seats of one listener.
pub struct Seats {
    free: Arc<Semaphore>,
    /// WHY: one address that only waits must leave room for the others.
    waiting_per_address_max: usize,
    waiting: Mutex<Waiting>,
}

/// Who sits without a request in flight.
#[derive(Default)]
struct Waiting {
    next: u64,
    seats: BTreeMap<Turn, (IpAddr, Arc<Notify>)>,
    per_address: HashMap<IpAddr, usize>,
}

impl Seats {
    pub fn new(seats_max: usize) -> Arc<Self> {
        Arc::new(Self {
            free: Arc::new(Semaphore::new(seats_max)),
            waiting_per_address_max: seats_max.div_ceil(2),
            waiting: Mutex::default(),
        })
    }

    /// Room for one more peer; where there is none, somebody who only waits gives way.
    pub async fn room(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(room) = Arc::clone(&self.free).try_acquire_owned() {
                return Some(room);
            }
            self.lock().give_way(Instant::now());
            let freed = Arc::clone(&self.free).acquire_owned();
            if let Ok(room) = tokio::time::timeout(LOOK_EVERY, freed).await {
                return room.ok();
            }
        }
    }

    /// The system has no room for another connection: some who only wait give way.
    pub fn make_room(&self) {
        let mut waiting = self.lock();
        for _ in 0..GIVE_WAY_AT_ONCE {
            waiting.give_way(Instant::now());
        }
    }

    /// A seat for a peer that has not sent anything yet.
    pub fn seat(self: &Arc<Self>, peer: IpAddr, room: OwnedSemaphorePermit) -> Arc<Seat> {
        let seat = Seat {
            seats: Arc::clone(self),
            peer,
            turn: Mutex::default(),
            leave: Arc::new(Notify::new()),
            _room: room,
        };
        seat.wait(Instant::now());
        Arc::new(seat)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Of the address that has most who may go, the one that waited longest leaves.
    fn give_way(&mut self, now: Instant) {
        // WHY only those: a busy address of which nobody may go must not shield the silent ones of others.
        let mut may: HashMap<IpAddr, (usize, Reverse<Turn>)> = HashMap::new();
        for (turn, address) in self.settled(now) {
            may.entry(address).or_insert((0, Reverse(turn))).0 += 1;
        }
        let most = may.into_values().max();
        if let Some((_, Reverse(first))) = most {
            self.let_go(first);
        }
    }

    fn give_way_of(&mut self, address: IpAddr, now: Instant) {
        let first = self.settled(now).find(|(_, own)| *own == address).map(|(turn, _)| turn);
        if let Some(first) = first {
            self.let_go(first);
        }
    }

    /// Who may go by now, and of which address; who waited longest comes first.
    fn settled(&self, now: Instant) -> impl Iterator<Item = (Turn, IpAddr)> {
        let may = self.seats.iter().take_while(move |((from, _), _)| *from <= now);
        may.map(|(turn, (address, _))| (*turn, *address))
    }

    fn let_go(&mut self, turn: Turn) {
        if let Some((_, leave)) = self.remove(turn) {
            leave.notify_one();
        }
    }

    fn insert(&mut self, from: Instant, peer: IpAddr, leave: Arc<Notify>) -> Turn {
        self.next += 1;
        let turn = (from, self.next);
        self.seats.insert(turn, (peer, leave));
        *self.per_address.entry(peer).or_default() += 1;
        turn
    }

    fn remove(&mut self, turn: Turn) -> Option<(IpAddr, Arc<Notify>)> {
        let (peer, leave) = self.seats.remove(&turn)?;
        if let Some(seats) = self.per_address.get_mut(&peer) {
            *seats -= 1;
            if *seats == 0 {
                self.per_address.remove(&peer);
            }
        }
        Some((peer, leave))
    }
}

/// One peer's seat; given back when its connection has ended.
pub struct Seat {
    seats: Arc<Seats>,
    peer: IpAddr,
    /// Set while it waits.
    turn: Mutex<Option<Turn>>,
    leave: Arc<Notify>,
    _room: OwnedSemaphorePermit,
}

impl Seat {
    fn wait(&self, from: Instant) {
        let mut waiting = self.seats.lock();
        let turn = waiting.insert(from, self.peer, Arc::clone(&self.leave));
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = Some(turn);
        if waiting.per_address.get(&self.peer).is_some_and(|own| *own > self.seats.waiting_per_address_max) {
            waiting.give_way_of(self.peer, Instant::now());
        }
    }

    /// A request has come. None if the seat was given away just before: then nothing of it may be done.
    pub fn begin(self: &Arc<Self>) -> Option<Busy> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        self.seats.lock().remove(turn)?;
        Some(Busy(Arc::clone(self)))
    }

    /// Returns when somebody else needs the seat more.
    pub async fn given_away(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(turn) = turn {
            self.seats.lock().remove(turn);
        }
    }
}

/// A request in flight: until its answer's body is gone, nobody takes the seat.
pub struct Busy(Arc<Seat>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.wait(Instant::now() + SETTLE);
    }
}

#[cfg(test)]
mod tests;
