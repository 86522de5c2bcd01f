//! Asking a running region for an act.

use std::path::Path;

use clap::ArgMatches;
use serde_json::Value;
use web::client::Client;
use words::Act;
use words::act::Body;

use crate::failure::Failure;
use crate::settings::Settings;
use crate::{fields, print, transfer};

/// Does the act that a command names.
pub fn run(noun: &str, verb: &str, matches: &ArgMatches, settings: &Settings) -> Result<(), Failure> {
    let act = Act::parse(&format!("{noun}.{verb}"));
    let act = act.ok_or_else(|| Failure::yours(format!("no act `{noun} {verb}`"), "see `epic --help`"))?;
    let asked = fields::with_hidden(act.row(), fields::read(act.row(), matches))?;
    let file = matches.try_get_one::<String>("file").ok().flatten().map(String::as_str);
    let client = settings.client()?;
    wait(call(&client, act, &asked, file, settings))
}

/// Runs what waits for the network, on this thread.
pub fn wait<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|cause| Failure::chain(&cause, "free some memory or file descriptors"))?;
    runtime.block_on(work)
}

async fn call(
    client: &Client,
    act: Act,
    fields: &Value,
    file: Option<&str>,
    settings: &Settings,
) -> Result<(), Failure> {
    let answer = match act.row().body {
        Body::None => client.perform(act, fields).await?,
        Body::Upload => transfer::send(client, act, fields, file.unwrap_or("-")).await?,
        Body::Download => {
            let download = client.download(act, fields).await?;
            return transfer::receive(download, file.map(Path::new)).await;
        }
    };
    print::answer(&answer, settings)
}
