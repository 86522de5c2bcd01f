//! Setting rules: validated whole, versioned, and in production only what ran in a test project before.

use async_trait::async_trait;
use serde_json::json;
use words::act::{RuleDrop, RuleSet, RuleTest};
use words::limit::OBJECT_LABELS_MAX;
use words::name::Alias;
use words::noun::{Noun, Tenant};
use words::{BucketName, Id, Reason, Refusal};

use super::{KINDS_MAX, RULES_MAX, RuleRow, Step, TallyRow, WORD_CHARS_MAX, When, invalid, table_recipe};
use crate::act::{Frame, Outcome, Rule};
use crate::cell::draft::Draft;
use crate::noun::agreement;
use crate::noun::project::{self, ProjectRow};
use crate::object::label::{self, Labels};

/// A rule as a person wrote it.
pub(super) struct Asked<'a> {
    pub rule: &'a str,
    pub kinds: &'a [String],
    pub bucket: Option<&'a str>,
    pub prefix: Option<&'a str>,
    pub larger: Option<u64>,
    pub smaller: Option<u64>,
    pub agreement: Option<&'a str>,
    pub labels: &'a [String],
    pub fields: &'a [String],
    pub steps: &'a [String],
    pub recipe: Option<&'a str>,
}

macro_rules! asked {
    ($($deed:ident)*) => { $(impl<'a> From<&'a $deed> for Asked<'a> {
        fn from(deed: &'a $deed) -> Self {
            Self {
                rule: &deed.rule,
                kinds: &deed.kinds,
                bucket: deed.bucket.as_deref(),
                prefix: deed.prefix.as_deref(),
                larger: deed.larger,
                smaller: deed.smaller,
                agreement: deed.agreement.as_deref(),
                labels: &deed.labels,
                fields: &deed.fields,
                steps: &deed.steps,
                recipe: deed.recipe.as_deref(),
            }
        }
    })* };
}

asked!(RuleSet RuleTest);

impl Asked<'_> {
    /// The rule that it makes; what cannot be one is refused with what is wrong.
    pub(super) async fn row(
        &self,
        root: &Draft,
        project: &ProjectRow,
        version: u32,
        at: words::Timestamp,
    ) -> Result<RuleRow, Refusal> {
        let name: Alias =
            self.rule.parse().map_err(|error: words::name::NameError| invalid(error.to_string()))?;
        if self.kinds.len() > KINDS_MAX || self.kinds.iter().any(|kind| !is_word(kind)) {
            return Err(invalid("a kind is a word such as `csv`, `vcf` or `dicom`"));
        }
        if let Some(bucket) = self.bucket {
            let _name: BucketName =
                bucket.parse().map_err(|error: words::name::NameError| invalid(error.to_string()))?;
        }
        if self.larger.zip(self.smaller).is_some_and(|(larger, smaller)| larger > smaller) {
            return Err(invalid("nothing is larger than `larger` and smaller than `smaller`"));
        }
        let mut steps = Vec::new();
        for step in self.steps {
            let known = Step::of(step).ok_or_else(|| {
                invalid("a step is `table`, `text`, `index`, `preview`, `profile` or `apart`")
            })?;
            if !steps.contains(&known) {
                steps.push(known);
            }
        }
        if let Some(recipe) = self.recipe {
            if !steps.contains(&Step::Table) {
                return Err(invalid("a recipe says how a table is made: add the step `table`"));
            }
            table_recipe(Some(recipe))?;
        }
        let agreement = match self.agreement {
            None => None,
            Some(text) => {
                let row = agreement::find(root, text).await?;
                let lost = || Refusal::with(Reason::NotFound, format!("agreement `{text}`"));
                Some(Some(row.id).filter(|_| row.project == project.id).ok_or_else(lost)?)
            }
        };
        let when = When {
            kinds: self.kinds.to_vec(),
            bucket: self.bucket.map(str::to_owned),
            prefix: self.prefix.map(str::to_owned),
            larger: self.larger,
            smaller: self.smaller,
            agreement,
            labels: pairs(self.labels)?,
            fields: pairs(self.fields)?,
        };
        let steps = steps.iter().map(|step| step.text().to_owned()).collect();
        let recipe = self.recipe.map(str::to_owned);
        Ok(RuleRow { name: name.as_str().to_owned(), version, when, steps, recipe, at, by: None })
    }
}

/// What a rule asks of labels or fields; none: nothing.
fn pairs(texts: &[String]) -> Result<Option<Labels>, Refusal> {
    Ok(Some(label::parse(texts, OBJECT_LABELS_MAX)?).filter(|pairs| !pairs.is_empty()))
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= WORD_CHARS_MAX
        && text.bytes().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'-')
}

#[async_trait]
impl Rule for RuleSet {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
        let project = project::find(root, &self.project).await?;
        let before: Option<RuleRow> = draft.row(self.rule.as_bytes()).await?;
        let version = before.as_ref().map_or(0, |rule| rule.version).saturating_add(1);
        let asked = Asked::from(self);
        let row =
            RuleRow { by: Some(frame.actor.person), ..asked.row(root, &project, version, frame.now).await? };
        if before.is_some_and(|before| before.digest() == row.digest()) {
            return Err(Reason::AlreadyDone.into());
        }
        if draft.rows::<RuleRow>(&[], None, RULES_MAX).await?.len() >= RULES_MAX {
            return Err(Refusal::with(Reason::TooLarge, "a project has at most 200 rules"));
        }
        // WHY not for setting apart: what nobody may read in the meantime cannot wait for a test.
        let makes = row.steps().iter().any(|step| *step != Step::Apart);
        if project.environment == "production" && makes {
            refuse_untested(frame, root, project.tenant, &row).await?;
        }
        // WHY anew: what a rule came to is told of its last version.
        draft.remove::<TallyRow>(crate::row::Seal::Cell, row.name.as_bytes());
        draft.put(row.name.as_bytes(), &row)?;
        let answer = json!({ "rule": row.name, "version": row.version, "digest": row.digest() });
        Ok(Outcome::of(Noun::Project, project.id).saying(answer))
    }
}

/// In production a rule holds once the very same made something, and failed at nothing, in a test project of the tenant.
///
/// WHY not its bucket and agreement: those of a test project bear other names.
async fn refuse_untested(
    frame: &Frame<'_>,
    root: &Draft,
    tenant: Id<Tenant>,
    row: &RuleRow,
) -> Result<(), Refusal> {
    let alike = |other: &RuleRow| {
        let placeless = |rule: &RuleRow| RuleRow {
            when: When { bucket: None, agreement: None, ..rule.when.clone() },
            ..rule.clone()
        };
        placeless(other).digest() == placeless(row).digest()
    };
    for (_, project) in root.all::<ProjectRow>(&[]).await? {
        let is_test =
            project.tenant == tenant && project.environment == "test" && project.erased_at.is_none();
        let Some(cell) = frame.region.opened(project.id.cast()).filter(|_| is_test) else { continue };
        let rows = cell.view().await?;
        for (_, rule) in rows.all::<RuleRow>(&[]).await?.into_iter().filter(|(_, rule)| alike(rule)) {
            let tally: Option<TallyRow> = rows.row(rule.name.as_bytes()).await?;
            if tally
                .is_some_and(|tally| tally.made > 0 && tally.failed.iter().all(|failed| failed.count == 0))
            {
                return Ok(());
            }
        }
    }
    Err(Refusal::with(
        Reason::StateWrong,
        "in production a rule is set once the same one has run in a test project of this tenant, and nothing failed",
    ))
}

#[async_trait]
impl Rule for RuleDrop {
    async fn plan(&self, draft: &mut Draft, frame: &Frame<'_>) -> Result<Outcome, Refusal> {
        let root = frame.root.ok_or(Refusal::new(Reason::NotFound))?;
        let project = project::find(root, &self.project).await?;
        let row: Option<RuleRow> = draft.row(self.rule.as_bytes()).await?;
        let row = row.ok_or_else(|| Refusal::with(Reason::NotFound, "rule"))?;
        draft.remove::<RuleRow>(crate::row::Seal::Cell, row.name.as_bytes());
        draft.remove::<TallyRow>(crate::row::Seal::Cell, row.name.as_bytes());
        let answer = json!({ "rule": row.name, "version": row.version });
        Ok(Outcome::of(Noun::Project, project.id).saying(answer))
    }
}
