//! A packed part of one place: an engine's segment of words, in memory, and the rows beside it.
//!
//! The engine's own writer, reader and threads are not used: a segment is packed, and several are merged, by whoever calls.
//! Every segment has a directory of its own that lies in memory and goes with it.

use std::sync::Arc;

use tantivy::directory::{OwnedBytes, RamDirectory};
use tantivy::fastfield::{AliveBitSet, write_alive_bitset};
use tantivy::index::{InvertedIndexReader, SegmentReader};
use tantivy::indexer::merge_filtered_segments;
use tantivy::schema::Field;
use tantivy::{BitSet, IndexSettings, TantivyDocument};

use crate::bits::Bits;
use crate::entry::Entry;
use crate::error::Cause;
use crate::fields::Fields;
use crate::fold;
use crate::rows::Rows;

/// WHY: so many rows are merged in seconds, during which nothing else is put; two million lie in some ten segments.
pub const ROWS_MAX: usize = 262_144;

/// WHY: the engine grows beyond it as needed; it only says how large its first table of words is.
const TABLE_BYTES: usize = 3 << 20;

pub struct Segment {
    pub rows: Rows,
    part: tantivy::Segment,
    pub key: Arc<InvertedIndexReader>,
    pub label: Arc<InvertedIndexReader>,
    pub column: Arc<InvertedIndexReader>,
    pub text: Arc<InvertedIndexReader>,
    pub tag: Arc<InvertedIndexReader>,
    pub name: Arc<InvertedIndexReader>,
    directory: RamDirectory,
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

impl Segment {
    /// Packs entries; their rows are in their order.
    pub fn pack<'a>(fields: &Fields, entries: impl Iterator<Item = &'a Entry>) -> Result<Self, Cause> {
        let directory = RamDirectory::create();
        let builder = tantivy::Index::builder().schema(fields.schema.clone()).settings(settings());
        let mut writer = builder.single_segment_index_writer(directory.clone(), TABLE_BYTES)?;
        let mut rows = Rows::new();
        for entry in entries {
            rows.push(entry);
            writer.add_document(document(fields, entry))?;
        }
        let index = writer.finalize()?;
        Self::open(fields, &index, rows, directory)
    }

    /// Merges segments, without their rows that are not alive; what is left is in the order given.
    pub fn merge(fields: &Fields, from: &[(Arc<Self>, Arc<Bits>)]) -> Result<Self, Cause> {
        let directory = RamDirectory::create();
        let mut rows = Rows::new();
        for (segment, alive) in from {
            alive.each().for_each(|row| rows.push_row(&segment.rows, row));
        }
        let parts: Vec<tantivy::Segment> = from.iter().map(|(segment, _)| segment.part.clone()).collect();
        let alive = from.iter().map(|(segment, alive)| told_alive(alive, segment.rows.len()).map(Some));
        let alive = alive.collect::<std::io::Result<Vec<_>>>()?;
        let index = merge_filtered_segments(&parts, settings(), alive, directory.clone())?;
        Self::open(fields, &index, rows, directory)
    }

    fn open(
        fields: &Fields,
        index: &tantivy::Index,
        mut rows: Rows,
        directory: RamDirectory,
    ) -> Result<Self, Cause> {
        rows.close();
        let part = index.searchable_segments()?.pop().ok_or("the engine packed no segment")?;
        let reader = SegmentReader::open(&part)?;
        // INVARIANT: a document's number is its row. What was packed is counted on both sides.
        if reader.max_doc() as usize != rows.len() {
            return Err("the engine's documents are not the rows".into());
        }
        let words = |field: Field| reader.inverted_index(field);
        Ok(Self {
            key: words(fields.key)?,
            label: words(fields.label)?,
            column: words(fields.column)?,
            text: words(fields.text)?,
            tag: words(fields.tag)?,
            name: words(fields.name)?,
            rows,
            part,
            directory,
        })
    }

    pub fn memory_bytes(&self) -> usize {
        self.directory.total_mem_usage() + self.rows.memory_bytes()
    }
}

fn settings() -> IndexSettings {
    // WHY: the engine else starts a thread for each segment's stored documents, of which there are none.
    IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() }
}

fn told_alive(alive: &Bits, rows: usize) -> std::io::Result<AliveBitSet> {
    let mut bits = BitSet::with_max_value(rows as u32);
    for row in alive.each() {
        bits.insert(row);
    }
    let mut bytes = Vec::new();
    write_alive_bitset(&bits, &mut bytes)?;
    Ok(AliveBitSet::open(OwnedBytes::new(bytes)))
}

fn document(fields: &Fields, entry: &Entry) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    let mut add = |field, words: &str| {
        if !words.is_empty() {
            document.add_text(field, words);
        }
    };
    add(fields.key, &fold::words(&entry.key));
    add(fields.text, &fold::words(&entry.text));
    for column in &entry.columns {
        add(fields.column, &fold::words(column));
    }
    for (name, value) in &entry.tags {
        let value = fold::words(value);
        add(fields.label, &fold::words(name));
        add(fields.label, &value);
        let name = fold::name(name);
        if !name.is_empty() {
            add(fields.name, &name);
            let tagged: Vec<String> = value.split(' ').map(|word| tag(&name, word)).collect();
            add(fields.tag, &tagged.join(" "));
        }
    }
    document
}

/// A word of a label's value as the engine knows it.
pub fn tag(name: &str, word: &str) -> String {
    // WHY `=`: no word and no name has it.
    format!("{name}={word}")
}
