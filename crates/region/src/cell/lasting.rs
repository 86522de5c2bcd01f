//! Lasting rows: those that decide who may do what change seldom and are read with every act.
//!
//! All readers between two commits see one snapshot. What was read of lasting
//! tables is kept with it and handed on to the next snapshot, unless the commit
//! between changed a row of such a table. So an answer from memory is always the
//! one that its snapshot would give; it must never outlive a change of duties.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use store::index::{KeyRange, Row, Rows};
use store::{Kind, StoreError};

use crate::row::{PASSING, Table};

/// WHY: a few rows of everybody who is at work; a fuller memory starts again.
const ANSWERS_MAX: usize = 4_096;
/// WHY: ids and aliases are shorter.
const MISS_BYTES_MAX: usize = 128;
/// WHY: longer scans are of tables that people list, not of what decides.
const ROWS_KEPT_MAX: usize = 64;

/// One snapshot of a cell's rows, and what is remembered of it.
pub struct Lasting {
    rows: Arc<dyn Rows>,
    memory: Arc<Mutex<Memory>>,
    damage: Damage,
}

/// Remembers that an index is of no use any more.
#[derive(Clone, Default)]
pub struct Damage(Arc<Seen>);

#[derive(Default)]
struct Seen {
    is_corrupt: AtomicBool,
    has_ended: AtomicBool,
}

impl Damage {
    /// It did not read as it was written: the log is folded anew.
    pub fn is_corrupt(&self) -> bool {
        self.0.is_corrupt.load(Ordering::Acquire)
    }

    /// It is opened anew, at least.
    pub fn is_seen(&self) -> bool {
        self.is_corrupt() || self.0.has_ended.load(Ordering::Acquire)
    }

    fn watch<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        read.inspect_err(|error| match error.kind() {
            Kind::Corrupt => self.0.is_corrupt.store(true, Ordering::Release),
            Kind::Ended => self.0.has_ended.store(true, Ordering::Release),
            Kind::Unavailable | Kind::NotFound | Kind::Exists | Kind::Refused => {}
        })
    }
}

#[derive(Default)]
struct Memory {
    rows: HashMap<Vec<u8>, Option<Bytes>>,
    scans: HashMap<(KeyRange, usize), Vec<Row>>,
}

impl Lasting {
    pub fn new(rows: Arc<dyn Rows>, damage: Damage) -> Self {
        Self { rows, memory: Arc::default(), damage }
    }

    /// A newer snapshot between which and this one no lasting row changed.
    pub fn next(&self, rows: Arc<dyn Rows>) -> Self {
        Self { rows, memory: Arc::clone(&self.memory), damage: self.damage.clone() }
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn make_room(&mut self) {
        if self.rows.len() + self.scans.len() >= ANSWERS_MAX {
            *self = Self::default();
        }
    }
}

/// Whether a change of this row would be a change of duties.
fn is_lasting(key: &[u8]) -> bool {
    // WHY the head: it changes with every commit, beside the acts.
    key.first().is_some_and(|table| !PASSING.contains(table) && *table != Table::Head as u8)
}

#[async_trait]
impl Rows for Lasting {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        if !is_lasting(key) {
            return self.damage.watch(self.rows.get(key).await);
        }
        if let Some(known) = self.memory().rows.get(key) {
            return Ok(known.clone());
        }
        let found = self.damage.watch(self.rows.get(key).await)?;
        // WHY not every miss: a name that is nowhere is as long as a stranger makes it.
        if found.is_some() || key.len() <= MISS_BYTES_MAX {
            let mut memory = self.memory();
            memory.make_room();
            memory.rows.insert(key.to_vec(), found.clone());
        }
        Ok(found)
    }

    async fn scan(&self, range: KeyRange, rows_max: usize) -> Result<Vec<Row>, StoreError> {
        if !is_within_lasting_table(&range) {
            return self.damage.watch(self.rows.scan(range, rows_max).await);
        }
        let asked = (range, rows_max);
        if let Some(known) = self.memory().scans.get(&asked) {
            return Ok(known.clone());
        }
        let found = self.damage.watch(self.rows.scan(asked.0.clone(), rows_max).await)?;
        if found.len() <= ROWS_KEPT_MAX {
            let mut memory = self.memory();
            memory.make_room();
            memory.scans.insert(asked, found.clone());
        }
        Ok(found)
    }
}

fn is_within_lasting_table(range: &KeyRange) -> bool {
    let Some(table) = range.start.first() else {
        return false;
    };
    let end = range.end.as_deref().unwrap_or_default();
    let is_one_table = end.first() == Some(table) || end == [table.saturating_add(1)];
    is_lasting(&range.start) && is_one_table
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Rows of which every look is counted.
    struct Counted(AtomicUsize);

    #[async_trait]
    impl Rows for Counted {
        async fn get(&self, _: &[u8]) -> Result<Option<Bytes>, StoreError> {
            let looks = self.0.fetch_add(1, Ordering::SeqCst);
            Ok(Some(Bytes::from(vec![looks as u8])))
        }

        async fn scan(&self, range: KeyRange, _: usize) -> Result<Vec<Row>, StoreError> {
            let looks = self.0.fetch_add(1, Ordering::SeqCst);
            Ok(vec![Row { key: range.start, value: Bytes::from(vec![looks as u8]) }])
        }
    }

    async fn looks(of: &Lasting, table: u8) -> Vec<u8> {
        let mut seen = Vec::new();
        for _ in 0..2 {
            seen.extend(of.get(&[table, 7]).await.unwrap().unwrap());
            seen.extend(of.scan(KeyRange::prefix(vec![table, 7]), 9).await.unwrap()[0].value.iter());
            seen.extend(of.scan(KeyRange::prefix(vec![table]), 9).await.unwrap()[0].value.iter());
        }
        seen
    }

    #[tokio::test]
    async fn lasting_rows_are_looked_up_once_and_passing_ones_each_time() {
        let rows = Lasting::new(Arc::new(Counted(AtomicUsize::new(0))), Damage::default());
        assert_eq!(looks(&rows, Table::Permit as u8).await, [0, 1, 2, 0, 1, 2]);
        assert_eq!(looks(&rows, Table::Scope as u8).await, [3, 4, 5, 3, 4, 5]);
        assert_eq!(looks(&rows, Table::Head as u8).await, [6, 7, 8, 9, 10, 11]);
        for table in PASSING {
            let seen = looks(&rows, table).await;
            assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{table}: {seen:?}");
        }
    }

    #[tokio::test]
    async fn a_scan_over_several_tables_is_never_remembered() {
        let rows = Lasting::new(Arc::new(Counted(AtomicUsize::new(0))), Damage::default());
        let range =
            KeyRange { start: vec![Table::Bucket as u8].into(), end: Some(vec![Table::Scope as u8].into()) };
        for looks in [0, 2, 4] {
            assert_eq!(rows.scan(range.clone(), 9).await.unwrap()[0].value.as_ref(), [looks]);
            assert_eq!(rows.scan(KeyRange::all(), 9).await.unwrap()[0].value.as_ref(), [looks + 1]);
        }
    }

    #[tokio::test]
    async fn the_next_snapshot_remembers_and_a_fresh_one_does_not() {
        let rows = Lasting::new(Arc::new(Counted(AtomicUsize::new(0))), Damage::default());
        assert_eq!(looks(&rows, Table::Role as u8).await[..3], [0, 1, 2]);
        let next = rows.next(Arc::new(Counted(AtomicUsize::new(50))));
        assert_eq!(looks(&next, Table::Role as u8).await[..3], [0, 1, 2]);
        let fresh = Lasting::new(Arc::new(Counted(AtomicUsize::new(50))), Damage::default());
        assert_eq!(looks(&fresh, Table::Role as u8).await[..3], [50, 51, 52]);
    }

    /// Rows that are of no use any more.
    struct Gone(bool);

    #[async_trait]
    impl Rows for Gone {
        async fn get(&self, _: &[u8]) -> Result<Option<Bytes>, StoreError> {
            Err(match self.0 {
                true => StoreError::Corrupt { name: "an index".into(), why: "a trial" },
                false => StoreError::Ended { name: "an index".into(), cause: "a trial".into() },
            })
        }

        async fn scan(&self, _: KeyRange, _: usize) -> Result<Vec<Row>, StoreError> {
            self.get(b"").await.map(|_| Vec::new())
        }
    }

    // Goal: what has ended is opened anew and what is corrupt is folded anew. Method: one read of each.
    #[tokio::test]
    async fn an_index_of_no_use_is_noticed_by_a_read() {
        for is_corrupt in [false, true] {
            let damage = Damage::default();
            let rows = Lasting::new(Arc::new(Gone(is_corrupt)), damage.clone());
            assert!(!damage.is_seen());
            assert!(rows.scan(KeyRange::prefix(vec![1]), 9).await.is_err());
            assert_eq!((damage.is_seen(), damage.is_corrupt()), (true, is_corrupt));
        }
    }
}
