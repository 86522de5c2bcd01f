//! What a measurement reads of the machine: its clock, its chance, its processes.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use rand::{RngCore, SeedableRng};
use words::{Clock, Rand, Timestamp};

/// SPEC: proc(5): times are in ticks of 1/100 s on every Linux that we run on.
const TICKS_PER_SECOND: f64 = 100.0;

pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Bytes that do not compress; always the same ones.
pub fn noise(size_bytes: usize) -> Vec<u8> {
    let mut bytes = vec![0; size_bytes];
    rand::rngs::SmallRng::seed_from_u64(1).fill_bytes(&mut bytes);
    bytes
}

/// This machine's clock.
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

/// The operating system's chance.
pub struct SystemRand;

impl Rand for SystemRand {
    fn fill(&self, into: &mut [u8]) {
        rand::rng().fill_bytes(into);
    }
}

/// Seconds of processor that a process and its ended children took so far.
pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let text =
        fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("no process {pid}"))?;
    // The name in brackets may hold spaces.
    let fields = text.rsplit_once(')').context("strange process table")?.1;
    let ticks: Vec<f64> = fields.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    // SPEC: proc(5): fields 14 to 17; the state, field 3, is no number.
    Ok(ticks.iter().skip(10).take(4).sum::<f64>() / TICKS_PER_SECOND)
}

/// A line of a process's status in MiB: `VmRSS` now, `VmHWM` the most since `forget_peak`.
pub fn memory_mib(pid: u32, line: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
    let kib = found.and_then(|text| text.split_whitespace().next()).context("no such line")?;
    Ok(kib.parse::<f64>()? / 1_024.0)
}

/// Memory of a process and of those it started, in MiB, as it is now.
pub fn tree_mib(pid: u32) -> anyhow::Result<f64> {
    let mut all = memory_mib(pid, "VmRSS")?;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let children = fs::read_to_string(task?.path().join("children")).unwrap_or_default();
        // WHY none that ended meanwhile: they take nothing any more.
        all += children
            .split_whitespace()
            .filter_map(|child| memory_mib(child.parse().ok()?, "VmRSS").ok())
            .sum::<f64>();
    }
    Ok(all)
}

/// SPEC: proc(5), clear_refs: 5 resets the peak.
pub fn forget_peak(pid: u32) -> anyhow::Result<()> {
    Ok(fs::write(format!("/proc/{pid}/clear_refs"), "5")?)
}

/// What ran: processor, cores, memory, kernel, disk of a folder.
pub fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':'))
            .map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    format!(
        "{cores} cores of {}, {} memory, Linux {}, load {}",
        field(&cpus, "model name"),
        field(&read("/proc/meminfo"), "MemTotal"),
        read("/proc/sys/kernel/osrelease").trim(),
        read("/proc/loadavg").trim(),
    )
}
