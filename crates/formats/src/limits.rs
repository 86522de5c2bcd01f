//! How much of a file is looked at, and how much may be kept of it in memory.
//!
//! It exists so that every bound of reading is named in one place. It never changes what a rule means.

use serde::{Deserialize, Serialize};

/// Bounds of one reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// One line of text.
    pub line_bytes_max: usize,
    /// Columns of a table.
    pub columns_max: usize,
    /// Findings that are kept with their place.
    pub findings_max: usize,
    /// What a format that needs its end, or a whole document, may take in memory.
    pub memory_bytes_max: usize,
    /// A file that is read here and there, and so is held whole.
    pub held_bytes_max: usize,
    /// Cells of tables that are no text; a long one counts as several.
    pub cells_max: u64,
    /// What may come out of a packed file, all layers and entries together.
    pub unpacked_bytes_max: u64,
    /// Bytes that come out for each that goes in, over an archive as a whole.
    pub ratio_max: u64,
    /// Entries of an archive.
    pub entries_max: u64,
    /// Documents inside documents, sequences inside sequences.
    pub depth_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // WHY: a line of a VCF file with 500,000 samples and GT alone has 2 MB; with likelihoods, tens.
            line_bytes_max: 32 << 20,
            // WHY: expression matrices have as many as a species has genes; of each a few hundred bytes are kept.
            columns_max: 200_000,
            findings_max: 100,
            memory_bytes_max: 64 << 20,
            // WHY: it takes three times as much while it grows, beside strings and one page that is unpacked, of the gigabyte
            // that the process may take; nearly all workbooks, and most tables of columns, are smaller.
            held_bytes_max: 128 << 20,
            // WHY: half of the processor time that there is; behind it a person is asked.
            cells_max: 100_000_000,
            // WHY: a whole genome's FASTQ unpacked; a bomb is stopped by time before.
            unpacked_bytes_max: 1 << 40,
            // WHY: genotypes of many samples pack 100 to 1; deflate ends at 1,032.
            ratio_max: 200,
            entries_max: 100_000,
            depth_max: 64,
        }
    }
}
