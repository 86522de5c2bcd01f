//! Addresses: absolute, of few schemes, in ASCII.
//!
//! It exists so that no text becomes an address by chance, and no address ends the line it is written in: what could is
//! percent-encoded, what cannot be mended is refused. It never resolves, fetches or shortens one.
//!
//! SPEC: RFC 3986, 2 and 3; RFC 3987, 3.1 (to a URI); RFC 8141, 2 (URN).

use std::fmt;

/// WHY: what browsers, proxies and catalogues carry without cutting it.
pub const IRI_BYTES_MAX: usize = 2_048;

/// An absolute `http`, `https` or `urn` address, written so that it needs no escape in Turtle, JSON, HTML or a header.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iri(String);

/// Why a text is no address of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IriError {
    #[error("an address is longer than {IRI_BYTES_MAX} bytes")]
    Long,
    #[error("an address starts with `https:`, `http:` or `urn:`")]
    Scheme,
    #[error("an address names a host in ASCII, without a name or password before it")]
    Host,
    #[error("a path holds `.` or `..` as a part")]
    Dots,
    #[error("a URN is `urn:`, a name, and more without `/`, `?` and `#`")]
    Urn,
}

impl Iri {
    /// Reads an address; what may not stand in one is percent-encoded as UTF-8.
    pub fn parse(text: &str) -> Result<Self, IriError> {
        if text.len() > IRI_BYTES_MAX {
            return Err(IriError::Long);
        }
        let (scheme, rest) = text.split_once(':').ok_or(IriError::Scheme)?;
        let written = match scheme.to_ascii_lowercase().as_str() {
            scheme @ ("http" | "https") => format!("{scheme}://{}", web(rest)?),
            "urn" => format!("urn:{}", urn(rest)?),
            _ => return Err(IriError::Scheme),
        };
        if written.len() > IRI_BYTES_MAX { Err(IriError::Long) } else { Ok(Self(written)) }
    }

    /// One that this crate made of constants and checked parts.
    pub(crate) fn known(written: String) -> Self {
        Self(written)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A part of what this names, for a node that has no address of its own.
    pub(crate) fn part(&self, name: &str) -> Self {
        let mark = if self.0.contains('#') { '-' } else { '#' };
        Self(format!("{}{mark}{name}", self.0))
    }
}

impl fmt::Display for Iri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Iri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

/// What follows `https:`.
fn web(rest: &str) -> Result<String, IriError> {
    let rest = rest.strip_prefix("//").ok_or(IriError::Host)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at_checked(end).ok_or(IriError::Host)?;
    let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, end)| (rest, Some(end)));
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    // WHY: some readers take such parts out and some do not, so one address would become two.
    if path.split('/').any(is_dots) {
        return Err(IriError::Dots);
    }
    let mut written = authority(host)?;
    // WHY: readers differ in whether an empty path is one.
    written.push_str(if path.is_empty() { "/" } else { "" });
    encode(&mut written, path, b"/");
    for (mark, part) in [('?', query), ('#', fragment)] {
        if let Some(part) = part {
            written.push(mark);
            encode(&mut written, part, b"/?");
        }
    }
    Ok(written)
}

/// Whether a segment is `.` or `..`, also in its encoded form.
fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

/// A host, and perhaps a port.
fn authority(text: &str) -> Result<String, IriError> {
    let text = text.to_ascii_lowercase();
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, port)) => {
            let is_six = inside.parse::<std::net::Ipv6Addr>().is_ok();
            (is_six, port.strip_prefix(':').map_or(port.is_empty(), is_port))
        }
        None => {
            let (host, port) =
                text.split_once(':').map_or((text.as_str(), None), |(host, port)| (host, Some(port)));
            (is_name(host), port.is_none_or(is_port))
        }
    };
    if host && port { Ok(text) } else { Err(IriError::Host) }
}

/// WHY: a name with other letters is written as `xn--` by who knows it; to encode it here would name another host.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    !host.is_empty() && host.split('.').all(is_label)
}

fn is_port(port: &str) -> bool {
    port.parse::<u16>().is_ok_and(|number| number > 0) && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// What follows `urn:`.
fn urn(rest: &str) -> Result<String, IriError> {
    let (name, specific) = rest.split_once(':').ok_or(IriError::Urn)?;
    let is_named = (2..=32).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if !is_named || specific.is_empty() || specific.contains(['/', '?', '#']) {
        return Err(IriError::Urn);
    }
    let mut written = format!("{}:", name.to_ascii_lowercase());
    encode(&mut written, specific, b"");
    Ok(written)
}

/// Writes a part: what RFC 3986 allows everywhere and `also` as they are, escapes as they are, all else encoded.
fn encode(written: &mut String, part: &str, also: &[u8]) {
    let bytes = part.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let is_escape = byte == b'%'
            && bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
        let is_plain = byte.is_ascii_alphanumeric()
            || b"-._~!$&'()*+,;=:@".contains(&byte)
            || also.contains(&byte)
            || is_escape;
        if is_plain {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("%{byte:02X}"));
        }
    }
}
