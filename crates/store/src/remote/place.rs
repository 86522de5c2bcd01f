//! Where a bucket lies: `s3://name/prefix` at an endpoint.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ::http::Uri;
use ::http::uri::Scheme;

/// WHY: S3's own bound on names of buckets.
const NAME_BYTES_MAX: usize = 63;
/// WHY: S3 takes names of 1,024 bytes, and ours below it need less than 200.
const PREFIX_BYTES_MAX: usize = 512;

/// Why a bucket cannot lie there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    #[error("`{0}` names no bucket: expected `s3://name` or `s3://name/prefix`")]
    Bucket(String),
    #[error("`{0}` is no endpoint: expected `https://host` or `https://host:port`")]
    Endpoint(String),
    #[error("`{0}` would carry keys and data in clear over a network")]
    Clear(String),
}

/// `s3://name/prefix`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketUrl {
    pub name: String,
    /// Without a slash at either end; empty for the whole bucket.
    pub prefix: String,
}

impl FromStr for BucketUrl {
    type Err = PlaceError;

    fn from_str(from: &str) -> Result<Self, PlaceError> {
        let wrong = || PlaceError::Bucket(from.to_owned());
        let rest = from.strip_prefix("s3://").ok_or_else(wrong)?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"-._".contains(&c);
        let is_name = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain);
        // WHY so plain: it is a folder's name of ours, and goes into every path unescaped.
        let is_prefix = prefix.is_empty()
            || prefix.len() <= PREFIX_BYTES_MAX
                && prefix
                    .split('/')
                    .all(|part| !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain));
        match is_name && is_prefix {
            true => Ok(Self { name: name.to_owned(), prefix: prefix.to_owned() }),
            false => Err(wrong()),
        }
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix.is_empty() {
            true => write!(out, "s3://{}", self.name),
            false => write!(out, "s3://{}/{}", self.name, self.prefix),
        }
    }
}

/// `https://host:port`, or plain `http` to this very machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) is_tls: bool,
}

impl FromStr for Endpoint {
    type Err = PlaceError;

    fn from_str(from: &str) -> Result<Self, PlaceError> {
        let wrong = || PlaceError::Endpoint(from.to_owned());
        let uri: Uri = from.parse().map_err(|_| wrong())?;
        let is_tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(_) | None => return Err(wrong()),
        };
        let has_more = uri.path() != "/" || uri.query().is_some();
        let authority = uri.authority().ok_or_else(wrong)?;
        if has_more || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(wrong());
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        // INVARIANT: keys sign over a clear line only where no network carries it.
        let is_here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        match is_tls || is_here {
            true => {
                Ok(Self { port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }), host, is_tls })
            }
            false => Err(PlaceError::Clear(from.to_owned())),
        }
    }
}

impl Endpoint {
    /// As a `Host` header says it.
    pub(super) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.is_tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(out, "{scheme}://{}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_named_plainly() {
        for (from, name, prefix) in [
            ("s3://epic", "epic", ""),
            ("s3://epic/", "epic", ""),
            ("s3://epic/a/b-1", "epic", "a/b-1"),
            ("s3://epic/a/", "epic", "a"),
        ] {
            let url: BucketUrl = from.parse().unwrap();
            assert_eq!((url.name.as_str(), url.prefix.as_str()), (name, prefix), "{from}");
            assert_eq!(url.to_string().parse::<BucketUrl>().unwrap(), url);
        }
        for from in
            ["epic", "s3:/epic", "s3://", "s3:///a", "s3://e/..", "s3://e/a//b", "s3://e/a b", "s3://a?b"]
        {
            assert!(matches!(from.parse::<BucketUrl>(), Err(PlaceError::Bucket(_))), "{from}");
        }
    }

    #[test]
    fn an_endpoint_is_tls_or_this_machine() {
        for (from, told) in [
            ("https://s3.example", "https://s3.example"),
            ("https://s3.example:443/", "https://s3.example"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
            ("http://[::1]:9000", "http://[::1]:9000"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(from.parse::<Endpoint>().unwrap().to_string(), told, "{from}");
        }
        for from in ["http://s3.example", "http://10.0.0.1:80", "http://127.0.0.1.example"] {
            assert!(matches!(from.parse::<Endpoint>(), Err(PlaceError::Clear(_))), "{from}");
        }
        for from in ["s3.example", "ftp://a", "https://", "https://a/b", "https://a?b", "https://u:p@a"] {
            assert!(matches!(from.parse::<Endpoint>(), Err(PlaceError::Endpoint(_))), "{from}");
        }
    }
}
