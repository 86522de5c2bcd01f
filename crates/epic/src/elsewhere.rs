//! A bucket on an S3 server: what the command line and `region.json` say of it.
//!
//! Keys are in a file of their own; here is only where it lies.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgMatches, ValueHint};
use serde::{Deserialize, Serialize};
use store::remote::{Keys, KeysError, PlaceError, Remote};
use store::{Bucket, StoreError};

use crate::failure::Failure;
use crate::world::SystemClock;

const REGION: &str = "us-east-1";

/// Where, and by which keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// `s3://name/prefix`
    pub url: String,
    pub endpoint: String,
    /// The server's name for its region.
    pub region: String,
    /// The file of keys.
    pub keys: PathBuf,
    /// Certificates that the server's is signed by; the system's if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

/// The options that name one: `--bucket..` or `--source..`.
pub struct Options {
    pub endpoint: &'static str,
    pub region: &'static str,
    pub keys: &'static str,
    pub ca: &'static str,
}

pub const BUCKET: Options =
    Options { endpoint: "bucket-endpoint", region: "bucket-region", keys: "bucket-keys", ca: "bucket-ca" };
pub const SOURCE: Options =
    Options { endpoint: "source-endpoint", region: "source-region", keys: "source-keys", ca: "source-ca" };

impl Options {
    /// The options but for the bucket's own name.
    pub fn args(&self) -> Vec<Arg> {
        let text = |name: &'static str, value: &'static str, help: &'static str| {
            Arg::new(name).long(name).value_name(value).help(help)
        };
        let file =
            |name: &'static str, help: &'static str| text(name, "FILE", help).value_hint(ValueHint::FilePath);
        vec![
            text(self.endpoint, "URL", "where its S3 server is: https, or http on this machine"),
            text(self.region, "NAME", "what the server calls its region [default: us-east-1]"),
            file(self.keys, "its keys as S3 tools keep them, mode 0600; never as an argument"),
            file(self.ca, "certificates that the server's is signed by [default: the system's]"),
        ]
    }

    /// What they say of this bucket.
    pub fn read(&self, url: &str, matches: &ArgMatches) -> Result<Elsewhere, Failure> {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let needed = |name: &str| {
            text(name).ok_or_else(|| {
                Failure::yours(
                    format!("`{url}` needs `--{name}`"),
                    "say where its server is and which keys it knows",
                )
            })
        };
        let absolute = |path: String| std::path::absolute(&path).unwrap_or_else(|_| PathBuf::from(path));
        Ok(Elsewhere {
            url: url.to_owned(),
            endpoint: needed(self.endpoint)?,
            region: text(self.region).unwrap_or_else(|| REGION.to_owned()),
            keys: absolute(needed(self.keys)?),
            ca: text(self.ca).map(absolute),
        })
    }
}

impl Elsewhere {
    /// With its keys.
    pub fn remote(&self) -> Result<Remote, Failure> {
        Ok(Remote {
            url: self.url.parse().map_err(|error| wrong_place(&error))?,
            endpoint: self.endpoint.parse().map_err(|error| wrong_place(&error))?,
            region: self.region.clone(),
            keys: read_keys(&self.keys)?,
            roots: self.ca.clone(),
        })
    }

    /// As the region's bucket; it is not asked anything yet.
    pub fn bucket(&self) -> Result<Bucket, Failure> {
        let opened: Result<Bucket, StoreError> = Bucket::s3(&self.remote()?, Arc::new(SystemClock));
        opened.map_err(|cause| {
            Failure::chain(&cause, "name the file of certificates that the store's is signed by")
        })
    }
}

pub fn wrong_place(error: &PlaceError) -> Failure {
    let hint = match error {
        PlaceError::Bucket(_) => "letters, digits and `-._`, as `s3://epic/region-1`",
        PlaceError::Endpoint(_) => "as `https://s3.example` or `http://127.0.0.1:3900`, without a path",
        PlaceError::Clear(_) => "give it TLS, or reach it through a tunnel on this machine",
    };
    Failure::yours(error.to_string(), hint)
}

pub fn read_keys(file: &Path) -> Result<Keys, Failure> {
    Keys::read(file).map_err(|error: KeysError| {
        let hint = error.hint();
        Failure { fault: crate::failure::Fault::Yours, ..Failure::chain(&error, hint) }
    })
}
