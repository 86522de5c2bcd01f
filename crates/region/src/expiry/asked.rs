//! A rule of expiry as somebody asks for it and is shown it: one object of JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use words::limit::{LABEL_NAME_CHARS_MAX, LABEL_VALUE_CHARS_MAX, OBJECT_LABELS_MAX};
use words::time::DAY_MS;
use words::{Reason, Refusal, Timestamp};

use crate::expiry::rule::{Current, ExpiryRule, Filter, Older};

/// WHY: S3's bound of a rule's name.
const ID_CHARS_MAX: usize = 255;
/// WHY: S3's most newer versions that a rule keeps.
const KEPT_MAX: u32 = 100;
/// WHY: a century; S3 takes any positive number, and dates must not run over.
const DAYS_MAX: u32 = 36_525;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    pub id: String,
    #[serde(skip_serializing_if = "is_no")]
    pub disabled: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub larger_than_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smaller_than_bytes: Option<u64>,
    /// The newest version ends so many days after it was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// It ends from this day on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Delete markers end that have nothing behind them.
    #[serde(skip_serializing_if = "is_no")]
    pub lone_markers: bool,
    /// Older versions end so many days after a newer one came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_days: Option<u32>,
    /// But so many of them are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_kept: Option<u32>,
    /// Uploads are given up so many days after they were begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_days: Option<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_no(fact: &bool) -> bool {
    !*fact
}

fn wrong(says: &str) -> Refusal {
    Refusal::with(Reason::Invalid, format!("a rule of expiry: {says}"))
}

impl Asked {
    /// The rule, if it says one thing that can be done.
    pub fn rule(&self) -> Result<ExpiryRule, Refusal> {
        if self.id.is_empty() || self.id.chars().count() > ID_CHARS_MAX {
            return Err(wrong("its id has 1 to 255 characters"));
        }
        let rule = ExpiryRule {
            id: self.id.clone(),
            is_enabled: !self.disabled,
            filter: self.filter()?,
            current: self.current()?,
            older: self.older()?,
            upload_days: self.upload_days.map(days).transpose()?,
        };
        if rule.current.is_none() && rule.older.is_none() && rule.upload_days.is_none() {
            return Err(wrong("it ends nothing: say days, from, lone_markers, older_days or upload_days"));
        }
        // SPEC: S3, "Lifecycle configuration elements": neither markers nor uploads have tags or sizes.
        let is_narrow = Filter { prefix: String::new(), ..rule.filter.clone() } != Filter::default();
        if is_narrow && (rule.upload_days.is_some() || rule.current == Some(Current::LoneMarkers)) {
            return Err(wrong("uploads and delete markers have neither labels nor sizes to choose by"));
        }
        Ok(rule)
    }

    fn filter(&self) -> Result<Filter, Refusal> {
        if self.prefix.len() > words::limit::OBJECT_KEY_BYTES_MAX {
            return Err(wrong("its prefix is longer than a key"));
        }
        if self.labels.len() > OBJECT_LABELS_MAX {
            return Err(wrong("it chooses by 10 labels at most"));
        }
        let is_long = |(name, value): (&String, &String)| {
            name.chars().count() > LABEL_NAME_CHARS_MAX || value.chars().count() > LABEL_VALUE_CHARS_MAX
        };
        if self.labels.iter().any(is_long) {
            return Err(wrong("a label's name has at most 128 characters, its value 256"));
        }
        if let (Some(low), Some(high)) = (self.larger_than_bytes, self.smaller_than_bytes)
            && low >= high
        {
            return Err(wrong("no size is larger than the one and smaller than the other"));
        }
        Ok(Filter {
            prefix: self.prefix.clone(),
            labels: self.labels.clone().into_iter().collect(),
            larger_than_bytes: self.larger_than_bytes,
            smaller_than_bytes: self.smaller_than_bytes,
        })
    }

    fn current(&self) -> Result<Option<Current>, Refusal> {
        match (self.days, self.from, self.lone_markers) {
            (None, None, false) => Ok(None),
            (Some(after), None, false) => Ok(Some(Current::Days(days(after)?))),
            (None, Some(from), false) if from.ms() % DAY_MS == 0 => Ok(Some(Current::From(from))),
            (None, Some(_), false) => Err(wrong("its day begins at midnight UTC")),
            (None, None, true) => Ok(Some(Current::LoneMarkers)),
            _ => Err(wrong("days, from and lone_markers are three ways: say one")),
        }
    }

    fn older(&self) -> Result<Option<Older>, Refusal> {
        match (self.older_days, self.older_kept) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(wrong("older_kept goes with older_days")),
            (Some(_), Some(kept)) if !(1..=KEPT_MAX).contains(&kept) => {
                Err(wrong("it keeps 1 to 100 older versions"))
            }
            (Some(after), kept) => Ok(Some(Older { days: days(after)?, kept: kept.unwrap_or(0) })),
        }
    }

    /// A rule as it is shown.
    pub fn of(rule: &ExpiryRule) -> Self {
        let (days, from) = match rule.current {
            Some(Current::Days(days)) => (Some(days), None),
            Some(Current::From(from)) => (None, Some(from)),
            Some(Current::LoneMarkers) | None => (None, None),
        };
        Self {
            id: rule.id.clone(),
            disabled: !rule.is_enabled,
            prefix: rule.filter.prefix.clone(),
            labels: rule.filter.labels.iter().cloned().collect(),
            larger_than_bytes: rule.filter.larger_than_bytes,
            smaller_than_bytes: rule.filter.smaller_than_bytes,
            days,
            from,
            lone_markers: rule.current == Some(Current::LoneMarkers),
            older_days: rule.older.map(|older| older.days),
            older_kept: rule.older.map(|older| older.kept).filter(|kept| *kept > 0),
            upload_days: rule.upload_days,
        }
    }
}

fn days(days: u32) -> Result<u32, Refusal> {
    Some(days).filter(|days| (1..=DAYS_MAX).contains(days)).ok_or_else(|| wrong("days are 1 to 36,525"))
}
