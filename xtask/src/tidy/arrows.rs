//! Arrows only point down, and heavy parts stay behind their wall.
//!
//! Both tables of DESIGN 3 are here and nowhere else. What is not in them is
//! refused, so that a new crate starts by finding its place.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::tidy::fault::Fault;

/// Each crate and its floor; an arrow goes to a lower floor.
const FLOORS: &[(&str, u8)] = &[
    ("words", 0),
    ("seal", 1),
    ("paper", 1),
    ("formats", 1),
    ("privacy", 1),
    ("dcat", 1),
    ("search", 1),
    ("store", 1),
    ("gate", 1),
    ("region", 2),
    ("recipes", 1),
    ("query", 3),
    ("flow", 3),
    ("isms", 3),
    ("engines", 3),
    ("listen", 3),
    ("s3", 4),
    ("web", 4),
    ("science", 4),
    ("edge", 4),
    ("epic", 5),
    ("trial", 6),
    ("xtask", 6),
];

/// Arrows along a floor, and why.
const SIDEWAYS: &[(&str, &str)] = &[
    // Keys and sealed index files are bytes to bytes.
    ("store", "seal"),
    // Signatures and derived secrets are bytes to bytes.
    ("gate", "seal"),
    // What is made of tables stands on what tables are, and on whom they name.
    ("recipes", "formats"),
    ("recipes", "privacy"),
];

/// Outside crates that only some of ours may name.
const WALLS: &[(&str, &[&str])] = &[
    ("object_store", &["store"]),
    ("slatedb", &["store"]),
    ("argon2", &["seal"]),
    ("cryptoki", &["store"]),
    ("cedar-policy", &["gate"]),
    ("jsonwebtoken", &["gate"]),
    ("datafusion", &["query"]),
    // The binary draws its chance from it; the gate's tests make the keys of identity providers with it; signatures made
    // outside are verified with it.
    ("aws-lc-rs", &["seal", "epic", "gate", "paper", "privacy"]),
    ("krilla", &["paper"]),
    ("rustls-webpki", &["paper"]),
    ("x25519-dalek", &["seal"]),
    ("quick-xml", &["store", "formats"]),
    // Parsers of what arrives stay behind the crate that runs out of process.
    ("bzip2", &["formats"]),
    ("hayro-syntax", &["formats"]),
    ("ruzstd", &["formats"]),
    ("rustix", &["formats"]),
    ("snap", &["formats"]),
    // What writes columns stays behind the crate that runs out of process.
    ("parquet", &["recipes"]),
    ("s3s", &["s3"]),
    // An index of contents lies in memory only: one crate sees to it.
    ("tantivy", &["search"]),
    // The store speaks HTTP to an S3 server.
    ("hyper", &["store", "listen", "s3", "web", "epic", "trial"]),
    ("hyper-util", &["store", "listen", "s3", "web", "epic", "trial"]),
    ("lettre", &["web"]),
    // Other people's readers of RDF judge what we write; nothing of ours reads it.
    ("oxjsonld", &["dcat"]),
    ("oxrdf", &["dcat"]),
    ("oxttl", &["dcat"]),
    ("axum", &["s3", "web", "science", "edge"]),
    ("clap", &["epic"]),
    ("anyhow", &["epic", "trial", "xtask"]),
];

/// One crate of ours and what it names, in any of its sections.
#[derive(Debug)]
pub struct Crate {
    pub name: String,
    pub names: Vec<String>,
}

/// What cargo says of our crates.
pub fn crates(root: &Path) -> anyhow::Result<Vec<Crate>> {
    let told = Command::new("cargo")
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("cannot start `cargo metadata`")?;
    ensure!(told.status.success(), "`cargo metadata` failed");
    let told: Value = serde_json::from_slice(&told.stdout).context("cannot read `cargo metadata`")?;
    let packages = told["packages"].as_array().context("`cargo metadata` names no packages")?;
    Ok(packages.iter().map(read).collect())
}

fn read(package: &Value) -> Crate {
    let text = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let dependencies = package["dependencies"].as_array();
    Crate { name: text(package), names: dependencies.into_iter().flatten().map(text).collect() }
}

/// Every arrow that does not point down and every name over a wall.
pub fn find(crates: &[Crate]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for from in crates {
        if floor(&from.name).is_none() {
            let says = format!("`{}` has no floor in xtask/src/tidy/arrows.rs", from.name);
            faults.push(Fault::new(&place(&from.name), 0, "arrow", says));
        }
        let refused = from.names.iter().filter_map(|to| refuse(&from.name, to));
        faults.extend(refused.map(|(rule, says)| Fault::new(&place(&from.name), 0, rule, says)));
    }
    faults
}

fn refuse(from: &str, to: &str) -> Option<(&'static str, String)> {
    if let (Some(high), Some(low)) = (floor(from), floor(to)) {
        let is_down = low < high || SIDEWAYS.contains(&(from, to));
        return (!is_down)
            .then(|| ("arrow", format!("`{from}` may not know `{to}`: arrows only point down")));
    }
    let (_, allowed) = WALLS.iter().find(|(name, _)| *name == to)?;
    let is_behind = allowed.contains(&from);
    (!is_behind).then(|| ("wall", format!("only {} may name `{to}`", allowed.join(", "))))
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

fn place(name: &str) -> String {
    match name {
        "trial" | "xtask" => format!("{name}/Cargo.toml"),
        _ => format!("crates/{name}/Cargo.toml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(name: &str, names: &[&str]) -> Vec<&'static str> {
        let one = Crate { name: name.into(), names: names.iter().map(ToString::to_string).collect() };
        find(&[one]).iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn arrows_down_are_fine_and_up_or_sideways_are_found() {
        assert_eq!(rules("region", &["words", "seal", "store", "gate", "bytes"]), [""; 0]);
        assert_eq!(rules("store", &["seal"]), [""; 0]);
        for (from, to) in
            [("store", "gate"), ("seal", "store"), ("gate", "region"), ("region", "s3"), ("s3", "web")]
        {
            assert_eq!(rules(from, &[to]), ["arrow"], "{from} -> {to}");
        }
    }

    #[test]
    fn names_over_a_wall_are_found() {
        for (from, to) in
            [("region", "slatedb"), ("gate", "object_store"), ("region", "hyper"), ("s3", "cedar-policy")]
        {
            assert_eq!(rules(from, &[to]), ["wall"], "{from} -> {to}");
        }
    }

    #[test]
    fn a_crate_without_a_floor_is_found() {
        assert_eq!(rules("attic", &[]), ["arrow"]);
    }
}
