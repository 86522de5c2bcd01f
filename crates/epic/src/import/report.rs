//! What an import came to: counts, and each failure by name as it happens.

use std::collections::BTreeMap;

use indicatif::ProgressBar;
use serde_json::{Value, json};
use store::remote::Found;
use web::client::Answer;

use crate::failure::Failure;
use crate::print;
use crate::settings::Settings;

/// Counts; failures are told and not kept, so that a million of them takes no room.
#[derive(Default)]
pub struct Report {
    is_dry: bool,
    bar: Option<ProgressBar>,
    listed: u64,
    listed_bytes: u64,
    /// To be moved.
    pub due: u64,
    pub due_bytes: u64,
    moved: u64,
    moved_bytes: u64,
    /// Moved by an earlier run.
    pub there: u64,
    /// Something else of that key is in the bucket, and was neither compared nor touched.
    pub there_before: u64,
    pub failed: u64,
    /// How those moved were verified.
    verified: BTreeMap<&'static str, u64>,
}

impl Report {
    /// Of a run that moves nothing.
    pub fn dry() -> Self {
        Self { is_dry: true, ..Self::default() }
    }

    /// Of a run that somebody watches.
    pub fn seen(bar: &ProgressBar) -> Self {
        Self { bar: Some(bar.clone()), ..Self::default() }
    }

    pub fn list(&mut self, found: &Found) {
        self.listed += 1;
        self.listed_bytes += found.size_bytes;
    }

    pub fn due(&mut self, found: &Found) {
        self.due += 1;
        self.due_bytes += found.size_bytes;
    }

    pub fn moved(&mut self, found: &Found, by: &'static str) {
        self.moved += 1;
        self.moved_bytes += found.size_bytes;
        *self.verified.entry(by).or_default() += 1;
        if let Some(bar) = &self.bar {
            bar.inc(found.size_bytes);
        }
    }

    pub fn fail(&mut self, key: &str, why: &str) {
        self.failed += 1;
        // WHY escaped: a key may hold what moves a terminal's cursor.
        let line = format!("not moved: {key:?}: {why}");
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    /// Tells it on standard output.
    pub fn told(&self, settings: &Settings) -> Result<(), Failure> {
        let mut told = json!({
            "listed": self.listed,
            "listed_bytes": self.listed_bytes,
            "there_from_before": self.there,
            "failed": self.failed,
        });
        match self.is_dry {
            true => {
                told["to_move"] = Value::from(self.due);
                told["to_move_bytes"] = Value::from(self.due_bytes);
            }
            false => {
                told["moved"] = Value::from(self.moved);
                told["moved_bytes"] = Value::from(self.moved_bytes);
                told["left_as_they_were"] = Value::from(self.there_before);
                for (by, count) in &self.verified {
                    told[format!("verified_by_{by}")] = Value::from(*count);
                }
            }
        }
        print::answer(&Answer::own(told), settings)
    }
}
