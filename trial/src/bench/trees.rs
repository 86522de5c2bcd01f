//! Whole folders by stock clients, to EPIC and to its peers: up, again with nothing to move, down.
//!
//! Clients run as they are installed, with their own defaults. What came down is
//! counted before it is believed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use tokio::time::Instant;

use super::race::{middle, sync};
use super::server::Server;
use super::world;

/// WHY: what a sequencing run or a cohort's export looks like: many small files, and few that hold most bytes.
const FOLDERS: usize = 40;
const FILES_PER_FOLDER: usize = 50;
const SMALL_BYTES: usize = 4 << 10;
const BIG_FILES: usize = 4;
const BIG_BYTES: usize = 64 << 20;
const FILES: usize = FOLDERS * FILES_PER_FOLDER + BIG_FILES;

/// The bucket that every server has.
pub const BUCKET: &str = "trees";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Up,
    /// Once more, with nothing to move.
    Again,
    Down,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Rclone,
    S5cmd,
}

/// A stock client that is installed here.
pub struct Client {
    kind: Kind,
    binary: PathBuf,
}

/// One run.
#[derive(Clone)]
struct Seen {
    seconds: f64,
    server_cpu: f64,
    client_cpu: f64,
    sync_seconds: f64,
}

/// The clients that `find` finds, and the names of those that it does not.
pub fn clients(find: impl Fn(&str) -> Option<PathBuf>) -> (Vec<Client>, Vec<&'static str>) {
    let (mut found, mut absent) = (Vec::new(), Vec::new());
    for (kind, name) in [(Kind::Rclone, "rclone"), (Kind::S5cmd, "s5cmd")] {
        match find(name) {
            Some(binary) => found.push(Client { kind, binary }),
            None => absent.push(name),
        }
    }
    (found, absent)
}

impl Client {
    fn name(&self, what: What) -> String {
        let client = match self.kind {
            Kind::Rclone => "rclone",
            Kind::S5cmd => "s5cmd",
        };
        match what {
            What::Up => format!("{client}, up"),
            What::Again => format!("{client}, sync of what is there"),
            What::Down => format!("{client}, down"),
        }
    }

    /// The client's own words for it, with its own defaults.
    fn command(&self, what: What, server: &Server, local: &Path, prefix: &str) -> Command {
        let (url, access) = (format!("http://{}", server.to), &server.access);
        let local = local.display().to_string();
        let mut command = Command::new(&self.binary);
        command.env_clear().env("HOME", "/nonexistent").env("PATH", "/usr/bin:/bin");
        match self.kind {
            Kind::Rclone => {
                let there = format!(":s3:{BUCKET}/{prefix}");
                command.env("RCLONE_CONFIG", "/dev/null").env("RCLONE_S3_PROVIDER", "Other");
                command.env("RCLONE_S3_ENDPOINT", url).env("RCLONE_S3_REGION", &access.region);
                command.env("RCLONE_S3_ACCESS_KEY_ID", &access.id);
                command.env("RCLONE_S3_SECRET_ACCESS_KEY", &access.secret);
                match what {
                    What::Up => command.args(["copy", &local, &there]),
                    What::Again => command.args(["sync", &local, &there]),
                    What::Down => command.args(["copy", &there, &local]),
                };
            }
            Kind::S5cmd => {
                let (there, all) = (format!("s3://{BUCKET}/{prefix}/"), format!("s3://{BUCKET}/{prefix}/*"));
                command.env("AWS_REGION", &access.region).env("AWS_ACCESS_KEY_ID", &access.id);
                command.env("AWS_SECRET_ACCESS_KEY", &access.secret).args(["--endpoint-url", &url]);
                let local = format!("{local}/");
                match what {
                    What::Up => command.args(["cp", &local, &there]),
                    What::Again => command.args(["sync", &local, &there]),
                    What::Down => command.args(["cp", &all, &local]),
                };
            }
        }
        command
    }

    fn run(&self, what: What, server: &Server, folder: &Path, prefix: &str) -> anyhow::Result<Seen> {
        let back = folder.join("back");
        let local = if what == What::Down { back.clone() } else { folder.join("tree") };
        let mut command = self.command(what, server, &local, prefix);
        sync()?;
        let own = std::process::id();
        let (server_cpu, client_cpu) = (world::cpu_seconds(server.process.pid())?, world::cpu_seconds(own)?);
        let started = Instant::now();
        let told = command.output()?;
        let seconds = started.elapsed().as_secs_f64();
        ensure!(
            told.status.success(),
            "{} at {}: {}",
            self.name(what),
            server.name,
            String::from_utf8_lossy(&told.stderr)
        );
        let server_cpu = world::cpu_seconds(server.process.pid())? - server_cpu;
        let client_cpu = world::cpu_seconds(own)? - client_cpu;
        if what == What::Down {
            let (files, bytes) = size(&back)?;
            let expected = FOLDERS * FILES_PER_FOLDER * SMALL_BYTES + BIG_FILES * BIG_BYTES;
            ensure!((files, bytes) == (FILES, expected as u64), "{files} files of {bytes} bytes came back");
            fs::remove_dir_all(&back)?;
        }
        let started = Instant::now();
        sync()?;
        Ok(Seen { seconds, server_cpu, client_cpu, sync_seconds: started.elapsed().as_secs_f64() })
    }
}

/// The folder that is carried about.
fn plant(folder: &Path) -> anyhow::Result<()> {
    let tree = folder.join("tree");
    let noise = world::noise(BIG_BYTES + FILES);
    for number in 0..FILES {
        let is_big = number < BIG_FILES;
        let inner = tree.join(format!("{:02}", number % FOLDERS));
        fs::create_dir_all(&inner)?;
        let size = if is_big { BIG_BYTES } else { SMALL_BYTES };
        let bytes = noise.get(number..number + size).context("no more noise")?;
        fs::write(inner.join(format!("{number:04}.dat")), bytes)?;
    }
    Ok(())
}

/// Files and bytes below a folder.
fn size(folder: &Path) -> anyhow::Result<(usize, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (more, larger) =
            if entry.file_type()?.is_dir() { size(&entry.path())? } else { (1, entry.metadata()?.len()) };
        files += more;
        bytes += larger;
    }
    Ok((files, bytes))
}

/// Every client with every server, in turns; the first server is the one the others are compared with.
pub fn measure(servers: &[Server], clients: &[Client], folder: &Path, rounds: u32) -> anyhow::Result<String> {
    plant(folder)?;
    let mut table = format!(
        "{FILES} files in {FOLDERS} folders, {BIG_FILES} of them of {} MiB, the others of {} KiB.\n\n\
         | what | server | s | files/s | server CPU s | client CPU s | then sync s | EPIC is |\n|---|---|---|---|---|---|---|---|\n",
        BIG_BYTES >> 20,
        SMALL_BYTES >> 10
    );
    for client in clients {
        for what in [What::Up, What::Again, What::Down] {
            let mut seen: Vec<Vec<Seen>> = vec![Vec::new(); servers.len()];
            for round in 0..rounds {
                for (server, seen) in servers.iter().zip(&mut seen) {
                    let prefix = format!("{:?}-{round}", client.kind).to_lowercase();
                    seen.push(client.run(what, server, folder, &prefix)?);
                }
            }
            let own = seen.first().map_or(0.0, |seen| middle(seen, |seen| seen.seconds));
            for (server, seen) in servers.iter().zip(&seen) {
                let line = row(&client.name(what), &server.name, seen, own);
                eprint!("{line}");
                table += &line;
            }
        }
    }
    Ok(table)
}

fn row(what: &str, server: &str, seen: &[Seen], own_seconds: f64) -> String {
    let seconds = middle(seen, |seen| seen.seconds);
    format!(
        "| {what} | {server} | {seconds:.2} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2}x |\n",
        FILES as f64 / seconds,
        middle(seen, |seen| seen.server_cpu),
        middle(seen, |seen| seen.client_cpu),
        middle(seen, |seen| seen.sync_seconds),
        seconds / own_seconds,
    )
}
