//! A draft: rows as the next commit will leave them.
//!
//! The sequencer plans acts over a draft: the index below, the changes of acts
//! already accepted into the same commit above it, and the changes of the act
//! at hand on top. A draft with no changes is how everybody else reads.

use std::collections::BTreeMap;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, ready};
use futures::{FutureExt, TryFutureExt};
use minicbor::bytes::ByteVec;
use store::index::{KeyRange, Rows};
use words::noun::Scope;
use words::{Id, Reason, Refusal};

use crate::cell::format::{Item, Stub};
use crate::noun::quota::Quota;
use crate::row::{self, Row, Seal};

/// WHY: one page of a scan is a listing's page and a bit.
const SCAN_ROWS: usize = 1_024;

/// The newest state of rows by key; none: removed.
type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// One change of a row and where it will be sealed.
#[derive(Debug, Clone)]
pub struct Change {
    pub key: Vec<u8>,
    /// None: the row is removed.
    pub value: Option<Vec<u8>>,
    pub seal: Seal,
}

/// Rows of one cell, with changes not yet committed.
#[derive(Clone)]
pub struct Draft {
    index: Arc<dyn Rows>,
    /// Of acts accepted into the same commit.
    accepted: Changes,
    /// Of the act at hand, newest last.
    changes: Vec<Change>,
    /// What the act at hand must leave its project within.
    quota: Option<Quota>,
    /// Counts accepted changes of rows that decide who may do what.
    duties: u64,
}

impl Draft {
    pub fn over(index: Arc<dyn Rows>) -> Self {
        Self { index, accepted: BTreeMap::new(), changes: Vec::new(), quota: None, duties: 0 }
    }

    /// How often duties changed within this draft.
    pub const fn duties(&self) -> u64 {
        self.duties
    }

    pub async fn row<R: Row>(&self, own: &[u8]) -> Result<Option<R>, Refusal> {
        let bytes = self.bytes(&row::key(R::TABLE, own)).await?;
        bytes.map(|bytes| row::decode(&bytes)).transpose()
    }

    /// The row, or the answer for things that may not be known to exist.
    pub async fn known<R: Row>(&self, own: &[u8]) -> Result<R, Refusal> {
        self.row(own).await?.ok_or(Refusal::new(Reason::NotFound))
    }

    fn bytes<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, Refusal>> {
        match self.changes.iter().rev().find(|change| change.key == key) {
            Some(change) => ready(Ok(change.value.clone().map(Bytes::from))).boxed(),
            None => self.before(key),
        }
    }

    /// A row's bytes as the acts before the one at hand left them.
    ///
    /// WHY boxed, as `scan`: every act waits for rows at many places, and the compiler proves each anew.
    pub(crate) fn before<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Bytes>, Refusal>> {
        match self.accepted.get(key) {
            Some(value) => ready(Ok(value.clone().map(Bytes::from))).boxed(),
            None => self.index.get(key).map_err(unread).boxed(),
        }
    }

    /// Rows of a table whose own key starts with `prefix`, from `after` (own key, excluded), in order.
    pub async fn rows<R: Row>(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        rows_max: usize,
    ) -> Result<Vec<(Vec<u8>, R)>, Refusal> {
        let mut range = KeyRange::prefix(row::key(R::TABLE, prefix));
        if let Some(after) = after {
            range = range.after(&row::key(R::TABLE, after));
        }
        let found = self.scan(range, rows_max).await?;
        let own = |key: Bytes| key.get(1..).unwrap_or_default().to_vec();
        found.into_iter().map(|(key, value)| Ok((own(key), row::decode(&value)?))).collect()
    }

    /// Every row of a table under a prefix; only for tables that people fill by hand.
    pub async fn all<R: Row>(&self, prefix: &[u8]) -> Result<Vec<(Vec<u8>, R)>, Refusal> {
        self.rows(prefix, None, usize::MAX).await
    }

    /// Calls back for every row of a table under a prefix, in order; holds one page of them at a time.
    pub async fn each<R: Row>(&self, prefix: &[u8], mut found: impl FnMut(R) + Send) -> Result<(), Refusal> {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = self.rows::<R>(prefix, after.as_deref(), SCAN_ROWS).await?;
            let is_last = page.len() < SCAN_ROWS;
            for (own, row) in page {
                after = Some(own);
                found(row);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn scan(&self, range: KeyRange, rows_max: usize) -> BoxFuture<'_, Result<Vec<(Bytes, Bytes)>, Refusal>> {
        self.scanned(range, rows_max).boxed()
    }

    async fn scanned(&self, mut range: KeyRange, rows_max: usize) -> Result<Vec<(Bytes, Bytes)>, Refusal> {
        let mut changed = self.changed(&range);
        let mut found = Vec::new();
        while found.len() < rows_max {
            let want = rows_max.saturating_sub(found.len()).saturating_add(changed.len()).min(SCAN_ROWS);
            let page = self.index.scan(range.clone(), want).await.map_err(unread)?;
            let is_last = page.len() < want;
            let last = page.last().map(|row| row.key.clone());
            // WHY: a change behind this page's last key belongs to a later page.
            let later = match (&last, is_last) {
                (Some(last), false) => changed.split_off(&[last, &[0][..]].concat()),
                (_, true) | (None, _) => BTreeMap::new(),
            };
            found.extend(merge(page, changed));
            changed = later;
            match last {
                Some(last) if !is_last => range = range.after(&last),
                Some(_) | None => break,
            }
        }
        found.truncate(rows_max);
        Ok(found)
    }

    /// Uncommitted changes in a range, newest state per key.
    fn changed(&self, range: &KeyRange) -> Changes {
        let end = range.end.as_ref().map_or(Bound::Unbounded, |end| Bound::Excluded(end.to_vec()));
        let bounds = (Bound::Included(range.start.to_vec()), end);
        let mut changed: BTreeMap<_, _> =
            self.accepted.range(bounds.clone()).map(|(key, value)| (key.clone(), value.clone())).collect();
        for change in self.changes.iter().filter(|change| bounds.contains(&change.key)) {
            changed.insert(change.key.clone(), change.value.clone());
        }
        changed
    }

    /// Writes a row under the cell's key.
    pub fn put<R: Row>(&mut self, own: &[u8], row: &R) -> Result<(), Refusal> {
        self.put_in(Seal::Cell, own, row)
    }

    pub fn put_in<R: Row>(&mut self, seal: Seal, own: &[u8], row: &R) -> Result<(), Refusal> {
        let value = Some(row::encode(row)?);
        self.changes.push(Change { key: row::key(R::TABLE, own), value, seal });
        Ok(())
    }

    pub fn remove<R: Row>(&mut self, seal: Seal, own: &[u8]) {
        self.changes.push(Change { key: row::key(R::TABLE, own), value: None, seal });
    }

    /// Holds the act at hand to a quota.
    pub(crate) const fn within(&mut self, quota: Option<Quota>) {
        self.quota = quota;
    }

    pub(crate) const fn quota(&self) -> Option<Quota> {
        self.quota
    }

    /// What the act at hand changed, in order.
    pub(crate) fn act(&self) -> &[Change] {
        &self.changes
    }

    /// Bytes of what the act at hand changed.
    pub(crate) fn act_bytes(&self) -> usize {
        self.changes.iter().map(|change| change.key.len() + change.value.as_ref().map_or(0, Vec::len)).sum()
    }

    /// The scopes whose keys the act at hand needs to be written down.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = Id<Scope>> {
        self.changes.iter().filter_map(|change| match change.seal {
            Seal::Scope { scope, .. } => Some(scope),
            Seal::Cell => None,
        })
    }

    /// Forgets what the act at hand changed.
    pub(crate) fn reject(&mut self) {
        self.changes.clear();
        self.quota = None;
    }

    /// Keeps what the act at hand changed and hands it out for the commit.
    pub(crate) fn accept(&mut self) -> Vec<Change> {
        let changes = std::mem::take(&mut self.changes);
        self.quota = None;
        for change in &changes {
            self.accepted.insert(change.key.clone(), change.value.clone());
        }
        self.duties += u64::from(changes.iter().any(Change::is_duty));
        changes
    }

    /// What the index must apply once the commit is durable.
    pub(crate) fn into_accepted(self) -> Changes {
        self.accepted
    }
}

/// A page of the index with the changes that fall into it.
fn merge(page: Vec<store::index::Row>, changed: Changes) -> Vec<(Bytes, Bytes)> {
    let page = page.into_iter().map(|row| (row.key, row.value));
    // WHY: readers have changed nothing, and a listing's page should cost no map.
    if changed.is_empty() {
        return page.collect();
    }
    let mut merged: BTreeMap<Bytes, Option<Bytes>> = page.map(|(key, value)| (key, Some(value))).collect();
    merged.extend(changed.into_iter().map(|(key, value)| (key.into(), value.map(Bytes::from))));
    merged.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

impl Change {
    pub fn is_duty(&self) -> bool {
        self.key.first().is_none_or(|table| !row::PASSING.contains(table))
    }

    /// The change as stored, and the stub that outlives its scope.
    pub(crate) fn items(self, order: u32) -> (Item, Option<Item>) {
        let table = self.key.first().copied().unwrap_or_default();
        let is_put = self.value.is_some();
        let stub = match self.seal {
            Seal::Cell => None,
            Seal::Scope { scope, id, size_bytes } => {
                let stub = Stub { scope, id: id.into(), table, size_bytes };
                Some(if is_put { Item::Stub(order, stub) } else { Item::Unstub(order, stub) })
            }
        };
        let key = ByteVec::from(self.key);
        let item = match self.value {
            Some(value) => Item::Put(order, key, ByteVec::from(value)),
            None => Item::Delete(order, key),
        };
        (item, stub)
    }
}

fn unread(_: store::StoreError) -> Refusal {
    Refusal::with(Reason::Unavailable, "the index cannot be read")
}
