//! The process that looks at one object: what it is, whether it holds, whom it names.
//!
//! It reads the object once. Formats judge it, and whatever they read is looked at for names on the way; the answer has
//! kinds and counts, rows and columns, and no value.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Write};
use std::process::Command;

use formats::column::Spread;
use formats::rule;
use formats::worker::{Bounds, EXIT_UNREAD, Ended, Error};
use formats::{Detected, Report, Verdict, Watch};
use privacy::identify::{self, ColumnJudgement, Confidence, Finding, TableJudge};
use region::examine::{Names, REPORT_BYTES_MAX, Said};
use serde::{Deserialize, Serialize};

/// Of what is looked for and how; raised when an object looked at before could be judged otherwise.
pub const EXAMINER: &str = "1";
/// WHY: the first few columns tell what a table is; a page shows no more.
const COLUMNS_TOLD_MAX: usize = 64;
/// WHY: names are not cut where pieces of a text meet.
const LINE_BYTES_MAX: usize = 64 << 10;
/// WHY: the longest identifier, an address, with what stands around it.
const OVERLAP_BYTES: usize = 512;
/// WHY: some columns with some kinds each.
const FOUND_MAX: usize = 1_024;
/// WHY: what is bounded above, with room.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// How often one kind of identifier was found in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// As `privacy` calls it: `codice-fiscale`.
    pub kind: String,
    /// Column, counted from 1; none: in text, or in a header.
    pub column: Option<u32>,
    pub certain: u64,
    pub likely: u64,
    pub ambiguous: u64,
}

/// What the process answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    detected: Detected,
    report: Report,
    names: u8,
    found: Vec<Found>,
}

/// What the process does: bounds itself, reads, answers. What it returns it exits with.
pub fn main(from: &mut dyn Read, to: &mut dyn Write) -> i32 {
    let mut from = BufReader::new(from);
    let Some(bounds) = formats::worker::bounded(&mut from) else { return EXIT_UNREAD };
    let mut looking = Looking::default();
    let Ok(answer) = formats::worker::answer(&mut from, &bounds.limits, &mut looking) else {
        return EXIT_UNREAD;
    };
    let (names, mut found) = looking.end();
    let mut report = answer.report;
    // WHY here: whoever reads the answer bounds it, and one that is longer is believed in nothing.
    report.facts.columns.truncate(COLUMNS_TOLD_MAX);
    found.truncate(FOUND_MAX);
    let answer = Answer { detected: answer.detected, report, names, found };
    formats::worker::say(&answer, to)
}

/// Has one object looked at; what happened to the process is about the object.
pub(crate) fn run(
    command: &mut Command,
    from: &mut (dyn Read + Send),
    bounds: &Bounds,
) -> Result<Result<Said, &'static str>, Error> {
    let said = match formats::worker::ended(command, from, bounds)? {
        Ended::Said(said) => said,
        Ended::Fault(rule) => return Ok(Err(rule.code())),
    };
    let read = Some(said).filter(|said| said.len() <= ANSWER_BYTES_MAX);
    let read = read.and_then(|said| serde_json::from_slice::<Answer>(&said).ok());
    Ok(read.filter(|answer| is_sound(answer, bounds)).map(said_of).ok_or(rule::WORKER_GARBAGE.code()))
}

fn is_sound(answer: &Answer, bounds: &Bounds) -> bool {
    let is_known = |found: &Found| identify::Kind::ALL.iter().any(|kind| kind.word() == found.kind);
    answer.report.is_sound(&bounds.limits)
        && answer.detected.is_bounded()
        && answer.names <= 2
        && answer.found.len() <= FOUND_MAX
        && answer.found.iter().all(is_known)
}

fn said_of(answer: Answer) -> Said {
    // WHY: behind a bound of ours nobody has looked.
    let is_cut = answer.report.counts.iter().any(|count| count.rule.code().starts_with("limit."));
    let names = match answer.names {
        0 if !is_cut => Names::Nobody,
        0 | 1 => Names::Perhaps,
        _ => Names::Surely,
    };
    let is_whole = answer.report.verdict != Verdict::Fails;
    Said { is_whole, names, report: told(answer), examiner: EXAMINER.to_owned() }
}

/// The report as it is kept: less of it where it would be too long.
fn told(mut answer: Answer) -> String {
    let facts = &mut answer.report.facts;
    facts.columns.truncate(COLUMNS_TOLD_MAX);
    for column in &mut facts.columns {
        // WHY: smallest, largest and codes are values.
        column.sensitive = Spread::default();
        // WHY: a table without a header has people where names of columns would be.
        column.name =
            column.name.take().filter(|name| answer.names < 2 && identify::in_text(name).is_empty());
    }
    answer.found.truncate(COLUMNS_TOLD_MAX);
    let counts = answer.report.counts.iter();
    let counted: Vec<_> = counts
        .map(|count| serde_json::json!({ "rule": count.rule, "says": count.rule.says(), "count": count.count }))
        .collect();
    loop {
        let told = serde_json::json!({
            "kind": answer.report.kind,
            "verdict": answer.report.verdict,
            "counts": counted,
            "findings": answer.report.findings,
            "facts": answer.report.facts,
            "names": answer.found,
        });
        let told = told.to_string();
        if told.len() <= REPORT_BYTES_MAX {
            return told;
        }
        let columns = answer.report.facts.columns.len();
        answer.report.facts.columns.truncate(columns / 2);
        answer.report.findings.truncate(answer.report.findings.len() / 2);
        if columns == 0 {
            answer.report.facts.words.clear();
            answer.report.facts.numbers.clear();
        }
    }
}

/// Looks for names in whatever formats read.
#[derive(Default)]
struct Looking {
    table: Option<TableJudge>,
    /// What of a text has no end yet.
    line: Vec<u8>,
    found: BTreeMap<(Option<u32>, &'static str), Found>,
}

impl Looking {
    fn text_end(&mut self) {
        let line = std::mem::take(&mut self.line);
        identify::scan_text(&line, &mut |finding| self.add(&finding));
    }

    fn add(&mut self, finding: &Finding) {
        let found = self.of(None, finding.kind);
        match finding.confidence {
            Confidence::Certain => found.certain += 1,
            Confidence::Likely => found.likely += 1,
            Confidence::Ambiguous => found.ambiguous += 1,
        }
    }

    fn of(&mut self, column: Option<u32>, kind: identify::Kind) -> &mut Found {
        self.found.entry((column, kind.word())).or_insert_with(|| Found {
            kind: kind.word().to_owned(),
            column,
            certain: 0,
            likely: 0,
            ambiguous: 0,
        })
    }

    /// Whether people are named (0 no, 1 perhaps, 2 surely), and where.
    fn end(mut self) -> (u8, Vec<Found>) {
        self.text_end();
        let mut names = 0;
        for found in self.found.values() {
            names = names.max(if found.certain + found.likely > 0 { 2 } else { 1 });
        }
        for (at, judged) in
            self.table.take().map(|table| table.judge()).unwrap_or_default().iter().enumerate()
        {
            names = names.max(self.column(at, judged));
        }
        (names, self.found.into_values().collect())
    }

    fn column(&mut self, at: usize, judged: &ColumnJudgement) -> u8 {
        let column = u32::try_from(at + 1).ok();
        for (kind, tally) in &judged.kinds {
            let found = self.of(column, *kind);
            (found.certain, found.likely, found.ambiguous) = (tally.certain, tally.likely, tally.ambiguous);
        }
        match judged.verdict {
            identify::Verdict::Clear => 0,
            identify::Verdict::AskPerson => 1,
            identify::Verdict::Alarm => 2,
        }
    }
}

impl Watch for Looking {
    fn columns(&mut self, names: &[&str]) {
        self.table = Some(TableJudge::named(names.iter().copied()));
        // WHY as text: a table without a header has its first row here.
        for name in names {
            identify::in_text(name).iter().for_each(|finding| self.add(finding));
        }
    }

    fn cell(&mut self, column: usize, cell: &[u8]) {
        if let Some(table) = &mut self.table {
            table.cell(column, cell);
        }
    }

    fn text(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.text_end();
            } else if self.line.len() >= LINE_BYTES_MAX {
                // WHY twice: what lies across the cut is seen whole once; a count that is one too high does no harm.
                let rest = self.line.split_off(self.line.len() - OVERLAP_BYTES);
                self.line.extend_from_slice(&rest);
                self.text_end();
                self.line = rest;
            }
        }
    }

    fn field(&mut self, path: &str, value: &[u8]) {
        identify::in_field(path, value).iter().for_each(|finding| self.add(finding));
    }
}
