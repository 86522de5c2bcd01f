//! The document as it stood after each update.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::rc::Rc;

use super::Unclear;
use super::cursor::Cursor;
use super::object::{Dictionary, Object};
use super::stream;
use super::xref::{self, Place, Section};

/// WHY: an update for each signature, one for its proofs, one for its time stamp.
const UPDATES_MAX: usize = 24;
/// References from one to the next. WHY: writers use one.
const STEPS_MAX: usize = 4;
/// Bytes read and unpacked for one file. WHY: objects are read again for each revision, and what is packed may be large;
/// five hundred pages with ten signatures take some megabytes.
const WORK_BYTES_MAX: usize = 128 * 1024 * 1024;

/// All objects as they stood at one time.
#[derive(Clone)]
pub struct View<'a> {
    file: &'a [u8],
    places: BTreeMap<u32, Place>,
    pub root: u32,
    pub info: Option<Object>,
    /// Bytes that may still be read, for all revisions together.
    work: Rc<Cell<usize>>,
}

/// An update.
pub struct Revision<'a> {
    pub view: View<'a>,
    /// Numbers of objects that are not as in the revision before.
    pub changed: BTreeSet<u32>,
    /// Where the file ended with it, without and with the end of the line.
    pub ends: RangeInclusive<usize>,
}

/// A value, or the dictionary of a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub object: Object,
    pub is_stream: bool,
    /// Whether it stands in the file as it is, not in a stream of objects.
    pub is_plain: bool,
}

impl<'a> View<'a> {
    /// A document without updates.
    pub fn original(file: &'a [u8]) -> Result<Self, Unclear> {
        let section = xref::read(file, xref::start(file)?, xref::OBJECTS_MAX)?;
        if section.trailer.contains_key(&b"Prev"[..]) || *section.ends.end() != file.len() {
            return Err(Unclear);
        }
        let root = root(&section.trailer)?;
        let info = section.trailer.get(&b"Info"[..]).cloned();
        let work = Rc::new(Cell::new(WORK_BYTES_MAX));
        Ok(Self { file, places: section.places, root, info, work })
    }

    pub fn has(&self, number: u32) -> bool {
        self.places.get(&number).is_some_and(|place| *place != Place::Free)
    }

    pub fn place(&self, number: u32) -> Option<Place> {
        self.places.get(&number).copied()
    }

    pub fn get(&self, number: u32) -> Result<Found, Unclear> {
        match self.places.get(&number) {
            Some(Place::At(at)) => self.at(number, *at).map(|(found, _)| found),
            Some(Place::In(stream, index)) => self.inside(*stream, *index, number),
            Some(Place::Free) | None => Err(Unclear),
        }
    }

    /// A value that may be a reference to one.
    pub fn resolve(&self, object: &Object) -> Result<Object, Unclear> {
        let mut object = object.clone();
        for _ in 0..STEPS_MAX {
            match object {
                Object::Reference(number) => object = self.get(number)?.object,
                _ => return Ok(object),
            }
        }
        Err(Unclear)
    }

    pub fn dictionary(&self, object: &Object) -> Result<Dictionary, Unclear> {
        match self.resolve(object)? {
            Object::Dictionary(dictionary) => Ok(dictionary),
            _ => Err(Unclear),
        }
    }

    /// The plain bytes of a stream.
    pub fn stream(&self, number: u32) -> Result<Vec<u8>, Unclear> {
        let Some(Place::At(at)) = self.place(number) else { return Err(Unclear) };
        let (found, mut cursor) = self.at(number, at)?;
        let dictionary = found.object.dictionary().filter(|_| found.is_stream).ok_or(Unclear)?;
        let mut dictionary = dictionary.clone();
        if let Some(length) = dictionary.get_mut(&b"Length"[..]) {
            *length = self.resolve(length)?;
        }
        let plain = stream::plain(&dictionary, &mut cursor)?;
        self.spend(plain.len()).map(|()| plain)
    }

    fn spend(&self, bytes: usize) -> Result<(), Unclear> {
        let left = self.work.get().checked_sub(bytes).ok_or(Unclear)?;
        self.work.set(left);
        Ok(())
    }

    fn at(&self, number: u32, at: usize) -> Result<(Found, Cursor<'a>), Unclear> {
        let mut cursor = Cursor::new(self.file, at);
        let is_number = cursor.integer()? == usize::try_from(number).map_err(|_| Unclear)?;
        if !is_number || cursor.integer()? != 0 {
            return Err(Unclear);
        }
        cursor.keyword(b"obj")?;
        let (object, word) = cursor.value()?;
        self.spend(cursor.at - at)?;
        let is_stream = match word {
            b"endobj" => false,
            b"stream" if object.dictionary().is_some() => true,
            _ => return Err(Unclear),
        };
        Ok((Found { object, is_stream, is_plain: true }, cursor))
    }

    /// SPEC: ISO 32000-1, 7.5.7: pairs of number and place, then the objects.
    fn inside(&self, stream: u32, index: usize, number: u32) -> Result<Found, Unclear> {
        let dictionary = self.get_plain(stream)?;
        let size = |key: &[u8]| {
            dictionary.get(key).and_then(Object::integer).and_then(|size| usize::try_from(size).ok())
        };
        let (count, first) = (size(b"N").ok_or(Unclear)?, size(b"First").ok_or(Unclear)?);
        let plain = self.stream(stream)?;
        if index >= count || !dictionary.get(&b"Type"[..]).is_some_and(|is| is.is_name(b"ObjStm")) {
            return Err(Unclear);
        }
        let mut head = Cursor::new(&plain, 0);
        for _ in 0..index {
            head.integer()?;
            head.integer()?;
        }
        let is_number = head.integer()? == usize::try_from(number).map_err(|_| Unclear)?;
        let from = first.checked_add(head.integer()?).filter(|_| is_number).ok_or(Unclear)?;
        let to = match index + 1 < count {
            true => head.integer().and_then(|_| head.integer())?.saturating_add(first),
            false => plain.len(),
        };
        let bytes = plain.get(..to).filter(|bytes| from <= bytes.len()).ok_or(Unclear)?;
        let (object, word) = Cursor::new(bytes, from).value()?;
        if word.is_empty() { Ok(Found { object, is_stream: false, is_plain: false }) } else { Err(Unclear) }
    }

    fn get_plain(&self, number: u32) -> Result<Dictionary, Unclear> {
        let Some(Place::At(at)) = self.place(number) else { return Err(Unclear) };
        self.at(number, at)?.0.object.dictionary().cloned().ok_or(Unclear)
    }
}

fn root(trailer: &Dictionary) -> Result<u32, Unclear> {
    trailer.get(&b"Root"[..]).and_then(Object::reference).ok_or(Unclear)
}

/// The document after each of its updates, first to last; `signed` begins with `original`.
pub fn revisions<'a>(original: &[u8], signed: &'a [u8]) -> Result<Vec<Revision<'a>>, Unclear> {
    let sections = sections(original, signed)?;
    let base = View::original(original)?;
    // The places are those of the original, which `signed` begins with.
    let mut view =
        View { file: signed, places: base.places, root: base.root, info: base.info, work: base.work };
    let mut revisions = Vec::new();
    let mut from = original.len();
    for section in sections {
        let objects = from..section.from;
        if section.from < from || root(&section.trailer)? != view.root {
            return Err(Unclear);
        }
        let changed = overlay(&mut view, &section, &objects)?;
        view.info = section.trailer.get(&b"Info"[..]).cloned();
        from = *section.ends.start();
        revisions.push(Revision { view: view.clone(), changed, ends: section.ends });
    }
    Ok(revisions)
}

/// Each update's own section, first to last.
fn sections(original: &[u8], signed: &[u8]) -> Result<Vec<Section>, Unclear> {
    let first = xref::start(original)?;
    let mut sections: Vec<Section> = Vec::new();
    let mut at = xref::start(signed)?;
    while at != first {
        let is_before = sections.last().is_none_or(|last| at < last.from);
        if !is_before || at < original.len() || sections.len() == UPDATES_MAX {
            return Err(Unclear);
        }
        let section = xref::read(signed, at, xref::UPDATED_MAX)?;
        let before = section.trailer.get(&b"Prev"[..]).and_then(Object::integer).ok_or(Unclear)?;
        at = usize::try_from(before).map_err(|_| Unclear)?;
        sections.push(section);
    }
    sections.reverse();
    Ok(sections)
}

/// INVARIANT: what an update says to have changed lies in the update.
fn overlay(view: &mut View<'_>, section: &Section, objects: &Range<usize>) -> Result<BTreeSet<u32>, Unclear> {
    let mut changed = BTreeSet::new();
    // SPEC: ISO 32000-1, 7.5.5: readers take what is numbered from Size on as missing.
    let highest = view.places.keys().chain(section.places.keys()).max().copied().unwrap_or_default();
    let size = section.trailer.get(&b"Size"[..]).and_then(Object::integer).ok_or(Unclear)?;
    if size <= i64::from(highest) {
        return Err(Unclear);
    }
    for (&number, &place) in &section.places {
        let is_here = match place {
            Place::At(at) => objects.contains(&at) || at == section.from,
            Place::In(stream, _) => matches!(section.places.get(&stream), Some(Place::At(_))),
            Place::Free => !view.has(number),
        };
        // Some writers list again what did not change.
        if view.place(number) == Some(place) {
            continue;
        }
        if !is_here {
            return Err(Unclear);
        }
        view.places.insert(number, place);
        changed.insert(number);
    }
    Ok(changed)
}
