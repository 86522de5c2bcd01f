//! References: a table whose values are those of another is held to it, whichever of both came first.
//!
//! A table is called as its file is, up to the first point, with `#` for its numbers, and is looked for in the folder of
//! whatever refers to it: its newest delivery that is clear. A delivery that is not held to it yet, or does not keep to
//! it, waits in a row for another one, and is looked at again when that is there. It never holds a value.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use words::chance;
use words::noun::{Bucket, Object, Scope};
use words::{Id, Refusal};

use super::{Arrival, DelayRow, Opened, ReportRow, Standing, in_folder};
use crate::Region;
use crate::cell::draft::Draft;
use crate::contract::series;
use crate::object::{ObjectRow, prefix};
use crate::row::{Row, Seal, Table};

/// WHY: years of deliveries of one table; the newest of more than these may be missed.
const ROWS_MAX: usize = 4_096;
const PAGE_ROWS: usize = 64;
/// WHY: rows that are looked through in one commit.
const WAITING_MAX: usize = 1_024;
/// WHY: a commit takes four times as much, and holds other rows too; the rest comes with those that were brought again.
const AGAIN_BYTES_MAX: usize = 1 << 20;
const AGAIN_MAX: usize = 64;

/// A delivery that waits for another one of a table that it refers to.
#[derive(Debug, Clone, Encode, Decode)]
pub struct AwaitedRow {
    #[n(0)]
    pub object: Id<Object>,
    /// What it was held to; none: nothing was there.
    #[n(1)]
    pub held_to: Option<Id<Object>>,
    #[n(2)]
    pub scope: Id<Scope>,
}

impl Row for AwaitedRow {
    const TABLE: Table = Table::Awaited;
}

/// What a table is held to.
#[derive(Debug, Clone)]
pub struct Holding {
    /// As JSON.
    pub contract: String,
    /// The day when it was delivered. WHY not today: what is looked at again has not grown old by that.
    pub day: String,
    /// What digests of this comparison are keyed with.
    pub key: [u8; 16],
    pub tables: Vec<Referred>,
}

/// A table that it refers to, as it is now.
#[derive(Debug, Clone)]
pub struct Referred {
    pub table: String,
    pub columns: Vec<String>,
    row: Option<ObjectRow>,
    /// It refers to itself.
    pub is_own: bool,
}

impl Referred {
    pub fn object(&self) -> Option<Id<Object>> {
        self.row.as_ref().map(|row| row.id)
    }
}

/// What came of a reference.
#[derive(Debug, Clone)]
pub struct Refers {
    pub table: String,
    pub held_to: Option<Id<Object>>,
    /// Another delivery of the table may change what was said.
    pub is_open: bool,
}

impl Region {
    /// What a delivery is held to; none where nothing was confirmed.
    pub async fn holding(&self, arrival: &Arrival) -> Result<Option<Holding>, Refusal> {
        let Some(contract) = self.contract_of(arrival).await? else { return Ok(None) };
        let rows = self.cell(arrival.cell).await?.view().await?;
        let mut tables = Vec::new();
        for (table, columns) in referred(&contract) {
            let is_own = place(&arrival.row.key).1 == table;
            let row = match is_own {
                true => Some(arrival.row.clone()),
                false => newest(&rows, arrival.row.bucket, place(&arrival.row.key).0, &table).await?,
            };
            tables.push(Referred { table, columns: columns.into_iter().collect(), row, is_own });
        }
        let day = arrival.row.at.to_string().chars().take(10).collect();
        Ok(Some(Holding { contract, day, key: chance::bytes(self.rand()), tables }))
    }

    /// The bytes of what a delivery refers to; none: they are not there, or not any more.
    pub async fn open_referred(
        &self,
        arrival: &Arrival,
        referred: &Referred,
    ) -> Result<Option<Opened>, Refusal> {
        let Some(row) = &referred.row else { return Ok(None) };
        let cell = self.cell(arrival.cell).await?;
        let now: Option<ObjectRow> = cell.view().await?.row(&row.row_key()).await?;
        let now = now.filter(|now| now.id == row.id && (referred.is_own || is_usable(now)));
        match now {
            Some(now) => Opened::of(self, &cell, &now).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Tables that a contract refers to, and which columns of each.
fn referred(contract: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let contract: Option<formats::contract::Contract> = serde_json::from_str(contract).ok();
    let columns = contract.map(|contract| contract.columns).unwrap_or_default();
    for (table, column) in columns.iter().filter_map(formats::contract::Term::refers) {
        tables.entry(table.to_owned()).or_default().insert(column.to_owned());
    }
    tables
}

/// The folder that a key lies in, and what its table is called.
fn place(key: &str) -> (&str, String) {
    let (folder, name) = in_folder(key);
    let name = series(name);
    (folder, name.split('.').next().unwrap_or_default().to_owned())
}

fn is_usable(row: &ObjectRow) -> bool {
    let stands =
        row.examined.as_ref().is_some_and(|of| matches!(of.standing, Standing::Clear | Standing::Asks));
    stands && !row.is_marker && row.derived.is_none()
}

/// Whether a kind is one whose deliveries are held to contracts.
pub fn is_table(kind: &str) -> bool {
    matches!(kind, "csv" | "tsv" | "omop-table")
}

/// The newest delivery of a table in a folder that can be used.
async fn newest(
    rows: &Draft,
    bucket: Id<Bucket>,
    folder: &str,
    table: &str,
) -> Result<Option<ObjectRow>, Refusal> {
    let literal = table.split('#').next().unwrap_or_default();
    let under = [&bucket.to_bytes()[..], folder.as_bytes(), literal.as_bytes()].concat();
    let (mut best, mut done, mut after): (Option<ObjectRow>, Option<String>, Option<Vec<u8>>) =
        Default::default();
    for _ in 0..ROWS_MAX / PAGE_ROWS {
        let page = rows.rows::<ObjectRow>(&under, after.as_deref(), PAGE_ROWS).await?;
        let is_last = page.len() < PAGE_ROWS;
        for (own, row) in page {
            // WHY the first that can be used alone: versions of a key come from the newest on, and a deletion ends them.
            let (lies_in, called) = place(&row.key);
            if done.as_ref() != Some(&row.key) && lies_in == folder && called == table {
                let is_later = best.as_ref().is_none_or(|best| row.at > best.at);
                let is_taken = is_usable(&row) && is_later && is_told_table(rows, &own, &row).await?;
                if row.is_marker || is_usable(&row) {
                    done = Some(row.key.clone());
                }
                best = if is_taken { Some(row) } else { best };
            }
            after = Some(own);
        }
        if is_last {
            break;
        }
    }
    Ok(best)
}

async fn is_told_table(rows: &Draft, own: &[u8], row: &ObjectRow) -> Result<bool, Refusal> {
    let report: Option<ReportRow> = rows.row(own).await?;
    let report = report.filter(|report| report.object == row.id);
    Ok(report.and_then(|report| report.kind()).is_some_and(|kind| is_table(&kind)))
}

fn under(bucket: Id<Bucket>, folder: &str, table: &str) -> Vec<u8> {
    [&bucket.to_bytes()[..], folder.as_bytes(), table.as_bytes(), &[0]].concat()
}

/// Keeps what a delivery waits for, and brings again what waited for another one than is there now.
pub(super) async fn settle(draft: &mut Draft, row: &ObjectRow, refers: &[Refers]) -> Result<(), Refusal> {
    let (folder, table) = place(&row.key);
    for refers in refers {
        let own = [under(row.bucket, folder, &refers.table), row.key.as_bytes().to_vec()].concat();
        let waits = AwaitedRow { object: row.id, held_to: refers.held_to, scope: row.scope };
        match refers.is_open {
            true => draft.put_in(seal(&waits), &own, &waits)?,
            false if draft.row::<AwaitedRow>(&own).await?.is_some() => {
                draft.remove::<AwaitedRow>(seal(&waits), &own)
            }
            false => {}
        }
        // WHY also here: another one may have come while this was looked at.
        bring(draft, row.bucket, folder, &refers.table).await?;
    }
    bring(draft, row.bucket, folder, &table).await
}

/// Brings again what waited for this table, once another one than it was held to can be used.
pub(super) async fn arrived(draft: &mut Draft, row: &ObjectRow) -> Result<(), Refusal> {
    let (folder, table) = place(&row.key);
    bring(draft, row.bucket, folder, &table).await
}

const fn seal(waits: &AwaitedRow) -> Seal {
    Seal::Scope { scope: waits.scope, id: waits.object.to_bytes(), size_bytes: 0 }
}

/// INVARIANT: what is brought was held to another delivery than is there, and waits for none when it was held to that one
/// and keeps to it; so two tables that refer to each other come to rest.
async fn bring(draft: &mut Draft, bucket: Id<Bucket>, folder: &str, table: &str) -> Result<(), Refusal> {
    let under = under(bucket, folder, table);
    let waiting = draft.rows::<AwaitedRow>(&under, None, WAITING_MAX).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let there = newest(draft, bucket, folder, table).await?.map(|row| row.id);
    let stale = waiting.into_iter().filter(|(_, waits)| waits.held_to != there);
    let mut bytes = 0;
    for (own, waits) in stale.take(AGAIN_MAX) {
        if bytes > AGAIN_BYTES_MAX {
            break;
        }
        draft.remove::<AwaitedRow>(seal(&waits), &own);
        let key = String::from_utf8_lossy(own.get(under.len()..).unwrap_or_default()).into_owned();
        let row = draft.rows::<ObjectRow>(&prefix(bucket, &key), None, 1).await?.into_iter().next();
        let Some((_, mut row)) = row.filter(|(_, row)| row.id == waits.object) else { continue };
        if row.examined.as_ref().is_some_and(|examined| examined.again != Some(true)) {
            row.look_again();
            draft.remove::<DelayRow>(row.seal(), &row.row_key());
            bytes += crate::row::encode(&row)?.len();
            row.store(draft)?;
        }
    }
    Ok(())
}
