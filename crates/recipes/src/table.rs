//! A table of text as typed Parquet.
//!
//! It exists because engines read columns with types, and tables arrive as text. Two passes: the first says what each column
//! is, the second writes; nothing is guessed between them. A cell that does not fit is refused, or counted where the recipe
//! says so, and never bent.

mod clean;
mod params;
mod plan;
mod survey;
mod write;

use std::io::Write;

use privacy::pseudonym::Key;

pub(crate) use clean::{Clean, Cleaner};
pub use params::{Codes, Odd, Ragged, Rest, Shift, Stands, Table, Unit};

pub(crate) use plan::{Column, Made};
pub(crate) use survey::{Plan, Survey};
pub(crate) use write::subject;

use crate::fault;
use crate::source::{self, Form};
use crate::step::{Counts, Passes, Stop};

/// Of what this step makes; raised when it could make other bytes of the same object.
pub(crate) const VERSION: u32 = 1;

/// Makes the Parquet file.
pub(crate) fn make(
    table: &Table,
    key: Option<&Key>,
    passes: &mut Passes,
    to: &mut (dyn Write + Send),
    counts: &mut Counts,
) -> Result<(), Stop> {
    if table.needs_key() && key.is_none() {
        return Err(fault::NO_KEY.into());
    }
    let (detected, kept) = passes.detect()?;
    let form = table.form(Form::of_cells(&detected).ok_or(fault::NOT_A_TABLE)?);
    let mut survey = survey::Survey::new(table, &form);
    pass(&form, &detected, passes, &kept, &mut survey)?;
    let plan = survey.plan(counts)?;
    drop(kept);
    passes.begin()?;
    let mut writer = write::Writer::new(table, key, plan, to, counts)?;
    pass(&form, &detected, passes, &[], &mut writer)?;
    writer.end()
}

/// One pass over the rows.
pub(crate) fn pass(
    form: &Form,
    detected: &formats::Detected,
    passes: &mut Passes,
    kept: &[u8],
    take: &mut dyn source::Take,
) -> Result<u64, Stop> {
    let limits = passes.limits.clone();
    let why = passes.judge();
    let mut rest = passes.rest(kept);
    let mut inside = formats::open(detected, &mut rest, &limits);
    source::read(form, &mut inside, &limits, &why, take)
}
