//! What `epic up` is told of notices: where the console is for people, and who takes mail.
//!
//! The relay's password is in a file, never an argument and never in the environment.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, ValueHint};
use region::tend::Pace;
use web::{Login, Relay, RelayTls, Telling};

use crate::failure::Failure;
use crate::world;

/// WHY: it stands in every notice, on a line of its own.
const ADDRESS_CHARS_MAX: usize = 256;

/// The options of `epic up`.
pub fn args() -> Vec<Arg> {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let tls = RelayTls::ALL.map(RelayTls::text);
    vec![
        text(
            "notices",
            "URL",
            "tell people what waits for them and what ends; URL is the console, as they reach it",
        )
        .value_hint(ValueHint::Url),
        text("mail-relay", "HOST:PORT", "who takes notices as mail; webhooks alone if left out")
            .requires("notices")
            .requires("mail-from"),
        text("mail-from", "ADDRESS", "whom mail is from: `EPIC <notices@epic.example>`")
            .requires("mail-relay"),
        text("mail-tls", "HOW", "how the relay is spoken to; `none` on this machine alone")
            .value_parser(PossibleValuesParser::new(tls))
            .default_value(RelayTls::Starttls.text()),
        text("mail-login", "NAME", "who we are at the relay")
            .requires("mail-relay")
            .requires("mail-password-file"),
        text("mail-password-file", "FILE", "file that holds the password there, mode 0600")
            .requires("mail-login")
            .value_hint(ValueHint::FilePath),
    ]
}

/// What they say; none: nobody is told anything.
pub fn telling(matches: &ArgMatches) -> Result<Option<Telling>, Failure> {
    let text = |name: &str| matches.get_one::<String>(name);
    let Some(console) = text("notices") else { return Ok(None) };
    let console = console.trim_end_matches('/');
    if !is_console(console) {
        let says = format!("`--notices {console}` is no address of a console");
        return Err(Failure::yours(says, "write it as people open it: `https://region.example:9010`"));
    }
    let is_local = console_host(console).is_some_and(is_here);
    let relay = text("mail-relay").map(|relay| self::relay(relay, matches)).transpose()?;
    let pace = Pace(matches.get_one::<u32>("pace").copied().unwrap_or(1));
    Ok(Some(Telling { console: console.to_owned(), is_local, relay, pace }))
}

/// WHY so plain: whoever reads a notice must see where it leads.
fn is_console(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]/_".contains(c);
    url.len() <= ADDRESS_CHARS_MAX && rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(is_plain))
}

/// `region.example` of `https://region.example:9010`.
///
/// WHY it tells whether a region is its owner's alone, and its listeners do not: behind a proxy those are all here.
fn console_host(console: &str) -> Option<&str> {
    let (_, rest) = console.split_once("://")?;
    let authority = rest.split('/').next()?;
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    }
}

fn relay(relay: &str, matches: &ArgMatches) -> Result<Relay, Failure> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let wrong =
        || Failure::yours(format!("`{relay}` is no address for `--mail-relay`"), "as `smtp.example:587`");
    let (host, port) = relay.rsplit_once(':').ok_or_else(wrong)?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    if host.is_empty() || !host.chars().all(is_plain) {
        return Err(wrong());
    }
    let tls = text("mail-tls").and_then(RelayTls::parse).unwrap_or(RelayTls::Starttls);
    if tls == RelayTls::None && !is_here(host) {
        let says = format!("`--mail-relay {relay}` would be spoken to on a network without TLS");
        return Err(Failure::yours(
            says,
            "let it be `--mail-tls starttls` or `implicit`, or a relay on 127.0.0.1",
        ));
    }
    let from = text("mail-from").unwrap_or_default();
    let login = login(text("mail-login"), text("mail-password-file"))?;
    Relay::new((host.to_owned(), port), tls, from, login).map_err(|error| {
        Failure::yours(format!("`--mail-from`: {error}"), "as `EPIC <notices@epic.example>`")
    })
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn login(name: Option<&str>, file: Option<&str>) -> Result<Option<Login>, Failure> {
    // WHY together: the parser lets neither come without the other.
    let (Some(name), Some(file)) = (name, file) else { return Ok(None) };
    let file = Path::new(file);
    refuse_loose(file)?;
    Ok(Some(Login { name: name.to_owned(), password: world::read_passphrase(file)? }))
}

/// A password that others may read is no secret.
fn refuse_loose(file: &Path) -> Result<(), Failure> {
    let found = std::fs::metadata(file).map_err(|cause| Failure::file("read", file, &cause))?;
    match found.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => Err(Failure::yours(
            format!("others may read `{}`", file.display()),
            format!("`chmod 600 {}`", file.display()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: webhooks on this machine are for whoever opens the console here. Method: what only begins like it is elsewhere.
    #[test]
    fn a_console_on_this_machine() {
        for (console, expected) in [
            ("http://127.0.0.1:9010", true),
            ("http://localhost:9010", true),
            ("https://[::1]:9010/console", true),
            ("https://region.example:9010", false),
            ("https://127.0.0.1.region.example", false),
            ("https://localhost.region.example:9010", false),
            ("https://region.example/127.0.0.1", false),
        ] {
            assert_eq!(console_host(console).is_some_and(is_here), expected, "{console}");
        }
    }
}
