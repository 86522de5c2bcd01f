//! A server under measurement: a process of ours, on loopback, ended with us.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::sign::Access;

/// WHY: the slowest of them migrates its tables first.
const READY_SECONDS: u64 = 60;

/// One that listens, and with what it is asked.
pub struct Server {
    pub name: String,
    pub to: SocketAddr,
    pub access: Access,
    pub process: Process,
}

/// A child that does not outlive us.
pub struct Process(Child);

impl Process {
    /// Starts a command; what it says goes to a file, but for the first line where that is asked for.
    pub fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let told = File::create(log)?;
        let child = command.stdin(Stdio::null()).stdout(told.try_clone()?).stderr(told);
        Ok(Self(child.spawn().with_context(|| format!("cannot start {command:?}"))?))
    }

    /// The same, and waits for its first line.
    pub fn start_telling(command: &mut Command, log: &Path) -> anyhow::Result<(Self, String)> {
        let told = File::create(log)?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(told).spawn()?;
        let out = child.stdout.take().context("no output")?;
        let process = Self(child);
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        ensure!(!line.is_empty(), "it ended before it was ready; see {}", log.display());
        Ok((process, line))
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Asks it kindly to end, and waits.
    pub fn end(mut self) -> anyhow::Result<()> {
        let told = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status()?;
        ensure!(told.success(), "cannot end process {}", self.pid());
        let ended = self.0.wait()?;
        ensure!(ended.success(), "it ended badly: {ended}");
        Ok(())
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// A port that nobody has now.
pub fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Waits until somebody listens there.
pub async fn listening(to: SocketAddr) -> anyhow::Result<()> {
    let started = Instant::now();
    while TcpStream::connect(to).await.is_err() {
        ensure!(started.elapsed() < Duration::from_secs(READY_SECONDS), "nobody listens at {to}");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
