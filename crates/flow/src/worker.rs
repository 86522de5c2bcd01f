//! The process that looks at one object: what it is, whether it holds, whom it names.
//!
//! It reads the object once. Formats judge it, and whatever they read is looked at for names on the way; the answer has
//! kinds and counts, rows and columns, and no value.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Command;

use data_encoding::HEXLOWER;
use formats::column::Spread;
use formats::contract::{self, Contract, Known};
use formats::rule::{self, Rule, Weight};
use formats::values;
use formats::worker::{Bounds, EXIT_UNREAD, Ended, Error};
use formats::{Detected, Kind, Report, Verdict, Watch};
use privacy::identify::{self, ColumnJudgement, Confidence, Finding, TableJudge};
use region::examine::{Digests, Named, Names, REPORT_BYTES_MAX, Said};
use seal::checksum::{Algorithm, Checksum};
use serde::{Deserialize, Serialize};

use crate::refer::{self, Announced, Given};

/// Of what is looked for and how; raised when an object looked at before could be judged otherwise.
pub const EXAMINER: &str = "4";
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

/// WHY: a contract is kept up to 64 KiB.
const ASK_BYTES_MAX: u64 = 256 << 10;
/// WHY: as many as are compared in one commit, and some to say that there are more.
const NAMED_MAX: usize = 2_500;
const PATH_BYTES_MAX: usize = 1_024;
/// WHY: a contract of more columns than this is longer than one is kept.
const COLUMNS_HELD_MAX: usize = 500;
/// WHY: both digests of this much take half a minute; more would take the time that is there to judge it.
const SUMMED_BYTES_MAX: u64 = 8 << 30;

/// How often one kind of identifier was found in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// As `privacy` calls it: `codice-fiscale`.
    pub kind: String,
    /// Table or sheet, counted from 1; none: there is one at most.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub table: Option<u32>,
    /// Column, counted from 1; none: in text, or in a header.
    pub column: Option<u32>,
    pub certain: u64,
    pub likely: u64,
    pub ambiguous: u64,
}

/// What the process is asked, beside the bytes: one line of JSON, and digests that it announces.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// Hold the table to this contract, and look at nothing else.
    contract: Option<Contract>,
    /// The day by which its age is judged.
    day: Option<String>,
    /// What digests are keyed with.
    key: values::Key,
    /// What the contract refers to, and how many digests of each follow this line.
    tables: Vec<(String, Announced)>,
    /// Or: tell values of these columns, and look at nothing else.
    columns: Vec<String>,
}

/// What the process answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    detected: Detected,
    report: Report,
    names: u8,
    found: Vec<Found>,
    md5: String,
    sha256: String,
    manifest: Vec<Line>,
    proposal: Option<Contract>,
}

/// A line of a manifest.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    digest: String,
    hex: String,
}

/// What the process does: bounds itself, reads, answers. What it returns it exits with.
pub fn main(from: &mut dyn Read, to: &mut dyn Write) -> i32 {
    let mut from = BufReader::new(from);
    let Some(bounds) = formats::worker::bounded(&mut from) else { return EXIT_UNREAD };
    let Some(ask) = asked(&mut from) else { return EXIT_UNREAD };
    if !ask.columns.is_empty() {
        return refer::gathered(&mut from, &bounds, &ask.columns, &ask.key)
            .map_or(EXIT_UNREAD, |gathered| refer::say(&gathered, to));
    }
    let answer = match ask.contract {
        Some(contract) => refer::known(&mut from, ask.day, ask.key, ask.tables)
            .and_then(|known| held(&mut from, &bounds, &contract, &known)),
        None => looked_at(&mut from, &bounds),
    };
    answer.map_or(EXIT_UNREAD, |answer| formats::worker::say(&answer, to))
}

fn asked(from: &mut dyn BufRead) -> Option<Ask> {
    let mut line = Vec::new();
    from.take(ASK_BYTES_MAX).read_until(b'\n', &mut line).ok()?;
    serde_json::from_slice(&line).ok()
}

/// Looks at everything once.
fn looked_at(from: &mut dyn Read, bounds: &Bounds) -> Option<Answer> {
    let mut summed = Summed::new(from);
    let mut looking = Looking::default();
    let answer = formats::worker::answer(&mut summed, &bounds.limits, &mut looking).ok()?;
    let (md5, sha256) = summed.finish().ok()?;
    let manifest = std::mem::take(&mut looking.manifest);
    let (names, mut found) = looking.end();
    let mut report = answer.report;
    let is_table = matches!(report.kind, Kind::Csv | Kind::Tsv | Kind::OmopTable);
    // WHY not where people are named: their names would be in it.
    let proposal = (is_table && names < 2 && report.verdict == Verdict::Holds)
        .then(|| contract::propose(&report.facts))
        .filter(|proposal| !proposal.columns.is_empty() && proposal.columns.len() <= COLUMNS_HELD_MAX);
    // WHY here: whoever reads the answer bounds it, and one that is longer is believed in nothing.
    report.facts.columns.truncate(COLUMNS_TOLD_MAX);
    found.truncate(FOUND_MAX);
    let manifest = if report.kind == Kind::Manifest { manifest } else { Vec::new() };
    Some(Answer { detected: answer.detected, report, names, found, md5, sha256, manifest, proposal })
}

/// Holds a table to a contract.
fn held(from: &mut dyn Read, bounds: &Bounds, contract: &Contract, known: &Known) -> Option<Answer> {
    let (detected, mut whole) = formats::worker::detected(from).ok()?;
    let report = match &detected.dialect {
        None => Report::only(detected.kind, rule::CONTRACT_COLUMN),
        Some(dialect) => {
            let mut inside = formats::open(&detected, &mut whole, &bounds.limits);
            contract::check(contract, known, dialect, &mut inside, &bounds.limits).ok()?
        }
    };
    let (md5, sha256) = (String::new(), String::new());
    let (found, manifest, proposal) = (Vec::new(), Vec::new(), None);
    Some(Answer { detected, report, names: 0, found, md5, sha256, manifest, proposal })
}

/// A reader that sums what it gives.
struct Summed<'a> {
    from: &'a mut dyn Read,
    md5: Checksum,
    sha256: Checksum,
    bytes: u64,
}

impl<'a> Summed<'a> {
    fn new(from: &'a mut dyn Read) -> Self {
        let (md5, sha256) = (Checksum::new(Algorithm::Md5), Checksum::new(Algorithm::Sha256));
        Self { from, md5, sha256, bytes: 0 }
    }

    /// Reads what nobody wanted, and tells both digests in hex; of what is very long, none.
    fn finish(mut self) -> std::io::Result<(String, String)> {
        let mut rest = vec![0; 64 << 10];
        while self.bytes <= SUMMED_BYTES_MAX && self.read(&mut rest)? > 0 {}
        let hex = |sum: Checksum| HEXLOWER.encode(sum.finish().as_bytes());
        match self.bytes > SUMMED_BYTES_MAX {
            true => Ok(Default::default()),
            false => Ok((hex(self.md5), hex(self.sha256))),
        }
    }
}

impl Read for Summed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.from.read(buffer)?;
        self.bytes = self.bytes.saturating_add(size as u64);
        if self.bytes <= SUMMED_BYTES_MAX {
            let came = buffer.get(..size).unwrap_or_default();
            self.md5.update(came);
            self.sha256.update(came);
        }
        Ok(size)
    }
}

/// Has one object looked at; what happened to the process is about the object.
pub(crate) fn run(
    command: &mut Command,
    from: &mut (dyn Read + Send),
    bounds: &Bounds,
) -> Result<Result<Said, &'static str>, Error> {
    Ok(answered(command, &Ask::default(), &[], from, bounds)?.map(said_of))
}

/// What a table is held to.
#[derive(Debug, Clone)]
pub struct Terms {
    /// As JSON.
    pub contract: String,
    /// The day by which its age is judged.
    pub day: String,
    /// What digests are keyed with.
    pub key: values::Key,
    /// Values that it refers to, by `table.column`.
    pub tables: Vec<(String, Given)>,
}

/// Has a table held to a contract: whether it keeps it, and the report of that.
pub(crate) fn hold(
    command: &mut Command,
    terms: Terms,
    from: &mut (dyn Read + Send),
    bounds: &Bounds,
) -> Result<Result<Held, &'static str>, Error> {
    // WHY believed: nothing is kept as a contract that cannot be read as one.
    let contract = serde_json::from_str(&terms.contract).ok();
    let tables: Vec<(String, Announced)> =
        terms.tables.iter().map(|(name, given)| (name.clone(), given.announced())).collect();
    let digests: Vec<u8> = terms.tables.iter().flat_map(|(_, given)| given.bytes()).copied().collect();
    let ask = Ask { contract, day: Some(terms.day), key: terms.key, tables, ..Ask::default() };
    let answer = answered(command, &ask, &digests, from, bounds)?;
    Ok(answer.map(|answer| Held {
        verdict: answer.report.verdict,
        refers_wrongly: answer.report.count(rule::CONTRACT_REFERENCE) > 0,
        counts: counted(&answer.report),
        findings: serde_json::json!(answer.report.findings),
    }))
}

/// Has values of some columns told, as digests.
pub(crate) fn values(
    command: &mut Command,
    columns: Vec<String>,
    key: values::Key,
    from: &mut (dyn Read + Send),
    bounds: &Bounds,
) -> Result<Result<Vec<Given>, &'static str>, Error> {
    let asked = columns.len();
    let ask = Ask { columns, key, ..Ask::default() };
    Ok(match said(command, &ask, &[], from, bounds)? {
        Ended::Said(said) => refer::heard(&said, asked).ok_or(rule::WORKER_GARBAGE.code()),
        Ended::Fault(rule) => Err(rule.code()),
    })
}

/// How a table keeps its contract.
#[derive(Debug)]
pub struct Held {
    pub verdict: Verdict,
    /// Values refer to nothing in a table that is there.
    pub(crate) refers_wrongly: bool,
    pub(crate) counts: Vec<serde_json::Value>,
    pub(crate) findings: serde_json::Value,
}

impl Held {
    /// What was said of a table, with how it keeps its contract.
    pub(crate) fn join(self, said: Said) -> Said {
        let mut report: serde_json::Value = serde_json::from_str(&said.report).unwrap_or_default();
        // WHY: rows that are none were told of when it was looked at.
        let before = report["counts"].clone();
        let is_told = |one: &serde_json::Value| {
            before.as_array().into_iter().flatten().any(|told| told["rule"] == one["rule"])
        };
        for (name, more) in
            [("counts", self.counts), ("findings", self.findings.as_array().cloned().unwrap_or_default())]
        {
            if let Some(all) = report.get_mut(name).and_then(serde_json::Value::as_array_mut) {
                all.extend(more.into_iter().filter(|one| !is_told(one)));
            }
        }
        let is_whole = self.verdict != Verdict::Fails && said.is_whole;
        if self.verdict != Verdict::Holds && said.is_whole {
            report["verdict"] = serde_json::json!(self.verdict);
        }
        let report = Some(report.to_string()).filter(|report| report.len() <= REPORT_BYTES_MAX);
        let proposal = said.proposal.filter(|_| is_whole);
        // WHY the shorter one: that it does not keep its contract is told in any case.
        Said { is_whole, report: report.unwrap_or(said.report), proposal, ..said }
    }
}

fn answered(
    command: &mut Command,
    ask: &Ask,
    digests: &[u8],
    from: &mut (dyn Read + Send),
    bounds: &Bounds,
) -> Result<Result<Answer, &'static str>, Error> {
    let said = match said(command, ask, digests, from, bounds)? {
        Ended::Said(said) => said,
        Ended::Fault(rule) => return Ok(Err(rule.code())),
    };
    let read = Some(said).filter(|said| said.len() <= ANSWER_BYTES_MAX);
    let read = read.and_then(|said| serde_json::from_slice::<Answer>(&said).ok());
    Ok(read.filter(|answer| is_sound(answer, bounds)).ok_or(rule::WORKER_GARBAGE.code()))
}

/// Runs the process with what it is asked before the bytes.
fn said(
    command: &mut Command,
    ask: &Ask,
    digests: &[u8],
    from: &mut (dyn Read + Send),
    bounds: &Bounds,
) -> Result<Ended, Error> {
    let ask = [serde_json::to_vec(ask).unwrap_or_default(), b"\n".to_vec()].concat();
    let mut from = std::io::Cursor::new(ask).chain(digests).chain(from);
    formats::worker::ended(command, &mut from, bounds)
}

fn is_sound(answer: &Answer, bounds: &Bounds) -> bool {
    let is_known = |found: &Found| identify::Kind::ALL.iter().any(|kind| kind.word() == found.kind);
    answer.report.is_sound(&bounds.limits)
        && answer.detected.is_bounded()
        && answer.names <= 2
        && answer.found.len() <= FOUND_MAX
        && answer.found.iter().all(is_known)
        && [&answer.md5, &answer.sha256].into_iter().all(|hex| is_hex(hex, 64))
        && answer.manifest.len() <= NAMED_MAX
        && answer.manifest.iter().all(|line| is_hex(&line.hex, 128) && is_path(&line.path))
}

fn is_hex(text: &str, signs_max: usize) -> bool {
    text.len() <= signs_max && text.bytes().all(|sign| sign.is_ascii_digit() || (b'a'..=b'f').contains(&sign))
}

/// WHY: it becomes a part of a key.
fn is_path(path: &str) -> bool {
    path.len() <= PATH_BYTES_MAX && formats::manifest::is_safe(path)
}

/// Kinds without words that anybody could be named by: pictures, weights of models, indexes, what is sealed, and what nobody knows.
///
/// WHY pixels too: what is written into a picture is not looked for, and the guide says so.
const fn is_wordless(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Unknown
            | Kind::Gif
            | Kind::Webp
            | Kind::Bmp
            | Kind::Jpeg2000
            | Kind::Png
            | Kind::Jpeg
            | Kind::Tiff
            | Kind::Nifti
            | Kind::Analyze
            | Kind::Onnx
            | Kind::Safetensors
            | Kind::Numpy
            | Kind::Crai
            | Kind::Crypt4gh
            | Kind::Crypt4ghKey
    )
}

fn said_of(answer: Answer) -> Said {
    // WHY: behind a bound of ours, where a parser gave up, and in what is no more than recognised, nobody has looked.
    let is_picture = is_wordless(answer.report.kind);
    let is_bound =
        |rule: Rule| rule.weight() == Weight::Limit && !(rule == rule::KIND_UNJUDGED && is_picture);
    let is_cut = answer.report.counts.iter().any(|count| is_bound(count.rule));
    let names = match answer.names {
        0 if !is_cut => Names::Nobody,
        0 | 1 => Names::Perhaps,
        _ => Names::Surely,
    };
    let is_whole = answer.report.verdict != Verdict::Fails;
    let kind = answer.report.kind.code().to_owned();
    let digests = Digests { md5: answer.md5.clone(), sha256: answer.sha256.clone() };
    let named =
        |line: &Line| Named { path: line.path.clone(), digest: line.digest.clone(), hex: line.hex.clone() };
    let manifest = answer.manifest.iter().map(named).collect();
    let proposal = answer.proposal.as_ref().and_then(|proposal| serde_json::to_string(proposal).ok());
    let examiner = EXAMINER.to_owned();
    let refers = Vec::new();
    Said { is_whole, names, kind, digests, manifest, proposal, report: told(answer), examiner, refers }
}

/// Rules that were broken, as a report tells them.
fn counted(report: &Report) -> Vec<serde_json::Value> {
    let told = |count: &formats::report::Count| serde_json::json!({ "rule": count.rule, "says": count.rule.says(), "count": count.count });
    report.counts.iter().map(told).collect()
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
    let counted = counted(&answer.report);
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
    /// How many tables began; a workbook has several.
    tables: u32,
    /// Whom the columns of tables that ended name: 0 nobody, 1 perhaps, 2 surely.
    names: u8,
    /// What of a text has no end yet.
    line: Vec<u8>,
    /// Lines that a manifest would have.
    manifest: Vec<Line>,
    found: BTreeMap<(Place, &'static str), Found>,
}

/// Table and column; none of both: in text.
type Place = Option<(u32, u32)>;

impl Looking {
    fn text_end(&mut self) {
        let line = std::mem::take(&mut self.line);
        identify::scan_text(&line, &mut |finding| self.add(&finding));
        self.named(&line);
    }

    fn named(&mut self, line: &[u8]) {
        if self.manifest.len() >= NAMED_MAX || line.len() > PATH_BYTES_MAX + 256 {
            return;
        }
        let entry = std::str::from_utf8(line).ok().and_then(formats::manifest::line);
        self.manifest.extend(entry.filter(|entry| is_path(&entry.path)).map(|entry| Line {
            path: entry.path,
            digest: entry.digest.code().to_owned(),
            hex: entry.hex,
        }));
    }

    fn add(&mut self, finding: &Finding) {
        let found = self.of(None, finding.kind);
        match finding.confidence {
            Confidence::Certain => found.certain += 1,
            Confidence::Likely => found.likely += 1,
            Confidence::Ambiguous => found.ambiguous += 1,
        }
    }

    fn of(&mut self, place: Place, kind: identify::Kind) -> &mut Found {
        self.found.entry((place, kind.word())).or_insert_with(|| Found {
            kind: kind.word().to_owned(),
            table: place.map(|(table, _)| table),
            column: place.map(|(_, column)| column),
            certain: 0,
            likely: 0,
            ambiguous: 0,
        })
    }

    /// Whether people are named (0 no, 1 perhaps, 2 surely), and where.
    fn end(mut self) -> (u8, Vec<Found>) {
        self.text_end();
        let in_text = self.found.iter().filter(|((place, _), _)| place.is_none());
        let in_text = in_text.map(|(_, found)| if found.certain + found.likely > 0 { 2 } else { 1 }).max();
        self.table_end();
        let mut found: Vec<Found> = self.found.into_values().collect();
        if self.tables < 2 {
            // WHY: nobody counts one.
            found.iter_mut().for_each(|found| found.table = None);
        }
        (self.names.max(in_text.unwrap_or(0)), found)
    }

    /// Judges the table that ends, and keeps what came of it.
    fn table_end(&mut self) {
        let judged = self.table.take().map(|table| table.judge()).unwrap_or_default();
        for (at, judged) in judged.iter().enumerate() {
            self.names = self.names.max(self.column(at, judged));
        }
    }

    fn column(&mut self, at: usize, judged: &ColumnJudgement) -> u8 {
        let place = u32::try_from(at + 1).ok().map(|column| (self.tables, column));
        for (kind, tally) in &judged.kinds {
            let found = self.of(place, *kind);
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
        self.table_end();
        self.tables = self.tables.saturating_add(1);
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

#[cfg(test)]
mod tests;
