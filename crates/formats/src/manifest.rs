//! Checksum manifests: lines of a digest and a path.
//!
//! It exists so that a delivery that brings its own checksums is compared with them. It computes no digest and opens no file:
//! what was received is told by who received it.
//!
//! SPEC: GNU coreutils `md5sum` and kin; BSD's tagged form; RFC 8493 (BagIt), 2.1.3.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// By what a digest was made; told by its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Digest {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    fn of(hex: &str) -> Option<Self> {
        let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        match (is_hex, hex.len()) {
            (true, 32) => Some(Self::Md5),
            (true, 40) => Some(Self::Sha1),
            (true, 64) => Some(Self::Sha256),
            (true, 96) => Some(Self::Sha384),
            (true, 128) => Some(Self::Sha512),
            _ => None,
        }
    }

    pub fn code(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub digest: Digest,
    /// Lower case.
    pub hex: String,
    pub path: String,
}

/// A line of a manifest, if it is one.
pub fn line(line: &str) -> Option<Entry> {
    let line = line.trim_end_matches(['\r', '\n']);
    if let Some(entry) = tagged(line) {
        return Some(entry);
    }
    let (escaped, line) = line.strip_prefix('\\').map_or((false, line), |rest| (true, rest));
    let (hex, rest) = line.split_once([' ', '\t'])?;
    let digest = Digest::of(hex)?;
    let path = rest.trim_start_matches([' ', '\t']);
    let path = path.strip_prefix('*').unwrap_or(path);
    let path = if escaped { path.replace("\\n", "\n").replace("\\\\", "\\") } else { path.to_owned() };
    (!path.is_empty()).then(|| Entry { digest, hex: hex.to_lowercase(), path })
}

/// `SHA256 (path) = hex`.
fn tagged(line: &str) -> Option<Entry> {
    let (head, hex) = line.rsplit_once(") = ")?;
    let (_, path) = head.split_once(" (")?;
    let digest = Digest::of(hex)?;
    (!path.is_empty()).then(|| Entry { digest, hex: hex.to_lowercase(), path: path.to_owned() })
}

/// Whether a path stays where it is unpacked: relative, without `..`, drive or control signs.
pub fn is_safe(path: &str) -> bool {
    let is_rooted = path.starts_with(['/', '\\']) || path.get(1..2) == Some(":");
    let has_up = path.split(['/', '\\']).any(|part| part == "..");
    !is_rooted && !has_up && !path.chars().any(char::is_control)
}

/// What came of a comparison; paths only, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    pub agreed: BTreeSet<String>,
    /// Named and received, with another digest.
    pub differ: BTreeSet<String>,
    /// Named, not received.
    pub missing: BTreeSet<String>,
    /// Received without a digest of that kind.
    pub unknown: BTreeSet<String>,
    /// Received, not named.
    pub extra: BTreeSet<String>,
}

impl Compared {
    /// Whether everything that was named arrived as it was named.
    pub fn holds(&self) -> bool {
        self.differ.is_empty() && self.missing.is_empty() && self.unknown.is_empty()
    }
}

/// Compares what a manifest names with what was received: for each path, digests by kind in lower hex.
pub fn compare(entries: &[Entry], received: &BTreeMap<String, BTreeMap<Digest, String>>) -> Compared {
    let mut compared = Compared::default();
    for entry in entries {
        let path = entry.path.strip_prefix("./").unwrap_or(&entry.path);
        let into = match received.get(path).map(|digests| digests.get(&entry.digest)) {
            None => &mut compared.missing,
            Some(None) => &mut compared.unknown,
            Some(Some(hex)) if *hex == entry.hex => &mut compared.agreed,
            Some(Some(_)) => &mut compared.differ,
        };
        into.insert(path.to_owned());
    }
    let named: BTreeSet<&str> =
        entries.iter().map(|entry| entry.path.strip_prefix("./").unwrap_or(&entry.path)).collect();
    compared.extra = received.keys().filter(|path| !named.contains(path.as_str())).cloned().collect();
    compared
}
