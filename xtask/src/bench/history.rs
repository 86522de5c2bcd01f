//! What was measured over time: a fold of the dated folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::Context;

use super::table::{Table, tables};

/// One figure of one day.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// As printed, with its unit.
    pub told: String,
    /// Of the fastest peer in the same run: 2.0 is twice as fast.
    pub ratio: f64,
}

/// Scenario, then day.
#[derive(Debug, Default)]
pub struct History {
    /// In the order of the newest page.
    pub scenarios: Vec<String>,
    pub days: BTreeSet<String>,
    points: BTreeMap<(String, String), Point>,
}

/// Whether a folder is a day's: `2026-11-26`, with a letter for a second run.
pub fn is_day(name: &str) -> bool {
    let (date, more) = name.split_at_checked(10).unwrap_or((name, ""));
    let is_date = date.len() == 10
        && date.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_date && (more.is_empty() || more.len() == 1 && more.bytes().all(|byte| byte.is_ascii_lowercase()))
}

impl History {
    /// Reads every day's page of races against peers.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut history = Self::default();
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let day = entry.file_name().to_string_lossy().into_owned();
            if is_day(&day) {
                history.days.insert(day);
            }
        }
        for day in history.days.clone() {
            for page in ["peers.md", "trees.md"] {
                if let Ok(text) = fs::read_to_string(folder.join(&day).join(page)) {
                    tables(&text).iter().for_each(|table| history.take(&day, table));
                }
            }
        }
        history.days.retain(|day| history.points.keys().any(|(_, of)| of == day));
        Ok(history)
    }

    /// A table whose last column says how many times faster than each peer we are.
    fn take(&mut self, day: &str, table: &Table) {
        let Some(what) = table.columns.first() else { return };
        for row in &table.rows {
            let (Some(scenario), Some(ratio)) = (table.cell(row, what), table.cell(row, "EPIC is")) else {
                return;
            };
            let files = table.cell(row, "files/s").map(|files| format!("{files} files/s"));
            let told = table.cell(row, "rate").map(str::to_owned).or(files).unwrap_or_default();
            let ratio = ratio.trim_end_matches('x').parse::<f64>().ok();
            self.note(
                scenario,
                day,
                &told,
                row.get(1).is_some_and(|server| server.starts_with("EPIC")),
                ratio,
            );
        }
    }

    fn note(&mut self, scenario: &str, day: &str, told: &str, is_ours: bool, ratio: Option<f64>) {
        if !self.scenarios.iter().any(|known| known == scenario) {
            self.scenarios.push(scenario.to_owned());
        }
        let key = (scenario.to_owned(), day.to_owned());
        // The row of our own comes first; each peer's row then says how we stand to it.
        if is_ours {
            self.points.insert(key, Point { told: told.to_owned(), ratio: f64::INFINITY });
        } else if let (Some(point), Some(ratio)) = (self.points.get_mut(&key), ratio) {
            point.ratio = point.ratio.min(ratio);
        }
    }

    /// A scenario's point of a day, if a peer was there too.
    pub fn point(&self, scenario: &str, day: &str) -> Option<&Point> {
        let point = self.points.get(&(scenario.to_owned(), day.to_owned()));
        point.filter(|point| point.ratio.is_finite())
    }

    /// `history.md`.
    pub fn page(&self) -> String {
        let mut page = String::from(
            "# History\n\nMade from the dated pages by `cargo xtask bench --draw`; do not edit. Each cell: our rate, and how many times the fastest\npeer's of the same run that is.\n\n![beside the fastest peer](ratios.svg)\n\n![over time](history.svg)\n\n",
        );
        let days: Vec<&String> = self.days.iter().collect();
        let head: Vec<&str> = days.iter().map(|day| day.as_str()).collect();
        let _infallible =
            writeln!(page, "| what, clients | {} |\n|---|{}", head.join(" | "), "---|".repeat(days.len()));
        for scenario in &self.scenarios {
            let cell = |day: &&String| {
                self.point(scenario, day)
                    .map_or_else(String::new, |point| format!("{} ({:.2}x)", point.told, point.ratio))
            };
            let cells: Vec<String> = days.iter().map(cell).collect();
            let _infallible = writeln!(page, "| {scenario} | {} |", cells.join(" | "));
        }
        page
    }
}
