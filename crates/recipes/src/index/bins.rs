//! The binning index: which pieces of a file hold records of which place.
//!
//! It exists because BAI, TBI and CSI are one structure in three envelopes. It knows no record.
//!
//! SPEC: SAM 1.6, 5.1 and 5.3; CSIv1.

use std::collections::BTreeMap;

use super::Form;
use crate::fault::{self, Fault};

const SHIFT: u32 = 14;
/// WHY: five levels reach 2^29, which is what BAI and TBI have; six reach 2^32, beyond what BAM can say.
fn depth(form: Form) -> u32 {
    if form == Form::Csi { 6 } else { 5 }
}

/// One record's place: from, to (0-based, without the end).
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub start: u64,
    pub end: u64,
    pub is_mapped: bool,
}

#[derive(Default)]
struct Reference {
    bins: BTreeMap<u32, Vec<(u64, u64)>>,
    /// For each 16 KiB of the reference, where the first record that touches it begins.
    windows: Vec<u64>,
    mapped: u64,
    unmapped: u64,
    bounds: Option<(u64, u64)>,
    last: u64,
}

pub(super) struct Bins {
    form: Form,
    references: Vec<Reference>,
    current: Option<usize>,
    unplaced: u64,
    pub records: u64,
}

impl Bins {
    pub fn new(form: Form) -> Self {
        Self { form, references: Vec::new(), current: None, unplaced: 0, records: 0 }
    }

    /// Says how many references there are.
    pub fn references(&mut self, count: usize) {
        self.references.resize_with(count.max(self.references.len()), Reference::default);
    }

    /// A record without a place; nothing with a place may follow.
    pub fn unplaced(&mut self) {
        self.unplaced += 1;
        self.records += 1;
    }

    /// A record at a place, and where in the file it begins and ends.
    pub fn add(&mut self, reference: usize, span: Span, from: u64, to: u64) -> Result<(), Fault> {
        let is_back = self.current.is_some_and(|current| reference < current);
        if is_back || self.unplaced > 0 {
            return Err(fault::UNSORTED);
        }
        self.current = Some(reference);
        self.references(reference + 1);
        let depth = depth(self.form);
        let end = span.end.max(span.start + 1);
        if end > 1 << (SHIFT + 3 * depth) {
            return Err(fault::TOO_LONG_FOR_INDEX);
        }
        let one = self.references.get_mut(reference).ok_or(fault::UNSORTED)?;
        if span.start < one.last {
            return Err(fault::UNSORTED);
        }
        one.last = span.start;
        self.records += 1;
        let chunks = one.bins.entry(bin_of(span.start, end, depth)).or_default();
        match chunks.last_mut() {
            // WHY: two pieces that touch the same block are read together anyway.
            Some(last) if last.1 >> 16 >= from >> 16 => last.1 = to,
            _ => chunks.push((from, to)),
        }
        let (first, last) = ((span.start >> SHIFT) as usize, ((end - 1) >> SHIFT) as usize);
        if one.windows.len() <= last {
            one.windows.resize(last + 1, u64::MAX);
        }
        let touched = one.windows.get_mut(first..=last).unwrap_or_default();
        touched.iter_mut().for_each(|window| *window = (*window).min(from));
        *(if span.is_mapped { &mut one.mapped } else { &mut one.unmapped }) += 1;
        one.bounds = Some((one.bounds.map_or(from, |bounds| bounds.0), to));
        Ok(())
    }

    /// The references as bytes, from their number to the records without a place.
    pub fn bytes(mut self, into: &mut Vec<u8>) {
        let depth = depth(self.form);
        word(into, self.references.len());
        for reference in &mut self.references {
            reference.fill();
            word(into, reference.bins.len() + usize::from(reference.bounds.is_some()));
            for (bin, chunks) in &reference.bins {
                self.form.bin(into, *bin, reference.first_in(*bin, depth), chunks);
            }
            if let Some((from, to)) = reference.bounds {
                // SPEC: a bin beyond the last has the bounds and the counts of the reference.
                let beyond = first_of(depth + 1) + 1;
                self.form.bin(into, beyond, 0, &[(from, to), (reference.mapped, reference.unmapped)]);
            }
            if self.form != Form::Csi {
                word(into, reference.windows.len());
                reference.windows.iter().for_each(|place| into.extend_from_slice(&place.to_le_bytes()));
            }
        }
        into.extend_from_slice(&self.unplaced.to_le_bytes());
    }
}

impl Form {
    fn bin(self, into: &mut Vec<u8>, bin: u32, first: u64, chunks: &[(u64, u64)]) {
        into.extend_from_slice(&bin.to_le_bytes());
        if self == Form::Csi {
            into.extend_from_slice(&first.to_le_bytes());
        }
        word(into, chunks.len());
        for (from, to) in chunks {
            into.extend_from_slice(&from.to_le_bytes());
            into.extend_from_slice(&to.to_le_bytes());
        }
    }
}

impl Reference {
    /// WHY the place before: a window that nothing touches is looked for from where the last one was.
    fn fill(&mut self) {
        let mut before = 0;
        for window in &mut self.windows {
            if *window == u64::MAX {
                *window = before;
            }
            before = *window;
        }
    }

    /// Where the first record of a bin's first window begins.
    fn first_in(&self, bin: u32, depth: u32) -> u64 {
        let level = (0..=depth).rev().find(|level| bin >= first_of(*level)).unwrap_or_default();
        let window = u64::from(bin - first_of(level)) << (3 * (depth - level));
        usize::try_from(window).ok().and_then(|at| self.windows.get(at)).copied().unwrap_or_default()
    }
}

/// The first bin of a level.
fn first_of(level: u32) -> u32 {
    ((1_u32 << (3 * level)) - 1) / 7
}

/// The smallest bin that holds all of a span.
fn bin_of(start: u64, end: u64, depth: u32) -> u32 {
    for level in (1..=depth).rev() {
        let shift = SHIFT + 3 * (depth - level);
        if start >> shift == (end - 1) >> shift {
            return first_of(level) + u32::try_from(start >> shift).unwrap_or_default();
        }
    }
    0
}

pub(super) fn word(into: &mut Vec<u8>, number: usize) {
    into.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

/// Before the references of a CSI index: how it is divided, and what of tabix it holds.
pub(super) fn csi_head(aux: &[u8]) -> Vec<u8> {
    let mut head = b"CSI\x01".to_vec();
    word(&mut head, SHIFT as usize);
    word(&mut head, depth(Form::Csi) as usize);
    word(&mut head, aux.len());
    head.extend_from_slice(aux);
    head
}
