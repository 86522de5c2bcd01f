//! Usage: what a project holds, in bytes and objects, counted with every commit.
//!
//! One row per erasure scope, under the cell's key: an erased scope's row goes with the commit that says so. The
//! sequencer looks at what an act changed and moves the count in the same commit, so that no act can store or
//! remove anything beside it, and replay finds the figures in the log and counts nothing. Bytes are those that were
//! sent, of every version and of every part of an upload in flight; objects are versions, delete markers left out.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::noun::Scope;
use words::{Id, Refusal};

use crate::cell::draft::Draft;
use crate::object::ObjectRow;
use crate::row::{self, Row, Seal, Table};
use crate::scope::ScopeRow;
use crate::upload::{self, PartRow, UploadRow};

/// What one scope holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Encode, Decode)]
pub struct UsageRow {
    #[n(0)]
    pub bytes: u64,
    #[n(1)]
    pub objects: u64,
}

impl Row for UsageRow {
    const TABLE: Table = Table::Usage;
}

impl UsageRow {
    /// What a version counts.
    pub const fn of(row: &ObjectRow) -> Self {
        match row.is_marker {
            true => Self { bytes: 0, objects: 0 },
            false => Self { bytes: row.size_bytes, objects: 1 },
        }
    }

    /// What a part of an upload counts.
    pub const fn of_part(row: &PartRow) -> Self {
        Self { bytes: row.piece.plain_bytes, objects: 0 }
    }

    #[must_use]
    pub const fn plus(self, more: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(more.bytes),
            objects: self.objects.saturating_add(more.objects),
        }
    }

    /// WHY saturating: rows of an erased scope may still go, after its count went.
    const fn minus(self, less: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(less.bytes),
            objects: self.objects.saturating_sub(less.objects),
        }
    }

    pub fn told(self) -> Value {
        json!({ "bytes": self.bytes, "objects": self.objects })
    }
}

/// What an act brings to a scope and takes from it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moved {
    pub came: UsageRow,
    pub gone: UsageRow,
}

impl Moved {
    fn and(&mut self, more: &Self) {
        *self = Self { came: self.came.plus(more.came), gone: self.gone.plus(more.gone) };
    }
}

/// Counts what the act at hand changed; refuses it with `quota_full` if it makes more than may be.
pub(crate) async fn keep(draft: &mut Draft) -> Result<(), Refusal> {
    let mut all = Moved::default();
    for (scope, moved) in moved(draft).await?.into_iter().filter(|(_, moved)| moved.came != moved.gone) {
        let own = scope.to_bytes();
        let row: Option<UsageRow> = draft.row(&own).await?;
        draft.put(&own, &row.unwrap_or_default().plus(moved.came).minus(moved.gone))?;
        all.and(&moved);
    }
    for scope in erased(draft)? {
        draft.remove::<UsageRow>(Seal::Cell, &scope.to_bytes());
    }
    match draft.quota() {
        Some(quota) if all.came != all.gone => quota.judge(&all, total(draft).await?),
        Some(_) | None => Ok(()),
    }
}

/// What the act at hand brings and takes, by scope.
async fn moved(draft: &Draft) -> Result<BTreeMap<Id<Scope>, Moved>, Refusal> {
    let mut last = BTreeMap::new();
    for change in draft.act().iter().filter(|change| is_counted(&change.key)) {
        if let Seal::Scope { scope, .. } = change.seal {
            last.insert(&change.key, (scope, change.value.as_deref()));
        }
    }
    let mut moved: BTreeMap<Id<Scope>, Moved> = BTreeMap::new();
    for (key, (scope, after)) in last {
        let before = draft.before(key).await?;
        let of = |value: Option<&[u8]>| value.map_or(Ok(UsageRow::default()), |value| weigh(key, value));
        moved.entry(scope).or_default().and(&Moved { came: of(after)?, gone: of(before.as_deref())? });
    }
    Ok(moved)
}

fn is_counted(key: &[u8]) -> bool {
    key.first().is_some_and(|table| [Table::Object as u8, Table::Part as u8].contains(table))
}

fn weigh(key: &[u8], value: &[u8]) -> Result<UsageRow, Refusal> {
    match key.first().is_some_and(|table| *table == Table::Part as u8) {
        true => row::decode::<PartRow>(value).map(|row| UsageRow::of_part(&row)),
        false => row::decode::<ObjectRow>(value).map(|row| UsageRow::of(&row)),
    }
}

/// The scopes that the act at hand erases.
fn erased(draft: &Draft) -> Result<Vec<Id<Scope>>, Refusal> {
    let is_scope = |key: &[u8]| key.first().is_some_and(|table| *table == Table::Scope as u8);
    let values =
        draft.act().iter().filter(|change| is_scope(&change.key)).filter_map(|change| change.value.as_ref());
    let rows = values.map(|value| row::decode::<ScopeRow>(value)).collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().filter(|row| row.is_erased).map(|row| row.id).collect())
}

/// What a cell holds in all.
pub async fn total(draft: &Draft) -> Result<UsageRow, Refusal> {
    let rows = draft.all::<UsageRow>(&[]).await?;
    Ok(rows.into_iter().fold(UsageRow::default(), |sum, (_, row)| sum.plus(row)))
}

/// Counts, once, what a release that kept no count has left. The first commit of a cell's opening holds it.
pub(crate) async fn begin(draft: &mut Draft) -> Result<(), Refusal> {
    // INVARIANT: where anything is counted there is a row.
    if !draft.rows::<UsageRow>(&[], None, 1).await?.is_empty() {
        return Ok(());
    }
    for (scope, row) in recount(draft).await? {
        draft.put(&scope.to_bytes(), &row)?;
    }
    Ok(())
}

/// What the rows themselves make, by scope; a page of them in memory at a time. Erased scopes hold nothing.
pub async fn recount(draft: &Draft) -> Result<BTreeMap<Id<Scope>, UsageRow>, Refusal> {
    let mut counted: BTreeMap<Id<Scope>, UsageRow> = BTreeMap::new();
    let mut count = |scope, row| {
        let sum = counted.entry(scope).or_default();
        *sum = sum.plus(row);
    };
    draft.each(&[], |row: ObjectRow| count(row.scope, UsageRow::of(&row))).await?;
    for (_, upload) in draft.all::<UploadRow>(&[]).await? {
        for part in upload::parts(draft, &upload).await? {
            count(upload.scope, UsageRow::of_part(&part));
        }
    }
    let scopes = draft.all::<ScopeRow>(&[]).await?;
    let erased: BTreeSet<_> =
        scopes.into_iter().filter(|(_, row)| row.is_erased).map(|(_, row)| row.id).collect();
    counted.retain(|scope, _| !erased.contains(scope));
    Ok(counted)
}
