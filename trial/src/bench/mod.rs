//! The bars: EPIC beside its peers, and its own figures, on the machine at hand.
//!
//! `bars [peers|trees|limits|memory|idle|restart|share|aware]...`, all if none is named;
//! tables as Markdown on standard output. Servers under measurement and the
//! load client are processes of their own. It is the one part of the trials that
//! reads the world, and must never report what it did not measure.

mod aware;
mod house;
mod inside;
mod limits;
mod line;
mod load;
mod own;
mod peer;
mod race;
mod server;
mod sign;
mod trees;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

use house::House;
use race::{BUCKETS, Scenario};
use server::Server;

const ALL: [&str; 8] = ["limits", "peers", "trees", "share", "memory", "idle", "restart", "aware"];

/// What the environment says.
struct Settings {
    /// The binary to measure: `EPIC_BIN`, or the one beside this.
    epic: PathBuf,
    /// Where servers keep their data: `EPIC_BARS_FOLDER`; all on one file system.
    folder: PathBuf,
    /// A folder on a file system mounted to sync every write: `EPIC_BARS_SYNCED`.
    synced: Option<PathBuf>,
    /// Where peers are installed: `EPIC_PEERS`.
    peers: Option<PathBuf>,
    /// Where programs are searched for: the Python clients' folder (`EPIC_VENV`), then the search path.
    path: String,
    rounds: u32,
    seconds: f64,
    objects: u64,
    /// Measure only scenarios of peers that bear this in their name: `EPIC_BARS_ONLY`.
    only: Option<String>,
}

impl Settings {
    fn read() -> anyhow::Result<Self> {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let beside = std::env::current_exe()?.with_file_name("epic");
        let number = |name: &str, default: f64| text(name).map_or(Ok(default), |text| text.parse::<f64>());
        Ok(Self {
            epic: text("EPIC_BIN").map_or(beside, PathBuf::from),
            folder: text("EPIC_BARS_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from).join("epic-bars"),
            synced: text("EPIC_BARS_SYNCED").map(PathBuf::from),
            peers: text("EPIC_PEERS").map(PathBuf::from),
            path: [text("EPIC_VENV").map(|venv| venv + "/bin"), text("PATH")]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(":"),
            rounds: number("EPIC_BARS_ROUNDS", 3.0)? as u32,
            seconds: number("EPIC_BARS_SECONDS", 4.0)?,
            objects: number("EPIC_BARS_OBJECTS", 1e6)? as u64,
            only: text("EPIC_BARS_ONLY"),
        })
    }

    fn peer(&self, name: &str) -> Option<PathBuf> {
        peer::find(name, self.peers.as_deref(), &self.path)
    }
}

/// Reads the command line and measures.
pub fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ended = match words.as_slice() {
        ["load", order] => load::run(order),
        [] => measure(&ALL),
        chosen => measure(chosen),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(chosen: &[&str]) -> anyhow::Result<()> {
    let settings = Settings::read()?;
    anyhow::ensure!(settings.epic.is_file(), "there is no `{}`", settings.epic.display());
    std::fs::create_dir_all(&settings.folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!("{}\n", world::machine());
    for name in chosen {
        let table = runtime.block_on(one(name, &settings)).with_context(|| (*name).to_owned())?;
        println!("## {name}\n\n{table}");
    }
    Ok(std::fs::remove_dir_all(&settings.folder)?)
}

async fn one(name: &str, settings: &Settings) -> anyhow::Result<String> {
    let (epic, folder) = (settings.epic.as_path(), settings.folder.as_path());
    match name {
        "limits" => limits::measure(folder).await,
        "peers" => peers(settings).await,
        "trees" => trees(settings).await,
        "share" => own::share(epic, folder).await,
        "memory" => own::streams(epic, folder).await,
        "idle" => own::idle(epic, folder).await,
        "restart" => own::restart(epic, folder, settings.objects).await,
        "aware" => aware::measure(epic, folder).await,
        other => bail!("`{other}` is not measured here; there are {}", ALL.join(", ")),
    }
}

async fn peers(settings: &Settings) -> anyhow::Result<String> {
    let (servers, absent) = servers(settings, &BUCKETS).await?;
    servers.iter().try_for_each(race::fill)?;
    let mut scenarios = Scenario::all();
    scenarios.retain(|scenario| settings.only.as_ref().is_none_or(|only| scenario.name().contains(only)));
    let table = race::race(&servers, &scenarios, settings.rounds, settings.seconds)?;
    Ok(table + &skipped(&absent))
}

async fn trees(settings: &Settings) -> anyhow::Result<String> {
    let (clients, mut absent) = trees::clients(|name| settings.peer(name));
    let (servers, peers) = servers(settings, &[trees::BUCKET]).await?;
    absent.extend(peers);
    let table = trees::measure(&servers, &clients, &settings.folder, settings.rounds)?;
    Ok(table + &skipped(&absent))
}

/// What is missing here, named.
fn skipped(absent: &[&str]) -> String {
    let told = absent
        .iter()
        .map(|name| format!("\nskipped: `{name}` is not in $EPIC_PEERS/bin or on the search path\n"));
    told.collect()
}

/// EPIC first, then the peers that are installed; the names of those that are not.
async fn servers(settings: &Settings, buckets: &[&str]) -> anyhow::Result<(Vec<Server>, Vec<&'static str>)> {
    let folder = settings.folder.as_path();
    let mut servers = vec![epic(&settings.epic, folder, buckets).await?];
    let mut absent = Vec::new();
    match settings.peer("s3s-fs") {
        Some(binary) => {
            servers.push(peer::s3s_fs(&binary, folder, "s3s-fs (no fsync)", buckets).await?);
            if let Some(synced) = &settings.synced {
                servers.push(peer::s3s_fs(&binary, synced, "s3s-fs (sync mount)", buckets).await?);
            }
        }
        None => absent.push("s3s-fs"),
    }
    match settings.peer("garage") {
        Some(binary) => servers.push(peer::garage(&binary, folder, buckets).await?),
        None => absent.push("garage"),
    }
    Ok((servers, absent))
}

/// EPIC as `./run` starts it, on a fresh folder.
async fn epic(binary: &Path, folder: &Path, buckets: &[&str]) -> anyhow::Result<Server> {
    let mut house = House::found(binary, &folder.join("epic"))?;
    house.up()?;
    let access = house.furnish(buckets).await?;
    let to = house.door("s3_inside")?;
    let process = house.process.take().context("it is not up")?;
    Ok(Server { name: "EPIC (durable, sealed, audited)".to_owned(), to, access, process })
}
