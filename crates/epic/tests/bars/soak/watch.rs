//! What a process takes of the machine, looked at all the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub seconds: f64,
    pub resident_mib: f64,
    pub files: usize,
}

/// Looks at a process until it is told to end.
pub struct Watch {
    is_over: Arc<AtomicBool>,
    looking: JoinHandle<Vec<Sample>>,
}

impl Watch {
    pub fn over(process: u32) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (ended, began) = (Arc::clone(&is_over), Instant::now());
        let look = move || {
            let mut samples = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                samples.extend(sample(process, began));
                std::thread::sleep(LOOK_EVERY);
            }
            samples
        };
        Self { is_over, looking: std::thread::spawn(look) }
    }

    pub fn end(self) -> Vec<Sample> {
        self.is_over.store(true, Ordering::Relaxed);
        self.looking.join().unwrap()
    }
}

/// None: the process is gone.
fn sample(process: u32, began: Instant) -> Option<Sample> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(Sample { seconds: began.elapsed().as_secs_f64(), resident_mib: kib / 1024.0, files: files(process) })
}

/// How many files and sockets a process has open.
pub fn files(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count)
}

/// What the memory grows by in an hour, by least squares.
pub fn mib_per_hour(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (at, mib) = (mean(|sample| sample.seconds), mean(|sample| sample.resident_mib));
    let both = samples.iter().map(|sample| (sample.seconds - at) * (sample.resident_mib - mib)).sum::<f64>();
    let spread = samples.iter().map(|sample| (sample.seconds - at).powi(2)).sum::<f64>();
    if spread > 0.0 { both / spread * 3_600.0 } else { 0.0 }
}
