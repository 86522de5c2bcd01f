//! The second pass: rows into row groups of typed columns.
//!
//! It exists so that a table of any length is written in bounded memory. The file holds nothing of when or where it was made.

mod group;

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use privacy::pseudonym::{Days, Key, Pseudonym, Subject, Week};

use self::group::Filling;
use super::clean::{Clean, Done};
use super::params::{Shift, Stands, Table};
use super::plan::{Column, Made};
use super::survey::Plan;
use crate::cell::{Value, date_of};
use crate::fault::{self, Fault};
use crate::source::{Cell, Take};
use crate::step::{Counts, Stop, count};

/// WHY: engines read a row group at once, and this writer holds one: 128 Ki rows or 24 MiB, whichever comes first.
const GROUP_ROWS_MAX: usize = 128 << 10;
const GROUP_BYTES_MAX: usize = 24 << 20;
/// WHY: 16 bytes each in a set that doubles: 100 MB at most.
const COMPARED_ROWS_MAX: usize = 3_500_000;
const DAY_MICROS: i64 = 86_400_000_000;
/// WHY this form: readers decide by it whether statistics are to be trusted.
const CREATED_BY: &str = "epic-recipes version 1.0.0 (build table)";

pub(super) struct Writer<'w, 't> {
    table: &'t Table,
    key: Option<&'w Key>,
    plan: Plan<'t>,
    file: SerializedFileWriter<&'w mut (dyn Write + Send)>,
    filling: Vec<Filling>,
    rows: usize,
    seen: HashSet<[u8; 16]>,
    columns_at: usize,
    tally: Tally,
    counts: &'w mut Counts,
}

/// What is counted for each cell. WHY not in the map: it is looked into a hundred million times.
#[derive(Default)]
struct Tally {
    rows: u64,
    missing: u64,
    odd: u64,
    ragged: u64,
    duplicates: u64,
    mapped: u64,
    kept: u64,
    nulled: u64,
    dates: u64,
    units: u64,
    pseudonyms: u64,
    shifted: u64,
    without_patient: u64,
    groups: u64,
}

/// What a cell becomes.
enum Cooked<'a> {
    Null,
    Value(Value),
    Text(&'a str),
    Pseudonym(Pseudonym),
}

impl<'w, 't> Writer<'w, 't> {
    pub fn new(
        table: &'t Table,
        key: Option<&'w Key>,
        plan: Plan<'t>,
        to: &'w mut (dyn Write + Send),
        counts: &'w mut Counts,
    ) -> Result<Self, Stop> {
        let fields: Result<Vec<_>, Stop> =
            plan.columns.iter().filter(|column| !column.is_dropped).map(|column| field(column)).collect();
        let schema = Type::group_type_builder("schema").with_fields(fields?).build();
        let schema = Arc::new(schema.map_err(|_| fault::DOUBLE_COLUMN)?);
        let file = SerializedFileWriter::new(to, schema, Arc::new(properties(&plan)));
        let filling = plan.columns.iter().map(|column| Filling::new(column.made)).collect();
        Ok(Self {
            table,
            key,
            plan,
            file: file.map_err(|_| Stop::Alone)?,
            filling,
            rows: 0,
            seen: HashSet::new(),
            columns_at: 0,
            tally: Tally::default(),
            counts,
        })
    }

    /// Writes what is left, and the footer.
    pub fn end(mut self) -> Result<(), Stop> {
        self.flush()?;
        let Self { file, tally, counts, plan, .. } = self;
        if tally.rows + tally.duplicates != plan.rows {
            return Err(fault::CHANGED.into());
        }
        file.close().map_err(|_| Stop::Alone)?;
        let named = [
            ("rows", tally.rows),
            ("missing", tally.missing),
            ("odd", tally.odd),
            ("ragged", tally.ragged),
            ("duplicates", tally.duplicates),
            ("codes-mapped", tally.mapped),
            ("codes-kept", tally.kept),
            ("codes-nulled", tally.nulled),
            ("dates-read", tally.dates),
            ("units-converted", tally.units),
            ("pseudonyms", tally.pseudonyms),
            ("dates-shifted", tally.shifted),
            ("dates-without-patient", tally.without_patient),
            ("row-groups", tally.groups),
        ];
        named.into_iter().for_each(|(name, more)| count(counts, name, more));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        if self.rows == 0 {
            return Ok(());
        }
        let kept = self.filling.iter_mut().zip(&self.plan.columns).filter(|(_, column)| !column.is_dropped);
        group::write(&mut self.file, kept.map(|(filling, _)| filling)).map_err(|_| Stop::Alone)?;
        self.rows = 0;
        self.tally.groups += 1;
        Ok(())
    }

    /// By how many days this row's dates move; none: nobody knows whose they are.
    fn days(&self, cells: &[Cell<'_>]) -> Result<Option<i64>, Fault> {
        let (Some(shift), Some(key)) = (&self.table.shift_dates, self.key) else { return Ok(None) };
        let at = self.plan.patient.ok_or(fault::CHANGED)?;
        let column = self.plan.columns.get(at).ok_or(fault::CHANGED)?;
        let Some(cell) = cells.get(at) else { return Ok(None) };
        match column.cleaner.clean(cell)?.0 {
            Clean::Missing => Ok(None),
            Clean::Filled { text, .. } => moved(shift, key, text.trim()).map(Some),
        }
    }

    /// Whether the row was there already.
    fn is_repeated(&mut self, cells: &[Cell<'_>]) -> Result<bool, Fault> {
        let mut hasher = blake3::Hasher::new();
        for cell in cells {
            hasher.update(&[u8::from(cell.is_null) | u8::from(cell.is_text) << 1]);
            hasher.update(&(cell.text.len() as u64).to_be_bytes());
            hasher.update(cell.text.as_bytes());
        }
        let short = hasher.finalize().as_bytes().first_chunk::<16>().copied().unwrap_or_default();
        if self.seen.contains(&short) {
            return Ok(true);
        }
        if self.seen.len() >= COMPARED_ROWS_MAX {
            return Err(fault::LIMIT_ROWS);
        }
        self.seen.insert(short);
        Ok(false)
    }
}

/// By how many days the dates of a patient move.
fn moved(shift: &Shift, key: &Key, patient: &str) -> Result<i64, Fault> {
    let week = if shift.keeps_week { Week::Kept } else { Week::Free };
    let days = Days::new(shift.days).map_err(|_| fault::NO_CALENDAR)?;
    let pseudonym = Pseudonym::of(key, Subject::Patient, patient.as_bytes());
    let shift = privacy::pseudonym::Shift::of(key, pseudonym, days, week).map_err(|_| fault::NO_CALENDAR)?;
    Ok(i64::from(shift.days()))
}

impl Take for Writer<'_, '_> {
    fn column(&mut self, name: &str, _: bool) -> Result<(), Stop> {
        let is_same = self.plan.columns.get(self.columns_at).is_some_and(|column| column.name == name);
        self.columns_at += 1;
        if is_same { Ok(()) } else { Err(fault::CHANGED.into()) }
    }

    fn row(&mut self, number: u64, cells: &[Cell<'_>], is_short: bool) -> Result<(), Stop> {
        if self.table.deduplicate && self.is_repeated(cells)? {
            self.tally.duplicates += 1;
            return Ok(());
        }
        let days = self.days(cells).map_err(|fault| fault.row(number))?;
        self.tally.ragged += u64::from(is_short);
        let mut size_bytes = 0;
        let Self { plan, filling, tally, key, .. } = self;
        for (at, (column, filling)) in plan.columns.iter().zip(filling.iter_mut()).enumerate() {
            if column.is_dropped {
                continue;
            }
            let put = match cells.get(at) {
                None => column.put(None, days, *key, filling, tally),
                Some(cell) => column.put(Some(cell), days, *key, filling, tally),
            };
            size_bytes += put.map_err(|fault| fault.row(number).column(at))?;
        }
        self.tally.rows += 1;
        self.rows += 1;
        let bytes: usize = size_bytes;
        if self.rows >= GROUP_ROWS_MAX || bytes >= GROUP_BYTES_MAX {
            self.flush()?;
        }
        Ok(())
    }
}

impl Column<'_> {
    /// Puts one cell into the row group; how large its column is by then.
    fn put(
        &self,
        cell: Option<&Cell<'_>>,
        days: Option<i64>,
        key: Option<&Key>,
        filling: &mut Filling,
        tally: &mut Tally,
    ) -> Result<usize, Fault> {
        let (clean, done) =
            cell.map_or(Ok((Clean::Missing, Done::Nothing)), |cell| self.cleaner.clean(cell))?;
        tally.mapped += u64::from(done == Done::Mapped);
        tally.kept += u64::from(done == Done::Kept);
        tally.nulled += u64::from(done == Done::Nulled);
        let cooked = match &clean {
            Clean::Missing => {
                tally.missing += 1;
                Cooked::Null
            }
            Clean::Filled { text, is_text } => self.cook(text, *is_text, days, key, tally)?,
        };
        match cooked {
            Cooked::Null => filling.null(),
            Cooked::Text(text) => filling.text(text),
            Cooked::Pseudonym(pseudonym) => filling.text(&pseudonym.to_string()),
            Cooked::Value(value) => {
                if !filling.value(value) {
                    filling.null();
                    tally.odd += 1;
                    // WHY: odd cells were counted before; one that is odd only now was another then.
                    if self.seen.fits(self.made) == self.seen.filled() {
                        return Err(fault::CHANGED);
                    }
                }
            }
        }
        Ok(filling.size_bytes())
    }

    fn cook<'a>(
        &self,
        text: &'a str,
        is_text: bool,
        days: Option<i64>,
        key: Option<&Key>,
        tally: &mut Tally,
    ) -> Result<Cooked<'a>, Fault> {
        if let Some(stands) = self.stands {
            let key = key.ok_or(fault::NO_KEY)?;
            tally.pseudonyms += 1;
            return Ok(Cooked::Pseudonym(Pseudonym::of(key, subject(stands), text.trim().as_bytes())));
        }
        if self.made == Made::Text {
            return Ok(Cooked::Text(text));
        }
        let mut value = self.cleaner.value(text, is_text);
        tally.dates +=
            u64::from(self.cleaner.order.is_some() && matches!(value, Value::Date(_) | Value::Moment { .. }));
        if let Some(unit) = self.unit {
            value = match value {
                Value::Whole(whole) => Value::Number(whole as f64 * unit.factor + unit.offset),
                Value::Number(number) => Value::Number(number * unit.factor + unit.offset),
                other => other,
            };
            tally.units += u64::from(matches!(value, Value::Number(_)));
        }
        if !self.is_shifted {
            return Ok(Cooked::Value(value));
        }
        let Some(days) = days else {
            tally.without_patient += 1;
            return Ok(Cooked::Null);
        };
        let shifted = shifted(value, days)?;
        tally.shifted += u64::from(!matches!(shifted, Value::Text));
        Ok(Cooked::Value(shifted))
    }
}

fn shifted(value: Value, by: i64) -> Result<Value, Fault> {
    match value {
        Value::Date(days) => {
            let days = i64::from(days) + by;
            date_of(days).ok_or(fault::NO_CALENDAR)?;
            Ok(Value::Date(i32::try_from(days).map_err(|_| fault::NO_CALENDAR)?))
        }
        Value::Moment { micros, is_utc } => {
            let micros = micros + by * DAY_MICROS;
            date_of(micros.div_euclid(DAY_MICROS)).ok_or(fault::NO_CALENDAR)?;
            Ok(Value::Moment { micros, is_utc })
        }
        // WHY: what is no date is odd, and never written as it stands.
        Value::Whole(_) | Value::Number(_) | Value::Bool(_) | Value::Text => Ok(Value::Text),
    }
}

pub(crate) fn subject(stands: Stands) -> Subject {
    match stands {
        Stands::Patient => Subject::Patient,
        Stands::Encounter => Subject::Encounter,
        Stands::Sample => Subject::Sample,
    }
}

fn field(column: &Column) -> Result<Arc<Type>, Stop> {
    let (physical, logical, converted) = match column.made {
        Made::Whole => (Physical::INT64, None, ConvertedType::NONE),
        Made::Number => (Physical::DOUBLE, None, ConvertedType::NONE),
        Made::Bool => (Physical::BOOLEAN, None, ConvertedType::NONE),
        Made::Date => (Physical::INT32, Some(LogicalType::Date), ConvertedType::NONE),
        Made::Moment { is_utc, is_fine } => {
            let unit = if is_fine { TimeUnit::MICROS } else { TimeUnit::MILLIS };
            let logical = LogicalType::timestamp(is_utc, unit);
            (Physical::INT64, Some(logical), ConvertedType::NONE)
        }
        Made::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), ConvertedType::NONE),
    };
    let builder = Type::primitive_type_builder(&column.written, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .with_converted_type(converted);
    Ok(Arc::new(builder.build().map_err(|_| fault::MALFORMED)?))
}

fn properties(plan: &Plan) -> WriterProperties {
    let units = plan.columns.iter().filter_map(|column| Some((column, column.unit?)));
    let units: Vec<KeyValue> = units
        .map(|(column, unit)| KeyValue::new(format!("unit.{}", column.written), unit.unit.clone()))
        .collect();
    WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::SNAPPY)
        // WHY by chunk: an engine skips row groups by them. They say extremes, which the file holds anyway.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_key_value_metadata(Some(units).filter(|units| !units.is_empty()))
        .build()
}
