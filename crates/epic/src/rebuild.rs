//! `epic rebuild`: folds every ledger anew, offline. The repair for any index.

use clap::ArgMatches;
use data_encoding::BASE64;
use region::cell::fold::Fault;
use region::region::StartError;
use region::{Ground, OpenError, Parts};
use serde_json::{Value, json};
use web::client::Answer;
use words::Id;
use words::noun::Cell;

use crate::failure::Failure;
use crate::settings::Settings;
use crate::{ask, found, print};

pub fn rebuild(matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let parts = found::places(matches)?.parts(found::passphrase(matches))?;
    let told = ask::wait(all(parts))?;
    print::answer(&Answer::own(Value::Array(told)), settings)
}

async fn all(parts: Parts) -> Result<Vec<Value>, Failure> {
    let ground = ground(parts)?;
    let cells = ground.bucket.cells().await.map_err(|error| failed(&error))?;
    let mut told = Vec::new();
    for cell in cells {
        told.push(one(&ground, cell).await?);
    }
    Ok(told)
}

/// Folds one ledger into a fresh generation and removes the older ones.
async fn one(ground: &Ground, cell: Id<Cell>) -> Result<Value, Failure> {
    let older = ground.shelf.generations(cell).await.map_err(|error| failed(&error))?;
    let generation = older.last().map_or(1, |newest| newest + 1);
    let replayed = match ground.rebuild(cell, generation).await {
        Ok(replayed) => replayed,
        // WHY no failure: an erased project's ledger is still verified; its rows are gone for good.
        Err(OpenError::Fault { fault: Fault::KeyMissing { seq }, .. }) => {
            return Ok(
                json!({ "cell": cell.to_string(), "state": format!("keys destroyed, closed from commit {seq} on") }),
            );
        }
        Err(error) => {
            return Err(Failure::chain(
                &error,
                "see where: `epic ledger verify`; then restore the bucket from its copy",
            ));
        }
    };
    replayed.index.close().await.map_err(|error| failed(&error))?;
    for old in older {
        ground.shelf.remove(cell, old).await.map_err(|error| failed(&error))?;
    }
    let head = replayed.head;
    Ok(json!({
        "cell": cell.to_string(),
        "state": "folded",
        "commits": head.next_seq,
        "leaves": head.frontier.size(),
        "root": BASE64.encode(&head.frontier.root().0),
    }))
}

fn ground(parts: Parts) -> Result<Ground, Failure> {
    region::region::ground(parts).map_err(|error| match error {
        StartError::Unfounded => {
            Failure::yours("this custody holds no region's key", "name the custody that belongs to it")
        }
        StartError::Custody(cause) => cause.into(),
        other => found::start(other),
    })
}

fn failed(error: &dyn std::error::Error) -> Failure {
    Failure::chain(error, "check the disk that data lie on")
}
