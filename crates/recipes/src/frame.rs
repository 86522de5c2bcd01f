//! How a child says what it makes: pieces, and one last word.
//!
//! It exists so that a child that dies in the middle is never taken for one that came to its end. Whoever reads believes no
//! length, no name and no sum that it does not know or cannot check.
//!
//! A frame is a sign (`D` data, `M` made, `F` fault), four bytes of length (big-endian), and so many bytes.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::fault::{self, Fault, Told};
use crate::step::{COUNTS, Counts};

/// WHY: a pipe's usual size: each write is one wake-up.
const DATA_BYTES_MAX: usize = 64 << 10;
/// WHY: some dozen counts, or a code.
const WORD_BYTES_MAX: usize = 16 << 10;
const DATA: u8 = b'D';
const MADE: u8 = b'M';
const FAULT: u8 = b'F';

/// The last word of a child that made something.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    bytes: u64,
    /// BLAKE3 of all data, in hex.
    blake3: String,
    counts: Counts,
}

/// Data on their way out, in frames.
pub(crate) struct Framed<'a> {
    to: &'a mut (dyn Write + Send),
    ready: Vec<u8>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<'a> Framed<'a> {
    pub fn new(to: &'a mut (dyn Write + Send)) -> Self {
        Self { to, ready: Vec::with_capacity(DATA_BYTES_MAX), hasher: blake3::Hasher::new(), bytes: 0 }
    }

    fn send(&mut self) -> io::Result<()> {
        if !self.ready.is_empty() {
            frame(self.to, DATA, &self.ready)?;
            self.ready.clear();
        }
        Ok(())
    }

    /// All was made.
    pub fn made(mut self, counts: Counts) -> io::Result<()> {
        self.send()?;
        let last = Last { bytes: self.bytes, blake3: self.hasher.finalize().to_hex().to_string(), counts };
        frame(self.to, MADE, &serde_json::to_vec(&last)?)?;
        self.to.flush()
    }

    /// Nothing was made, and what went out is nothing.
    pub fn fault(self, fault: &Fault) -> io::Result<()> {
        frame(self.to, FAULT, &serde_json::to_vec(&Told::of(fault))?)?;
        self.to.flush()
    }
}

impl Write for Framed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = DATA_BYTES_MAX - self.ready.len();
        let taken = bytes.get(..bytes.len().min(room)).unwrap_or_default();
        self.ready.extend_from_slice(taken);
        self.hasher.update(taken);
        self.bytes += taken.len() as u64;
        if self.ready.len() == DATA_BYTES_MAX {
            self.send()?;
        }
        Ok(taken.len())
    }

    /// WHY nothing: pieces go when they are full, so that what is sent follows from what was written alone.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn frame(to: &mut dyn Write, sign: u8, bytes: &[u8]) -> io::Result<()> {
    let size = u32::try_from(bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    to.write_all(&[&[sign], &size.to_be_bytes()[..], bytes].concat())
}

/// What was heard of a child.
#[derive(Debug)]
pub(crate) struct Heard {
    pub bytes: u64,
    pub blake3: [u8; 32],
    pub counts: Counts,
}

/// Why nothing is to be believed.
#[derive(Debug)]
pub(crate) enum Unheard {
    Fault(Fault),
    /// Whoever takes what is made cannot.
    Untaken(io::Error),
}

impl From<Fault> for Unheard {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Hears a child out: its data go on as they come, and only a last word that agrees with them makes them whole.
pub(crate) fn hear(from: &mut dyn Read, to: &mut dyn Write, bytes_max: u64) -> Result<Heard, Unheard> {
    let (mut bytes, mut hasher) = (0_u64, blake3::Hasher::new());
    let mut piece = vec![0; DATA_BYTES_MAX];
    loop {
        let mut head = [0; 5];
        from.read_exact(&mut head).map_err(|_| fault::WORKER_GARBAGE)?;
        let [sign, a, b, c, d] = head;
        let size = u32::from_be_bytes([a, b, c, d]) as usize;
        let most = if sign == DATA { DATA_BYTES_MAX } else { WORD_BYTES_MAX };
        let place =
            piece.get_mut(..size).filter(|_| (1..=most).contains(&size)).ok_or(fault::WORKER_GARBAGE)?;
        from.read_exact(place).map_err(|_| fault::WORKER_GARBAGE)?;
        match sign {
            DATA => {
                bytes += size as u64;
                if bytes > bytes_max {
                    return Err(fault::LIMIT_OUTPUT.into());
                }
                hasher.update(place);
                to.write_all(place).map_err(Unheard::Untaken)?;
            }
            MADE => return last(place, bytes, &hasher, from),
            FAULT => {
                let told: Option<Fault> =
                    serde_json::from_slice::<Told>(place).ok().and_then(|told| told.fault());
                return Err(told.unwrap_or(fault::WORKER_GARBAGE).into());
            }
            _ => return Err(fault::WORKER_GARBAGE.into()),
        }
    }
}

/// The last word, if it agrees with what came before, and nothing comes behind it.
fn last(word: &[u8], bytes: u64, hasher: &blake3::Hasher, from: &mut dyn Read) -> Result<Heard, Unheard> {
    let last: Last = serde_json::from_slice(word).map_err(|_| fault::WORKER_GARBAGE)?;
    let digest = hasher.finalize();
    let are_known = last.counts.keys().all(|name| COUNTS.contains(&name.as_str()));
    let is_true = last.bytes == bytes && last.blake3 == digest.to_hex().as_str() && are_known;
    let is_over = matches!(from.read(&mut [0]), Ok(0));
    if !is_true || !is_over {
        return Err(fault::WORKER_GARBAGE.into());
    }
    Ok(Heard { bytes, blake3: *digest.as_bytes(), counts: last.counts })
}
