//! Contracts: what each delivery of a table must keep, proposed from the first and confirmed by a person.
//!
//! Deliveries of one table are a series: keys that differ in their numbers alone.
//! A contract tells values (codes, ranges), so it is shown to those who may read
//! the bucket, and dies with its keys.

use std::collections::BTreeSet;

use async_trait::async_trait;
use formats::contract::Contract;
use gate::facts::Target;
use minicbor::{Decode, Encode};
use serde_json::{Value, json};
use words::act::{ContractConfirm, ContractDrop, ContractShow};
use words::noun::{Bucket, Noun, Object, Person};
use words::time::DAY_MS;
use words::{Id, Reason, Refusal, Timestamp};

use crate::Region;
use crate::act::{Frame, Judged, Outcome, Rule, Scene};
use crate::cell::draft::Draft;
use crate::derive::Work;
use crate::examine::{Arrival, Standing};
use crate::noun::bucket::{self, BucketRow};
use crate::object::ObjectRow;
use crate::row::{Row, Seal, Table};
use crate::show::Show;

/// WHY: a contract of a table of some hundred columns.
pub const CONTRACT_BYTES_MAX: usize = 64 << 10;
/// WHY: a bucket whose keys make more series than this holds no deliveries of tables.
const SERIES_MAX: usize = 500;

/// What is known of deliveries of one table.
#[derive(Debug, Clone, Encode, Decode)]
pub struct SeriesRow {
    #[n(0)]
    pub series: String,
    /// As the first delivery suggests it.
    #[n(1)]
    pub proposed: Option<String>,
    /// As somebody confirmed it.
    #[n(2)]
    pub confirmed: Option<String>,
    #[n(3)]
    pub version: u32,
    #[n(4)]
    pub by: Option<Id<Person>>,
    #[n(5)]
    pub at: Option<Timestamp>,
    /// The profile of the last delivery, and of which object it is.
    #[n(6)]
    pub profile: Option<String>,
    #[n(7)]
    pub profiled: Option<Id<Object>>,
    /// Which object the proposal is of.
    #[n(8)]
    pub proposer: Option<Id<Object>>,
    /// When the last delivery that can be used was stored; kept once a day.
    #[n(9)]
    pub last: Option<Timestamp>,
}

impl Row for SeriesRow {
    const TABLE: Table = Table::Contract;
}

impl SeriesRow {
    const fn of(series: String) -> Self {
        Self {
            series,
            proposed: None,
            confirmed: None,
            version: 0,
            by: None,
            at: None,
            profile: None,
            profiled: None,
            proposer: None,
            last: None,
        }
    }

    /// As somebody confirmed it.
    fn contract(&self) -> Option<Contract> {
        serde_json::from_str(self.confirmed.as_deref()?).ok()
    }

    fn told(&self) -> Value {
        let read =
            |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        json!({
            "series": self.series,
            "proposed": read(&self.proposed),
            "confirmed": read(&self.confirmed),
            "version": self.version,
            "at": self.at,
        })
    }
}

/// The series that a key belongs to: each run of digits is `#`.
pub fn series(key: &str) -> String {
    let mut series = String::with_capacity(key.len());
    for sign in key.chars() {
        match sign.is_ascii_digit() {
            true if series.ends_with('#') => {}
            true => series.push('#'),
            false => series.push(sign),
        }
    }
    series
}

fn key(bucket: Id<Bucket>, series: &str) -> Vec<u8> {
    [&bucket.to_bytes()[..], series.as_bytes()].concat()
}

fn seal_of(bucket: &BucketRow) -> Seal {
    Seal::Scope { scope: bucket.scope, id: bucket.id.to_bytes(), size_bytes: 0 }
}

fn seal_beside(row: &ObjectRow) -> Seal {
    Seal::Scope { scope: row.scope, id: row.bucket.to_bytes(), size_bytes: 0 }
}

/// Takes a delivery in: proposes a contract from the first of a series, and remembers when the last one came.
pub(crate) async fn take(
    draft: &mut Draft,
    row: &ObjectRow,
    proposal: Option<&str>,
    standing: Standing,
) -> Result<(), Refusal> {
    let is_fit = matches!(standing, Standing::Clear | Standing::Asks);
    if !is_fit {
        return Ok(());
    }
    let series = series(&row.key);
    let own = key(row.bucket, &series);
    let known: Option<SeriesRow> = draft.row(&own).await?;
    let is_open = known.as_ref().is_none_or(|known| known.proposed.is_none());
    let proposal = proposal.filter(|text| is_open && text.len() <= CONTRACT_BYTES_MAX);
    let last = known.as_ref().and_then(|known| known.last);
    let is_later = last.is_none_or(|last| row.at.since_ms(last) >= DAY_MS);
    if proposal.is_none() && (known.is_none() || !is_later) {
        return Ok(());
    }
    if known.is_none()
        && draft.rows::<SeriesRow>(&row.bucket.to_bytes(), None, SERIES_MAX).await?.len() >= SERIES_MAX
    {
        return Ok(());
    }
    let mut known = known.unwrap_or_else(|| SeriesRow::of(series));
    if let Some(proposal) = proposal {
        (known.proposed, known.proposer) = (Some(proposal.to_owned()), Some(row.id));
    }
    known.last = last.max(Some(row.at));
    draft.put_in(seal_beside(row), &own, &known)
}

/// Series of a bucket whose contract says how old data may be, and that had no delivery for longer.
pub(crate) async fn late(rows: &Draft, bucket: Id<Bucket>, now: Timestamp) -> Result<Vec<String>, Refusal> {
    let all = rows.rows::<SeriesRow>(&bucket.to_bytes(), None, SERIES_MAX).await?;
    let is_late = |row: &SeriesRow| {
        let days_max = row.contract()?.fresh?.days_max;
        Some(now.since_ms(row.last.or(row.at)?) > i64::from(days_max) * DAY_MS)
    };
    Ok(all.into_iter().filter(|(_, row)| is_late(row) == Some(true)).map(|(_, row)| row.series).collect())
}

/// Names of columns that somebody confirmed of the series that an object belongs to.
pub(crate) async fn confirmed(rows: &Draft, row: &ObjectRow) -> Result<BTreeSet<String>, Refusal> {
    let known: Option<SeriesRow> = rows.row(&key(row.bucket, &series(&row.key))).await?;
    let columns = known.and_then(|known| known.contract()).map(|contract| contract.columns);
    Ok(columns.unwrap_or_default().into_iter().map(|term| term.name).collect())
}

/// Forgets what of a series is of an object that names people after all.
pub(crate) async fn forget(draft: &mut Draft, row: &ObjectRow) -> Result<(), Refusal> {
    let own = key(row.bucket, &series(&row.key));
    let Some(mut known) = draft.row::<SeriesRow>(&own).await? else { return Ok(()) };
    if known.proposer == Some(row.id) {
        (known.proposed, known.proposer) = (None, None);
    }
    if known.profiled == Some(row.id) {
        (known.profile, known.profiled) = (None, None);
    }
    draft.put_in(seal_beside(row), &own, &known)
}

/// Remembers a delivery's profile, for the next one to be compared with.
pub(crate) async fn remember_profile(
    draft: &mut Draft,
    row: &ObjectRow,
    profile: &str,
) -> Result<(), Refusal> {
    let series = series(&row.key);
    let own = key(row.bucket, &series);
    // WHY not for each: one profile per file is with the file already.
    let Some(known) = draft.row::<SeriesRow>(&own).await? else { return Ok(()) };
    let (profile, profiled) = (Some(profile.to_owned()), Some(row.id));
    draft.put_in(seal_beside(row), &own, &SeriesRow { profile, profiled, ..known })
}

impl Region {
    /// The contract that a delivery is held to, as JSON.
    pub async fn contract_of(&self, arrival: &Arrival) -> Result<Option<String>, Refusal> {
        let rows = self.cell(arrival.cell).await?.view().await?;
        let own = key(arrival.row.bucket, &series(&arrival.row.key));
        Ok(rows.row::<SeriesRow>(&own).await?.and_then(|known| known.confirmed))
    }

    /// The profile of the delivery before this one, as JSON.
    pub async fn profile_before(&self, work: &Work) -> Result<Option<String>, Refusal> {
        let rows = self.cell(work.cell).await?.view().await?;
        let known: Option<SeriesRow> = rows.row(&key(work.row.bucket, &series(&work.row.key))).await?;
        Ok(known.filter(|known| known.profiled != Some(work.row.id)).and_then(|known| known.profile))
    }
}

macro_rules! judged_by_bucket {
    ($($deed:ident)*) => { $(#[async_trait]
    impl Judged for $deed {
        async fn target(&self, scene: &Scene<'_>) -> Result<Target, Refusal> {
            bucket::data(scene, &self.project, &self.bucket).await
        }
    })* };
}

judged_by_bucket!(ContractShow ContractConfirm ContractDrop);

#[async_trait]
impl Show for ContractShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let rows = scene.cell.ok_or(Refusal::new(Reason::NotFound))?;
        let bucket = bucket::find(rows, &self.bucket).await?;
        let all = rows.all::<SeriesRow>(&bucket.id.to_bytes()).await?;
        let wanted = |row: &SeriesRow| self.series.as_ref().is_none_or(|series| *series == row.series);
        Ok(all.into_iter().map(|(_, row)| row).filter(wanted).map(|row| row.told()).collect())
    }
}

#[async_trait]
impl Rule for ContractConfirm {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let bucket = bucket::find(draft, &self.bucket).await?;
        bucket.refuse_fixed()?;
        if self.series.is_empty() || self.series != series(&self.series) {
            return Err(Refusal::with(Reason::Invalid, "a series is a key with `#` for its numbers"));
        }
        let own = key(bucket.id, &self.series);
        let known: Option<SeriesRow> = draft.row(&own).await?;
        let known = known.unwrap_or_else(|| SeriesRow::of(self.series.clone()));
        let text = self.contract.clone().or_else(|| known.proposed.clone());
        let text = text.ok_or_else(|| {
            Refusal::with(
                Reason::StateWrong,
                "nothing was proposed yet: store a first delivery, or write it yourself",
            )
        })?;
        if text.len() > CONTRACT_BYTES_MAX {
            return Err(Refusal::with(Reason::Invalid, "a contract is an object in JSON of at most 64 KiB"));
        }
        // WHY not the parser's own words: they might tell a value again.
        let contract: Contract = serde_json::from_str(&text).map_err(|_| {
            Refusal::with(
                Reason::Invalid,
                "this is no contract: begin with the one that was proposed, as `epic contract show` tells it",
            )
        })?;
        if let Some(flaw) = contract.flaw() {
            return Err(Refusal::with(Reason::Invalid, flaw));
        }
        let version = known.version.saturating_add(1);
        let (confirmed, by, at) = (Some(text), Some(frame.actor.person), Some(frame.now));
        draft.put_in(seal_of(&bucket), &own, &SeriesRow { confirmed, version, by, at, ..known })?;
        let answer = json!({ "series": self.series, "version": version });
        Ok(Outcome::of(Noun::Bucket, bucket.id).within(bucket.scope).saying(answer))
    }
}

#[async_trait]
impl Rule for ContractDrop {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let bucket = bucket::find(draft, &self.bucket).await?;
        let own = key(bucket.id, &self.series);
        let known: Option<SeriesRow> = draft.row(&own).await?;
        let known = known.filter(|known| known.confirmed.is_some());
        let known = known.ok_or_else(|| Refusal::with(Reason::NotFound, "contract"))?;
        let version = known.version;
        draft.put_in(seal_of(&bucket), &own, &SeriesRow { confirmed: None, by: None, at: None, ..known })?;
        let answer = json!({ "series": self.series, "version": version });
        Ok(Outcome::of(Noun::Bucket, bucket.id).within(bucket.scope).saying(answer))
    }
}
