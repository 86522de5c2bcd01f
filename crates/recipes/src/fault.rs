//! Why nothing was made of an object: one of a closed list, with a sentence and numbers.
//!
//! It exists so that a fault can be shown to anybody: who reads one from another process looks its code up here. It never
//! holds a value.

use std::fmt;

use formats::{Rule, rule};
use serde::{Deserialize, Serialize};

/// Why nothing was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    code: &'static str,
    says: &'static str,
    /// Rows of the table (the header is none), from 1.
    pub row: Option<u64>,
    /// Columns as they arrived, from 1.
    pub column: Option<u32>,
}

impl Fault {
    const fn new(code: &'static str, says: &'static str) -> Self {
        Self { code, says, row: None, column: None }
    }

    /// Its stable name, as `recipe.unsorted`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// One English sentence, without anything from the object.
    pub fn says(&self) -> &'static str {
        self.says
    }

    pub(crate) fn row(self, row: u64) -> Self {
        Self { row: Some(row), ..self }
    }

    pub(crate) fn column(self, at: usize) -> Self {
        Self { column: u32::try_from(at + 1).ok(), ..self }
    }

    /// The fault of this code, without a place.
    pub fn of(code: &str) -> Option<Self> {
        ALL.iter().copied().find(|fault| fault.code == code)
    }

    /// What the end of a process means.
    pub(crate) fn of_rule(ended: Rule) -> Self {
        match ended.code() {
            "worker.memory" => LIMIT_MEMORY,
            "worker.time" => LIMIT_TIME,
            "worker.panicked" => WORKER_PANICKED,
            "worker.unread" => WORKER_UNREAD,
            _ if ended == rule::WORKER_KILLED => WORKER_KILLED,
            _ => WORKER_GARBAGE,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.write_str(self.says)?;
        if let Some(row) = self.row {
            write!(into, " (row {row})")?;
        }
        if let Some(column) = self.column {
            write!(into, " (column {column})")?;
        }
        Ok(())
    }
}

/// A fault as it is written between processes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    code: String,
    row: Option<u64>,
    column: Option<u32>,
}

impl Told {
    pub fn of(fault: &Fault) -> Self {
        Self { code: fault.code.to_owned(), row: fault.row, column: fault.column }
    }

    /// None: there is no such fault.
    pub fn fault(&self) -> Option<Fault> {
        Fault::of(&self.code).map(|fault| Fault { row: self.row, column: self.column, ..fault })
    }
}

macro_rules! faults {
    ($($name:ident $code:literal $says:literal;)*) => {
        $(pub const $name: Fault = Fault::new($code, $says);)*
        /// Every fault.
        pub const ALL: &[Fault] = &[$($name,)*];
    };
}

faults! {
    // Objects that are not what the recipe is for.
    NOT_APPLICABLE "recipe.not-applicable" "the object is not of a kind that this recipe is for";
    NOT_A_TABLE "recipe.not-a-table" "the object is not a table of text";
    NOT_FLAT "recipe.not-flat" "a record holds a list or another record, so the lines are no rows of one table";
    NO_SUCH_COLUMN "recipe.no-such-column" "the recipe names a column that the table does not have";
    DOUBLE_COLUMN "recipe.double-column" "two columns would have the same name";
    RAGGED "recipe.ragged" "a row has more or fewer cells than the table has columns";
    MALFORMED "recipe.malformed" "the object is not written as its kind must be";
    ENCODING "recipe.encoding" "the text is not in the encoding that it seemed to be in";
    BROKEN_STREAM "recipe.broken-stream" "what the object is packed in breaks off or does not hold";
    CHANGED "recipe.changed" "the object was not the same when it was read again";
    NO_WORDS "recipe.no-words" "a page shows something that is no text: it was scanned, sealed, or its letters have no meaning";

    // Cells that are not what the recipe says.
    NOT_OF_TYPE "recipe.not-of-type" "a column has cells that are not of the type that the recipe gives it";
    NOT_A_DATE "recipe.not-a-date" "a column of dates has cells that are no dates in the declared order";
    NOT_NUMERIC "recipe.not-numeric" "a column with a unit has cells that are no numbers";
    UNMAPPED "recipe.unmapped" "a column has a code that the recipe does not map";
    NO_CALENDAR "recipe.no-calendar" "a date would leave the calendar";
    NO_KEY "recipe.no-key" "the recipe makes pseudonyms or moves dates and no key was given";
    TWO_OF_ONE "recipe.two-of-one" "two names have the same pseudonym";

    // Indexes.
    UNSORTED "recipe.unsorted" "records are not sorted by place, so no index can be made";
    NOT_BLOCKED "recipe.not-blocked" "the object is not packed in blocks (BGZF), so no index can be made";
    TOO_LONG_FOR_INDEX "recipe.needs-csi" "a place lies beyond 512 megabases, which only a CSI index can hold";

    // Bounds.
    LIMIT_INPUT "limit.input" "the object is larger than this step reads";
    LIMIT_OUTPUT "limit.output" "more would be made than may be";
    LIMIT_UNPACKED "limit.unpacked" "more comes out of the packed object than may";
    LIMIT_LINE "limit.line" "a line is longer than is read";
    LIMIT_COLUMNS "limit.columns" "there are more columns than are read";
    LIMIT_ROWS "limit.rows" "there are more rows than can be compared with each other";
    LIMIT_MEMORY "limit.memory" "more memory would be needed than is allowed";
    LIMIT_TIME "limit.time" "the process did not end within its time";
    WORKER_PANICKED "worker.panicked" "the program that reads the object failed";
    WORKER_KILLED "worker.killed" "the process was ended by a signal";
    WORKER_UNREAD "worker.unread" "the process could not read its input";
    WORKER_GARBAGE "worker.garbage" "the process did not finish, or said what it may not";
}
