//! What the door is called, and whose pages may ask it: the region's own words, none by default.
//!
//! A domain makes `raw.s3.epic.example` mean the bucket `raw`. The signature
//! is over the host as it was sent; here it is only read.

use std::str::FromStr;

use s3s::host::{S3Host, VirtualHost};
use s3s::{S3ErrorCode, S3Result};
use words::BucketName;

use crate::error;

/// WHY: a DNS name (RFC 1035).
const DOMAIN_CHARS_MAX: usize = 253;

/// A name of the door under which buckets have names of their own; lower case, no dot at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(String);

/// Whose pages may ask: scheme, host and port, as browsers write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a name cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontError {
    #[error("a domain has labels a-z, 0-9 and `-` with dots between them, as `s3.epic.example`")]
    Domain,
    #[error("an origin is a scheme and a host, as `https://console.epic.example`")]
    Origin,
}

impl FromStr for Domain {
    type Err = FrontError;

    fn from_str(from: &str) -> Result<Self, FrontError> {
        let is_plain = |label: &str| {
            let is_framed = !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
            is_framed && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        };
        // WHY no number at the end: nobody takes an address for a domain (RFC 3986, 3.2.2).
        let is_number =
            from.rsplit('.').next().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
        let is_domain = from.len() <= DOMAIN_CHARS_MAX && !is_number && from.split('.').all(is_plain);
        if is_domain { Ok(Self(from.to_owned())) } else { Err(FrontError::Domain) }
    }
}

impl FromStr for Origin {
    type Err = FrontError;

    fn from_str(from: &str) -> Result<Self, FrontError> {
        let host = from.strip_prefix("https://").or_else(|| from.strip_prefix("http://"));
        // SPEC: RFC 6454, 6.2: no path, no user, lower case; `null` and `*` are nobody's.
        let is_plain =
            |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b':' | b'[' | b']');
        let is_origin = host.is_some_and(|host| !host.is_empty() && host.bytes().all(is_plain));
        if is_origin { Ok(Self(from.to_owned())) } else { Err(FrontError::Origin) }
    }
}

impl Origin {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The names of a door.
#[derive(Debug, Clone, Default)]
pub struct Front {
    domains: Vec<Domain>,
    origins: Vec<Origin>,
}

impl Front {
    pub fn new(mut domains: Vec<Domain>, origins: Vec<Origin>) -> Self {
        // WHY the longest first: `raw.eu.s3.example` is a bucket of `eu.s3.example`, not of `s3.example`.
        domains.sort_by_key(|domain| std::cmp::Reverse(domain.0.len()));
        Self { domains, origins }
    }

    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The bucket that a host names; none where the path does, as under every name that is not ours.
    pub fn bucket(&self, host: &str) -> S3Result<Option<String>> {
        let name = without_port(host).to_ascii_lowercase();
        let name = name.strip_suffix('.').unwrap_or(&name);
        if self.domains.iter().any(|domain| domain.0 == name) {
            return Ok(None);
        }
        let before = |domain: &Domain| name.strip_suffix(&domain.0)?.strip_suffix('.').map(str::to_owned);
        let Some(bucket) = self.domains.iter().find_map(before) else {
            return Ok(None);
        };
        let bucket: BucketName = bucket.parse().map_err(|problem: words::name::NameError| {
            error::invalid(S3ErrorCode::InvalidBucketName, problem.to_string())
        })?;
        Ok(Some(bucket.as_str().to_owned()))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    }
}

impl S3Host for Front {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let virtual_host = VirtualHost::new(host);
        Ok(match self.bucket(host)? {
            Some(bucket) => virtual_host.with_bucket(bucket),
            None => virtual_host,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn front() -> Front {
        let domains = ["s3.example", "eu.s3.example"].map(|domain| domain.parse().unwrap());
        Front::new(domains.to_vec(), Vec::new())
    }

    // Goal: a host names one bucket or none. Method: what an attacker would write there.
    #[test]
    fn a_host_names_one_bucket_or_none() {
        for (host, expected) in [
            ("s3.example", Ok(None)),
            ("s3.example:9000", Ok(None)),
            ("S3.EXAMPLE.", Ok(None)),
            ("raw.s3.example", Ok(Some("raw"))),
            ("RAW.s3.Example.:443", Ok(Some("raw"))),
            ("a.b.s3.example", Ok(Some("a.b"))),
            ("eu.s3.example", Ok(None)),
            ("raw.eu.s3.example", Ok(Some("raw"))),
            ("xs3.example", Ok(None)),
            ("raw.s3.example.evil.example", Ok(None)),
            ("s3.example..", Ok(None)),
            ("127.0.0.1:9000", Ok(None)),
            ("[::1]:9000", Ok(None)),
            ("", Ok(None)),
            (".s3.example", Err(())),
            ("..s3.example", Err(())),
            ("a..b.s3.example", Err(())),
            ("ra.s3.example", Err(())),
            ("-raw.s3.example", Err(())),
            ("raw%2Fkey.s3.example", Err(())),
            ("user@raw.s3.example", Err(())),
            ("raw:80.s3.example", Err(())),
        ] {
            let found = front().bucket(host).map_err(drop);
            assert_eq!(found, expected.map(|bucket| bucket.map(str::to_owned)), "{host}");
        }
        assert_eq!(Front::default().bucket("raw.s3.example").unwrap(), None, "no domain, no bucket");
    }

    #[test]
    fn what_is_no_domain_or_origin_is_refused() {
        for domain in
            ["", "S3.example", "s3.example.", ".example", "s3.example:9000", "*.example", "10.0.0.1"]
        {
            assert_eq!(domain.parse::<Domain>(), Err(FrontError::Domain), "{domain}");
        }
        for origin in
            ["*", "null", "console.example", "https://", "https://a/b", "https://u@a", "https://A", "ftp://a"]
        {
            assert_eq!(origin.parse::<Origin>(), Err(FrontError::Origin), "{origin}");
        }
        assert!("https://console.example:8443".parse::<Origin>().is_ok());
    }
}
