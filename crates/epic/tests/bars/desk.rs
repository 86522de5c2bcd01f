//! Somebody's desk inside a region: they store, look and read, and wait for what the region does by itself.

use std::time::{Duration, Instant};

use region::twin::Access;
use serde_json::Value;

use crate::kit::{Ended, House};

/// WHY: a process for each step, on a machine that builds beside it.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub struct Desk {
    pub house: House,
    pub access: Access,
}

impl Desk {
    pub fn open() -> Self {
        Self::of(House::agreed())
    }

    /// The same in a house with a place for its data, and nothing in it.
    pub fn within(house: House) -> Self {
        Self::with(house, &[])
    }

    /// The same, started with more words.
    pub fn with(mut house: House, more: &[&str]) -> Self {
        let ended = house.init(&[]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        house.up(more);
        Self::of(house.with_planet().with_agreement())
    }

    fn of(house: House) -> Self {
        house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
        let access = house.desk();
        Self { house, access }
    }

    pub fn by_key(&self, act: &[&str], key: &str) -> Value {
        let inside = ["--json", "--inside", "--access-key", &self.access.id];
        self.house.done("rita", &[&inside[..], act, &of(key)].concat()).json()["answer"].clone()
    }

    pub fn put(&self, key: &str, bytes: &[u8]) {
        std::fs::write(self.house.path("sent"), bytes).unwrap();
        self.by_key(&["object", "put", "--file", "sent"], key);
    }

    pub fn shown(&self, key: &str) -> Value {
        self.by_key(&["object", "show"], key)
    }

    /// Takes an object, or is refused.
    pub fn tried(&self, key: &str) -> Ended {
        let get = ["--inside", "--access-key", &self.access.id, "object", "get", "--file", "got"];
        self.house.by("rita", &[&get[..], &of(key)].concat())
    }

    pub fn get(&self, key: &str) -> Vec<u8> {
        let tried = self.tried(key);
        assert_eq!(tried.code, 0, "{}", tried.err);
        std::fs::read(self.house.path("got")).unwrap()
    }

    /// An object, once this holds of it.
    pub fn until(&self, key: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let shown = self.shown(key);
            if holds(&shown) {
                return shown;
            }
            assert!(begun.elapsed() < PATIENCE, "{key} is not {what}: {shown}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// An object, once so many steps were done on it.
    pub fn made(&self, key: &str, steps: usize) -> Value {
        let count = |shown: &Value| shown["report"]["made"].as_array().map_or(0, Vec::len);
        self.until(key, "made of", |shown| count(shown) >= steps)
    }

    pub fn looked_at(&self, key: &str) -> Value {
        self.until(key, "looked at", |shown| shown["standing"].is_string())
    }

    /// What whoever sits inside finds.
    pub fn found(&self, query: &str) -> Value {
        let inside = ["--json", "--inside", "--access-key", &self.access.id];
        let search = [&inside[..], &["object", "search", "--query", query]].concat();
        self.house.done("rita", &search).json()["answer"].clone()
    }
}

pub fn of(key: &str) -> [&str; 6] {
    ["--project", "planet", "--bucket", "results", "--key", key]
}
