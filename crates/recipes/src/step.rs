//! What every step works with: the object's bytes pass by pass, counts, and how it may stop.
//!
//! It exists so that steps are functions of bytes. A pass that breaks off because nobody feeds it is not the object's fault.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::rc::Rc;

use formats::{Detected, Limits};

use crate::fault::{self, Fault};

/// What was counted on the way, by names of [`COUNTS`].
pub(crate) type Counts = BTreeMap<String, u64>;

/// Every name of a count. WHY a closed list: a name that another process says could be a value.
pub(crate) const COUNTS: [&str; 25] = [
    "rows",
    "columns",
    "cells",
    "missing",
    "odd",
    "ragged",
    "duplicates",
    "names-made",
    "codes-mapped",
    "codes-kept",
    "codes-nulled",
    "dates-read",
    "units-converted",
    "pseudonyms",
    "dates-shifted",
    "dates-without-patient",
    "columns-dropped",
    "columns-renamed",
    "columns-as-text",
    "row-groups",
    "sequences",
    "records",
    "blocks",
    "cut",
    "pages-unread",
];

pub(crate) fn count(counts: &mut Counts, name: &'static str, more: u64) {
    debug_assert!(COUNTS.contains(&name));
    *counts.entry(name.to_owned()).or_default() += more;
}

/// Why a step ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    Fault(Fault),
    /// Not early at all: what was wanted was read.
    Enough,
    /// Nobody feeds, or nobody takes: the process has no reason to go on.
    Alone,
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The passes over one object.
pub(crate) struct Passes<'a> {
    from: &'a mut dyn Read,
    size_bytes: u64,
    left: u64,
    is_broken: Rc<Cell<bool>>,
    pub limits: Limits,
}

impl<'a> Passes<'a> {
    pub fn new(from: &'a mut dyn Read, size_bytes: u64, limits: Limits) -> Self {
        Self { from, size_bytes, left: 0, is_broken: Rc::default(), limits }
    }

    /// Begins the next pass; what is left of the one before is passed over.
    pub fn begin(&mut self) -> Result<(), Stop> {
        io::copy(&mut Pass { passes: self }, &mut io::sink()).map_err(|_| Stop::Alone)?;
        self.left = self.size_bytes;
        Ok(())
    }

    /// Begins a pass and says what the object is; what was read for that is read again by who reads on.
    pub fn detect(&mut self) -> Result<(Detected, Vec<u8>), Stop> {
        self.begin()?;
        let mut seen = Seen { from: Pass { passes: self }, kept: Vec::new() };
        let found = formats::detect(&mut seen);
        let kept = seen.kept;
        Ok((found.map_err(|error| self.judge()(&error))?, kept))
    }

    /// What of the pass is left, behind what was kept of its beginning.
    pub fn rest<'s>(&'s mut self, kept: &'s [u8]) -> impl Read + 's + use<'s, 'a> {
        kept.chain(Pass { passes: self })
    }

    /// Says what an error of reading means.
    pub fn judge(&self) -> impl Fn(&io::Error) -> Stop + use<> {
        let is_broken = Rc::clone(&self.is_broken);
        move |error| match () {
            () if is_broken.get() => Stop::Alone,
            () if formats::is_bomb(error) => fault::LIMIT_UNPACKED.into(),
            () if error.kind() == io::ErrorKind::OutOfMemory => fault::LIMIT_MEMORY.into(),
            () => fault::BROKEN_STREAM.into(),
        }
    }
}

/// One pass: so many bytes, and not one less.
struct Pass<'s, 'a> {
    passes: &'s mut Passes<'a>,
}

impl Read for Pass<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.passes.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(into) = buffer.get_mut(..room).filter(|into| !into.is_empty()) else { return Ok(0) };
        match self.passes.from.read(into) {
            Ok(0) => {
                self.passes.is_broken.set(true);
                Err(io::Error::from(io::ErrorKind::UnexpectedEof))
            }
            Ok(size) => {
                self.passes.left -= size as u64;
                Ok(size)
            }
            Err(error) => {
                let is_broken = error.kind() != io::ErrorKind::Interrupted;
                self.passes.is_broken.set(is_broken || self.passes.is_broken.get());
                Err(error)
            }
        }
    }
}

/// A reader that keeps what it gave.
struct Seen<R> {
    from: R,
    kept: Vec<u8>,
}

impl<R: Read> Read for Seen<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.from.read(buffer)?;
        self.kept.extend_from_slice(buffer.get(..size).unwrap_or_default());
        Ok(size)
    }
}
