//! `epic tour`: the main job lived in a running region, step by step.
//!
//! It speaks through the same endpoint as every person, with keys it made for
//! the persons of the story, and shows each refusal with its reason. It must
//! never do what a person could not.

mod acc;
mod harmony;
mod house;
mod next;
mod planet;
mod stage;
mod tamper;

use std::path::PathBuf;

use clap::ArgMatches;
use words::{Act, Reason};

use crate::ask;
use crate::failure::Failure;
use crate::settings::Settings;
use stage::Stage;

/// Lives the story, or shows what happens to a changed ledger.
pub fn tour(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    if let Some(("tamper", of_tamper)) = matches.subcommand() {
        return tamper::tamper(of_tamper, settings);
    }
    ask::wait(live(matches, settings))
}

async fn live(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let seed = matches.get_one::<u64>("seed").copied().unwrap_or(1);
    let mut stage = Stage::open(settings, PathBuf::from(text("people")), seed).await?;
    house::open(&mut stage).await?;
    planet::live(&mut stage).await?;
    harmony::live(&mut stage).await?;
    acc::live(&mut stage).await?;
    next::show(&mut stage, &text("s3-url"), &text("s3-inside-url")).await
}

/// What a step of the story is about: who does which act with which fields.
struct Step<'a> {
    who: &'a str,
    act: Act,
    fields: serde_json::Value,
    /// Told in the story's own words.
    says: String,
}

impl<'a> Step<'a> {
    fn new(who: &'a str, act: Act, fields: serde_json::Value, says: impl Into<String>) -> Self {
        Self { who, act, fields, says: says.into() }
    }
}

/// The refusal that the story expects, and that the region must give.
type Expected = Reason;
