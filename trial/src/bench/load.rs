//! The load client: a process of its own that does one thing with some connections for a while.
//!
//! It is told what to do in one line of JSON and answers in one, so that its
//! processor time never mixes with a server's or the driver's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::line::{Line, Sent};
use super::sign::Access;
use super::world;

/// WHY: S3's smallest part is 5 MiB; common clients send 8.
const PART_BYTES: u64 = 8 << 20;
/// WHY: a stride with no factor in common with round counts visits all keys in no order.
const STRIDE: u64 = 7_919;

/// As many seconds as no measurement takes.
pub const WITHOUT_END: f64 = 1e6;

/// What each connection does, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    Put,
    /// A multipart upload, parts one after another.
    Parts,
    Get,
    Head,
    List,
}

/// One job of the load client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    pub to: SocketAddr,
    pub access: Access,
    pub bucket: String,
    pub what: What,
    pub clients: u64,
    /// No request begins after so long.
    pub seconds: f64,
    /// Nor after so many.
    pub requests_max: u64,
    pub size_bytes: u64,
    /// Keys are `<prefix>/<number>`.
    pub prefix: String,
    /// How many keys there are to read.
    pub keys: u64,
}

/// How it went.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    pub requests: u64,
    pub bytes: u64,
    pub seconds: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Of this process.
    pub cpu_seconds: f64,
}

/// Does one order; the process ends after it.
pub fn run(order: &str) -> anyhow::Result<()> {
    let order: Order = serde_json::from_str(order).context("an order is one line of JSON")?;
    // WHY one thread: it leaves the other cores to the server, and its own cost can be seen.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut outcome = runtime.block_on(work(Arc::new(order)))?;
    outcome.cpu_seconds = world::cpu_seconds(std::process::id())?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

async fn work(order: Arc<Order>) -> anyhow::Result<Outcome> {
    let mut lines = Vec::new();
    for _ in 0..order.clients {
        lines.push(Line::open(order.to, &order.access).await?);
    }
    let taken = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let workers: Vec<_> = lines
        .into_iter()
        .map(|line| tokio::spawn(one(line, Arc::clone(&order), Arc::clone(&taken), started)))
        .collect();
    let (mut times_ms, mut bytes) = (Vec::new(), 0);
    for worker in workers {
        let (own_ms, own_bytes) = worker.await??;
        times_ms.extend(own_ms);
        bytes += own_bytes;
    }
    let seconds = started.elapsed().as_secs_f64();
    times_ms.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (times_ms.len() as f64 * share) as usize;
        times_ms.get(place.min(times_ms.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    let (p50_ms, p99_ms) = (at(0.5), at(0.99));
    Ok(Outcome { requests: times_ms.len() as u64, bytes, seconds, p50_ms, p99_ms, cpu_seconds: 0.0 })
}

/// One connection's share: how long each request took, and the bytes moved.
async fn one(
    mut line: Line,
    order: Arc<Order>,
    taken: Arc<AtomicU64>,
    started: Instant,
) -> anyhow::Result<(Vec<f64>, u64)> {
    let (mut times_ms, mut bytes) = (Vec::new(), 0);
    while started.elapsed() < Duration::from_secs_f64(order.seconds) {
        let number = taken.fetch_add(1, Ordering::Relaxed);
        if number >= order.requests_max {
            break;
        }
        let begun = Instant::now();
        bytes += request(&mut line, &order, number).await?;
        times_ms.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok((times_ms, bytes))
}

async fn request(line: &mut Line, order: &Order, number: u64) -> anyhow::Result<u64> {
    let key = |number: u64| format!("/{}/{}/{number:07}", order.bucket, order.prefix);
    let known = || key(number.wrapping_mul(STRIDE) % order.keys.max(1));
    match order.what {
        What::Put => {
            line.send("PUT", &key(number), Sent::noise(order.size_bytes, number)).await?;
            Ok(order.size_bytes)
        }
        What::Parts => parts(line, &key(number), order.size_bytes, number).await,
        What::Get => {
            let answer = line.send("GET", &known(), Sent::nothing()).await?;
            ensure!(answer.size_bytes == order.size_bytes, "{} bytes came", answer.size_bytes);
            Ok(answer.size_bytes)
        }
        What::Head => line.send("HEAD", &known(), Sent::nothing()).await.map(|_| 0),
        What::List => {
            let target = format!("/{}?list-type=2&max-keys=1000", order.bucket);
            let answer = line.fetch("GET", &target, Sent::nothing()).await?;
            let told = answer.body.windows(5).filter(|window| window == b"<Key>").count() as u64;
            ensure!(told == order.keys, "{told} keys were listed");
            Ok(answer.size_bytes)
        }
    }
}

async fn parts(line: &mut Line, target: &str, size_bytes: u64, number: u64) -> anyhow::Result<u64> {
    let begun = line.fetch("POST", &format!("{target}?uploads="), Sent::nothing()).await?;
    let text = String::from_utf8(begun.body)?;
    let upload = text.split("<UploadId>").nth(1).and_then(|rest| rest.split('<').next());
    let upload = upload.context("no upload id")?;
    let (mut left_bytes, mut list) = (size_bytes, String::new());
    for part in 1_u64.. {
        let size_bytes = left_bytes.min(PART_BYTES);
        let body = Sent::noise(size_bytes, number ^ (part << 20));
        let sent = line.send("PUT", &format!("{target}?partNumber={part}&uploadId={upload}"), body).await?;
        list += &format!("<Part><PartNumber>{part}</PartNumber><ETag>{}</ETag></Part>", sent.etag);
        left_bytes -= size_bytes;
        if left_bytes == 0 {
            break;
        }
    }
    let document = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
    line.send("POST", &format!("{target}?uploadId={upload}"), Sent::document(document)).await?;
    Ok(size_bytes)
}
