//! EPIC and its peers, in turns in one run, on one file system: A B C, A B C ...
//!
//! Medians of rounds; processor time of server and client apart. All servers
//! stay up, one works at a time, and what one left unsynced is synced before
//! the next begins.

use std::process::Command;

use anyhow::ensure;
use tokio::time::Instant;

use super::load::{Order, Outcome, WITHOUT_END, What};
use super::server::Server;
use super::world;

const MIB: u64 = 1 << 20;
/// WHY: large streams are bounded by bytes, small requests by time.
const STREAM_BYTES: u64 = 256 * MIB;
const STREAMS_MAX: u64 = 2;
const SMALL_BYTES: u64 = 4 << 10;
/// Keys that lie ready to be read.
const KNOWN_STREAMS: u64 = 2;
const KNOWN_SMALL: u64 = 1_024;
/// WHY: S3's page.
const LISTED: u64 = 1_000;

/// Buckets that every server has.
pub const BUCKETS: [&str; 3] = ["streams", "small", "listed"];

/// One line of the table.
pub struct Scenario {
    what: What,
    clients: u64,
    size_bytes: u64,
}

impl Scenario {
    pub fn all() -> Vec<Self> {
        let stream = |what| Self { what, clients: 1, size_bytes: STREAM_BYTES };
        let mut all = vec![stream(What::Put), stream(What::Parts), stream(What::Get)];
        for what in [What::Put, What::Get, What::Head] {
            all.extend([1, 16, 64].map(|clients| Self { what, clients, size_bytes: SMALL_BYTES }));
        }
        all.extend([1, 16].map(|clients| Self { what: What::List, clients, size_bytes: 0 }));
        all
    }

    const fn is_stream(&self) -> bool {
        self.size_bytes == STREAM_BYTES
    }

    pub fn name(&self) -> String {
        let clients = self.clients;
        let size = if self.is_stream() { "256 MiB" } else { "4 KiB" };
        match self.what {
            What::Put => format!("PUT {size}, {clients}"),
            What::Parts => format!("PUT {size} in parts, {clients}"),
            What::Get => format!("GET {size}, {clients}"),
            What::Head => format!("HEAD, {clients}"),
            What::List => format!("LIST 1,000 keys, {clients}"),
        }
    }

    fn order(&self, server: &Server, seconds: f64, round: u32) -> Order {
        let is_write = matches!(self.what, What::Put | What::Parts);
        let (bucket, keys) = match (self.what, self.is_stream()) {
            (What::List, _) => ("listed", LISTED),
            (_, true) => ("streams", KNOWN_STREAMS),
            (_, false) => ("small", KNOWN_SMALL),
        };
        let prefix = match is_write {
            true => format!("{:?}-{}-{round}", self.what, self.clients).to_lowercase(),
            false => "known".to_owned(),
        };
        Order {
            to: server.to,
            access: server.access.clone(),
            bucket: bucket.to_owned(),
            what: self.what,
            clients: self.clients,
            seconds,
            requests_max: if self.is_stream() { STREAMS_MAX } else { u64::MAX },
            size_bytes: self.size_bytes,
            prefix,
            keys,
        }
    }

    /// What is counted: megabytes for streams, else requests.
    fn rate(&self, seen: &Seen) -> f64 {
        let counted = if self.is_stream() { seen.done.bytes as f64 / 1e6 } else { seen.done.requests as f64 };
        counted / seen.done.seconds
    }
}

/// One measurement.
#[derive(Clone, Default)]
struct Seen {
    done: Outcome,
    server_cpu: f64,
    /// How long the disk took afterwards to hold what the server had answered for.
    sync_seconds: f64,
}

/// Runs the load client as a process of its own.
pub fn load(order: &Order) -> anyhow::Result<Outcome> {
    let own = std::env::current_exe()?;
    let told = Command::new(own).arg("load").arg(serde_json::to_string(order)?).output()?;
    ensure!(told.status.success(), "the load client: {}", String::from_utf8_lossy(&told.stderr));
    Ok(serde_json::from_slice(&told.stdout)?)
}

/// Puts what is read later.
pub fn fill(server: &Server) -> anyhow::Result<()> {
    for (bucket, size_bytes, count, clients) in [
        ("streams", STREAM_BYTES, KNOWN_STREAMS, 1),
        ("small", SMALL_BYTES, KNOWN_SMALL, 16),
        ("listed", SMALL_BYTES, LISTED, 16),
    ] {
        load(&Order {
            to: server.to,
            access: server.access.clone(),
            bucket: bucket.to_owned(),
            what: What::Put,
            clients,
            seconds: WITHOUT_END,
            requests_max: count,
            size_bytes,
            prefix: "known".to_owned(),
            keys: 0,
        })?;
    }
    Ok(())
}

fn measure(scenario: &Scenario, server: &Server, seconds: f64, round: u32) -> anyhow::Result<Seen> {
    sync()?;
    let before = world::cpu_seconds(server.process.pid())?;
    let done = load(&scenario.order(server, seconds, round))?;
    let server_cpu = world::cpu_seconds(server.process.pid())? - before;
    let started = Instant::now();
    sync()?;
    Ok(Seen { done, server_cpu, sync_seconds: started.elapsed().as_secs_f64() })
}

pub fn sync() -> anyhow::Result<()> {
    ensure!(Command::new("sync").status()?.success(), "cannot sync");
    Ok(())
}

/// All scenarios; the first server is the one the others are compared with.
pub fn race(servers: &[Server], scenarios: &[Scenario], rounds: u32, seconds: f64) -> anyhow::Result<String> {
    let mut table = String::from(
        "| what, clients | server | rate | p50 ms | p99 ms | server CPU | client CPU | then sync s | EPIC is |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for scenario in scenarios {
        let mut seen: Vec<Vec<Seen>> = vec![Vec::new(); servers.len()];
        for round in 0..rounds {
            for (server, seen) in servers.iter().zip(&mut seen) {
                seen.push(measure(scenario, server, seconds, round)?);
            }
        }
        let rates: Vec<f64> = seen.iter().map(|seen| middle(seen, |seen| scenario.rate(seen))).collect();
        for ((server, seen), rate) in servers.iter().zip(&seen).zip(&rates) {
            let line = row(scenario, &server.name, seen, rates.first().copied().unwrap_or(*rate) / rate);
            eprint!("{line}");
            table += &line;
        }
    }
    Ok(table)
}

fn row(scenario: &Scenario, name: &str, seen: &[Seen], ratio: f64) -> String {
    let rate = middle(seen, |seen| scenario.rate(seen));
    let per = |cpu: f64, seen: &Seen| {
        let counted =
            if scenario.is_stream() { seen.done.bytes as f64 / 1e9 } else { seen.done.requests as f64 / 1e3 };
        cpu / counted
    };
    let (unit, cpu_unit) = if scenario.is_stream() { ("MB/s", "s/GB") } else { ("/s", "ms") };
    let server_cpu = middle(seen, |seen| per(seen.server_cpu, seen));
    let client_cpu = middle(seen, |seen| per(seen.done.cpu_seconds, seen));
    format!(
        "| {} | {name} | {rate:.0} {unit} | {:.2} | {:.2} | {server_cpu:.3} {cpu_unit} | {client_cpu:.3} {cpu_unit} | {:.2} | {ratio:.2}x |\n",
        scenario.name(),
        middle(seen, |seen| seen.done.p50_ms),
        middle(seen, |seen| seen.done.p99_ms),
        middle(seen, |seen| seen.sync_seconds),
    )
}

/// The median; of an even number the lower one.
pub fn middle<S>(seen: &[S], of: impl Fn(&S) -> f64) -> f64 {
    let mut values: Vec<f64> = seen.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}
