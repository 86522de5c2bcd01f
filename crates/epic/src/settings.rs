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
use web::client::{Address, Client};
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
    /// Authorities whose certificates are believed.
    pub ca_file: PathBuf,
    pub access_key: Option<String>,
    pub attempt: Option<String>,
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
            ca_file: world::variable("EPIC_CA_FILE").map_or_else(|| PathBuf::from(CA_FILE), PathBuf::from),
            access_key: None,
            attempt: None,
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
            self.key_file = text("key-file").map_or(self.key_file, PathBuf::from);
            self.ca_file = text("ca-file").map_or(self.ca_file, PathBuf::from);
            self.is_inside |= is_set("inside");
            self.is_json |= is_set("json");
            next = matches.subcommand().map(|(_, below)| below);
        }
        self
    }

    /// The person at the region's door.
    pub fn client(&self) -> Result<Client, Failure> {
        let url = if self.is_inside { &self.inside_url } else { &self.region_url };
        let attempt = self.attempt.as_ref().map(|text| text.parse());
        let attempt = attempt.transpose().map_err(|error| {
            Failure::yours(format!("attempt: {error}"), "make one up: 26 characters a-z and 2-7")
        })?;
        let address: Address = url.parse()?;
        // WHY only then: a machine without a bundle still speaks to itself.
        let trust = address.is_secure().then(|| Trust::read(&self.ca_file)).transpose();
        Ok(Client {
            address,
            trust: trust
                .map_err(|error| Failure { fault: Fault::Yours, ..Failure::chain(&error, error.hint()) })?,
            key: Arc::new(self.key()?),
            clock: Arc::new(SystemClock),
            rand: Arc::new(SystemRand),
            credential: self.access_key.clone(),
            attempt,
        })
    }

    /// The person's own key.
    pub fn key(&self) -> Result<SigningKey, Failure> {
        let path = &self.key_file;
        let text = std::fs::read_to_string(path).map_err(|cause| {
            let mut failure = Failure::file("read your key", path, &cause);
            failure.hint = "make one with `epic key-pair new`, or name it with `--key-file`".to_owned();
            failure
        })?;
        let text = Secret::new(text);
        let key = key_text::read_signing_key(text.expose());
        key.map_err(|error| {
            Failure::yours(
                format!("`{}`: {error}", path.display()),
                "restore it from its copy, or make another with `epic key-pair new`",
            )
        })
    }
}
