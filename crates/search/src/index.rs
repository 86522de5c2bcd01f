//! The index itself: what is put lies in a draft until it is published, each place apart.
//!
//! WHY each place apart: what somebody may not see is then not even opened. No word, count, order or length of a list that
//! they get can depend on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::bits::Bits;
use crate::entry::{Bounds, COLUMNS_MAX, EXACT_BYTES_MAX, Entry, Standing, TAGS_MAX, TEXT_BYTES_MAX};
use crate::error::PutError;
use crate::fields::Fields;
use crate::fold;
use crate::segment::{ROWS_MAX, Segment};

/// WHY: fewer segments of a size are not worth their merging; with more, each search opens more.
const ALIKE_MAX: usize = 8;

/// The index of one project. It is shared by reference: one thread puts at a time, any number search meanwhile.
#[derive(Debug)]
pub struct Index {
    bounds: Bounds,
    fields: Fields,
    writer: Mutex<Writer>,
    shown: RwLock<Arc<Shown>>,
}

/// What a search sees: it does not change while it is held, but for the columns that change in place.
#[derive(Debug, Default, Clone)]
pub(crate) struct Shown {
    pub places: BTreeMap<Arc<str>, Arc<[Part]>>,
}

/// A segment and which of its rows are still there.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub segment: Arc<Segment>,
    pub alive: Arc<Bits>,
}

#[derive(Debug, Default)]
struct Writer {
    shelves: BTreeMap<Arc<str>, Shelf>,
    locations: HashMap<[u8; 16], Location>,
    parts_made: u32,
    draft_bytes: usize,
    /// Shelves of which something is not shown yet.
    changed: BTreeSet<Arc<str>>,
}

#[derive(Debug, Default)]
struct Shelf {
    draft: Vec<Option<Entry>>,
    parts: BTreeMap<u32, Part>,
}

#[derive(Debug, Clone)]
struct Location {
    place: Arc<str>,
    /// None: in the draft.
    part: Option<u32>,
    row: u32,
}

impl Index {
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, fields: Fields::new(), writer: Mutex::default(), shown: RwLock::default() }
    }

    /// Puts an entry in the place of the one with the same id, if there is one. It is found once published.
    ///
    /// Text beyond 256 KiB, labels beyond 256 and columns beyond 65,536 are not found by their words.
    pub fn put(&self, mut entry: Entry) -> Result<(), PutError> {
        check(&entry)?;
        cut(&mut entry);
        let mut writer = self.lock();
        if writer.locations.len() >= self.bounds.entries_max && !writer.locations.contains_key(&entry.id) {
            return Err(PutError::Full { entries_max: self.bounds.entries_max });
        }
        writer.remove(&entry.id);
        writer.add(entry);
        if writer.draft_bytes > self.bounds.draft_bytes_max {
            writer.pack(&self.fields)?;
        }
        Ok(())
    }

    /// Whether there was such an entry. It is found until this is published.
    pub fn remove(&self, id: &[u8; 16]) -> bool {
        self.lock().remove(id)
    }

    /// Says when an object was read, unless it was read later. Seen at once; false: no such entry.
    pub fn set_read(&self, id: &[u8; 16], read_ms: i64) -> bool {
        let change = |entry: &mut Entry| entry.read_ms = entry.read_ms.max(Some(read_ms));
        self.lock().change(id, change, |segment, row| segment.rows.set_read_ms(row, read_ms))
    }

    /// Says how an object stands by now. Seen at once; false: no such entry.
    pub fn set_standing(&self, id: &[u8; 16], standing: Standing) -> bool {
        let change = |entry: &mut Entry| entry.standing = standing;
        self.lock().change(id, change, |segment, row| segment.rows.set_standing(row, standing))
    }

    /// Shows what was put and removed until now, all at once. Costs next to nothing if nothing was.
    pub fn publish(&self) -> Result<(), PutError> {
        let mut writer = self.lock();
        if writer.changed.is_empty() {
            return Ok(());
        }
        writer.pack(&self.fields)?;
        writer.tidy(&self.fields)?;
        let mut shown = Shown::clone(&self.shown());
        for place in std::mem::take(&mut writer.changed) {
            let parts = writer.shelves.get(&place).map(|shelf| shelf.parts.values().cloned().collect());
            let parts: Arc<[Part]> = parts.unwrap_or_default();
            if parts.is_empty() {
                writer.shelves.remove(&place);
                shown.places.remove(&place);
            } else {
                shown.places.insert(place, parts);
            }
        }
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(shown);
        Ok(())
    }

    /// Entries, shown or not.
    pub fn len(&self) -> usize {
        self.lock().locations.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how much memory all of it takes.
    pub fn memory_bytes(&self) -> usize {
        let writer = self.lock();
        let parts = writer.shelves.values().flat_map(|shelf| shelf.parts.values());
        let parts: usize = parts.map(|part| part.segment.memory_bytes() + part.alive.memory_bytes()).sum();
        // WHY 1: the table of locations keeps a byte of its own for each.
        let location = size_of::<([u8; 16], Location)>() + 1;
        parts + writer.draft_bytes + writer.locations.capacity() * location
    }

    pub(crate) fn shown(&self) -> Arc<Shown> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn lock(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    fn add(&mut self, entry: Entry) {
        let place: Arc<str> = match self.shelves.get_key_value(entry.place.as_str()) {
            Some((place, _)) => Arc::clone(place),
            None => entry.place.as_str().into(),
        };
        self.changed.insert(Arc::clone(&place));
        self.draft_bytes += memory_bytes(&entry);
        let shelf = self.shelves.entry(Arc::clone(&place)).or_default();
        let row = shelf.draft.len() as u32;
        self.locations.insert(entry.id, Location { place, part: None, row });
        shelf.draft.push(Some(entry));
    }

    fn remove(&mut self, id: &[u8; 16]) -> bool {
        let Some(location) = self.locations.remove(id) else { return false };
        let Some(shelf) = self.shelves.get_mut(&location.place) else { return false };
        match location.part {
            None => {
                let gone = shelf.draft.get_mut(location.row as usize).and_then(Option::take);
                self.draft_bytes -= gone.as_ref().map_or(0, memory_bytes).min(self.draft_bytes);
            }
            Some(part) => {
                if let Some(part) = shelf.parts.get_mut(&part) {
                    Arc::make_mut(&mut part.alive).clear(location.row);
                }
            }
        }
        self.changed.insert(location.place);
        true
    }

    fn change(
        &mut self,
        id: &[u8; 16],
        in_draft: impl FnOnce(&mut Entry),
        in_segment: impl FnOnce(&Segment, u32),
    ) -> bool {
        let Some(location) = self.locations.get(id) else { return false };
        let Some(shelf) = self.shelves.get_mut(&location.place) else { return false };
        match location.part {
            None => shelf.draft.get_mut(location.row as usize).and_then(Option::as_mut).map(in_draft),
            Some(part) => shelf.parts.get(&part).map(|part| in_segment(&part.segment, location.row)),
        }
        .is_some()
    }

    /// Every draft becomes a segment.
    fn pack(&mut self, fields: &Fields) -> Result<(), PutError> {
        let places: Vec<Arc<str>> = self.shelves.keys().cloned().collect();
        for place in places {
            let Some(shelf) = self.shelves.get_mut(&place) else { continue };
            let draft: Vec<Entry> = std::mem::take(&mut shelf.draft).into_iter().flatten().collect();
            for entries in draft.chunks(ROWS_MAX) {
                let segment = Segment::pack(fields, entries.iter()).map_err(PutError::Engine)?;
                self.keep(&place, segment);
            }
        }
        self.draft_bytes = 0;
        Ok(())
    }

    /// Takes in a segment all of whose rows are alive.
    fn keep(&mut self, place: &Arc<str>, segment: Segment) {
        let number = self.parts_made;
        self.parts_made = self.parts_made.wrapping_add(1);
        let mut alive = Bits::none(segment.rows.len());
        for row in 0..segment.rows.len() as u32 {
            alive.set(row);
            let location = Location { place: Arc::clone(place), part: Some(number), row };
            self.locations.insert(segment.rows.id(row), location);
        }
        let part = Part { segment: Arc::new(segment), alive: Arc::new(alive) };
        self.shelves.entry(Arc::clone(place)).or_default().parts.insert(number, part);
    }

    /// Drops empty segments and merges those that are many or half gone, of shelves that changed.
    fn tidy(&mut self, fields: &Fields) -> Result<(), PutError> {
        for place in self.changed.clone() {
            let Some(shelf) = self.shelves.get_mut(&place) else { continue };
            shelf.parts.retain(|_, part| !part.alive.is_empty());
            while let Some(numbers) = self.shelves.get(&place).and_then(Shelf::worth_merging) {
                let Some(shelf) = self.shelves.get_mut(&place) else { break };
                let parts = numbers.iter().filter_map(|number| shelf.parts.remove(number));
                let parts: Vec<_> = parts.map(|part| (part.segment, part.alive)).collect();
                let merged = Segment::merge(fields, &parts).map_err(PutError::Engine)?;
                self.keep(&place, merged);
            }
        }
        Ok(())
    }
}

impl Shelf {
    /// Which segments become one: the smallest class that has enough of them, or one that is mostly gone.
    fn worth_merging(&self) -> Option<Vec<u32>> {
        let mut classes: BTreeMap<u32, Vec<(usize, u32)>> = BTreeMap::new();
        for (number, part) in &self.parts {
            let (alive, rows) = (part.alive.count(), part.segment.rows.len());
            if alive * 2 < rows {
                return Some(vec![*number]);
            }
            classes.entry(alive.max(1).ilog(ALIKE_MAX)).or_default().push((alive, *number));
        }
        classes.into_values().find_map(|mut alike| {
            alike.sort_unstable();
            let mut sum = 0;
            let fit = alike.iter().take_while(|(alive, _)| {
                sum += alive;
                sum <= ROWS_MAX
            });
            let numbers: Vec<u32> = fit.map(|(_, number)| *number).take(ALIKE_MAX).collect();
            let is_cut = numbers.len() < alike.len();
            // WHY 4: the largest no longer fit eight at a time.
            (numbers.len() == ALIKE_MAX || is_cut && numbers.len() >= 4).then_some(numbers)
        })
    }
}

fn check(entry: &Entry) -> Result<(), PutError> {
    let exact = [
        ("place", &entry.place),
        ("key", &entry.key),
        ("kind", &entry.kind),
        ("family", &entry.family),
        ("source", &entry.source),
    ];
    match exact.iter().find(|(_, text)| text.len() > EXACT_BYTES_MAX) {
        Some((field, _)) => Err(PutError::TooLong { field, bytes_max: EXACT_BYTES_MAX }),
        None => Ok(()),
    }
}

fn cut(entry: &mut Entry) {
    entry.tags.truncate(TAGS_MAX);
    entry.columns.truncate(COLUMNS_MAX);
    let tags = entry.tags.iter_mut().flat_map(|(name, value)| [name, value]);
    let long = tags.chain(&mut entry.columns).filter(|text| text.len() > EXACT_BYTES_MAX);
    long.for_each(|text| text.truncate(fold::floor(text, EXACT_BYTES_MAX)));
    entry.text.truncate(fold::floor(&entry.text, TEXT_BYTES_MAX));
    entry.text.shrink_to_fit();
}

fn memory_bytes(entry: &Entry) -> usize {
    let exact = [&entry.place, &entry.key, &entry.kind, &entry.family, &entry.source, &entry.text];
    let tags = entry.tags.iter().map(|(name, value)| name.len() + value.len() + 48).sum::<usize>();
    let columns = entry.columns.iter().map(|column| column.len() + 24).sum::<usize>();
    exact.iter().map(|text| text.len()).sum::<usize>() + tags + columns + size_of::<Entry>()
}
