//! Data elements of DICOM, one after the other, from a stream.
//!
//! It exists so that headers are looked at without pixels in memory, and identifying ones can be handed to who judges them.
//! It never decodes pixels, and goes into sequences on a stack of its own, not by recursion.
//!
//! SPEC: DICOM PS3.5 2026c, 7; PS3.10, 7.

use std::io::{self, BufReader, Read};

use crate::input::{fill, skip, u16_at};
use crate::limits::Limits;

/// WHY: the longest text of a short string representation; free texts are looked at to here.
pub const VALUE_BYTES_MAX: usize = 4 << 10;
/// WHY: tells elements in order from chance.
const GUESS_ELEMENTS: usize = 3;
/// WHY: behind stray bytes chance has more tries.
const GUESS_WELL_ELEMENTS: usize = 8;

pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub const BIG: &str = "1.2.840.10008.1.2.2";

const LONG: [&[u8; 2]; 13] =
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];
const SHORT: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL",
    b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
];
const BYTES: [&[u8; 2]; 8] = [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"UN", b"SQ"];

const ITEM: u32 = 0xfffe_e000;
const ITEM_END: u32 = 0xfffe_e00d;
const SEQUENCE_END: u32 = 0xfffe_e0dd;
const PIXELS: u32 = 0x7fe0_0010;
const OPEN: u32 = u32::MAX;

/// One data element; its value as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Group and element.
    pub tag: u32,
    /// `None` where the syntax does not say.
    pub vr: Option<[u8; 2]>,
    /// Of the tag, from the beginning of the file (of what was inflated, behind a deflated header).
    pub offset: u64,
    /// `None` if undefined.
    pub size_bytes: Option<u32>,
    /// How many sequences it is in.
    pub depth: usize,
    /// Empty for pixels and other bytes.
    pub value: Vec<u8>,
}

impl Element {
    /// The value as a text, without what fills it up.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.value).trim_matches(['\0', ' ']).to_owned()
    }

    pub fn number(&self) -> Option<u16> {
        u16_at(&self.value, 0)
    }
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It ends inside an element.
    Truncated,
    /// A value representation that does not exist.
    Representation,
    /// Tags do not grow.
    Order,
    /// A value of an odd length.
    Odd,
    /// An item or an end where none may be.
    Delimiter,
    /// Deeper than may be.
    Depth,
    /// No preamble, or no meta group.
    NoPreamble,
    NoMeta,
    /// The meta group does not say how the rest is written.
    NoSyntax,
}

/// What a walk tells.
pub trait Visit {
    fn element(&mut self, element: &Element);
    fn fault(&mut self, fault: Fault, offset: u64);
}

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Syntax {
    is_implicit: bool,
    is_big: bool,
}

const EXPLICIT_LITTLE: Syntax = Syntax { is_implicit: false, is_big: false };

fn syntax_of(uid: &str) -> Syntax {
    Syntax { is_implicit: uid == IMPLICIT, is_big: uid == BIG }
}

/// A sequence or an item that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    is_item: bool,
    is_pixels: bool,
    /// `None` until a delimiter.
    end: Option<u64>,
    is_implicit: bool,
    last_tag: u32,
}

struct Walk<'a> {
    from: Box<dyn Read + 'a>,
    offset: u64,
    syntax: Syntax,
    open: Vec<Open>,
    last_tag: u32,
    depth_max: usize,
}

/// Why a walk ends.
enum Stop {
    End,
    Broken,
    Read(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// Walks a file, and tells what it finds. An error is one of reading.
pub fn walk(from: &mut dyn Read, limits: &Limits, visit: &mut dyn Visit) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut head = vec![0; 132];
    let size = fill(&mut from, &mut head)?;
    head.truncate(size);
    let has_preamble = head.get(128..132) == Some(b"DICM");
    let mut walk = Walk {
        from: Box::new(from),
        offset: if has_preamble { 132 } else { 0 },
        syntax: EXPLICIT_LITTLE,
        open: Vec::new(),
        last_tag: 0,
        depth_max: limits.depth_max,
    };
    let ended = if has_preamble {
        walk.meta(visit)
    } else {
        visit.fault(Fault::NoPreamble, 0);
        walk.syntax = guess_syntax(&head, GUESS_ELEMENTS).unwrap_or(EXPLICIT_LITTLE);
        walk.from = Box::new(io::Cursor::new(head).chain(walk.from));
        walk.elements(visit)
    };
    match ended {
        Err(Stop::Read(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            visit.fault(Fault::Truncated, 0)
        }
        Err(Stop::Read(error)) => return Err(error),
        Ok(()) | Err(Stop::End | Stop::Broken) => {}
    }
    Ok(())
}

impl<'a> Walk<'a> {
    /// The meta group, and all that follows as it says.
    fn meta(mut self, visit: &mut dyn Visit) -> Result<(), Stop> {
        let mut syntax = None;
        let first = loop {
            let start = self.offset;
            let Some(tag) = self.tag(visit)? else {
                visit.fault(if syntax.is_some() { Fault::Truncated } else { Fault::NoMeta }, start);
                return Ok(());
            };
            if tag >> 16 != 2 {
                break tag;
            }
            let element = self.element(tag, start, visit)?;
            if tag == 0x0002_0010 {
                syntax = Some(element.text());
            }
            visit.element(&element);
        };
        if self.last_tag == 0 {
            visit.fault(Fault::NoMeta, 132);
        }
        self.last_tag = 0;
        // WHY: tags are read in little endian here; those of the next group may be written in big.
        let bytes = [first >> 16 & 0xff, first >> 24, first & 0xff, first >> 8 & 0xff].map(|byte| byte as u8);
        self.offset = self.offset.saturating_sub(4);
        self.from = Box::new(io::Cursor::new(bytes).chain(self.from));
        let Some(uid) = syntax else {
            visit.fault(Fault::NoSyntax, 132);
            return self.elements(visit);
        };
        self.syntax = syntax_of(&uid);
        if uid == DEFLATED {
            self.from = Box::new(flate2::read::DeflateDecoder::new(self.from));
        }
        self.elements(visit)
    }

    fn exact(&mut self, buffer: &mut [u8], visit: &mut dyn Visit) -> Result<(), Stop> {
        let size = fill(&mut *self.from, buffer)?;
        self.offset += size as u64;
        if size < buffer.len() {
            visit.fault(Fault::Truncated, self.offset);
            return Err(Stop::Broken);
        }
        Ok(())
    }

    fn u16(&self, bytes: [u8; 2]) -> u16 {
        if self.syntax.is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.syntax.is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// The next tag, or `None` at the end of the file.
    fn tag(&mut self, visit: &mut dyn Visit) -> Result<Option<u32>, Stop> {
        let mut bytes = [0; 4];
        let size = fill(&mut *self.from, &mut bytes)?;
        self.offset += size as u64;
        if size == 0 {
            return Ok(None);
        }
        if size < 4 {
            visit.fault(Fault::Truncated, self.offset);
            return Err(Stop::Broken);
        }
        let [a, b, c, d] = bytes;
        Ok(Some(u32::from(self.u16([a, b])) << 16 | u32::from(self.u16([c, d]))))
    }

    fn is_implicit(&self) -> bool {
        self.syntax.is_implicit || self.open.last().is_some_and(|open| open.is_implicit)
    }

    /// Representation and length behind a tag.
    fn length(&mut self, visit: &mut dyn Visit) -> Result<(Option<[u8; 2]>, u32), Stop> {
        let mut bytes = [0; 4];
        self.exact(&mut bytes, visit)?;
        let [a, b, c, d] = bytes;
        if self.is_implicit() {
            return Ok((None, self.u32(bytes)));
        }
        let vr = [a, b];
        if SHORT.contains(&&vr) {
            return Ok((Some(vr), u32::from(self.u16([c, d]))));
        }
        let is_long = LONG.contains(&&vr);
        if !is_long {
            visit.fault(Fault::Representation, self.offset - 4);
            // WHY: writers that forget the representation write an implicit length; new ones are long (PS3.5, 6.2).
            if !vr.iter().all(u8::is_ascii_uppercase) {
                return Ok((None, self.u32(bytes)));
            }
        }
        let mut size = [0; 4];
        self.exact(&mut size, visit)?;
        Ok((Some(vr), self.u32(size)))
    }

    /// One element's head, and its value if it is short and no bytes.
    fn element(&mut self, tag: u32, offset: u64, visit: &mut dyn Visit) -> Result<Element, Stop> {
        let (vr, size) = self.length(visit)?;
        let last = self.open.last_mut().map_or(&mut self.last_tag, |open| &mut open.last_tag);
        if tag <= *last {
            visit.fault(Fault::Order, offset);
        }
        *last = tag;
        let is_defined = size != OPEN;
        if is_defined && size % 2 == 1 {
            visit.fault(Fault::Odd, offset);
        }
        let mut element = Element {
            tag,
            vr,
            offset,
            size_bytes: is_defined.then_some(size),
            depth: self.open.iter().filter(|open| open.is_item).count(),
            value: Vec::new(),
        };
        let is_container = !is_defined || vr == Some(*b"SQ");
        if is_container {
            return Ok(element);
        }
        let is_kept = tag != PIXELS && vr.is_none_or(|vr| !BYTES.contains(&&vr));
        let kept = if is_kept { (size as usize).min(VALUE_BYTES_MAX) } else { 0 };
        element.value = vec![0; kept];
        let mut value = std::mem::take(&mut element.value);
        self.exact(&mut value, visit)?;
        if self.syntax.is_big && vr.is_some_and(|vr| vr == *b"US") {
            value.chunks_exact_mut(2).for_each(<[u8]>::reverse);
        }
        element.value = value;
        let rest = u64::from(size) - kept as u64;
        let skipped = skip(&mut *self.from, rest)?;
        self.offset += skipped;
        if skipped < rest {
            visit.element(&element);
            visit.fault(Fault::Truncated, self.offset);
            return Err(Stop::Broken);
        }
        Ok(element)
    }

    /// All elements until the end.
    fn elements(&mut self, visit: &mut dyn Visit) -> Result<(), Stop> {
        loop {
            while self.open.last().is_some_and(|open| open.end.is_some_and(|end| self.offset >= end)) {
                self.open.pop();
            }
            let start = self.offset;
            let Some(tag) = self.tag(visit)? else {
                if !self.open.is_empty() {
                    visit.fault(Fault::Truncated, start);
                }
                return Err(Stop::End);
            };
            if tag >> 16 == 0xfffe {
                self.delimiter(tag, start, visit)?;
                continue;
            }
            let element = self.element(tag, start, visit)?;
            visit.element(&element);
            let is_sequence = element.vr == Some(*b"SQ");
            if is_sequence || element.size_bytes.is_none() {
                self.enter(&element, visit)?;
            }
        }
    }

    fn enter(&mut self, element: &Element, visit: &mut dyn Visit) -> Result<(), Stop> {
        let end = element.size_bytes.map(|size| self.offset + u64::from(size));
        // SPEC: PS3.5, 6.2.2: UN of undefined length holds a sequence in implicit little endian.
        let is_implicit = self.is_implicit() || element.vr == Some(*b"UN");
        let is_pixels = element.tag == PIXELS;
        self.push(Open { is_item: false, is_pixels, end, is_implicit, last_tag: 0 }, visit)
    }

    fn push(&mut self, open: Open, visit: &mut dyn Visit) -> Result<(), Stop> {
        if self.open.len() >= self.depth_max * 2 {
            visit.fault(Fault::Depth, self.offset);
            return Err(Stop::Broken);
        }
        self.open.push(open);
        Ok(())
    }

    fn delimiter(&mut self, tag: u32, start: u64, visit: &mut dyn Visit) -> Result<(), Stop> {
        let mut bytes = [0; 4];
        self.exact(&mut bytes, visit)?;
        let size = self.u32(bytes);
        let inside = self.open.last().copied();
        match (tag, inside) {
            (ITEM, Some(Open { is_pixels: true, .. })) => {
                let skipped = skip(&mut *self.from, u64::from(size))?;
                self.offset += skipped;
                if skipped < u64::from(size) {
                    visit.fault(Fault::Truncated, self.offset);
                    return Err(Stop::Broken);
                }
                Ok(())
            }
            (ITEM, Some(Open { is_item: false, is_implicit, .. })) => {
                let end = (size != OPEN).then(|| self.offset + u64::from(size));
                self.push(Open { is_item: true, is_pixels: false, end, is_implicit, last_tag: 0 }, visit)
            }
            (ITEM_END, Some(Open { is_item: true, .. }))
            | (SEQUENCE_END, Some(Open { is_item: false, .. })) => {
                self.open.pop();
                Ok(())
            }
            _ => {
                visit.fault(Fault::Delimiter, start);
                Err(Stop::Broken)
            }
        }
    }
}

/// How elements without a preamble seem to be written, if they are elements.
fn guess_syntax(head: &[u8], elements_min: usize) -> Option<Syntax> {
    let syntaxes = [(false, false), (true, false), (false, true)];
    let syntaxes = syntaxes.map(|(is_implicit, is_big)| Syntax { is_implicit, is_big });
    syntaxes.into_iter().find(|syntax| count(head, *syntax) >= elements_min)
}

/// How a file without a preamble is written: a name, if it is DICOM.
pub fn guess(head: &[u8]) -> Option<&'static str> {
    guess_syntax(head, GUESS_ELEMENTS).map(name)
}

/// The same, with more elements in order.
pub fn guess_well(head: &[u8]) -> Option<&'static str> {
    guess_syntax(head, GUESS_WELL_ELEMENTS).map(name)
}

fn name(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax { is_big: true, .. } => "explicit big endian",
        Syntax { is_implicit: true, .. } => "implicit little endian",
        Syntax { .. } => "explicit little endian",
    }
}

/// How many elements stand in order at the beginning.
fn count(head: &[u8], syntax: Syntax) -> usize {
    let u16 = |at: usize| {
        let bytes = head.get(at..at + 2)?.try_into().ok()?;
        Some(if syntax.is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let u32 = |at: usize| {
        let bytes = head.get(at..at + 4)?.try_into().ok()?;
        Some(if syntax.is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let (mut at, mut last, mut counted) = (0_usize, 0_u32, 0);
    while let Some((group, element)) = u16(at).zip(u16(at + 2)) {
        let tag = u32::from(group) << 16 | u32::from(element);
        let is_next = tag > last && group % 2 == 0 && (2..=0x0040).contains(&group);
        let vr: Option<&[u8; 2]> = head.get(at + 4..at + 6).and_then(|vr| vr.try_into().ok());
        let (size, begin) = match vr {
            _ if syntax.is_implicit => (u32(at + 4), at + 8),
            Some(vr) if SHORT.contains(&vr) => (u16(at + 6).map(u32::from), at + 8),
            Some(vr) if LONG.contains(&vr) => (u32(at + 8), at + 12),
            _ => (None, at),
        };
        let Some(size) = size.filter(|size| is_next && size % 2 == 0 && *size < 1 << 16) else { break };
        (last, counted, at) = (tag, counted + 1, begin + size as usize);
    }
    // WHY: the first group of a data set is 2 or 8; other bytes rarely begin so.
    let begins = matches!(u16(0), Some(2 | 8));
    if begins { counted } else { 0 }
}

/// What a head says of a file: its syntax, and what kind of object it is.
pub fn details(head: &[u8]) -> Vec<(&'static str, String)> {
    struct Few(Vec<(&'static str, String)>);
    impl Visit for Few {
        fn element(&mut self, element: &Element) {
            let name = match element.tag {
                0x0002_0010 => "syntax",
                0x0002_0002 => "class",
                0x0008_0060 if element.depth == 0 => "modality",
                _ => return,
            };
            self.0.push((name, element.text()));
        }
        fn fault(&mut self, _: Fault, _: u64) {}
    }
    let mut few = Few(Vec::new());
    // WHY: the end of a head breaks off the walk; what was seen before counts.
    let _ = walk(&mut &*head, &Limits::default(), &mut few);
    few.0
}
