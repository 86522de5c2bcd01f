//! `epic init`: a new region with its root ledger, its key and its first operator.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use gate::identify::key_text::public_text;
use region::Region;
use region::region::{Founder, StartError};
use serde_json::json;
use store::custody::KeyName;
use store::custody::hsm::Slot;
use words::act::PersonEnrol;

use crate::failure::Failure;
use crate::settings::Settings;
use crate::world::{Passphrase, Places};
use crate::{ask, elsewhere, key_pair, print};

/// Makes a region, or says why not.
pub fn init(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let places = places(matches)?;
    if places.is_taken() {
        let says = format!("there is a region in `{}` already", places.data.display());
        return Err(Failure::yours(says, "bring it up: `epic up`"));
    }
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let name = text("name").unwrap_or_default();
    if name.parse::<seal::note::KeyName>().is_err() {
        return Err(Failure::yours(
            format!("`{name}` cannot stand in a checkpoint"),
            "choose a name without spaces and pluses, best a domain",
        ));
    }
    let key = match settings.key_file.exists() {
        true => public_text(settings.key()?.public()),
        false => key_pair::make(&settings.key_file)?,
    };
    let founder = founder(matches, key);
    let person = founder.person.alias.clone();
    let how = match passphrase(matches) {
        Passphrase::AskIfNeeded if matches.get_flag("passphrase") => Passphrase::Ask,
        how => how,
    };
    ask::wait(found(&places, &name, how, founder))?;
    told(&name, &person, &places, settings)
}

fn founder(matches: &ArgMatches, key: String) -> Founder {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let (organisation, alias) =
        (text("organisation").unwrap_or_default(), text("person").unwrap_or_default());
    Founder {
        organisation_name: text("organisation-name").unwrap_or_else(|| organisation.clone()),
        organisation_alias: organisation.clone(),
        person: PersonEnrol {
            name: text("person-name").unwrap_or_else(|| alias.clone()),
            email: text("email").unwrap_or_else(|| format!("{alias}@{organisation}.example")),
            alias,
            organisation,
            key: Some(key),
        },
    }
}

/// WHY the name last: a founding that was interrupted has none yet, and is begun again.
async fn found(places: &Places, name: &str, how: Passphrase<'_>, founder: Founder) -> Result<(), Failure> {
    let parts = places.parts_named(name.to_owned(), how)?;
    store::probe::probe(&parts.bucket, parts.rand.as_ref(), parts.clock.as_ref())
        .await
        .map_err(|error| refused_store(&error))?;
    refuse_other(&parts).await?;
    let region = Region::found(parts, founder).await.map_err(start)?;
    region.close().await;
    places.name(name)
}

/// WHY: a bucket may be shared by mistake; a founding that was cut has its key in custody already, and goes on.
async fn refuse_other(parts: &region::Parts) -> Result<(), Failure> {
    let is_begun = parts.custody.key(&KeyName::Region)?.is_some();
    let cells = parts.bucket.cells().await;
    let cells = cells.map_err(|cause| Failure::chain(&cause, "see that the store serves"))?;
    match is_begun || cells.is_empty() {
        true => Ok(()),
        false => Err(Failure::yours(
            "there is another region in this bucket",
            "name a bucket, or a prefix in it, that holds none",
        )),
    }
}

fn told(name: &str, person: &str, places: &Places, settings: &Settings) -> Result<(), Failure> {
    let (data, custody, key) = (places.data.display(), places.custody.display(), settings.key_file.display());
    if settings.is_json {
        let told = json!({ "region": name, "operator": person, "data": data.to_string(), "custody": custody.to_string(), "key_file": key.to_string() });
        return print::out(&format!("{told}\n"));
    }
    print::out(&format!(
        "region {name} is founded; its first operator is {person}\n\n  data     {data}\n           sealed; copy it wherever you like\n  custody  {custody}\n           the keys; back it up apart from the data\n  key      {key}\n           whoever has it acts as {person}\n\nbring it up: `epic up --data {data} --custody {custody}`\n"
    ))
}

/// Where the command says that the region lies.
pub fn places(matches: &ArgMatches) -> Result<Places, Failure> {
    let path = |name: &str| matches.get_one::<String>(name).map(PathBuf::from).unwrap_or_default();
    let url = matches.get_one::<String>("bucket");
    let bucket = url.map(|url| elsewhere::BUCKET.read(url, matches)).transpose()?;
    Ok(Places { data: path("data"), custody: path("custody"), bucket })
}

/// How to come by what opens custody.
pub fn passphrase(matches: &ArgMatches) -> Passphrase<'_> {
    let text = |name: &str| matches.get_one::<String>(name);
    // WHY together: the parser lets neither come without the other.
    if let (Some(module), Some(token)) = (text("hsm-module"), text("hsm-token")) {
        let slot = Slot { module: PathBuf::from(module), token: token.clone() };
        return Passphrase::Hsm { slot, pin_file: text("hsm-pin-file").map(Path::new) };
    }
    text("passphrase-file").map_or(Passphrase::AskIfNeeded, |file| Passphrase::File(Path::new(file)))
}

pub fn refused_store(error: &store::probe::ProbeError) -> Failure {
    Failure::chain(error, error.hint())
}

/// Why a region does not start, and the way out.
pub fn start(error: StartError) -> Failure {
    let hint = match &error {
        StartError::Unfounded => "make one first: `epic init`",
        StartError::Founded => "bring it up: `epic up`",
        StartError::Custody(cause) => cause.hint(),
        StartError::Open(cause) => opening(cause),
        StartError::Refused(refusal) => return refusal.clone().into(),
        StartError::Policy(_) | StartError::Key => {
            "this build or its custody is damaged: restore both from where they came"
        }
    };
    Failure::chain(&error, hint)
}

fn opening(cause: &region::OpenError) -> &'static str {
    use region::OpenError as Error;
    match cause {
        Error::RolledBack { .. } | Error::Forked { .. } => {
            "restore the newest copy of the bucket; an older one must not be taken for the truth"
        }
        Error::KeysMissing { .. } => "open it with the custody that belongs to it",
        Error::Newer { .. } => crate::about::NEWER,
        Error::Led { .. } => "stop the other region first",
        Error::Fault { .. } => {
            "see where: export the ledger and `epic ledger verify` it; then restore the bucket from its copy"
        }
        Error::Gap { .. } => "restore the bucket from a copy that has them; nothing is served without them",
        Error::Missing { .. }
        | Error::Unwritten { .. }
        | Error::Store { .. }
        | Error::Index { .. }
        | Error::Refused { .. } => "check the disk that data lie on",
    }
}
