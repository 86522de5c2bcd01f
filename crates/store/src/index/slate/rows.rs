//! How rows and the applied position lie in SlateDB, and how they are read.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::path::Path;
use slatedb::config::ScanOptions;
use slatedb::{DbIterator, DbReadOps, DbSnapshot};

use super::within;
use crate::error::StoreError;
use crate::index::{Applied, KeyRange, Row, Rows, SCAN_ROWS_MAX};

/// WHY: a page of a listing is read in one request instead of one per block.
const READ_AHEAD_BYTES: usize = 256 << 10;

/// Rows live under one first byte and the applied position under another.
const ROW: u8 = b'r';
pub(super) const APPLIED: &[u8] = b"applied";

/// The rows at one moment.
pub(super) struct Snapshot(pub(super) Arc<DbSnapshot>);

pub(super) fn row_key(key: &[u8]) -> Vec<u8> {
    [&[ROW], key].concat()
}

pub(super) fn write_applied(applied: Applied) -> Vec<u8> {
    [&applied.seq.to_be_bytes()[..], &applied.hash].concat()
}

pub(super) fn read_applied(bytes: &[u8], path: &Path) -> Result<Applied, StoreError> {
    let (seq, hash) = parse_applied(bytes).ok_or_else(|| StoreError::Corrupt {
        name: path.to_string(),
        why: "its applied position makes no sense",
    })?;
    Ok(Applied { seq, hash })
}

fn parse_applied(bytes: &[u8]) -> Option<(u64, [u8; 32])> {
    let (seq, hash) = bytes.split_first_chunk()?;
    Some((u64::from_be_bytes(*seq), hash.try_into().ok()?))
}

fn bounds(range: &KeyRange) -> Range<Vec<u8>> {
    let end = range.end.as_ref().map_or(vec![ROW + 1], |end| row_key(end));
    row_key(&range.start)..end
}

pub(super) async fn get(from: &(impl DbReadOps + Sync), key: &[u8]) -> Result<Option<Bytes>, StoreError> {
    within("read", from.get(row_key(key))).await
}

pub(super) async fn scan(
    from: &(impl DbReadOps + Sync),
    range: &KeyRange,
    rows_max: usize,
) -> Result<Vec<Row>, StoreError> {
    if range.is_empty() {
        return Ok(Vec::new());
    }
    let how =
        ScanOptions { read_ahead_bytes: READ_AHEAD_BYTES, cache_blocks: true, ..ScanOptions::default() };
    let rows = async {
        let rows = from.scan_with_options(bounds(range), &how).await?;
        collect(rows, rows_max.min(SCAN_ROWS_MAX)).await
    };
    within("scan", rows).await
}

async fn collect(mut rows: DbIterator, rows_max: usize) -> Result<Vec<Row>, slatedb::Error> {
    let mut found = Vec::new();
    while found.len() < rows_max {
        match rows.next().await? {
            Some(row) => found.push(Row { key: row.key.slice(1..), value: row.value }),
            None => break,
        }
    }
    Ok(found)
}

#[async_trait]
impl Rows for Snapshot {
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        get(&*self.0, key).await
    }

    async fn scan(&self, range: KeyRange, rows_max: usize) -> Result<Vec<Row>, StoreError> {
        scan(&*self.0, &range, rows_max).await
    }
}
