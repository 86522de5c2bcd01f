//! One recipe over one object, in a process of its own under limits.
//!
//! It exists because whoever derives reads what an attacker may have written. What loops, eats memory, dies or lies there is a
//! fault of the derivation, never a failure of who asked. The original is only read; what a child sends is whole only with
//! its last word.
//!
//! The child's standard input is its bounds (a line of JSON), its order (a line of JSON), one byte that says whether a key
//! follows, the key (32 bytes), and then the object's bytes once for each pass, one behind the other. Its standard output are frames.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, Command};

use formats::Limits;
use formats::worker::EXIT_UNREAD;
use privacy::pseudonym::Key;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::fault::{self, Fault};
use crate::frame::{self, Framed, Heard, Unheard};
use crate::recipe::{self, RECIPE_BYTES_MAX, Recipe};
use crate::step::{Counts, Passes, Stop};
use crate::{index, preview, profile, reverse, table, text};

/// WHY: a pipe's usual size.
const CHUNK_BYTES: usize = 64 << 10;

/// What a derivation may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Of the child's process, and how far it reads.
    pub process: formats::worker::Bounds,
    /// Of what is made.
    pub output_bytes_max: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        let limits = Limits { unpacked_bytes_max: 64 << 30, ..Limits::default() };
        Self {
            process: formats::worker::Bounds {
                // WHY: a table of any size takes 200 MB; a document and an index are read whole.
                memory_bytes_max: 512 << 20,
                // WHY: a gigabyte of CSV takes half a minute, twice read; an hour is for what never ends.
                cpu_seconds_max: 3_600,
                // WHY: as long as that takes with a tenth of a processor.
                wall_ms_max: 36_000_000,
                // WHY: nobody waits for what is made: beside a look it has a tenth, and where nothing is stored, everything.
                niceness: 10,
                limits,
            },
            output_bytes_max: 64 << 30,
        }
    }
}

/// A key for pseudonyms and for dates, 32 bytes; leaves memory with its owner, and is told to nobody but the child.
pub struct KeyMaterial(Zeroizing<[u8; 32]>);

impl KeyMaterial {
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }
}

impl std::fmt::Debug for KeyMaterial {
    fn fmt(&self, into: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        into.write_str("KeyMaterial([..])")
    }
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub bytes: u64,
    pub media_type: &'static str,
    /// What was counted on the way; the names are a closed list.
    pub counts: BTreeMap<String, u64>,
    /// Of the bytes that were made, as they were heard.
    pub blake3: [u8; 32],
}

/// Why nothing can be said, which is not about the object.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot start the process that derives")]
    Start(#[source] io::Error),
    #[error("cannot read what is to be derived from")]
    Read(#[source] io::Error),
    #[error("cannot write what is derived")]
    Write(#[source] io::Error),
    #[error("the recipe does not hold together")]
    Recipe(#[source] recipe::RecipeError),
}

/// What a child is to do.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    recipe: Recipe,
    size_bytes: u64,
}

/// What a child does: bounds itself, takes its order, derives. What it returns it exits with.
pub fn main(from: &mut dyn Read, to: &mut (dyn Write + Send)) -> i32 {
    let mut from = BufReader::with_capacity(CHUNK_BYTES, from);
    let Some(bounds) = formats::worker::bounded(&mut from) else { return EXIT_UNREAD };
    let Some((order, key)) = ordered(&mut from) else { return EXIT_UNREAD };
    let mut framed = Framed::new(to);
    let made = derive(&order.recipe, key.as_ref(), order.size_bytes, &mut from, &bounds.limits, &mut framed);
    let told = match made {
        Ok(counts) => framed.made(counts),
        Err(Stop::Fault(fault)) => framed.fault(&fault),
        Err(Stop::Alone | Stop::Enough) => return EXIT_UNREAD,
    };
    if told.is_ok() { 0 } else { EXIT_UNREAD }
}

fn ordered(from: &mut dyn BufRead) -> Option<(Order, Option<Key>)> {
    let mut line = Vec::new();
    // WHY twice: a recipe is JSON in JSON.
    (&mut *from).take(2 * RECIPE_BYTES_MAX as u64).read_until(b'\n', &mut line).ok()?;
    let order: Order = serde_json::from_slice(&line).ok()?;
    order.recipe.check().ok()?;
    let mut has_key = [0];
    from.read_exact(&mut has_key).ok()?;
    if has_key == [0] {
        return Some((order, None));
    }
    let mut key = Zeroizing::new([0; 32]);
    from.read_exact(key.as_mut_slice()).ok()?;
    Some((order, Some(Key::new(*key))))
}

/// Derives in this process; `from` gives the object once for each pass.
pub(crate) fn derive(
    recipe: &Recipe,
    key: Option<&Key>,
    size_bytes: u64,
    from: &mut dyn Read,
    limits: &Limits,
    to: &mut (dyn Write + Send),
) -> Result<Counts, Stop> {
    let mut counts = Counts::new();
    let mut passes = Passes::new(from, size_bytes, limits.clone());
    match recipe {
        Recipe::Table(table) => table::make(table, key, &mut passes, to, &mut counts)?,
        Recipe::Profile(profiling) => profile::make(profiling, &mut passes, to, &mut counts)?,
        Recipe::Index(indexing) => index::make(indexing, &mut passes, to, &mut counts)?,
        Recipe::Preview(previewing) => preview::make(previewing, &mut passes, to, &mut counts)?,
        Recipe::Text(_) => text::make(&mut passes, to, &mut counts)?,
        Recipe::Reverse(back) => reverse::make(back, key, &mut passes, to, &mut counts)?,
    }
    Ok(counts)
}

/// How feeding a child ended.
enum Fed {
    All,
    /// The child closed its input before the end; it may have had enough.
    Early,
    Unread(io::Error),
}

/// Runs a child over one object. `open` gives the object's bytes from their beginning, once for each pass, and is called for a
/// pass when the one before was read. What is written to `to` is nothing unless this returns what was made.
pub fn run(
    command: &mut Command,
    recipe: &Recipe,
    key: Option<&KeyMaterial>,
    size_bytes: u64,
    open: &mut (dyn FnMut() -> io::Result<Box<dyn Read + Send>> + Send),
    to: &mut (dyn Write + Send),
    bounds: &Bounds,
) -> Result<Result<Made, Fault>, Error> {
    recipe.check().map_err(Error::Recipe)?;
    if recipe.key().is_some() && key.is_none() {
        return Ok(Err(fault::NO_KEY));
    }
    // WHY: a child is told no key that it has no use for.
    let key = key.filter(|_| recipe.key().is_some());
    let feeding = |input| feed(input, recipe, key, size_bytes, open, bounds);
    let hearing = |mut output| frame::hear(&mut output, to, bounds.output_bytes_max);
    let talk = formats::worker::talk(command, bounds.process.wall_ms_max, feeding, hearing);
    let talk = talk.map_err(|error| match error {
        formats::worker::Error::Start(cause) | formats::worker::Error::Read(cause) => Error::Start(cause),
    })?;
    if let Some(Fed::Unread(cause)) = talk.fed {
        return Err(Error::Read(cause));
    }
    match (talk.heard, talk.fault.map(Fault::of_rule)) {
        (Some(Err(Unheard::Untaken(cause))), _) => Err(Error::Write(cause)),
        // WHY first: whoever hears no more breaks the child's pipe, and the child then ends in another way.
        (Some(Err(Unheard::Fault(fault))), _) if fault == fault::LIMIT_OUTPUT => Ok(Err(fault)),
        (_, Some(fault)) => Ok(Err(fault)),
        (Some(Err(Unheard::Fault(fault))), None) => Ok(Err(fault)),
        (Some(Ok(heard)), None) => Ok(Ok(made(recipe, heard))),
        (None, None) => Ok(Err(fault::WORKER_GARBAGE)),
    }
}

fn made(recipe: &Recipe, heard: Heard) -> Made {
    Made {
        bytes: heard.bytes,
        media_type: recipe::media_type(recipe),
        counts: heard.counts,
        blake3: heard.blake3,
    }
}

fn feed(
    mut input: ChildStdin,
    recipe: &Recipe,
    key: Option<&KeyMaterial>,
    size_bytes: u64,
    open: &mut (dyn FnMut() -> io::Result<Box<dyn Read + Send>> + Send),
    bounds: &Bounds,
) -> Fed {
    let order = Order { recipe: recipe.clone(), size_bytes };
    let (Ok(limits), Ok(order)) = (serde_json::to_vec(&bounds.process), serde_json::to_vec(&order)) else {
        return Fed::Early;
    };
    let head = [&limits, &b"\n"[..], &order, b"\n", &[u8::from(key.is_some())]].concat();
    let key = key.map(input_key).unwrap_or_default();
    if input.write_all(&head).is_err() || input.write_all(&key).is_err() {
        return Fed::Early;
    }
    for _ in 0..recipe.passes() {
        let fed = open().map_or_else(Fed::Unread, |mut from| pass(&mut input, &mut from, size_bytes));
        if !matches!(fed, Fed::All) {
            return fed;
        }
    }
    Fed::All
}

fn input_key(key: &KeyMaterial) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(key.0.to_vec())
}

/// Feeds one pass: so many bytes, and an error if there are others.
fn pass(input: &mut ChildStdin, from: &mut dyn Read, size_bytes: u64) -> Fed {
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut left = size_bytes;
    loop {
        match from.read(&mut buffer) {
            Ok(0) if left == 0 => return Fed::All,
            Ok(0) => return Fed::Unread(io::Error::from(io::ErrorKind::UnexpectedEof)),
            Ok(size) if size as u64 > left => {
                return Fed::Unread(io::Error::from(io::ErrorKind::InvalidData));
            }
            Ok(size) => {
                left -= size as u64;
                if input.write_all(buffer.get(..size).unwrap_or_default()).is_err() {
                    return Fed::Early;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Fed::Unread(error),
        }
    }
}
