//! How an object begins: first rows and columns, first lines, or a header without what names people.
//!
//! It exists so that somebody who may read the data need not fetch them to see what they are. Cells are cells: a preview is
//! as sensitive as its object. Of headers it tells what is of the format, and no sample, patient or path.

mod header;

use std::io::{BufReader, Read, Write};

use formats::rows::decoded;
use formats::{Detected, Kind};
use serde::{Deserialize, Serialize};

use crate::fault;
use crate::recipe::RecipeError;
use crate::source::{Cell, Form, Take};
use crate::step::{Counts, Passes, Stop, count};
use crate::table::pass;

/// Of what this step makes; raised when it could make other bytes of the same object.
pub(crate) const VERSION: u32 = 1;
/// WHY: a page shows no more.
const ROWS_MAX: usize = 200;
const COLUMNS_MAX: usize = 100;
/// WHY: a longer cell is cut; a page would cut it anyway.
const SIGNS_MAX: usize = 200;

/// How much is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Previewing {
    pub rows: usize,
    pub columns: usize,
}

impl Default for Previewing {
    fn default() -> Self {
        Self { rows: 20, columns: 20 }
    }
}

impl Previewing {
    pub(crate) fn check(&self) -> Result<(), RecipeError> {
        let is_one = (1..=ROWS_MAX).contains(&self.rows) && (1..=COLUMNS_MAX).contains(&self.columns);
        is_one.then_some(()).ok_or(RecipeError::Preview)
    }
}

fn is_lines(kind: Kind) -> bool {
    use Kind::*;
    matches!(
        kind,
        Text | Json
            | Xml
            | Html
            | Yaml
            | GeoJson
            | FhirJson
            | FhirNdjson
            | FhirXml
            | Hl7v2
            | Phenopacket
            | Bed
            | Gff
            | Gtf
            | Fai
    )
}

pub(crate) fn applies(detected: &Detected) -> bool {
    let is_header = matches!(detected.kind, Kind::Vcf | Kind::Sam | Kind::Bam | Kind::Dicom);
    Form::of(detected).is_some() || is_lines(detected.kind) || is_header
}

/// Makes the preview.
pub(crate) fn make(
    previewing: &Previewing,
    passes: &mut Passes,
    to: &mut dyn Write,
    counts: &mut Counts,
) -> Result<(), Stop> {
    let (detected, kept) = passes.detect()?;
    if !applies(&detected) {
        return Err(fault::NOT_APPLICABLE.into());
    }
    let mut lines = Lines { rows: Vec::new(), names: Vec::new(), previewing };
    if let Some(form) = Form::of(&detected) {
        match pass(&form, &detected, passes, &kept, &mut lines) {
            Ok(_) | Err(Stop::Enough) => {}
            Err(stop) => return Err(stop),
        }
        let names = std::mem::take(&mut lines.names).join("\t");
        lines.rows.insert(0, names);
    } else {
        let (limits, why) = (passes.limits.clone(), passes.judge());
        let mut rest = passes.rest(&kept);
        let mut inside = formats::open(&detected, &mut rest, &limits);
        let read = match detected.kind {
            Kind::Vcf => header::vcf(&mut inside),
            Kind::Sam => header::sam(&mut inside),
            Kind::Bam => header::bam(&mut inside),
            Kind::Dicom => header::dicom(&detected, &mut inside, &limits),
            _ => text(&detected, &mut inside, previewing.rows),
        };
        lines.rows = read.map_err(|error| why(&error))?;
    }
    count(counts, "rows", lines.rows.len() as u64);
    lines.rows.iter().try_for_each(|row| writeln!(to, "{row}")).map_err(|_| Stop::Alone)
}

/// Text on one line and in one cell.
pub(crate) fn tame(text: &str) -> String {
    let signs = text.trim().chars().map(|sign| if sign.is_control() { ' ' } else { sign });
    let mut told: String = signs.take(SIGNS_MAX).collect();
    if text.trim().chars().nth(SIGNS_MAX).is_some() {
        told.push('…');
    }
    told
}

struct Lines<'p> {
    names: Vec<String>,
    rows: Vec<String>,
    previewing: &'p Previewing,
}

impl Take for Lines<'_> {
    fn column(&mut self, name: &str, _: bool) -> Result<(), Stop> {
        if self.names.len() < self.previewing.columns {
            self.names.push(tame(name));
        }
        Ok(())
    }

    fn row(&mut self, _: u64, cells: &[Cell<'_>], _: bool) -> Result<(), Stop> {
        let cells = cells.iter().take(self.previewing.columns).map(|cell| tame(&cell.text));
        self.rows.push(cells.collect::<Vec<_>>().join("\t"));
        if self.rows.len() < self.previewing.rows { Ok(()) } else { Err(Stop::Enough) }
    }
}

fn text(detected: &Detected, from: &mut dyn Read, rows: usize) -> std::io::Result<Vec<String>> {
    let encoding = detected.encoding.unwrap_or(formats::detect::Encoding::Utf8);
    let mut inside = BufReader::new(decoded(from, encoding));
    let mut told = Vec::new();
    while told.len() < rows {
        let Some(line) = header::line(&mut inside)? else { break };
        told.push(tame(&line));
    }
    Ok(told)
}
