//! A client of the soak: everything that clients do with objects, on keys of its own, remembering what it was told.

mod deeds;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use region::twin::Access;

use crate::bars::kill::{Content, Dice};
use crate::kit::{Answer, Call};

const KEYS: u64 = 16;
/// WHY: a busy machine's region may miss its lease for seconds.
const TRIES_MAX: u32 = 1_000;
/// WHY: a region that is gone, or says 503, is asked again soon, not at once.
const AGAIN: Duration = Duration::from_millis(10);

/// There is no answer to go by: the region is gone, or went while it answered, or said 503.
#[derive(Debug)]
pub struct Lost;

type Done = Result<(), Lost>;

#[derive(Default)]
struct Key {
    now: Option<Content>,
    /// What it may be instead: nobody was told.
    doubt: Option<Option<Content>>,
}

#[derive(Debug, Default, Clone, Copy)]
pub struct Figures {
    pub requests: u64,
    pub acknowledged: u64,
    pub read: u64,
    pub refused: u64,
    pub abandoned: u64,
    pub doubts: u64,
    pub later: u64,
    pub cut: u64,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, more: Self) {
        self.requests += more.requests;
        self.acknowledged += more.acknowledged;
        self.read += more.read;
        self.refused += more.refused;
        self.abandoned += more.abandoned;
        self.doubts += more.doubts;
        self.later += more.later;
        self.cut += more.cut;
    }
}

pub struct Client {
    pub number: u64,
    pub dice: Dice,
    pub desk: Access,
    /// May put from outside, and never read.
    pub deliverer: Access,
    pub figures: Figures,
    keys: BTreeMap<u64, Key>,
}

/// Where the region is: inside, outside.
pub type Doors = [SocketAddr; 2];

impl Client {
    pub fn new(number: u64, seed: u64, desk: &Access, deliverer: &Access) -> Self {
        Self {
            number,
            dice: Dice(seed ^ (number << 56)),
            desk: desk.clone(),
            deliverer: deliverer.clone(),
            figures: Figures::default(),
            keys: (0..KEYS).map(|key| (key, Key::default())).collect(),
        }
    }

    fn target(&self, key: u64) -> String {
        format!("/results/client-{}/key-{key}", self.number)
    }

    async fn ask(&mut self, at: Doors, call: Call) -> Result<Answer, Lost> {
        let call = call.signed(&self.desk);
        self.send(at[0], call).await
    }

    async fn send(&mut self, at: SocketAddr, call: Call) -> Result<Answer, Lost> {
        self.figures.requests += 1;
        match call.try_send(at).await {
            Ok(answer) if answer.status != 503 => return Ok(answer),
            Ok(_) => self.figures.later += 1,
            Err(_) => self.figures.cut += 1,
        }
        tokio::time::sleep(AGAIN).await;
        Err(Lost)
    }

    /// The same, and it must be done.
    async fn done(&mut self, at: Doors, call: Call) -> Result<Answer, Lost> {
        let told = format!("client {}: {} {}", self.number, call.method, call.target);
        let answer = self.ask(at, call).await?;
        assert!((200..300).contains(&answer.status), "{told}: {} {}", answer.status, answer.text());
        Ok(answer)
    }

    /// Works until it is over.
    pub async fn work(&mut self, at: Doors, is_over: &AtomicBool) {
        while !is_over.load(Ordering::Relaxed) {
            let key = self.dice.roll(KEYS);
            let _done_or_lost = match self.keys[&key].doubt {
                Some(_) => self.look(at, key).await,
                None => self.step(at, key).await,
            };
        }
    }

    async fn step(&mut self, at: Doors, key: u64) -> Done {
        match self.dice.roll(100) {
            0..30 => {
                let content = Content::new(&mut self.dice);
                self.put(at, key, content).await
            }
            30..32 => {
                let content = self.large();
                self.put(at, key, content).await
            }
            32..54 => self.look(at, key).await,
            54..62 => self.range(at, key).await,
            62..66 => self.probe(at, key).await,
            66..70 => self.list(at).await,
            70..78 => self.change(at, key, None, Call::delete(&self.target(key))).await,
            78..84 => self.copy(at, key).await,
            84..88 => self.multipart(at, key).await,
            88..92 => self.give_up(at, key).await,
            _ => self.refused(at, key).await,
        }
    }

    /// Asks for a change; until it is told it is in doubt.
    async fn change(&mut self, at: Doors, key: u64, wanted: Option<Content>, call: Call) -> Done {
        self.keys.entry(key).or_default().doubt = Some(wanted);
        self.done(at, call).await?;
        self.is(key, wanted);
        Ok(())
    }

    fn is(&mut self, key: u64, now: Option<Content>) {
        self.figures.acknowledged += 1;
        self.keys.insert(key, Key { now, doubt: None });
    }

    /// What is read is what was acknowledged, or what was in doubt.
    pub async fn look(&mut self, at: Doors, key: u64) -> Done {
        let answer = self.ask(at, Call::get(&self.target(key))).await?;
        self.figures.read += 1;
        let found = match answer.status {
            200 => Some(answer.body),
            404 => None,
            status => panic!("client {} key {key}: {status}", self.number),
        };
        let is = |content: Option<Content>| found == content.map(Content::bytes);
        let row = self.keys.entry(key).or_default();
        let doubt = row.doubt.take();
        self.figures.doubts += u64::from(doubt.is_some());
        if let Some(other) = doubt.filter(|other| is(*other)) {
            row.now = other;
        }
        let size_bytes = found.as_ref().map(Vec::len);
        assert!(is(row.now), "client {} key {key}: {size_bytes:?}, not {:?}", self.number, row.now);
        Ok(())
    }

    pub async fn look_at_all(&mut self, at: Doors) {
        for key in 0..KEYS {
            let mut tries = 0;
            while self.look(at, key).await.is_err() {
                tries += 1;
                assert!(tries < TRIES_MAX, "client {} key {key} is not to be had", self.number);
            }
        }
    }
}
