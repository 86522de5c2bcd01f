//! What a data folder says of its region, in clear: name and format.
//!
//! No secret: the name stands in every checkpoint. Format 1 said the name alone,
//! as `name`; from format 2 on it is `region`, so that a release that knows no
//! formats does not take a newer region for its own.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use region::format::FORMAT;
use serde::{Deserialize, Serialize};

use crate::elsewhere::Elsewhere;
use crate::failure::Failure;

const ABOUT: &str = "region.json";

/// The way out of a downgrade.
pub const NEWER: &str = "bring it up with the release that wrote it, or a newer one: an older one would forget what it does not know";

#[derive(Debug, Serialize, Deserialize)]
struct About {
    /// Of format 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<u32>,
    /// Where the bucket is, unless it is the folder beside this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bucket: Option<Elsewhere>,
}

/// What a data folder says, as far as others need it.
pub struct Known {
    pub name: String,
    pub bucket: Option<Elsewhere>,
}

/// Name and format as a text says them.
fn parse(text: &str) -> Result<(Known, u32), String> {
    let about: About = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let format = about.format.unwrap_or(1);
    let name = if format > 1 { about.region } else { about.name };
    let bucket = about.bucket;
    name.map(|name| (Known { name, bucket }, format)).ok_or_else(|| "it names no region".to_owned())
}

/// The region's name as its folder says it; for fuzzing.
pub fn name_in(text: &str) -> Option<String> {
    parse(text).ok().map(|(known, _)| known.name)
}

fn place(data: &Path) -> PathBuf {
    data.join(ABOUT)
}

pub fn is_there(data: &Path) -> bool {
    place(data).exists()
}

/// What a folder says, if this release knows its format.
pub fn read(data: &Path) -> Result<Known, Failure> {
    let place = place(data);
    let text = std::fs::read_to_string(&place).map_err(|cause| {
        let mut failure = Failure::file("read", &place, &cause);
        failure.hint = "make a region here first: `epic init`".to_owned();
        failure
    })?;
    let parsed = parse(&text).map_err(|why| {
        let says = format!("cannot read `{}`: {why}", place.display());
        Failure::ours(says, "write its name again, as checkpoints have it: `{\"name\":\"..\"}`")
    });
    let (known, format) = parsed?;
    match format > FORMAT {
        true => Err(Failure::yours(
            format!("the region is written in format {format}, this release knows formats up to {FORMAT}"),
            NEWER,
        )),
        false => Ok(known),
    }
}

/// Writes name and format down, whole or not at all, to outlive a power cut.
///
/// WHY the bucket as it was: a command that names none means the one that is known.
pub fn write(data: &Path, name: &str, bucket: Option<&Elsewhere>) -> Result<(), Failure> {
    let there = std::fs::read_to_string(place(data)).unwrap_or_default();
    let known = parse(&there).ok().and_then(|(known, _)| known.bucket);
    let bucket = bucket.cloned().or(known);
    let about = About { name: None, region: Some(name.to_owned()), format: Some(FORMAT), bucket };
    let text = serde_json::to_string(&about).map_err(|cause| Failure::chain(&cause, ""))? + "\n";
    let place = place(data);
    if there == text {
        return Ok(());
    }
    let written = || -> std::io::Result<()> {
        std::fs::create_dir_all(data)?;
        let staged = data.join("region.json.new");
        let mut file = File::create(&staged)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&staged, &place)?;
        File::open(data)?.sync_all()
    };
    written().map_err(|cause| Failure::file("write", &place, &cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_read() {
        let of = |name: &str, format| Ok((name.to_owned(), format));
        let parse = |text| parse(text).map(|(known, format)| (known.name, format));
        assert_eq!(parse(r#"{"name":"a"}"#), of("a", 1));
        assert_eq!(parse(r#"{"format":2,"region":"a"}"#), of("a", 2));
        assert_eq!(parse(r#"{"format":9,"region":"a","more":1}"#), of("a", 9));
        for wrong in [r#"{"region":"a"}"#, r#"{"format":2,"name":"a"}"#, "{}", "", "[]"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
