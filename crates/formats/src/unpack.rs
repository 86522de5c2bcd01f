//! What bytes are packed in, taken off within bounds.
//!
//! It exists so that a bomb is a refusal and a broken stream a finding, whoever reads. It never unpacks archives of several
//! files, and never trusts a size that a header claims.

use std::cell::RefCell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::limits::Limits;

/// WHY: an empty BGZF block, which ends every such file (SAM specification, 4.1.2).
pub const BGZF_END: [u8; 28] = [
    0x1f, 0x8b, 0x08, 0x04, 0, 0, 0, 0, 0, 0xff, 0x06, 0, 0x42, 0x43, 0x02, 0, 0x1b, 0, 0x03, 0, 0, 0, 0, 0,
    0, 0, 0, 0,
];
/// WHY: packed text inside packed text is a mistake once and an attack from then on.
pub const LAYERS_MAX: usize = 3;
const BUFFER_BYTES: usize = 64 << 10;

/// One layer of packing around a single stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    Gzip,
    /// Gzip in blocks that can be entered at random.
    Bgzf,
    Zlib,
    Bzip2,
    Zstd,
}

impl Layer {
    /// The layer that begins here, if one does.
    pub fn of(head: &[u8]) -> Option<Self> {
        let is = |magic: &[u8]| head.starts_with(magic);
        if is(&[0x1f, 0x8b, 0x08]) {
            return Some(if is_bgzf(head) { Self::Bgzf } else { Self::Gzip });
        }
        if is(b"BZh") && matches!(head.get(3), Some(b'1'..=b'9')) && matches!(head.get(4), Some(0x31 | 0x17))
        {
            return Some(Self::Bzip2);
        }
        if is(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return Some(Self::Zstd);
        }
        is_zlib(head).then_some(Self::Zlib)
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bgzf => "bgzf",
            Self::Zlib => "zlib",
            Self::Bzip2 => "bzip2",
            Self::Zstd => "zstd",
        }
    }

    /// A reader of what is inside. Errors of the packing say so by their kind.
    pub fn open<'a>(self, from: Box<dyn Read + 'a>) -> Box<dyn Read + 'a> {
        let from = BufReader::with_capacity(BUFFER_BYTES, from);
        match self {
            Self::Gzip | Self::Bgzf => Box::new(flate2::bufread::MultiGzDecoder::new(from)),
            Self::Zlib => Box::new(flate2::bufread::ZlibDecoder::new(from)),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(from)),
            Self::Zstd => Box::new(Frames { from: Some(from), now: None }),
        }
    }
}

/// SPEC: SAM specification, 4.1: an extra field `BC` of two bytes.
fn is_bgzf(head: &[u8]) -> bool {
    head.get(3).is_some_and(|flags| flags & 4 != 0)
        && head.get(10..12) == Some(&[6, 0])
        && head.get(12..16) == Some(&[0x42, 0x43, 2, 0])
}

/// SPEC: RFC 1950, 2.2. WHY the levels alone: `x` begins many a text, and these four are what is written.
fn is_zlib(head: &[u8]) -> bool {
    matches!(head, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..])
}

/// Zstandard frames one after the other, as RFC 8878 allows.
struct Frames<R: Read> {
    from: Option<R>,
    now: Option<Box<Frame<R>>>,
}

type Frame<R> = ruzstd::decoding::StreamingDecoder<R, ruzstd::decoding::FrameDecoder>;

impl<R: io::BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.now {
                let size = frame.read(buffer)?;
                if size > 0 || buffer.is_empty() {
                    return Ok(size);
                }
                self.from = self.now.take().map(|frame| frame.into_inner());
            }
            let Some(mut from) = self.from.take() else { return Ok(0) };
            if from.fill_buf()?.is_empty() {
                return Ok(0);
            }
            let frame = ruzstd::decoding::StreamingDecoder::new(from);
            let frame =
                frame.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
            self.now = Some(Box::new(frame));
        }
    }
}

/// What has passed a reader: how much, and the last bytes.
#[derive(Debug, Default)]
pub struct Passed {
    pub bytes: u64,
    pub tail: Vec<u8>,
    /// Whether the reader itself failed, not what was read.
    pub is_broken: bool,
}

/// A reader that remembers how much it gave and how it ended.
pub struct Tap<R> {
    from: R,
    passed: Rc<RefCell<Passed>>,
}

impl<R: Read> Tap<R> {
    pub fn new(from: R) -> (Self, Rc<RefCell<Passed>>) {
        let passed = Rc::new(RefCell::new(Passed::default()));
        (Self { from, passed: Rc::clone(&passed) }, passed)
    }
}

impl<R: Read> Read for Tap<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut passed = self.passed.borrow_mut();
        let size = match self.from.read(buffer) {
            Ok(size) => size,
            Err(error) => {
                passed.is_broken |= error.kind() != io::ErrorKind::Interrupted;
                return Err(error);
            }
        };
        passed.bytes += size as u64;
        let given = buffer.get(..size).unwrap_or_default();
        let kept = given.get(size.saturating_sub(BGZF_END.len())..).unwrap_or_default();
        passed.tail.extend_from_slice(kept);
        let old = passed.tail.len().saturating_sub(BGZF_END.len());
        passed.tail.drain(..old);
        Ok(size)
    }
}

/// More came out than may.
#[derive(Debug, thiserror::Error)]
#[error("more comes out than may")]
struct Bomb;

/// Whether a reader stopped because more came out than may.
pub fn is_bomb(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Bomb>())
}

/// A reader that stops where more comes out than may.
pub struct Bounded<R> {
    from: R,
    given: u64,
    bytes_max: u64,
}

impl<R: Read> Bounded<R> {
    pub fn new(from: R, limits: &Limits) -> Self {
        Self { from, given: 0, bytes_max: limits.unpacked_bytes_max }
    }

    /// How much came out.
    pub fn given(&self) -> u64 {
        self.given
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.from.read(buffer)?;
        self.given = self.given.saturating_add(size as u64);
        if self.given > self.bytes_max {
            return Err(io::Error::other(Bomb));
        }
        Ok(size)
    }
}

/// As much of what is inside as comes out of a head, up to a bound; whether that is all there is.
pub fn head(layer: Layer, packed: &[u8], bytes_max: usize) -> (Vec<u8>, bool) {
    let mut inside = Vec::new();
    let mut from = layer.open(Box::new(packed)).take(bytes_max as u64);
    let mut buffer = [0; 8 << 10];
    // WHY: the end of a head breaks off every stream; what came out before it counts.
    let is_whole = loop {
        match from.read(&mut buffer) {
            Ok(0) => break inside.len() < bytes_max,
            Ok(size) => inside.extend_from_slice(buffer.get(..size).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break false,
        }
    };
    (inside, is_whole)
}
