//! One column of one row group while it fills.
//!
//! It exists because Parquet is written column by column and tables arrive row by row. It holds one row group, and no more.

use std::io::Write;

use bytes::Bytes;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};

use super::super::plan::Made;
use crate::cell::Value;

/// WHY: so many texts are pointed to at a time, 32 bytes each.
const BATCH: usize = 4_096;

enum Values {
    Whole(Vec<i64>),
    /// `per`: microseconds for each one that is written.
    Moment {
        values: Vec<i64>,
        is_utc: bool,
        per: i64,
    },
    Number(Vec<f64>),
    Bool(Vec<bool>),
    Date(Vec<i32>),
    Text {
        bytes: Vec<u8>,
        ends: Vec<usize>,
    },
}

pub(super) struct Filling {
    values: Values,
    /// 1 where there is a value, 0 where there is none.
    levels: Vec<i16>,
}

impl Filling {
    pub fn new(made: Made) -> Self {
        let values = match made {
            Made::Whole => Values::Whole(Vec::new()),
            Made::Number => Values::Number(Vec::new()),
            Made::Bool => Values::Bool(Vec::new()),
            Made::Date => Values::Date(Vec::new()),
            Made::Moment { is_utc, is_fine } => {
                Values::Moment { values: Vec::new(), is_utc, per: if is_fine { 1 } else { 1_000 } }
            }
            Made::Text => Values::Text { bytes: Vec::new(), ends: Vec::new() },
        };
        Self { values, levels: Vec::new() }
    }

    pub fn null(&mut self) {
        self.levels.push(0);
    }

    pub fn text(&mut self, text: &str) {
        if let Values::Text { bytes, ends } = &mut self.values {
            bytes.extend_from_slice(text.as_bytes());
            ends.push(bytes.len());
        }
        self.levels.push(1);
    }

    /// Whether the value is of the column's type.
    pub fn value(&mut self, value: Value) -> bool {
        match (&mut self.values, value) {
            (Values::Whole(values), Value::Whole(value)) => values.push(value),
            (Values::Number(values), Value::Whole(value)) => values.push(value as f64),
            (Values::Number(values), Value::Number(value)) => values.push(value),
            (Values::Bool(values), Value::Bool(value)) => values.push(value),
            (Values::Date(values), Value::Date(value)) => values.push(value),
            (Values::Moment { values, is_utc, per }, Value::Moment { micros, is_utc: is_this_utc })
                if *is_utc == is_this_utc =>
            {
                values.push(micros.div_euclid(*per));
            }
            _ => return false,
        }
        self.levels.push(1);
        true
    }

    pub fn size_bytes(&self) -> usize {
        let values = match &self.values {
            Values::Whole(values) | Values::Moment { values, .. } => values.len() * 8,
            Values::Number(values) => values.len() * 8,
            Values::Bool(values) => values.len(),
            Values::Date(values) => values.len() * 4,
            Values::Text { bytes, ends } => bytes.len() + ends.len() * 8,
        };
        values + self.levels.len() * 2
    }

    fn write(&mut self, into: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let levels = Some(self.levels.as_slice());
        match &mut self.values {
            Values::Whole(values) | Values::Moment { values, .. } => {
                into.typed::<Int64Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Number(values) => {
                into.typed::<DoubleType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Bool(values) => {
                into.typed::<BoolType>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Date(values) => {
                into.typed::<Int32Type>().write_batch(values, levels, None)?;
                values.clear();
            }
            Values::Text { bytes, ends } => {
                texts(into, std::mem::take(bytes), ends, &self.levels)?;
                ends.clear();
            }
        }
        self.levels.clear();
        Ok(())
    }
}

fn texts(
    into: &mut SerializedColumnWriter<'_>,
    bytes: Vec<u8>,
    ends: &[usize],
    levels: &[i16],
) -> Result<()> {
    let bytes = Bytes::from(bytes);
    let mut ends = ends.iter();
    let mut start = 0;
    for levels in levels.chunks(BATCH) {
        let filled = levels.iter().filter(|level| **level == 1).count();
        let batch: Vec<ByteArray> = ends
            .by_ref()
            .take(filled)
            .map(|end| {
                let text = bytes.slice(start..*end);
                start = *end;
                ByteArray::from(text)
            })
            .collect();
        into.typed::<ByteArrayType>().write_batch(&batch, Some(levels), None)?;
    }
    Ok(())
}

/// Writes a row group, and leaves its columns empty.
pub(super) fn write<'f, W: Write + Send>(
    file: &mut SerializedFileWriter<W>,
    columns: impl Iterator<Item = &'f mut Filling>,
) -> Result<()> {
    let mut group = file.next_row_group()?;
    for filling in columns {
        let into = group.next_column()?;
        let mut into = into.ok_or_else(|| ParquetError::General("no such column".to_owned()))?;
        filling.write(&mut into)?;
        into.close()?;
    }
    group.close()?;
    Ok(())
}
