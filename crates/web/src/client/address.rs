//! Where a region listens, as a person writes it.

use std::net::{IpAddr, SocketAddr};

use super::CallError;

/// WHY: a name of DNS is no longer.
const HOST_CHARS_MAX: usize = 253;

const LOCALHOST: &str = "localhost";

/// `https://region.example:9010`, or `http://127.0.0.1:9010` on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// A name, or an IP address without brackets.
    host: String,
    port: u16,
    is_secure: bool,
}

impl Address {
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Where to connect. WHY not by the name of this machine: what it leads to is somebody's file.
    pub(crate) fn dial(&self) -> (&str, u16) {
        let host = if self.host == LOCALHOST && !self.is_secure { "127.0.0.1" } else { &self.host };
        (host, self.port)
    }

    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Host and port as the `Host` header has them.
    pub(crate) fn authority(&self) -> String {
        match self.host.parse::<IpAddr>() {
            Ok(ip) => SocketAddr::new(ip, self.port).to_string(),
            Err(_name) => format!("{}:{}", self.host, self.port),
        }
    }

    /// The same without a port that goes without saying: some servers know their name only so.
    pub(crate) fn host_header(&self) -> String {
        let authority = self.authority();
        let usual = if self.is_secure { ":443" } else { ":80" };
        authority.strip_suffix(usual).map_or(authority.clone(), str::to_owned)
    }

    /// As a browser would say where it is (RFC 6454, 6.2).
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}", self.host_header())
    }

    /// WHY loopback only: a signed request in clear on a network could be read by others.
    fn plain(text: &str) -> Option<Self> {
        let (is_named, text) = match text.strip_prefix(LOCALHOST) {
            Some(rest) => (true, format!("127.0.0.1{rest}")),
            None => (false, text.to_owned()),
        };
        let address: SocketAddr = text.parse().ok()?;
        let read = Self::from(address);
        // WHY its name is kept: whoever is there may be known by it alone.
        let host = if is_named { LOCALHOST.to_owned() } else { read.host.clone() };
        address.ip().is_loopback().then_some(Self { host, ..read })
    }

    fn secure(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Some(Self { is_secure: true, ..Self::from(address) });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (text, 443),
        };
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        let is_name = !host.is_empty() && host.len() <= HOST_CHARS_MAX && host.bytes().all(is_host);
        is_name.then(|| Self { host: host.to_ascii_lowercase(), port, is_secure: true })
    }
}

impl std::str::FromStr for Address {
    type Err = CallError;

    fn from_str(from: &str) -> Result<Self, CallError> {
        let text = from.strip_suffix('/').unwrap_or(from);
        let read = match text.strip_prefix("https://") {
            Some(text) => Self::secure(text),
            None => Self::plain(text.strip_prefix("http://").unwrap_or(text)),
        };
        read.ok_or_else(|| CallError::Address(from.to_owned()))
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self { host: address.ip().to_string(), port: address.port(), is_secure: false }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        write!(out, "{scheme}://{}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: what is spoken in clear stays on this machine. Method: both schemes, near and far, and what is no address.
    #[test]
    fn in_clear_only_on_this_machine() {
        for (text, expected) in [
            ("http://127.0.0.1:9010", Some("http://127.0.0.1:9010")),
            ("localhost:9010/", Some("http://localhost:9010")),
            ("http://localhost.example:9010", None),
            ("http://[::1]:9010", Some("http://[::1]:9010")),
            ("https://127.0.0.1:9010", Some("https://127.0.0.1:9010")),
            ("https://Region.example", Some("https://region.example:443")),
            ("https://region.example:9010/", Some("https://region.example:9010")),
            ("https://[2001:db8::1]:9010", Some("https://[2001:db8::1]:9010")),
            ("http://region.example:9010", None),
            ("http://192.0.2.1:9010", None),
            ("region.example:9010", None),
            ("https://region.example:9010/acts", None),
            ("https://somebody@region.example", None),
            ("https://region.example:99999", None),
            ("https://", None),
            ("", None),
        ] {
            let read = text.parse::<Address>().ok().map(|address| address.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
