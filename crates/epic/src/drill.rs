//! `epic restore --drill`: the last backup made a region in a scratch folder, seen, measured and removed.

use std::path::PathBuf;

use clap::ArgMatches;
use region::backup::believe;
use region::backup::drill::{Drill, Seen, see};
use serde_json::json;
use store::custody::KeyName;
use store::custody::copy::{self, CopyError};
use web::client::Answer;
use words::Clock;

use crate::failure::{Failure, Fault};
use crate::restore::{made, source};
use crate::settings::Settings;
use crate::world::{self, Places, SystemClock, Watch};
use crate::{ask, found, print};

const HOUR_MS: i64 = 3_600_000;

pub fn drill(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let scratch = world::scratch("drill");
    let places = Places { data: scratch.join("data"), custody: scratch.join("custody"), bucket: None };
    let done = ask::wait(lived(matches, &places));
    // What cannot be wiped is told: it holds keys.
    let is_wiped = !places.custody.exists() || copy::remove(&places.custody).is_ok();
    let is_removed = std::fs::remove_dir_all(&scratch).is_ok() || !scratch.exists();
    if !(is_wiped && is_removed) {
        eprintln!("note: `{}` could not be removed, and it holds keys", scratch.display());
    }
    let (drill, note) = done?;
    if let Some(file) = matches.get_one::<String>("evidence").map(PathBuf::from) {
        std::fs::write(&file, &note).map_err(|cause| Failure::file("write", &file, &cause))?;
    }
    print::answer(&Answer::own(json!(drill)), settings)?;
    match drill.holds {
        true => Ok(()),
        false => Err(Failure::new(
            Fault::Refused,
            format!("the drill failed: {}", drill.measured),
            "take a fresh backup and drill again; until one passes, nobody knows that a restore works",
        )),
    }
}

/// WHY the whole way: a drill that leaves a step out shows nothing about it.
async fn lived(matches: &ArgMatches, places: &Places) -> Result<(Drill, String), Failure> {
    let watch = Watch::start();
    let (from, copy, words) = source(matches)?;
    let run = matches.get_one::<u64>("run").copied();
    let believed = believe(&from, run, &copy, words.as_ref()).await?;
    let seen = match made(matches, places).await {
        Ok(_) => seen(matches, places).await,
        Err(failure) => Err(failure),
    };
    let recovery_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
    let now = SystemClock.now();
    let hours = matches.get_one::<u64>("stale-hours").copied().unwrap_or_default();
    let behind_ms = now.since_ms(believed.manifest.at);
    let is_fresh = behind_ms <= i64::try_from(hours).unwrap_or(i64::MAX).saturating_mul(HOUR_MS);
    let (holds, mut measured) = match seen {
        Ok(seen) => (seen.holds, seen.measured),
        Err(failure) => (false, failure.says),
    };
    if !is_fresh {
        measured = format!("the newest backup is {} hours old; {measured}", behind_ms / HOUR_MS);
    }
    let drill = Drill {
        drill: 1,
        region: believed.manifest.region,
        manifest: believed.digest,
        run: believed.manifest.run,
        at: now,
        as_of: believed.manifest.at,
        recovery_ms,
        holds: holds && is_fresh,
        measured,
    };
    let seed = copy.key(words.as_ref(), &KeyName::Region)?;
    let seed = seed.ok_or(CopyError::Unreadable)?;
    let note = drill.sign(&seed)?;
    Ok((drill, note))
}

async fn seen(matches: &ArgMatches, places: &Places) -> Result<Seen, Failure> {
    let sample = matches.get_one::<u64>("sample").copied().unwrap_or_default();
    Ok(see(places.parts(found::passphrase(matches))?, sample).await?)
}
