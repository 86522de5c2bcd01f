//! The way back: what a source calls those whose pseudonyms are known.
//!
//! It exists so that no table of names lies anywhere: with the key and the source the few names that are asked for are found
//! again, and with either gone nobody finds them. What it makes is a table as `privacy` writes it, of these alone.

use std::collections::BTreeSet;
use std::io::Write;

use privacy::pseudonym::{Entry, Key, NAMED_BYTES_MAX, Pseudonym, write_table};
use serde::{Deserialize, Serialize};

use crate::fault;
use crate::recipe::RecipeError;
use crate::source::{Cell, Form, Take};
use crate::step::{Counts, Passes, Stop, count};
use crate::table::{self, Clean, Cleaner, Stands, Table, subject};

pub(crate) const VERSION: u32 = 1;
/// WHY: whoever needs more looks for a table of names, and there shall be none.
pub const WANTED_MAX: usize = 100;

/// Whom to find, and how their pseudonyms were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reverse {
    pub table: Box<Table>,
    /// Pseudonyms as they are written.
    pub wanted: BTreeSet<String>,
}

impl Reverse {
    pub(crate) fn check(&self) -> Result<(), RecipeError> {
        self.table.check()?;
        let is_some = (1..=WANTED_MAX).contains(&self.wanted.len()) && !self.table.pseudonyms.is_empty();
        let are_whole = self.wanted.iter().all(|text| text.parse::<Pseudonym>().is_ok());
        (is_some && are_whole).then_some(()).ok_or(RecipeError::Wanted)
    }
}

/// Finds them; who is not there is left out.
pub(crate) fn make(
    reverse: &Reverse,
    key: Option<&Key>,
    passes: &mut Passes,
    to: &mut (dyn Write + Send),
    counts: &mut Counts,
) -> Result<(), Stop> {
    let key = key.ok_or(fault::NO_KEY)?;
    let table = &reverse.table;
    let (detected, kept) = passes.detect()?;
    let form = table.form(Form::of_cells(&detected).ok_or(fault::NOT_A_TABLE)?);
    let wanted = reverse.wanted.iter().filter_map(|text| text.parse().ok()).collect();
    let has_comma = form.has_decimal_comma();
    let mut search =
        Search { table, key, wanted, has_comma, width: 0, columns: Vec::new(), found: BTreeSet::new() };
    let rows = table::pass(&form, &detected, passes, &kept, &mut search)?;
    count(counts, "rows", rows);
    count(counts, "pseudonyms", search.found.len() as u64);
    let found = search.found.into_iter().map(|(pseudonym, named)| Entry { pseudonym, named });
    // WHY a fault: two people of one pseudonym are told apart by nobody.
    let bytes = write_table(found.collect()).map_err(|_| fault::TWO_OF_ONE)?;
    to.write_all(&bytes).map_err(|_| Stop::Alone)
}

/// A look for some pseudonyms, row by row.
struct Search<'t> {
    table: &'t Table,
    key: &'t Key,
    wanted: BTreeSet<Pseudonym>,
    has_comma: bool,
    width: usize,
    columns: Vec<(usize, Stands, Cleaner<'t>)>,
    found: BTreeSet<(Pseudonym, Vec<u8>)>,
}

impl Take for Search<'_> {
    fn column(&mut self, name: &str, _: bool) -> Result<(), Stop> {
        if let Some(stands) = self.table.pseudonyms.get(name) {
            self.columns.push((self.width, *stands, Cleaner::new(self.table, name, self.has_comma)));
        }
        self.width += 1;
        Ok(())
    }

    fn row(&mut self, number: u64, cells: &[Cell<'_>], _: bool) -> Result<(), Stop> {
        for (at, stands, cleaner) in &self.columns {
            let Some(cell) = cells.get(*at) else { continue };
            let (clean, _) = cleaner.clean(cell).map_err(|fault| fault.row(number).column(*at))?;
            let Clean::Filled { text, .. } = clean else { continue };
            let named = text.trim().as_bytes();
            let pseudonym = Pseudonym::of(self.key, subject(*stands), named);
            // WHY not longer ones: the table that is told holds none, and one of them would spoil all others.
            if named.len() <= NAMED_BYTES_MAX && self.wanted.contains(&pseudonym) {
                self.found.insert((pseudonym, named.to_vec()));
            }
        }
        Ok(())
    }
}
