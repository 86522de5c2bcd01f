//! Cards: what people said of a dataset, and what is known of what lies there.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use gate::facts::Target;
use serde_json::{Map, Value, json};
use words::act::DatasetShow;
use words::noun::{Organisation, Person, Project};
use words::{Id, Refusal, Timestamp};

use super::{DatasetRow, Listed};
use crate::Region;
use crate::act::{Judged, Scene};
use crate::catalogue::Figures;
use crate::cell::draft::Draft;
use crate::contract;
use crate::examine::{ReportRow, Standing, cdm};
use crate::facts;
use crate::noun::agreement::AgreementRow;
use crate::noun::bucket::BucketRow;
use crate::noun::organisation::OrganisationRow;
use crate::noun::permit::PermitRow;
use crate::noun::person::PersonRow;
use crate::noun::project::ProjectRow;
use crate::noun::tenant::TenantRow;
use crate::object::ObjectRow;
use crate::show::Show;

/// WHY: columns of the first tables tell what a dataset is.
const TABLES_MAX: usize = 8;
const FIELDS_MAX: usize = 200;

/// A column of a dataset's tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    pub name: String,
    pub kind: String,
    /// A person confirmed a contract that names it. WHY: what looks like a header may be a first row of values, so whoever has
    /// no part in the project sees no other.
    pub is_confirmed: bool,
}

/// One card, with everything that may be told to whoever may see it.
#[derive(Debug, Clone)]
pub struct Card {
    pub row: DatasetRow,
    pub project: String,
    pub project_id: Id<Project>,
    pub tier: u8,
    /// Legal name of whoever decides (GDPR Art. 4(7)).
    pub controller: String,
    pub provider: Option<String>,
    pub steward: Option<String>,
    pub agreement: Option<AgreementRow>,
    /// Purposes of permits in force over it.
    pub purposes: BTreeSet<String>,
    pub legal_bases: BTreeSet<String>,
    pub figures: Figures,
    pub fields: Vec<Field>,
    /// Sets of OMOP tables that lie there, as they are told.
    pub sets: Vec<Value>,
    /// The snapshot that it is, if it is one.
    pub snapshot: Option<String>,
}

impl Card {
    pub(super) fn told(&self, is_known: bool) -> Value {
        let row = &self.row;
        let terms = self.agreement.as_ref().map(|agreement| &agreement.terms);
        let mut told = json!({
            "dataset": row.alias,
            "id": row.id.to_string(),
            "project": self.project,
            "title": row.title,
            "purpose": row.purpose,
            "limits": row.limits,
            "keywords": row.keywords,
            "bucket": row.bucket,
            "prefix": row.prefix,
            "listed": row.listed.text(),
            "described": row.at,
            "first_described": row.first,
            "tier": self.tier,
            "controller": self.controller,
            "provider": self.provider,
            "steward": self.steward,
            "snapshot": self.snapshot,
            "categories": terms.map(|terms| terms.categories.clone()),
            "agreement_purpose": terms.map(|terms| terms.purpose.clone()),
            "places": terms.map(|terms| terms.places.clone()),
            "ends": terms.map(|terms| terms.ends),
            "purposes": self.purposes,
        });
        let fields = self.fields.iter().filter(|field| is_known || field.is_confirmed);
        let fields = fields.map(|field| json!({ "name": field.name, "type": field.kind }));
        if let Some(all) = told.as_object_mut() {
            all.extend(self.figures.told());
            all.insert("columns".to_owned(), fields.collect());
            if is_known {
                all.insert("cdm".to_owned(), self.sets.clone().into());
                let alias = self.agreement.as_ref().map(|agreement| agreement.alias.clone());
                all.insert("agreement".to_owned(), alias.into());
            }
        }
        told
    }
}

#[async_trait]
impl Judged for DatasetShow {
    /// Anyone signed in may look; the rows are chosen for them.
    async fn target(&self, _: &Scene<'_>) -> Result<Target, Refusal> {
        Ok(Target::Region)
    }
}

#[async_trait]
impl Show for DatasetShow {
    async fn show(&self, scene: &Scene<'_>) -> Result<Value, Refusal> {
        let mut shown = Vec::new();
        for (_, project) in scene.root.all::<ProjectRow>(&[]).await? {
            let is_asked = self
                .project
                .as_ref()
                .is_none_or(|text| *text == project.alias || *text == project.id.to_string());
            if !is_asked || project.erased_at.is_some() {
                continue;
            }
            let target = Target::Project(facts::project(scene, project.id).await?);
            let is_known = scene.region.may_see::<DatasetShow>(scene, target).await?;
            let least = if is_known { Listed::Nobody } else { Listed::Region };
            let wanted = |row: &DatasetRow| {
                let is_meant = |text: &String| *text == row.alias || *text == row.id.to_string();
                row.listed >= least
                    && self.dataset.as_ref().is_none_or(is_meant)
                    && self.words.as_ref().is_none_or(|words| row.says(words))
            };
            for card in cards(scene.region, scene.root, &project, wanted, is_known, scene.now).await? {
                shown.push(card.told(is_known));
            }
        }
        Ok(Value::Array(shown))
    }
}

impl Region {
    /// Cards that everybody finds, as other catalogues take them; or the one of this id.
    pub async fn public_cards(&self, only: Option<&str>) -> Result<Vec<Card>, Refusal> {
        // WHY: a process that lost the root must not tell what was taken back since.
        self.lease().confirmed(self.clock().now())?;
        let (root, now) = (self.root().view().await?, self.now());
        let mut all: Vec<Card> = Vec::new();
        for (_, project) in root.all::<ProjectRow>(&[]).await? {
            if project.erased_at.is_none() {
                let is_meant = |row: &DatasetRow| only.is_none_or(|only| *only == row.id.to_string());
                let wanted = |row: &DatasetRow| row.listed == Listed::Everybody && is_meant(row);
                all.extend(cards(self, &root, &project, wanted, false, now).await?);
            }
        }
        all.iter_mut().for_each(|card| card.fields.retain(|field| field.is_confirmed));
        Ok(all)
    }
}

/// The cards of a project that are wanted; `is_within`: with what strangers are not told anyway. WHY none where its cell cannot be opened: the others are told all the same.
async fn cards(
    region: &Region,
    root: &Draft,
    project: &ProjectRow,
    wanted: impl Fn(&DatasetRow) -> bool + Send,
    is_within: bool,
    now: Timestamp,
) -> Result<Vec<Card>, Refusal> {
    let Ok(cell) = region.cell(project.id.cast()).await else { return Ok(Vec::new()) };
    let rows = cell.view().await?;
    let all = rows.all::<DatasetRow>(&[]).await?;
    let mut cards = Vec::new();
    for (_, row) in all.into_iter().filter(|(_, row)| wanted(row)) {
        // WHY none where it cannot be counted, or is locked: what people said is told all the same.
        let figures = region.catalogue().figures(region, &cell, &row.bucket, &row.prefix).await.ok();
        cards.push(card(root, &rows, project, row, figures, is_within, now).await?);
    }
    Ok(cards)
}

async fn card(
    root: &Draft,
    rows: &Draft,
    project: &ProjectRow,
    row: DatasetRow,
    figures: Option<Figures>,
    is_within: bool,
    now: Timestamp,
) -> Result<Card, Refusal> {
    let bucket: Option<BucketRow> = rows.row(row.bucket.as_bytes()).await?;
    let agreement = match &bucket {
        Some(bucket) => bucket.agreement(rows, root, project.id.cast()).await?,
        None => None,
    };
    let tenant: TenantRow = root.known(&project.tenant.to_bytes()).await?;
    let provider = match &agreement {
        Some(agreement) => Some(organisation(root, agreement.provider).await?),
        None => None,
    };
    let (mut purposes, mut legal_bases) = (BTreeSet::new(), BTreeSet::new());
    for (_, permit) in root.all::<PermitRow>(&project.id.to_bytes()).await? {
        if permit.is_in_force(now) && permit.covers(root, Some(&row.bucket)).await? {
            purposes.insert(permit.purpose.clone());
            legal_bases.insert(permit.legal_basis.clone());
        }
    }
    let (fields, sets) = match bucket.as_ref().filter(|_| figures.is_some()) {
        Some(bucket) => {
            let sets = match is_within {
                true => cdm::sets(rows, bucket.id, &row.prefix).await?,
                false => Default::default(),
            };
            let sets = sets.iter().map(|(folder, set)| cdm::told(folder, set)).collect();
            (fields(rows, bucket, &row.prefix).await?, sets)
        }
        None => Default::default(),
    };
    Ok(Card {
        project: project.alias.clone(),
        project_id: project.id,
        tier: project.tier().number(),
        controller: organisation(root, tenant.organisation).await?,
        provider,
        steward: steward(root, row.steward).await?,
        agreement,
        purposes,
        legal_bases,
        figures: figures.unwrap_or_default(),
        fields,
        sets,
        snapshot: bucket.and_then(|bucket| bucket.taken).map(|taken| taken.snapshot.to_string()),
        row,
    })
}

async fn organisation(root: &Draft, id: Id<Organisation>) -> Result<String, Refusal> {
    Ok(root.known::<OrganisationRow>(&id.to_bytes()).await?.name)
}

/// Their short name: whoever needs more asks the organisation.
async fn steward(root: &Draft, id: Option<Id<Person>>) -> Result<Option<String>, Refusal> {
    let Some(id) = id else { return Ok(None) };
    let row: Option<PersonRow> = root.row(&id.to_bytes()).await?;
    Ok(row.map(|row| row.alias))
}

/// Names and types of columns, of the first tables that lie there and name nobody.
async fn fields(rows: &Draft, bucket: &BucketRow, prefix: &str) -> Result<Vec<Field>, Refusal> {
    let under = [&bucket.id.to_bytes()[..], prefix.as_bytes()].concat();
    let page = rows.rows::<ObjectRow>(&under, None, 256).await?;
    let mut known: BTreeMap<String, (String, bool)> = BTreeMap::new();
    let mut tables = 0;
    let mut last = None;
    for (key, row) in page {
        // WHY the newest alone: what was delivered before, or was deleted, is told of no more.
        let is_newest = last.replace(row.key.clone()).as_ref() != Some(&row.key);
        let is_clear = row.examined.as_ref().is_some_and(|examined| examined.standing == Standing::Clear);
        if !is_newest || row.is_marker || row.derived.is_some() || !is_clear {
            continue;
        }
        let report: Option<ReportRow> = rows.row(&key).await?;
        let Some(report) = report.filter(|report| report.object == row.id) else { continue };
        let columns = columns_of(&report.report);
        tables += usize::from(!columns.is_empty());
        let confirmed = contract::confirmed(rows, &row).await?;
        for (name, kind) in columns {
            let is_confirmed = confirmed.contains(&name);
            let field = known.entry(name).or_insert((kind, false));
            field.1 |= is_confirmed;
        }
        if tables >= TABLES_MAX || known.len() >= FIELDS_MAX {
            break;
        }
    }
    let field = |(name, (kind, is_confirmed))| Field { name, kind, is_confirmed };
    Ok(known.into_iter().take(FIELDS_MAX).map(field).collect())
}

/// Names of columns and their types, as a report tells them.
pub(crate) fn columns_of(report: &str) -> Vec<(String, String)> {
    let report: Map<String, Value> = serde_json::from_str(report).unwrap_or_default();
    let columns = report.get("facts").and_then(|facts| facts.get("columns")).and_then(Value::as_array);
    let named = columns.into_iter().flatten().filter_map(|column| {
        let text = |name: &str| column.get(name).and_then(Value::as_str).map(str::to_owned);
        Some((text("name")?, text("type").unwrap_or_default()))
    });
    named.collect()
}
