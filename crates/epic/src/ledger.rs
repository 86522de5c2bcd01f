//! `epic ledger verify`: an exported ledger against public keys alone, offline.
//!
//! It opens no region and asks nobody. What is wrong is named with its place.

mod export;
mod told;

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use region::verify::{Report, Verifier, Whose, Wrong, leaves};
use seal::note::{CosignerKey, NoteVerifier};
use words::Id;
use words::noun::Cell;

pub use export::{Export, log_of_archive, unpack};

use crate::failure::{Failure, Fault};
use crate::settings::Settings;

/// WHY: a checkpoint is a signed note of a few lines.
const KEPT_BYTES_MAX: u64 = 64 << 10;

/// The place of what is no file of the export.
const KEPT: &str = "the kept checkpoint";
/// Where an export has the checkpoint that witnesses signed.
const WITNESSED: &str = "witnessed";

/// What is wrong, and in which file.
#[derive(Debug)]
pub struct Found {
    pub says: String,
    pub place: String,
}

/// What others saw of the ledger before.
#[derive(Default)]
pub struct Past<'a> {
    /// A checkpoint that somebody kept.
    pub kept: Option<&'a [u8]>,
    /// Witnesses of whom at least so many must have signed.
    pub witnesses: &'a [CosignerKey],
    pub wanted: usize,
}

/// Whom the verdict rests on.
struct Trust {
    key: NoteVerifier,
    is_given: bool,
}

/// Verifies what the command names and prints the verdict.
pub fn verify(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let text = |name: &str| matches.get_one::<String>(name);
    let path = text("export").map(PathBuf::from).unwrap_or_default();
    let export = Export::open(&path)?;
    let kept = text("kept").map(|file| read_kept(Path::new(file))).transpose()?;
    let trust = trust(&export, text("key").map(String::as_str))?;
    let witnesses = witnesses(matches)?;
    let least = matches.get_one::<u64>("witnesses").and_then(|least| usize::try_from(*least).ok());
    let wanted = least.unwrap_or(witnesses.len());
    let past = Past { kept: kept.as_deref(), witnesses: &witnesses, wanted };
    match examine(&export, &trust.key, &past)? {
        Ok(report) => told::told(&report, &trust, settings),
        Err(found) => Err(wrong(&found)),
    }
}

/// The key that a person trusts, or the export's own.
fn trust(export: &Export, given: Option<&str>) -> Result<Trust, Failure> {
    let own = export.key.trim();
    let of_export = |says: String| wrong(&Found { says, place: "key".to_owned() });
    let Some(given) = given else {
        let key = own
            .parse::<NoteVerifier>()
            .map_err(|error| of_export(format!("the ledger's key cannot be read: {error}")))?;
        return Ok(Trust { key, is_given: false });
    };
    let key = given.parse::<NoteVerifier>().map_err(|error| {
        Failure::yours(
            format!("the ledger's key: {error}"),
            "a key is written `name+hash+base64`, as `epic ledger prove` prints it",
        )
    })?;
    // WHY: an export may come without its key; another one in its place is somebody's doing.
    if !own.is_empty() && own != key.to_string() {
        return Err(of_export("the export's key is not the one that you gave".to_owned()));
    }
    Ok(Trust { key, is_given: true })
}

fn read_kept(file: &Path) -> Result<Vec<u8>, Failure> {
    export::read_file(file, KEPT_BYTES_MAX).map_err(|cause| Failure::file("read", file, &cause))
}

/// The witnesses that a person trusts.
fn witnesses(matches: &ArgMatches) -> Result<Vec<CosignerKey>, Failure> {
    let given = matches.get_many::<String>("witness").into_iter().flatten();
    let read = given.map(|text| {
        text.parse::<CosignerKey>().map_err(|error| {
            Failure::yours(
                format!("a witness's key: {error}"),
                "a key is written `name+hash+base64`, as the witness's `epic witness show` prints it",
            )
        })
    });
    read.collect()
}

/// Everything wrong that a verifier can name; the outer error is one of reading files.
pub fn examine(
    export: &Export,
    key: &NoteVerifier,
    past: &Past<'_>,
) -> Result<Result<Report, Found>, Failure> {
    let failed = |cause| Failure::file("read", &export.path, &cause);
    judge(export, export.log().map_err(failed)?, key, past)
}

/// The same, of a log that comes from elsewhere.
pub fn judge(
    export: &Export,
    log: impl Iterator<Item = std::io::Result<(String, Vec<u8>)>>,
    key: &NoteVerifier,
    past: &Past<'_>,
) -> Result<Result<Report, Found>, Failure> {
    let name = key.name().to_string();
    let cell: Option<Id<Cell>> = name.rsplit('/').next().and_then(|id| id.parse().ok());
    let cell = cell.ok_or_else(|| {
        Failure::yours(format!("key `{name}` names no ledger"), "use the key that was exported with it")
    })?;
    if export.checkpoint.is_empty() {
        return Ok(Err(Found { says: "there is no checkpoint".to_owned(), place: "checkpoint".to_owned() }));
    }
    let verifier = match begun(export, cell, key, past) {
        Ok(verifier) => verifier,
        Err(wrong) => return Ok(Err(found(&wrong, 0))),
    };
    let failed = |cause| Failure::file("read", &export.path, &cause);
    Walk { verifier, seq: 0, tiled: 0 }.all(export, log).map_err(failed)
}

/// A verifier that knows every checkpoint the log must pass.
fn begun(export: &Export, cell: Id<Cell>, key: &NoteVerifier, past: &Past<'_>) -> Result<Verifier, Wrong> {
    let mut verifier = Verifier::new(cell, key, export.checkpoint.as_bytes(), past.kept)?;
    if past.wanted > 0 {
        let note = export.witnessed.as_deref().map(str::as_bytes);
        verifier.demand(key, note, past.witnesses, past.wanted)?;
    }
    Ok(verifier)
}

/// A walk along the log.
struct Walk {
    verifier: Verifier,
    seq: u64,
    tiled: u64,
}

impl Walk {
    fn all(
        mut self,
        export: &Export,
        log: impl Iterator<Item = std::io::Result<(String, Vec<u8>)>>,
    ) -> std::io::Result<Result<Report, Found>> {
        for file in log {
            let (name, bytes) = file?;
            if let Err(found) = self.step(&name, &bytes) {
                return Ok(Err(found));
            }
        }
        Ok(self.end(export))
    }

    fn step(&mut self, name: &str, bytes: &[u8]) -> Result<(), Found> {
        let expected = place(self.seq);
        if name != expected {
            return Err(Found {
                says: format!("commit {} is missing: its place is taken by `{name}`", self.seq),
                place: expected,
            });
        }
        let pushed = self.verifier.push(bytes);
        pushed.map_err(|wrong| found(&wrong, self.seq))?;
        let published = self.verifier.published_size();
        for leaf in leaves(bytes) {
            if self.tiled < published {
                self.verifier.tile_leaf(leaf).map_err(|wrong| found(&wrong, self.seq))?;
                self.tiled += 1;
            }
        }
        self.seq += 1;
        Ok(())
    }

    fn end(mut self, export: &Export) -> Result<Report, Found> {
        let tiles = self.verifier.tiles().map_err(|wrong| found(&wrong, self.seq))?;
        // WHY first: a log that was cut makes other tiles, and the cut is what is wrong.
        let report = self.verifier.finish().map_err(|wrong| found(&wrong, self.seq))?;
        for (tile, bytes) in tiles {
            let path = tile.path();
            let wrong = match export.tiles.get(&path) {
                Some(digest) if *digest == seal::sha256(&bytes) => continue,
                Some(_) => Wrong::Tile { path },
                None => Wrong::TileMissing { path },
            };
            return Err(found(&wrong, self.seq));
        }
        Ok(report)
    }
}

fn place(seq: u64) -> String {
    format!("log/{seq:016}")
}

/// The file that a fault lies in.
fn found(wrong: &Wrong, seq: u64) -> Found {
    let place = match wrong {
        Wrong::Commit(_) => place(seq),
        Wrong::Truncated { .. } => place(seq),
        Wrong::Checkpoint { whose } | Wrong::NoSuchSize { whose, .. } | Wrong::Forked { whose, .. } => {
            match whose {
                Whose::Published => "checkpoint".to_owned(),
                Whose::Kept => KEPT.to_owned(),
                Whose::Witnessed => WITNESSED.to_owned(),
            }
        }
        Wrong::RolledBack { whose: Whose::Kept, .. } => KEPT.to_owned(),
        Wrong::RolledBack { .. } | Wrong::Cosignature | Wrong::Unwitnessed { .. } => WITNESSED.to_owned(),
        Wrong::Tile { path } | Wrong::TileMissing { path } => path.clone(),
    };
    Found { says: wrong.to_string(), place }
}

/// The verdict as a command ends with it.
pub fn wrong(found: &Found) -> Failure {
    let says = format!("{} (at `{}`)", found.says, found.place);
    let failure = Failure::new(
        Fault::Refused,
        says,
        "this copy is not the ledger that was signed: compare it with another, and tell the auditor",
    );
    Failure { reason: Some("ledger_wrong".to_owned()), place: Some(found.place.clone()), ..failure }
}
