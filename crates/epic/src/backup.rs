//! `epic backup`: the bucket's copy in one place, custody's in another, of one moment.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bytes::BytesMut;
use clap::ArgMatches;
use region::backup::{BackupError, Manifest, Taking, take};
use seal::crypt4gh::{read_public, seal_header};
use seal::{Attempt, DataKey, Sealer};
use serde_json::{Value, json};
use store::Bucket;
use store::custody::copy::{Copy, CopyError};
use web::client::Answer;
use words::Secret;

use crate::failure::{Failure, Fault};
use crate::settings::Settings;
use crate::transfer;
use crate::world::{self, Places, SystemClock, SystemRand};
use crate::{about, ask, found, print};

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        let fault = match &error {
            BackupError::Store(_) | BackupError::Custody(_) => Fault::Ours,
            _ => Fault::Refused,
        };
        Self { fault, ..Self::chain(&error, error.hint()) }
    }
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        BackupError::from(error).into()
    }
}

pub fn backup(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let places = found::places(matches)?;
    let path = |name: &str| matches.get_one::<String>(name).map(PathBuf::from);
    let (to, custody_to) = (path("to"), path("custody-to"));
    refuse_together(&places, to.as_deref(), custody_to.as_deref())?;
    let seals = Seals::read(matches, custody_to.is_some())?;
    let mut told = json!({});
    let custody = match &to {
        Some(to) => {
            let (manifest, custody) = ask::wait(bucket(matches, &places, to))?;
            told = told_of(&manifest, to);
            custody
        }
        None => Copy::of(&places.custody)?,
    };
    if let Some(folder) = &custody_to {
        let (file, older) = keep(&custody, folder, &seals)?;
        told["custody"] = Value::from(file.display().to_string());
        told["custody_generation"] = Value::from(custody.generation);
        told["older_custody_copies"] = Value::from(older);
        if older > 0 {
            eprintln!(
                "note: {older} older copies of custody lie there; one from before an erasure holds what was destroyed"
            );
        }
    }
    print::answer(&Answer::own(told), settings)
}

/// WHY: whoever finds one of the two must not find the other beside it.
fn refuse_together(places: &Places, to: Option<&Path>, custody_to: Option<&Path>) -> Result<(), Failure> {
    let hint = "choose two places, best on two machines";
    if to.is_none() && custody_to.is_none() {
        return Err(Failure::yours("nothing to back up to", "name `--to`, `--custody-to` or both"));
    }
    let at = |path: &Path| {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        // The part that exists, followed to where it lies.
        let above = whole.ancestors().find_map(|above| Some((std::fs::canonicalize(above).ok()?, above)));
        above.map_or(whole.clone(), |(real, above)| real.join(whole.strip_prefix(above).unwrap_or(&whole)))
    };
    let meets = |one: &Path, other: &Path| at(one).starts_with(at(other)) || at(other).starts_with(at(one));
    let pairs = [
        (to, Some(places.custody.as_path()), "the bucket's copy and custody"),
        (to, Some(places.data.as_path()), "the bucket's copy and the bucket"),
        (custody_to, Some(places.data.as_path()), "custody's copy and the bucket"),
        (custody_to, Some(places.custody.as_path()), "custody's copy and custody"),
        (to, custody_to, "the two copies"),
    ];
    for (one, other, what) in pairs {
        if one.zip(other).is_some_and(|(one, other)| meets(one, other)) {
            return Err(Failure::yours(format!("{what} would lie in one place"), hint));
        }
    }
    Ok(())
}

async fn bucket(matches: &ArgMatches, places: &Places, to: &Path) -> Result<(Manifest, Copy), Failure> {
    let name = about::read(&places.data)?.name;
    let (from, to) = (places.bucket()?, open(to)?);
    let passphrase = found::passphrase(matches).words(Copy::of(&places.custody)?.has_passphrase())?;
    let bar = transfer::bar(None);
    let taking = Taking {
        from: &from,
        to: &to,
        region: &name,
        custody: &places.custody,
        passphrase: passphrase.as_ref(),
        clock: &SystemClock,
        progress: &|_, bytes| bar.inc(bytes),
    };
    let taken = take(&taking).await;
    bar.finish_and_clear();
    let taken = taken?;
    Ok((taken.manifest, taken.custody))
}

/// A folder of copies, made if absent.
pub fn open(folder: &Path) -> Result<Bucket, Failure> {
    Bucket::local(folder).map_err(|cause| Failure::chain(&cause, "check the disk that copies lie on"))
}

fn told_of(manifest: &Manifest, to: &Path) -> Value {
    json!({
        "backup": to.display().to_string(),
        "run": manifest.run,
        "at": manifest.at,
        "cells": manifest.cells.len(),
        "new_files": manifest.new_files,
        "new_bytes": manifest.new_bytes,
        "files": manifest.files,
        "bytes": manifest.bytes,
    })
}

/// Who may open the copy of custody.
struct Seals {
    passphrase: Option<Secret<String>>,
    recipients: Vec<seal::EncryptionKey>,
}

impl Seals {
    fn read(matches: &ArgMatches, is_needed: bool) -> Result<Self, Failure> {
        let passphrase = matches.get_one::<String>("seal-file");
        let passphrase = passphrase.map(|file| world::read_passphrase(Path::new(file))).transpose()?;
        let mut recipients = Vec::new();
        for file in matches.get_many::<String>("recipient").into_iter().flatten() {
            let text = std::fs::read(file).map_err(|cause| Failure::file("read", Path::new(file), &cause))?;
            let key = read_public(&text).map_err(|error| {
                Failure::yours(format!("`{file}`: {error}"), "name a Crypt4GH public key")
            })?;
            recipients.push(key);
        }
        let ways = usize::from(passphrase.is_some()) + usize::from(!recipients.is_empty());
        match (is_needed, ways) {
            (true, 1) | (false, 0) => Ok(Self { passphrase, recipients }),
            (true, _) => Err(Failure::yours(
                "a copy of custody is sealed in one way",
                "name `--seal-file` with a passphrase, or the `--recipient` keys of its custodians",
            )),
            (false, _) => Err(Failure::yours("only a copy of custody is sealed", "name `--custody-to` too")),
        }
    }

    fn seal(&self, copy: &Copy) -> Result<Vec<u8>, Failure> {
        if let Some(passphrase) = &self.passphrase {
            return Ok(copy.seal(passphrase, &SystemRand)?);
        }
        let failed = |error: &dyn std::error::Error| Failure::chain(error, "check the recipients' keys");
        let key = DataKey::random(&SystemRand);
        let header = seal_header(&key, &self.recipients, &SystemRand).map_err(|error| failed(&error))?;
        let mut sealed = BytesMut::from(&header[..]);
        let mut sealer = Sealer::new(&key, Attempt::random(&SystemRand)).map_err(|error| failed(&error))?;
        sealer.push(copy.to_secret()?.expose(), &mut sealed).map_err(|error| failed(&error))?;
        sealer.finish(&mut sealed).map_err(|error| failed(&error))?;
        Ok(sealed.to_vec())
    }
}

/// Writes the sealed copy, for its owner alone; says how many older ones lie beside it.
fn keep(copy: &Copy, folder: &Path, seals: &Seals) -> Result<(PathBuf, usize), Failure> {
    let kind = if seals.passphrase.is_some() { "sealed" } else { "c4gh" };
    let name = format!("custody-{:020}.{kind}", copy.generation);
    let (file, staged) = (folder.join(&name), folder.join(format!("{name}.new")));
    let bytes = seals.seal(copy)?;
    let written = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&staged)?;
        out.write_all(&bytes)?;
        out.sync_all()?;
        std::fs::rename(&staged, &file)?;
        std::fs::File::open(folder)?.sync_all()
    };
    written().map_err(|cause| Failure::file("write", &file, &cause))?;
    let names = std::fs::read_dir(folder).map_err(|cause| Failure::file("read", folder, &cause))?;
    let names = names.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let older =
        names.filter(|other| other.starts_with("custody-") && *other < name && !other.ends_with(".new"));
    Ok((file, older.count()))
}
