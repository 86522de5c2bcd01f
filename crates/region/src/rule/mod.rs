//! Rules: when something is stored, then what is made of it.
//!
//! A rule is a row that a controller set; the region has some of its own, which
//! hold where none of a project's takes an object first. Exactly one rule decides
//! on an object: the project's in the order of their names, then the region's. So
//! what a page says of a rule is what happens, and nothing is made twice.

pub(crate) mod apart;
mod set;
mod show;

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use recipes::Recipe;
use serde_json::{Value, json};
use words::noun::{Agreement, Person};
use words::{Id, Reason, Refusal, Timestamp};

use crate::cell::draft::Draft;
use crate::derive::report_of;
use crate::noun::bucket::BucketRow;
use crate::object::ObjectRow;
use crate::object::label::{self, Labels};
use crate::row::{Row, Table};
pub use show::TallyRow;

/// WHY: a project has some dozens of kinds of deliveries.
const RULES_MAX: usize = 200;
/// WHY: what a page lists.
const KINDS_MAX: usize = 100;
const WORD_CHARS_MAX: usize = 64;

/// What may be made of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A table with types, as Parquet.
    Table,
    /// The words in it.
    Text,
    /// Where what lies in it.
    Index,
    /// Its first rows.
    Preview,
    /// How its columns are filled.
    Profile,
    /// Nothing: nobody reads it until its controller has looked.
    Apart,
}

impl Step {
    pub const ALL: [Self; 6] =
        [Self::Table, Self::Text, Self::Index, Self::Preview, Self::Profile, Self::Apart];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Text => "text",
            Self::Index => "index",
            Self::Preview => "preview",
            Self::Profile => "profile",
            Self::Apart => "apart",
        }
    }

    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.text() == text)
    }

    /// How it is made of an object of this kind; none: nothing is. `table`: how a table is made, as JSON.
    pub(crate) fn recipe(self, kind: &str, table: Option<&str>) -> Option<Recipe> {
        let asked = match self {
            Self::Table => return table_recipe(table).ok(),
            Self::Text => json!({ "step": "text" }),
            Self::Preview => json!({ "step": "preview", "rows": PREVIEW_ROWS, "columns": PREVIEW_COLUMNS }),
            Self::Profile => json!({ "step": "profile" }),
            Self::Index => json!({ "step": "index", "form": index_of(kind)? }),
            Self::Apart => return None,
        };
        Recipe::read(asked.to_string().as_bytes()).ok()
    }
}

/// WHY: what a person sees at once.
const PREVIEW_ROWS: usize = 20;
const PREVIEW_COLUMNS: usize = 20;

/// The index that tools look for beside a file of this kind.
fn index_of(kind: &str) -> Option<&'static str> {
    match kind {
        "fasta" => Some("fai"),
        "bam" => Some("bai"),
        "vcf" | "bed" | "gff" | "gtf" => Some("tbi"),
        _ => None,
    }
}

/// How a table is made: what a rule says, as the step that it is.
fn table_recipe(table: Option<&str>) -> Result<Recipe, Refusal> {
    let mut asked: Value = serde_json::from_str(table.unwrap_or("{}")).unwrap_or_default();
    let fields = asked.as_object_mut().ok_or_else(|| invalid("a recipe is an object in JSON"))?;
    fields.insert("step".to_owned(), "table".into());
    // WHY not the parser's own words: codes of a column are values.
    let why = |error: recipes::RecipeError| match error {
        recipes::RecipeError::Form(_) => {
            invalid("a recipe has fields that are none, or of another form: see docs/guide/recipes.md")
        }
        other => invalid(other.to_string()),
    };
    Recipe::read(asked.to_string().as_bytes()).map_err(why)
}

/// Which objects a rule takes; what is left out is any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct When {
    #[n(0)]
    pub kinds: Vec<String>,
    #[n(1)]
    pub bucket: Option<String>,
    #[n(2)]
    pub prefix: Option<String>,
    #[n(3)]
    pub larger: Option<u64>,
    #[n(4)]
    pub smaller: Option<u64>,
    #[n(5)]
    pub agreement: Option<Id<Agreement>>,
    /// All of these labels.
    #[n(6)]
    pub labels: Option<Labels>,
    /// All of these words and figures of its report.
    #[n(7)]
    pub fields: Option<Labels>,
}

impl When {
    fn takes(&self, object: &Seen<'_>) -> bool {
        let is = |wanted: &Option<String>, own: &str| wanted.as_deref().is_none_or(|wanted| wanted == own);
        let size = object.row.size_bytes;
        let bears = |label| object.row.labels.contains(label);
        self.labels.iter().flatten().all(bears)
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == object.kind))
            && is(&self.bucket, object.bucket)
            && self.prefix.as_deref().is_none_or(|prefix| object.row.key.starts_with(prefix))
            && self.larger.is_none_or(|larger| size >= larger)
            && self.smaller.is_none_or(|smaller| size <= smaller)
            && self.agreement.is_none_or(|agreement| object.agreement == Some(agreement))
            && self.fields.as_ref().is_none_or(|wanted| {
                let own = fields_of(object.report);
                wanted.iter().all(|(name, value)| own.get(name) == Some(value))
            })
    }

    /// Whether it asks what only a look can tell.
    fn needs_look(&self) -> bool {
        !self.kinds.is_empty() || self.fields.is_some()
    }

    fn told(&self) -> Value {
        json!({
            "kinds": self.kinds,
            "bucket": self.bucket,
            "prefix": self.prefix,
            "larger": self.larger,
            "smaller": self.smaller,
            "agreement": self.agreement.map(|agreement| agreement.to_string()),
            "labels": told_labels(self.labels.as_ref()),
            "fields": told_labels(self.fields.as_ref()),
        })
    }
}

fn told_labels(labels: Option<&Labels>) -> Vec<String> {
    labels.into_iter().flatten().map(|(name, value)| label::text(name, value)).collect()
}

/// The words and figures that a report has of an object, as text.
pub(crate) fn fields_of(report: &str) -> BTreeMap<String, String> {
    let report: Value = serde_json::from_str(report).unwrap_or_default();
    let of = |name: &str| report["facts"][name].as_object().cloned().unwrap_or_default();
    let all = of("numbers").into_iter().chain(of("words"));
    all.map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned))).collect()
}

/// An object as rules see it.
pub struct Seen<'a> {
    pub row: &'a ObjectRow,
    pub bucket: &'a str,
    /// Empty: nobody has looked yet.
    pub kind: &'a str,
    /// What was said of it, as JSON.
    pub report: &'a str,
    pub agreement: Option<Id<Agreement>>,
}

/// A rule of a project.
#[derive(Debug, Clone, Encode, Decode)]
pub struct RuleRow {
    #[n(0)]
    pub name: String,
    /// Grows with every change.
    #[n(1)]
    pub version: u32,
    #[n(2)]
    pub when: When,
    #[n(3)]
    pub steps: Vec<String>,
    /// How a table is made, as JSON.
    #[n(4)]
    pub recipe: Option<String>,
    #[n(5)]
    pub at: Timestamp,
    /// Who set it; none: the region.
    #[n(6)]
    pub by: Option<Id<Person>>,
}

impl Row for RuleRow {
    const TABLE: Table = Table::Rule;
}

/// What was said of an object, as rules ask for it; empty where nobody has looked.
#[derive(Default)]
pub(crate) struct Looked {
    pub kind: String,
    /// As JSON.
    pub report: String,
}

impl Looked {
    pub async fn at(rows: &Draft, row: &ObjectRow) -> Result<Self, Refusal> {
        let report = report_of(rows, row).await?;
        let looked =
            report.map(|report| Self { kind: report.kind().unwrap_or_default(), report: report.report });
        Ok(looked.unwrap_or_default())
    }

    pub fn seen<'a>(
        &'a self,
        row: &'a ObjectRow,
        bucket: &'a BucketRow,
        agreement: Option<Id<Agreement>>,
    ) -> Seen<'a> {
        Seen { row, bucket: &bucket.name, kind: &self.kind, report: &self.report, agreement }
    }
}

impl RuleRow {
    pub fn steps(&self) -> Vec<Step> {
        self.steps.iter().filter_map(|step| Step::of(step)).collect()
    }

    pub(crate) fn sets_apart(&self) -> bool {
        self.steps().contains(&Step::Apart)
    }

    /// What two rules have in common that do the same.
    fn digest(&self) -> String {
        let told = json!({ "when": self.when.told(), "steps": self.steps, "recipe": self.recipe });
        data_encoding::HEXLOWER.encode(&seal::sha256(told.to_string().as_bytes()))
    }
}

/// What the region makes where a project says nothing.
///
/// WHY these: they take what the field's tools open faster, and change nothing that was delivered.
fn own() -> Vec<RuleRow> {
    let rule = |name: &str, kinds: &[&str], steps: &[Step]| RuleRow {
        name: name.to_owned(),
        version: 1,
        when: When { kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(), ..When::default() },
        steps: steps.iter().map(|step| step.text().to_owned()).collect(),
        recipe: None,
        at: Timestamp::from_ms(0),
        by: None,
    };
    vec![
        rule(
            "region-tables",
            &["csv", "tsv", "ndjson", "omop-table", "xlsx"],
            &[Step::Table, Step::Preview, Step::Profile],
        ),
        rule("region-columns", &["parquet"], &[Step::Preview, Step::Profile]),
        rule(
            "region-texts",
            &["text", "html", "xml", "json", "pdf", "docx", "odt", "fhir-json", "fhir-xml", "yaml", "rtf"],
            &[Step::Text],
        ),
        rule("region-variants", &["vcf", "sam"], &[Step::Index, Step::Preview]),
        rule("region-sequences", &["fasta", "bam", "bed", "gff", "gtf"], &[Step::Index]),
    ]
}

/// The rules of a project, in the order in which they are asked.
pub async fn all(rows: &Draft) -> Result<Vec<RuleRow>, Refusal> {
    let set = rows.all::<RuleRow>(&[]).await?;
    let mut all: Vec<RuleRow> = set.into_iter().map(|(_, rule)| rule).collect();
    for rule in own() {
        if !all.iter().any(|set| set.name == rule.name) {
            all.push(rule);
        }
    }
    Ok(all)
}

/// The one that decides on an object.
pub fn deciding<'a>(rules: &'a [RuleRow], object: &Seen<'_>) -> Option<&'a RuleRow> {
    rules.iter().find(|rule| rule.when.takes(object))
}

fn invalid(why: impl Into<String>) -> Refusal {
    Refusal::with(Reason::Invalid, why.into())
}
