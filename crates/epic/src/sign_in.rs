//! `epic sign-in`, `epic sign-out` and `epic console`: a session at the doors of acts, kept in a file that is yours alone.

use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use clap::ArgMatches;
use listen::Trust;
use serde_json::json;
use web::client::{Device, Told};
use words::Secret;

use crate::failure::{Failure, Fault};
use crate::settings::Settings;
use crate::{ask, print};

/// WHY: ten times the longest token; a file that is no token is not read whole.
const FILE_BYTES_MAX: u64 = 200_000;

/// WHY: a day's work; `person recall` ends it sooner.
pub const CONSOLE_SECONDS: u64 = 28_800;

/// Takes an identity provider's token to the region, and keeps the session that comes back.
pub fn sign_in(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let token = match (text("token-file"), text("issuer-url")) {
        (Some(file), _) => read(file)?,
        (None, issuer) => by_code(issuer.unwrap_or_default(), text("client").unwrap_or_default(), settings)?,
    };
    let seconds = matches.get_one::<u64>("seconds").copied();
    let (address, trust) = settings.door()?;
    let opened = ask::wait(async {
        Ok(web::client::sign_in(&address, trust.as_ref(), token.expose(), seconds).await?)
    })?;
    keep(&settings.session_file, &opened.session)?;
    let (ends, path) = (opened.ends, settings.session_file.display().to_string());
    match settings.is_json {
        true => print::out(&format!("{}\n", json!({ "ends": ends, "file": path }))),
        false => print::out(&format!("signed in until {ends}\n")),
    }
}

/// Asks the provider for a code, and the person to enter it in a browser.
fn by_code(issuer: &str, client: &str, settings: &Settings) -> Result<Secret<String>, Failure> {
    // WHY as it can be: a provider in clear on this machine needs no authorities.
    let trust = Trust::read(&settings.ca_file).ok();
    let device = Device { issuer, client, trust: trust.as_ref() };
    let tell = |told: &Told| {
        let _nobody_reads = writeln!(std::io::stderr(), "open {}\nand enter {}", told.url, told.code);
    };
    ask::wait(async {
        device.sign_in(tell).await.map_err(|error| {
            let hint =
                "see which providers are trusted: `epic issuer show`; or give a token with `--token-file`";
            Failure { fault: Fault::Yours, ..Failure::chain(&error, hint) }
        })
    })
}

/// Makes a link that takes a browser into a session of whoever asks, once.
pub fn console(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let seconds = matches.get_one::<u64>("seconds").copied().unwrap_or(CONSOLE_SECONDS);
    let client = settings.client()?;
    let link = ask::wait(async { Ok(client.link(seconds).await?) })?;
    if settings.is_json {
        return print::out(&format!("{}\n", json!({ "url": link.url.expose(), "ends": link.ends })));
    }
    print::out(&format!("{}\n", link.url.expose()))?;
    let said = format!("it works once, and takes whoever opens it in as you until {}\n", link.ends);
    let _nobody_reads = std::io::stderr().write_all(said.as_bytes());
    Ok(())
}

/// Forgets the session here. WHY said: whoever has copied it may go on until its end.
pub fn sign_out(settings: &Settings) -> Result<(), Failure> {
    let path = &settings.session_file;
    std::fs::remove_file(path).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::yours("you are not signed in", "sign in with `epic sign-in`")
        }
        _ => Failure::file("remove", path, &cause),
    })?;
    print::out("signed out here; `epic person recall` ends all your sessions, wherever they are\n")
}

fn read(file: &str) -> Result<Secret<String>, Failure> {
    let mut text = String::new();
    let path = Path::new(file);
    let told = |cause: std::io::Error| Failure::file("read the token", path, &cause);
    match file {
        "-" => std::io::stdin().take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(told)?,
        file => {
            let file = std::fs::File::open(file).map_err(told)?;
            file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(told)?
        }
    };
    Ok(Secret::new(text.trim().to_owned()))
}

/// Writes it beside and then over, so that nobody reads half of one.
fn keep(path: &Path, session: &Secret<String>) -> Result<(), Failure> {
    let told = |cause: std::io::Error| Failure::file("keep the session", path, &cause);
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(told)?;
    }
    let beside = path.with_extension("new");
    // A leftover of a cut sign-in may have a looser mode.
    let _none_or_gone = std::fs::remove_file(&beside);
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
    let mut file = file.map_err(told)?;
    file.write_all(session.expose().as_bytes()).map_err(told)?;
    std::fs::rename(&beside, path).map_err(told)
}
