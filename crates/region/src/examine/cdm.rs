//! Sets of OMOP tables: which tables of a CDM lie together in a folder, and what they lack to be one.
//!
//! Which table a file is lies in a row beside it, so that a folder of a million other files costs nothing. A set is judged
//! when somebody looks: a file that was deleted since, or taken another's place, is not in it.

use std::collections::BTreeMap;

use formats::omop::{self, Set};
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::noun::{Bucket, Object};
use words::{Id, Refusal};

use super::{Said, in_folder};
use crate::cell::draft::Draft;
use crate::dataset::columns_of;
use crate::object::{ObjectRow, prefix};
use crate::row::{Row, Table};

/// WHY: a CDM has forty tables; some dozens of them are looked through in a moment.
const FILES_MAX: usize = 2_000;

/// Which table of a CDM a file is, at the file's own key.
#[derive(Debug, Clone, Encode, Decode)]
pub struct CdmRow {
    #[n(0)]
    pub object: Id<Object>,
    #[n(1)]
    pub table: String,
    /// Its columns are of CDM 5.4.
    #[n(2)]
    pub is_newest: bool,
}

impl Row for CdmRow {
    const TABLE: Table = Table::Cdm;
}

fn key(bucket: Id<Bucket>, key: &str) -> Vec<u8> {
    [&bucket.to_bytes()[..], key.as_bytes()].concat()
}

/// Keeps which table a file was found to be.
pub(super) fn keep(draft: &mut Draft, row: &ObjectRow, said: &Said) -> Result<(), Refusal> {
    if said.kind != "omop-table" {
        return Ok(());
    }
    let report: Value = serde_json::from_str(&said.report).unwrap_or_default();
    let Some(table) = report["facts"]["words"]["omop-table"].as_str() else { return Ok(()) };
    let columns = columns_of(&said.report);
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let is_newest = omop::is_newest(table, &names);
    let told = CdmRow { object: row.id, table: table.to_owned(), is_newest };
    draft.put_in(row.seal(), &key(row.bucket, &row.key), &told)
}

/// Sets of tables in a bucket under a prefix, by their folders.
pub(crate) async fn sets(
    rows: &Draft,
    bucket: Id<Bucket>,
    beginning: &str,
) -> Result<BTreeMap<String, Set>, Refusal> {
    let mut folders: BTreeMap<String, Vec<CdmRow>> = BTreeMap::new();
    for (own, row) in rows.rows::<CdmRow>(&key(bucket, beginning), None, FILES_MAX).await? {
        let key = String::from_utf8_lossy(own.get(16..).unwrap_or_default()).into_owned();
        let newest = rows.rows::<ObjectRow>(&prefix(bucket, &key), None, 1).await?;
        let is_there = newest.first().is_some_and(|(_, now)| now.id == row.object && !now.is_marker);
        if is_there {
            folders.entry(in_folder(&key).0.to_owned()).or_default().push(row);
        }
    }
    let judged = folders.into_iter().filter_map(|(folder, files)| {
        let files = files.iter().map(|file| (file.table.as_str(), file.is_newest));
        Some((folder, omop::judge_tables(files)?))
    });
    Ok(judged.collect())
}

/// The set that an object lies in.
pub(super) async fn beside(rows: &Draft, row: &ObjectRow) -> Result<Option<Value>, Refusal> {
    let (folder, _) = in_folder(&row.key);
    let set = sets(rows, row.bucket, folder).await?.remove(folder);
    Ok(set.map(|set| told(folder, &set)))
}

pub(crate) fn told(folder: &str, set: &Set) -> Value {
    json!({
        "folder": folder,
        "version": set.version,
        "tables": set.tables,
        "missing": set.missing,
        "doubled": set.doubled,
    })
}
