//! FAI: where each sequence of a FASTA file begins, and how long its lines are.
//!
//! SPEC: faidx(5). All lines of a sequence but its last have one length.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{self, Read};

use formats::Limits;
use formats::{End, Lines};

use crate::fault;
use crate::step::{Counts, Stop, count};

#[derive(Default)]
struct Sequence {
    name: String,
    bases: u64,
    offset: u64,
    line_bases: u64,
    line_bytes: u64,
    /// A shorter line was there: it must have been the last.
    is_over: bool,
}

/// Makes the index of what is read.
pub(super) fn index(
    from: &mut dyn Read,
    limits: &Limits,
    why: &dyn Fn(&io::Error) -> Stop,
    counts: &mut Counts,
) -> Result<Vec<u8>, Stop> {
    let mut lines = Lines::new(from, limits.line_bytes_max);
    let (mut index, mut names, mut now) = (String::new(), HashSet::new(), None::<Sequence>);
    while let Some(line) = lines.next().map_err(|error| why(&error))? {
        // WHY by offset: a sequence on one line may be longer than is kept of it.
        let start = line.offset;
        let (is_name, is_cut) = (line.bytes.starts_with(b">"), line.is_cut);
        if is_cut {
            return Err(fault::LIMIT_LINE.row(line.number).into());
        }
        // WHY not all: faidx counts as bases what can be seen, and readers leave out the rest.
        let size = line.bytes.iter().filter(|byte| byte.is_ascii_graphic()).count() as u64;
        let width = line.bytes.len() as u64
            + match line.end {
                End::Lf => 1,
                End::CrLf => 2,
                End::Nothing => 0,
            };
        let number = line.number;
        if is_name {
            now.take().iter().for_each(|sequence| tell(&mut index, sequence));
            let text = std::str::from_utf8(line.bytes).map_err(|_| fault::ENCODING.row(number))?;
            let name = text.get(1..).unwrap_or_default().split_ascii_whitespace().next().unwrap_or_default();
            if name.is_empty() || !names.insert(name.to_owned()) {
                return Err(fault::MALFORMED.row(number).into());
            }
            now = Some(Sequence { name: name.to_owned(), offset: start + width, ..Sequence::default() });
            continue;
        }
        match &mut now {
            Some(sequence) => sequence.take(size, width).ok_or(fault::MALFORMED.row(number))?,
            None if size == 0 => {}
            None => return Err(fault::MALFORMED.row(number).into()),
        }
    }
    now.iter().for_each(|sequence| tell(&mut index, sequence));
    count(counts, "sequences", names.len() as u64);
    Ok(index.into_bytes())
}

impl Sequence {
    /// One more line of bases; none: it is of another length than those before.
    fn take(&mut self, size: u64, width: u64) -> Option<()> {
        if size == 0 {
            self.is_over = true;
            return Some(());
        }
        if self.is_over {
            return None;
        }
        if self.line_bases == 0 {
            (self.line_bases, self.line_bytes) = (size, width);
        }
        self.is_over = size < self.line_bases || width < self.line_bytes;
        self.bases += size;
        (size <= self.line_bases && width <= self.line_bytes).then_some(())
    }
}

fn tell(index: &mut String, sequence: &Sequence) {
    let Sequence { name, bases, offset, line_bases, line_bytes, .. } = sequence;
    // WHY: writing to a text in memory does not fail.
    let _ = writeln!(index, "{name}\t{bases}\t{offset}\t{line_bases}\t{line_bytes}");
}
