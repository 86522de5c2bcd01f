//! `epic tour tamper`: one flipped byte, found and named.
//!
//! It works on an exported copy in a folder of its own, never on the region.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::ArgMatches;
use region::verify::Report;
use seal::note::NoteVerifier;
use serde_json::json;
use words::Act;

use crate::ask;
use crate::failure::Failure;
use crate::ledger::{self, Export, Found, Past};
use crate::paint::Paint;
use crate::print;
use crate::settings::Settings;
use crate::world;

/// A folder that is removed when it is no longer needed.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is in the system's folder for such things.
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

pub fn tamper(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let archive = match text("export") {
        Some(file) => Bytes::from(
            std::fs::read(&file).map_err(|cause| Failure::file("read", Path::new(&file), &cause))?,
        ),
        None => ask::wait(exported(settings, text("project")))?,
    };
    let folder = unpacked(&archive)?;
    show(&folder.0, Paint::new(settings.is_out_coloured))
}

async fn exported(settings: &Settings, project: Option<String>) -> Result<Bytes, Failure> {
    let download = settings.client()?.download(Act::LedgerExport, &json!({ "project": project })).await?;
    Ok(download.whole().await?)
}

fn unpacked(archive: &Bytes) -> Result<Scratch, Failure> {
    let folder = Scratch(world::scratch("tamper"));
    let unpacked = ledger::unpack(BufReader::new(&archive[..]), &folder.0);
    unpacked.map_err(|cause| Failure::file("write", &folder.0, &cause))?;
    Ok(folder)
}

/// Verifies an archive as an auditor would at home.
pub fn verify_archive(archive: &Bytes) -> Result<Report, Failure> {
    let folder = unpacked(archive)?;
    let (export, key) = opened(&folder.0)?;
    ledger::examine(&export, &key, &Past::default())?.map_err(|found| ledger::wrong(&found))
}

fn opened(folder: &Path) -> Result<(Export, NoteVerifier), Failure> {
    let export = Export::open(folder)?;
    let key =
        export.key.trim().parse().map_err(|error: seal::note::NoteKeyError| Failure::chain(&error, ""))?;
    Ok((export, key))
}

/// The files that are changed, one after another: a commit in the middle, its end, a tile, the checkpoint.
fn victims(folder: &Path, commits: u64) -> Vec<PathBuf> {
    let log = |seq: u64| folder.join(format!("log/{seq:016}"));
    vec![
        log(commits / 2),
        log(commits.saturating_sub(1)),
        folder.join("tile/entries/000.p"),
        folder.join("checkpoint"),
    ]
}

fn show(folder: &Path, paint: Paint) -> Result<(), Failure> {
    let (export, key) = opened(folder)?;
    let whole = ledger::examine(&export, &key, &Past::default())?.map_err(|found| ledger::wrong(&found))?;
    let mut told = format!(
        "{} {}, as exported: {} leaves in {} commits, verified with the public key alone\n\n",
        paint.good("✓"),
        key.name(),
        whole.leaves,
        whole.commits
    );
    for victim in victims(folder, whole.commits) {
        let Some(file) = first_file(&victim) else {
            continue;
        };
        told += &one(folder, &file, &key, paint)?;
    }
    let (export, key) = opened(folder)?;
    let again = ledger::examine(&export, &key, &Past::default())?.map_err(|found| ledger::wrong(&found))?;
    told += &format!(
        "{} every byte put back: {} leaves in {} commits, whole again\n",
        paint.good("✓"),
        again.leaves,
        again.commits
    );
    print::out(&told)
}

/// The file itself, or the first one in a folder of that name.
fn first_file(path: &Path) -> Option<PathBuf> {
    if !path.is_dir() {
        return path.is_file().then(|| path.to_path_buf());
    }
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(path).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    files.into_iter().find(|file| file.is_file())
}

/// Flips one byte in the middle of a file, looks, and puts it back.
fn one(folder: &Path, file: &Path, key: &NoteVerifier, paint: Paint) -> Result<String, Failure> {
    let failed = |cause: std::io::Error| Failure::file("change", file, &cause);
    let bytes = std::fs::read(file).map_err(failed)?;
    let at = bytes.len() / 2;
    let mut changed = bytes.clone();
    if let Some(byte) = changed.get_mut(at) {
        *byte ^= 1;
    }
    std::fs::write(file, &changed).map_err(failed)?;
    let found = ledger::examine(&Export::open(folder)?, key, &Past::default())?;
    std::fs::write(file, &bytes).map_err(failed)?;
    let name = file.strip_prefix(folder).unwrap_or(file).display().to_string();
    match found {
        Err(Found { says, place }) => Ok(format!(
            "{} one bit flipped in `{name}`, byte {at} of {}\n    {says}\n    {}\n\n",
            paint.bad("✗"),
            bytes.len(),
            paint.dim(&format!("found at `{place}`")),
        )),
        Ok(_) => Err(Failure::ours(
            format!("the change in `{name}` was not seen"),
            "this is a fault of the verifier: tell its makers",
        )),
    }
}
