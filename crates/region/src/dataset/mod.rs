//! Datasets: cards of the catalogue. People say what data are and what they are for; the rest is counted.
//!
//! A card speaks of a bucket, or of what in it begins with a prefix. It lies in its
//! project's cell, under the bucket's own keys, and dies with them.

mod card;
mod map;

use async_trait::async_trait;
use minicbor::{Decode, Encode};
use serde_json::json;
use words::act::{DatasetDescribe, DatasetDrop};
use words::name::Alias;
use words::noun::{Dataset, Noun, Person};
use words::{Id, Reason, Refusal, Timestamp};

use crate::act::{Frame, Outcome, Rule};
use crate::cell::draft::Draft;
use crate::name;
use crate::noun::bucket;
use crate::row::{Row, Seal, Table};
pub(crate) use card::columns_of;
pub use card::{Card, Field};

/// WHY: a person reads a card to the end.
const TITLE_CHARS_MAX: usize = 200;
const PROSE_CHARS_MAX: usize = 4_000;
const KEYWORDS_MAX: usize = 30;
/// WHY: a project with more cards than this has cards of files.
const DATASETS_MAX: usize = 500;

/// Who finds a card beside those who know its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Listed {
    #[n(0)]
    Nobody,
    /// Whoever is signed in.
    #[n(1)]
    Region,
    /// Everybody, other catalogues too.
    #[n(2)]
    Everybody,
}

impl Listed {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Region => "region",
            Self::Everybody => "everybody",
        }
    }

    fn of(text: Option<&str>) -> Result<Self, Refusal> {
        match text {
            None | Some("nobody") => Ok(Self::Nobody),
            Some("region") => Ok(Self::Region),
            Some("everybody") => Ok(Self::Everybody),
            Some(_) => {
                Err(Refusal::with(Reason::Invalid, "a card is found by `nobody`, `region` or `everybody`"))
            }
        }
    }
}

/// What people said of a dataset.
#[derive(Debug, Clone, Encode, Decode)]
pub struct DatasetRow {
    #[n(0)]
    pub id: Id<Dataset>,
    #[n(1)]
    pub alias: String,
    #[n(2)]
    pub bucket: String,
    #[n(3)]
    pub prefix: String,
    #[n(4)]
    pub title: String,
    #[n(5)]
    pub purpose: String,
    #[n(6)]
    pub limits: Option<String>,
    #[n(7)]
    pub keywords: Vec<String>,
    #[n(8)]
    pub steward: Option<Id<Person>>,
    #[n(9)]
    pub listed: Listed,
    #[n(10)]
    pub first: Timestamp,
    #[n(11)]
    pub at: Timestamp,
    #[n(12)]
    pub by: Id<Person>,
}

impl Row for DatasetRow {
    const TABLE: Table = Table::Dataset;
}

impl DatasetRow {
    /// Whether it has all of these words in what people said.
    fn says(&self, words: &str) -> bool {
        let said = [&self.alias, &self.title, &self.purpose, self.limits.as_ref().unwrap_or(&self.alias)];
        let said = said
            .into_iter()
            .chain(&self.keywords)
            .map(|text| text.to_lowercase())
            .collect::<Vec<_>>()
            .join("\n");
        words.to_lowercase().split_whitespace().all(|word| said.contains(word))
    }
}

fn refuse_long(name: &str, text: &str, chars_max: usize) -> Result<(), Refusal> {
    let is_empty = text.trim().is_empty();
    match is_empty || text.chars().count() > chars_max {
        true => Err(Refusal::with(Reason::Invalid, format!("`{name}` has 1 to {chars_max} characters"))),
        false => Ok(()),
    }
}

#[async_trait]
impl Rule for DatasetDescribe {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
        let alias: Alias = self
            .dataset
            .parse()
            .map_err(|error: words::name::NameError| Refusal::with(Reason::Invalid, error.to_string()))?;
        refuse_long("title", &self.title, TITLE_CHARS_MAX)?;
        refuse_long("purpose", &self.purpose, PROSE_CHARS_MAX)?;
        if let Some(limits) = &self.limits {
            refuse_long("limits", limits, PROSE_CHARS_MAX)?;
        }
        if self.keywords.len() > KEYWORDS_MAX {
            return Err(Refusal::with(Reason::TooLarge, "a card has at most 30 keywords"));
        }
        for keyword in self.keywords.iter() {
            refuse_long("keywords", keyword, TITLE_CHARS_MAX)?;
        }
        let bucket = bucket::find(draft, &self.bucket).await?;
        let steward = match &self.steward {
            Some(person) => Some(name::find_id::<Person>(root, Noun::Person, person).await?),
            None => None,
        };
        let before: Option<DatasetRow> = draft.row(alias.as_str().as_bytes()).await?;
        let is_full = draft.rows::<DatasetRow>(&[], None, DATASETS_MAX).await?.len() >= DATASETS_MAX;
        if before.is_none() && is_full {
            return Err(Refusal::with(Reason::TooLarge, "a project has at most 500 cards"));
        }
        let (id, first) = match &before {
            Some(before) => (before.id, before.first),
            None => (Id::random(frame.region.rand()), frame.now),
        };
        let row = DatasetRow {
            id,
            alias: alias.as_str().to_owned(),
            bucket: bucket.name.clone(),
            prefix: self.prefix.clone().unwrap_or_default(),
            title: self.title.trim().to_owned(),
            purpose: self.purpose.trim().to_owned(),
            limits: self.limits.as_ref().map(|limits| limits.trim().to_owned()),
            keywords: self.keywords.iter().map(|keyword| keyword.trim().to_owned()).collect(),
            steward,
            listed: Listed::of(self.listed.as_deref())?,
            first,
            at: frame.now,
            by: frame.actor.person,
        };
        if let Some(before) = before {
            // WHY: it may have spoken of another bucket, and lies under that one's keys.
            draft.remove::<DatasetRow>(seal(draft, &before).await?, before.alias.as_bytes());
        }
        draft.put_in(seal(draft, &row).await?, row.alias.as_bytes(), &row)?;
        let answer = json!({ "dataset": row.alias, "id": row.id.to_string(), "listed": row.listed.text() });
        Ok(Outcome::of(Noun::Dataset, row.id).within(bucket.scope).saying(answer))
    }
}

/// Under the keys of its bucket; of one that is gone, under the project's.
async fn seal(draft: &Draft, row: &DatasetRow) -> Result<Seal, Refusal> {
    let bucket: Option<bucket::BucketRow> = draft.row(row.bucket.as_bytes()).await?;
    Ok(bucket.map_or(Seal::Cell, |bucket| Seal::Scope {
        scope: bucket.scope,
        id: row.id.to_bytes(),
        size_bytes: 0,
    }))
}

#[async_trait]
impl Rule for DatasetDrop {
    async fn plan(&self, draft: &mut Draft, _: &Frame<'_>) -> Result<Outcome, Refusal> {
        let row: Option<DatasetRow> = draft.row(self.dataset.as_bytes()).await?;
        let row = row.ok_or_else(|| Refusal::with(Reason::NotFound, "dataset"))?;
        draft.remove::<DatasetRow>(seal(draft, &row).await?, row.alias.as_bytes());
        Ok(Outcome::of(Noun::Dataset, row.id))
    }
}
