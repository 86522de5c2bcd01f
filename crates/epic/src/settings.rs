//! Settings: the command line over the environment over defaults.
//!
//! The environment holds addresses and paths, never a secret.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ArgMatches;
use gate::identify::key_text;
use listen::Trust;
use seal::SigningKey;
use web::client::{Address, Client, Who};
use words::Secret;

use crate::failure::{Failure, Fault};
use crate::world::{self, SystemClock, SystemRand};

pub const REGION_URL: &str = "http://127.0.0.1:9010";
/// What Debian keeps of the authorities that browsers believe.
pub const CA_FILE: &str = "/etc/ssl/certs/ca-certificates.crt";
pub const INSIDE_URL: &str = "http://127.0.0.1:9011";

/// What every command may need to know.
#[derive(Debug, Clone)]
pub struct Settings {
    pub region_url: String,
    pub inside_url: String,
    pub is_inside: bool,
    pub key_file: PathBuf,
    /// Where a session is kept that they signed in for.
    pub session_file: PathBuf,
    is_session_named: bool,
    /// Authorities whose certificates are believed.
    pub ca_file: PathBuf,
    pub access_key: Option<String>,
    pub attempt: Option<String>,
    pub upon: Option<String>,
    pub is_json: bool,
    pub is_out_coloured: bool,
    pub is_err_coloured: bool,
}

impl Settings {
    /// What the environment says.
    pub fn read() -> Self {
        let home = world::variable("HOME").unwrap_or_else(|| ".".to_owned());
        let config = world::variable("XDG_CONFIG_HOME")
            .map_or_else(|| PathBuf::from(home).join(".config"), PathBuf::from);
        let is_coloured = world::variable("NO_COLOR").is_none();
        Self {
            region_url: world::variable("EPIC_REGION_URL").unwrap_or_else(|| REGION_URL.to_owned()),
            inside_url: world::variable("EPIC_INSIDE_URL").unwrap_or_else(|| INSIDE_URL.to_owned()),
            is_inside: false,
            key_file: world::variable("EPIC_KEY_FILE")
                .map_or_else(|| config.join("epic").join("key"), PathBuf::from),
            session_file: world::variable("EPIC_SESSION_FILE")
                .map_or_else(|| config.join("epic").join("session"), PathBuf::from),
            is_session_named: world::variable("EPIC_SESSION_FILE").is_some(),
            ca_file: world::variable("EPIC_CA_FILE").map_or_else(|| PathBuf::from(CA_FILE), PathBuf::from),
            access_key: None,
            attempt: None,
            upon: None,
            is_json: false,
            is_out_coloured: is_coloured && std::io::stdout().is_terminal(),
            is_err_coloured: is_coloured && std::io::stderr().is_terminal(),
        }
    }

    /// What the command line says over it, at whatever level it stands.
    pub fn with(mut self, matches: &ArgMatches) -> Self {
        let mut next = Some(matches);
        while let Some(matches) = next {
            let text = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
            let is_set = |name: &str| matches!(matches.try_get_one::<bool>(name), Ok(Some(true)));
            self.region_url = text("region-url").unwrap_or(self.region_url);
            self.inside_url = text("inside-url").unwrap_or(self.inside_url);
            self.access_key = text("access-key").or(self.access_key);
            self.attempt = text("attempt").or(self.attempt);
            self.upon = text("upon").or(self.upon);
            self.key_file = text("key-file").map_or(self.key_file, PathBuf::from);
            self.is_session_named |= text("session-file").is_some();
            self.session_file = text("session-file").map_or(self.session_file, PathBuf::from);
            self.ca_file = text("ca-file").map_or(self.ca_file, PathBuf::from);
            self.is_inside |= is_set("inside");
            self.is_json |= is_set("json");
            next = matches.subcommand().map(|(_, below)| below);
        }
        self
    }

    /// The person at the region's door.
    pub fn client(&self) -> Result<Client, Failure> {
        let attempt = self.attempt.as_ref().map(|text| text.parse());
        let attempt = attempt.transpose().map_err(|error| {
            Failure::yours(format!("attempt: {error}"), "make one up: 26 characters a-z and 2-7")
        })?;
        let upon = self.upon.as_deref().map(|text| {
            web::client::upon(text).ok_or_else(|| {
                Failure::yours(
                    "`--upon` is no digest",
                    "take what `--json` of the look called `upon`: 64 digits",
                )
            })
        });
        let upon = upon.transpose()?;
        let (address, trust) = self.door()?;
        Ok(Client {
            address,
            trust,
            who: self.who()?,
            clock: Arc::new(SystemClock),
            rand: Arc::new(SystemRand),
            credential: self.access_key.clone(),
            attempt,
            upon,
        })
    }

    /// Where the region listens, and whose certificates are believed there.
    pub fn door(&self) -> Result<(Address, Option<Trust>), Failure> {
        let url = if self.is_inside { &self.inside_url } else { &self.region_url };
        let address: Address = url.parse()?;
        // WHY only then: a machine without a bundle still speaks to itself.
        let trust = address.is_secure().then(|| Trust::read(&self.ca_file)).transpose();
        let trust =
            trust.map_err(|error| Failure { fault: Fault::Yours, ..Failure::chain(&error, error.hint()) })?;
        Ok((address, trust))
    }

    /// The session, if it was named or there is no key; else the key.
    fn who(&self) -> Result<Who, Failure> {
        let is_session = self.is_session_named || (!self.key_file.exists() && self.session_file.exists());
        if !is_session {
            return Ok(Who::Key(Arc::new(self.key()?)));
        }
        let session = std::fs::read_to_string(&self.session_file).map_err(|cause| {
            let mut failure = Failure::file("read your session", &self.session_file, &cause);
            failure.hint = "sign in with `epic sign-in`".to_owned();
            failure
        })?;
        Ok(Who::Session(Arc::new(Secret::new(session.trim().to_owned()))))
    }

    /// The person's own key.
    pub fn key(&self) -> Result<SigningKey, Failure> {
        SigningKey::from_seed(&self.seed()?).map_err(|error| Failure::chain(&error, ""))
    }

    /// What the person's keys follow from.
    pub fn seed(&self) -> Result<Secret<[u8; 32]>, Failure> {
        let path = &self.key_file;
        let text = std::fs::read_to_string(path).map_err(|cause| {
            let mut failure = Failure::file("read your key", path, &cause);
            failure.hint = "make one with `epic key-pair new`, or name it with `--key-file`".to_owned();
            failure
        })?;
        let text = Secret::new(text);
        let key = key_text::read_key_file(text.expose());
        key.map_err(|error| {
            Failure::yours(
                format!("`{}`: {error}", path.display()),
                "restore it from its copy, or make another with `epic key-pair new`",
            )
        })
    }
}
