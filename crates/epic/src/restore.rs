//! `epic restore`: a region of a backup and a copy of custody, or a refusal that names what is wrong.
//!
//! The region is named last: what a restore that was refused or cut has left is
//! no region, and the same command goes on with it.

use std::path::{Path, PathBuf};

use bytes::BytesMut;
use clap::ArgMatches;
use region::backup::loss::{Declared, Hand, Loss, sign};
use region::backup::{BackupError, Believed, Examined, believe, examine, fetch};
use seal::crypt4gh::{ForeignOpener, open_header, read_secret, unlock_secret};
use serde_json::{Value, json};
use store::Bucket;
use store::custody::copy::{self, Copy, CopyError};
use web::client::Answer;
use words::Secret;

use crate::failure::{Failure, Fault};
use crate::settings::Settings;
use crate::world::{self, Places, Watch};
use crate::{ask, backup, drill, found, print, transfer};

/// Says which backup a half-made restore is of.
const MARK: &str = "restore.json";
/// A loss that two persons declared; the next start records it.
pub const LOSS: &str = "loss.json";

pub fn restore(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    if let Some(digest) = matches.get_one::<String>("sign-loss") {
        return sign_loss(digest, settings);
    }
    match matches.get_flag("drill") {
        true => drill::drill(matches, settings),
        false => {
            let places = found::places(matches)?;
            let watch = Watch::start();
            let restored = ask::wait(made(matches, &places))?;
            let told = told(&restored, &watch);
            print::answer(&Answer::own(told), settings)
        }
    }
}

/// A hand under a loss, to be given to whoever restores.
fn sign_loss(digest: &str, settings: &Settings) -> Result<(), Failure> {
    let is_digest = digest.len() == 64 && digest.bytes().all(|sign| sign.is_ascii_hexdigit());
    if !is_digest {
        return Err(Failure::yours("that is no digest of a loss", "copy it from what `epic restore` said"));
    }
    let hand = sign(digest, &settings.key()?)?;
    print::out(&format!("{}\n", json!(hand)))
}

/// What a restore came to.
pub struct Restored {
    pub believed: Believed,
    pub examined: Examined,
    pub declared: Option<Declared>,
}

/// The two copies, and the words that custody opens with.
pub fn source(matches: &ArgMatches) -> Result<(Bucket, Copy, Option<Secret<String>>), Failure> {
    let path = |name: &str| matches.get_one::<String>(name).map(PathBuf::from).unwrap_or_default();
    let copy = unsealed(matches, &path("custody-from"))?;
    let from = existing(&path("from"))?;
    let words = found::passphrase(matches).words(copy.has_passphrase())?;
    Ok((from, copy, words))
}

/// Makes the region at `places`, to its name.
pub async fn made(matches: &ArgMatches, places: &Places) -> Result<Restored, Failure> {
    let (from, copy, words) = source(matches)?;
    let run = matches.get_one::<u64>("run").copied();
    let believed = believe(&from, run, &copy, words.as_ref()).await?;
    let declared = declared(matches, believed.loss.clone())?;
    begin(places, &believed.digest)?;
    let bucket = places.bucket()?;
    let bar = transfer::bar(Some(believed.manifest.bytes));
    let fetched = fetch(&from, &bucket, &believed.manifest, &|_, bytes| bar.inc(bytes)).await;
    bar.finish_and_clear();
    fetched?;
    let copy = match &declared {
        Some(declared) => {
            let lost: Vec<String> = declared.loss.cells.iter().map(|lost| lost.cell.clone()).collect();
            copy.forgetting(&lost)
        }
        None => copy,
    };
    copy.put_back(&places.custody, bucket.folder())?;
    let examined = examined(matches, places, &believed, declared.as_ref()).await;
    let examined = examined.inspect_err(|_| {
        // WHY: keys that no region of this bucket will use must not stay behind.
        let _removed = copy::remove(&places.custody);
    })?;
    end(places, &believed, declared.as_ref())?;
    Ok(Restored { believed, examined, declared })
}

async fn examined(
    matches: &ArgMatches,
    places: &Places,
    believed: &Believed,
    declared: Option<&Declared>,
) -> Result<Examined, Failure> {
    let parts = places.parts_named(believed.manifest.region.clone(), found::passphrase(matches))?;
    let probed = store::probe::probe(&parts.bucket, parts.rand.as_ref(), parts.clock.as_ref()).await;
    probed.map_err(|error| found::refused_store(&error))?;
    Ok(examine(parts, &believed.manifest, declared).await?)
}

fn existing(folder: &Path) -> Result<Bucket, Failure> {
    match folder.is_dir() {
        true => backup::open(folder),
        false => Err(Failure::yours(
            format!("there is no backup at `{}`", folder.display()),
            "name its folder: `--from`",
        )),
    }
}

/// A target is empty, or holds what an earlier try of the very same restore left.
fn begin(places: &Places, digest: &str) -> Result<(), Failure> {
    let failed = |cause| Failure::file("write", &places.data, &cause);
    std::fs::create_dir_all(&places.data).map_err(failed)?;
    let mark = places.data.join(MARK);
    let text = json!({ "manifest": digest }).to_string();
    let is_ours = std::fs::read_to_string(&mark).is_ok_and(|there| there == text);
    let is_empty = std::fs::read_dir(&places.data).map_err(failed)?.next().is_none();
    if places.is_taken() || !(is_empty || is_ours) {
        return Err(Failure::new(
            Fault::Refused,
            format!("`{}` is not empty", places.data.display()),
            "restore into a new folder; what lies there is never written over",
        ));
    }
    std::fs::write(&mark, text).map_err(failed)
}

fn end(places: &Places, believed: &Believed, declared: Option<&Declared>) -> Result<(), Failure> {
    let failed = |cause| Failure::file("write", &places.data, &cause);
    if let Some(declared) = declared {
        std::fs::write(places.data.join(LOSS), json!(declared).to_string()).map_err(failed)?;
    }
    places.name(&believed.manifest.region)?;
    std::fs::remove_file(places.data.join(MARK)).map_err(failed)
}

/// The hands under a loss, where there is one; without them it is refused and said how to go on.
fn declared(matches: &ArgMatches, loss: Option<Loss>) -> Result<Option<Declared>, Failure> {
    let Some(loss) = loss else { return Ok(None) };
    let mut hands = Vec::new();
    for file in matches.get_many::<String>("hand").into_iter().flatten() {
        let text =
            std::fs::read_to_string(file).map_err(|cause| Failure::file("read", Path::new(file), &cause))?;
        let hand: Hand = serde_json::from_str(&text).map_err(|error| {
            Failure::yours(format!("`{file}`: {error}"), "name what `epic restore --sign-loss` printed")
        })?;
        hands.push(hand);
    }
    if hands.is_empty() {
        let digest = loss.digest();
        let mut failure = Failure::from(BackupError::Older { loss: Box::new(loss) });
        failure.hint = format!(
            "name a newer backup of the bucket. If there is none, an operator and a custodian each run \
             `epic restore --sign-loss {digest}`, and you give both with `--hand`"
        );
        return Err(failure);
    }
    Ok(Some(Declared { loss, hands }))
}

/// The copy of custody, opened by whoever may.
fn unsealed(matches: &ArgMatches, file: &Path) -> Result<Copy, Failure> {
    let bytes = std::fs::read(file).map_err(|cause| Failure::file("read", file, &cause))?;
    let path = |name: &str| matches.get_one::<String>(name).map(PathBuf::from);
    if copy::is_under_passphrase(&bytes) {
        let words = match path("seal-file") {
            Some(file) => world::read_passphrase(&file)?,
            None => world::ask("passphrase of the copy of custody: ")?,
        };
        return Ok(Copy::unseal(&bytes, &words)?);
    }
    let identity = path("identity").ok_or_else(|| {
        Failure::yours("the copy of custody is sealed to keys", "name a Crypt4GH secret key: `--identity`")
    })?;
    let plain = opened(&bytes, &identity)?;
    Ok(Copy::from_secret(plain.expose())?)
}

fn opened(bytes: &[u8], identity: &Path) -> Result<Secret<Vec<u8>>, Failure> {
    let text = std::fs::read(identity).map_err(|cause| Failure::file("read", identity, &cause))?;
    let key = match read_secret(&text) {
        Ok(key) => key,
        Err(_) => unlock_secret(&text, &world::ask("passphrase of the secret key: ")?)
            .map_err(|error| Failure::yours(error.to_string(), "name a Crypt4GH secret key: `--identity`"))?,
    };
    let closed = || Failure::from(CopyError::Closed);
    let header = open_header(bytes, &key).map_err(|_| closed())?;
    let mut opener = ForeignOpener::new(&header).map_err(|_| closed())?;
    let mut plain = BytesMut::new();
    let body = bytes.get(header.header_bytes..).ok_or_else(closed)?;
    opener.push(body, &mut plain).map_err(|_| closed())?;
    opener.finish(&mut plain).map_err(|_| closed())?;
    Ok(Secret::new(plain.to_vec()))
}

fn told(restored: &Restored, watch: &Watch) -> Value {
    let manifest = &restored.believed.manifest;
    json!({
        "region": manifest.region,
        "run": manifest.run,
        "as_of": manifest.at,
        "cells": restored.examined.cells,
        "commits": restored.examined.commits,
        "leaves": restored.examined.leaves,
        "erasures_kept": restored.examined.erasures,
        "bytes": manifest.bytes,
        "elapsed_ms": u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX),
        "loss": restored.declared.as_ref().map(|declared| declared.loss.digest()),
    })
}

/// Has the root say what a restore has lost and who declared it; once.
pub async fn record_loss(places: &Places, region: &region::Region) -> Result<(), Failure> {
    let file = places.data.join(LOSS);
    if !file.exists() {
        return Ok(());
    }
    let failed = |cause| Failure::file("read", &file, &cause);
    let text = std::fs::read_to_string(&file).map_err(failed)?;
    let declared: Declared = serde_json::from_str(&text).map_err(|error| {
        Failure::ours(format!("`{}`: {error}", file.display()), "restore again, with both hands")
    })?;
    region.declare_loss(&declared).await?;
    std::fs::remove_file(&file).map_err(failed)
}
