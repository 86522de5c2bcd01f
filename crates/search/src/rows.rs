//! What is given back, filtered, ordered and counted, column by column; the engine holds words alone.
//!
//! Two columns change in place, because they change without the words: when a row was read last, and how it stands.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use crate::entry::{Entry, Standing};

/// Each name once, by number; the number 0 is the empty name.
#[derive(Debug)]
pub struct Names {
    names: Vec<Arc<str>>,
    /// Empty once nothing more is added.
    known: HashMap<Arc<str>, u32>,
}

impl Names {
    fn new() -> Self {
        let mut names = Self { names: Vec::new(), known: HashMap::new() };
        names.number("");
        names
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.known.get(name) {
            return *number;
        }
        let (name, number): (Arc<str>, u32) = (name.into(), self.names.len() as u32);
        self.names.push(Arc::clone(&name));
        self.known.insert(name, number);
        number
    }

    pub fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", |name| name)
    }

    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    fn memory_bytes(&self) -> usize {
        // WHY 32: a pointer of two words here, and two counters before the text.
        self.names.iter().map(|name| name.len() + 32).sum::<usize>() + self.known.capacity() * 24
    }
}

/// A column of names.
#[derive(Debug)]
pub struct Named {
    pub names: Names,
    pub of_row: Vec<u32>,
}

impl Named {
    fn new() -> Self {
        Self { names: Names::new(), of_row: Vec::new() }
    }

    fn push(&mut self, name: &str) {
        let number = self.names.number(name);
        self.of_row.push(number);
    }

    pub fn get(&self, row: u32) -> &str {
        self.names.name(self.number(row))
    }

    pub fn number(&self, row: u32) -> u32 {
        self.of_row.get(row as usize).copied().unwrap_or_default()
    }

    fn close(&mut self) {
        self.names.known = HashMap::new();
        self.names.names.shrink_to_fit();
        self.of_row.shrink_to_fit();
    }

    fn memory_bytes(&self) -> usize {
        self.names.memory_bytes() + self.of_row.capacity() * 4
    }
}

#[derive(Debug)]
pub struct Rows {
    ids: Vec<[u8; 16]>,
    keys: String,
    /// Where in `keys` a row's key ends.
    key_ends: Vec<u32>,
    /// The part of the key up to its last `/`, that sign included.
    pub folder: Named,
    pub kind: Named,
    pub family: Named,
    pub source: Named,
    standing: Vec<AtomicU8>,
    size_bytes: Vec<u64>,
    at_ms: Vec<i64>,
    read_ms: Vec<AtomicI64>,
}

/// Says that a row was never read.
const NEVER: i64 = i64::MIN;

impl Rows {
    pub fn new() -> Self {
        Self {
            ids: Vec::new(),
            keys: String::new(),
            key_ends: Vec::new(),
            folder: Named::new(),
            kind: Named::new(),
            family: Named::new(),
            source: Named::new(),
            standing: Vec::new(),
            size_bytes: Vec::new(),
            at_ms: Vec::new(),
            read_ms: Vec::new(),
        }
    }

    pub fn push(&mut self, entry: &Entry) {
        self.push_id_and_key(entry.id, &entry.key);
        self.kind.push(&entry.kind);
        self.family.push(&entry.family);
        self.source.push(&entry.source);
        self.standing.push(AtomicU8::new(entry.standing.number()));
        self.size_bytes.push(entry.size_bytes);
        self.at_ms.push(entry.at_ms);
        self.read_ms.push(AtomicI64::new(entry.read_ms.unwrap_or(NEVER)));
    }

    /// The same row of another segment, as it is now.
    pub fn push_row(&mut self, from: &Self, row: u32) {
        self.push_id_and_key(from.id(row), from.key(row));
        self.kind.push(from.kind.get(row));
        self.family.push(from.family.get(row));
        self.source.push(from.source.get(row));
        self.standing.push(AtomicU8::new(from.standing(row).number()));
        self.size_bytes.push(from.size_bytes(row));
        self.at_ms.push(from.at_ms(row));
        self.read_ms.push(AtomicI64::new(from.read_ms(row).unwrap_or(NEVER)));
    }

    fn push_id_and_key(&mut self, id: [u8; 16], key: &str) {
        self.ids.push(id);
        self.keys.push_str(key);
        // INVARIANT: a segment has at most `ROWS_MAX` keys of 1,024 bytes, which 32 bits count.
        self.key_ends.push(self.keys.len() as u32);
        let folder = key.rfind('/').and_then(|at| key.get(..=at)).unwrap_or_default();
        self.folder.push(folder);
    }

    /// Gives back what only growing needs.
    pub fn close(&mut self) {
        [&mut self.folder, &mut self.kind, &mut self.family, &mut self.source]
            .into_iter()
            .for_each(Named::close);
        self.ids.shrink_to_fit();
        self.keys.shrink_to_fit();
        self.key_ends.shrink_to_fit();
        self.standing.shrink_to_fit();
        self.size_bytes.shrink_to_fit();
        self.at_ms.shrink_to_fit();
        self.read_ms.shrink_to_fit();
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn id(&self, row: u32) -> [u8; 16] {
        self.ids.get(row as usize).copied().unwrap_or_default()
    }

    pub fn key(&self, row: u32) -> &str {
        let row = row as usize;
        let start = row.checked_sub(1).and_then(|before| self.key_ends.get(before)).copied().unwrap_or(0);
        let end = self.key_ends.get(row).copied().unwrap_or(start);
        self.keys.get(start as usize..end as usize).unwrap_or_default()
    }

    pub fn standing(&self, row: u32) -> Standing {
        let number = self.standing.get(row as usize).map(|number| number.load(Ordering::Relaxed));
        number.map_or(Standing::None, Standing::of_number)
    }

    pub fn size_bytes(&self, row: u32) -> u64 {
        self.size_bytes.get(row as usize).copied().unwrap_or_default()
    }

    pub fn at_ms(&self, row: u32) -> i64 {
        self.at_ms.get(row as usize).copied().unwrap_or_default()
    }

    pub fn read_ms(&self, row: u32) -> Option<i64> {
        let read = self.read_ms.get(row as usize).map(|read| read.load(Ordering::Relaxed));
        read.filter(|read| *read != NEVER)
    }

    pub fn set_standing(&self, row: u32, standing: Standing) {
        if let Some(cell) = self.standing.get(row as usize) {
            cell.store(standing.number(), Ordering::Relaxed);
        }
    }

    pub fn set_read_ms(&self, row: u32, read_ms: i64) {
        if let Some(cell) = self.read_ms.get(row as usize) {
            cell.fetch_max(read_ms, Ordering::Relaxed);
        }
    }

    pub fn memory_bytes(&self) -> usize {
        let named = [&self.folder, &self.kind, &self.family, &self.source];
        named.iter().map(|named| named.memory_bytes()).sum::<usize>()
            + self.keys.capacity()
            + self.ids.capacity() * (16 + 4 + 1 + 8 + 8 + 8)
    }
}
