//! EPIC's own figures, where no peer is asked: memory at rest and per stream, restarts with
//! many objects, and what ledger and policy take of a small PUT.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};
use words::Act;

use super::house::{House, PROJECT};
use super::inside;
use super::line::{Line, Sent};
use super::load::{Order, Outcome, WITHOUT_END, What};
use super::race::{BUCKETS, load};
use super::sign::Access;
use super::world::{cpu_seconds, forget_peak, memory_mib};

const CELLS: u32 = 300;
const QUIET: Duration = Duration::from_secs(12);
const STREAM_BYTES: u64 = 64 << 20;
const BUSY_SECONDS: f64 = 5.0;

fn order(house: &House, access: &Access, what: What, clients: u64) -> anyhow::Result<Order> {
    Ok(Order {
        to: house.door("s3_inside")?,
        access: access.clone(),
        bucket: "streams".to_owned(),
        what,
        clients,
        seconds: WITHOUT_END,
        requests_max: clients * 2,
        size_bytes: STREAM_BYTES,
        prefix: "memory".to_owned(),
        keys: clients,
    })
}

/// Memory that so many streams of 64 MiB add, in MiB per stream.
pub async fn streams(epic: &Path, folder: &Path) -> anyhow::Result<String> {
    let mut house = House::found(epic, &folder.join("memory"))?;
    house.up()?;
    let access = house.furnish(&BUCKETS).await?;
    let mut table =
        String::from("| streams of 64 MiB | before MiB | most MiB | per stream MiB |\n|---|---|---|---|\n");
    for clients in [1, 16, 64] {
        for what in [What::Put, What::Get] {
            let before = memory_mib(house.pid()?, "VmRSS")?;
            forget_peak(house.pid()?)?;
            load(&order(&house, &access, what, clients)?)?;
            let most = memory_mib(house.pid()?, "VmHWM")?;
            let each = (most - before) / clients as f64;
            writeln!(table, "| {clients} {what:?} | {before:.0} | {most:.0} | {each:.2} |")?;
        }
    }
    house.down()?;
    Ok(table)
}

/// Memory and processor of a region that does nothing.
pub async fn idle(epic: &Path, folder: &Path) -> anyhow::Result<String> {
    let mut house = House::found(epic, &folder.join("idle"))?;
    house.up()?;
    house.furnish(&[]).await?;
    for number in 0..CELLS {
        let alias = format!("study-{number:03}");
        house.open_project(&alias).await?;
        let bucket = json!({ "project": alias, "bucket": "results" });
        house.act("carla", Act::BucketCreate, bucket).await?;
    }
    let mut table = String::from("| region of 300 projects | memory MiB | CPU in 12 s |\n|---|---|---|\n");
    quiet(&house, "all 300 cells open", &mut table).await?;
    house.down()?;
    house.up()?;
    quiet(&house, "restarted: 300 cells known, none open yet", &mut table).await?;
    house.down()?;
    Ok(table)
}

async fn quiet(house: &House, name: &str, table: &mut String) -> anyhow::Result<()> {
    // WHY first a while: checkpoints of what was done just now are still to be published.
    sleep(QUIET).await;
    let before = cpu_seconds(house.pid()?)?;
    sleep(QUIET).await;
    let spent = cpu_seconds(house.pid()?)? - before;
    writeln!(table, "| {name} | {:.0} | {spent:.2} s |", memory_mib(house.pid()?, "VmRSS")?)?;
    Ok(())
}

/// Starts with many objects: after a clean end, and after a kill under load.
pub async fn restart(epic: &Path, folder: &Path, objects: u64) -> anyhow::Result<String> {
    let mut house = House::found(epic, &folder.join("restart"))?;
    house.up()?;
    let access = house.furnish(&["many", "small"]).await?;
    let mut seed = order(&house, &access, What::Put, 1)?;
    (seed.bucket, seed.prefix, seed.size_bytes, seed.requests_max) = ("small".into(), "s".into(), 4_096, 1);
    load(&seed)?;
    house.down()?;
    let rate = inside::fill(&house, &access, ("small", "s/0000000"), "many", objects).await?;
    let mut table = format!(
        "{objects} objects in one project, each copied by its own act at {rate:.0} /s.\n\n| start | ready s | first HEAD s after ready | first LIST s | memory MiB |\n|---|---|---|---|---|\n"
    );
    start(&mut house, &access, "after a clean end", &mut table).await?;
    let mut busy = order(&house, &access, What::Put, 64)?;
    (busy.bucket, busy.prefix, busy.size_bytes) = ("small".into(), "busy".into(), 4_096);
    (busy.seconds, busy.requests_max) = (BUSY_SECONDS, u64::MAX);
    let put = load(&busy)?;
    house.kill()?;
    let name = format!("after kill -9 behind {} PUTs", put.requests);
    start(&mut house, &access, &name, &mut table).await?;
    let ending = Instant::now();
    house.down()?;
    writeln!(table, "\nA clean end took {:.2} s.", ending.elapsed().as_secs_f64())?;
    Ok(table)
}

async fn start(house: &mut House, access: &Access, name: &str, table: &mut String) -> anyhow::Result<()> {
    let ready_ms = house.up()?;
    let mut line = Line::open(house.door("s3_inside")?, access).await?;
    let begun = Instant::now();
    line.send("HEAD", "/many/000/0000007", Sent::nothing()).await?;
    let head = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    line.send("GET", "/many?list-type=2&max-keys=1000", Sent::nothing()).await?;
    let list = begun.elapsed().as_secs_f64();
    let memory = memory_mib(house.pid()?, "VmRSS")?;
    writeln!(table, "| {name} | {:.2} | {head:.2} | {list:.3} | {memory:.0} |", ready_ms as f64 / 1e3)?;
    Ok(())
}

/// What deciding and recording take of a small PUT's processor time.
pub async fn share(epic: &Path, folder: &Path) -> anyhow::Result<String> {
    let mut house = House::found(epic, &folder.join("share"))?;
    house.up()?;
    let access = house.furnish(&BUCKETS).await?;
    let mut table = format!(
        "Project `{PROJECT}`, bodies of 4 KiB; the parts timed alone, in process, over the same rows.\n\n| clients | server CPU per PUT us | policy us | ledger us | together |\n|---|---|---|---|---|\n"
    );
    for clients in [16, 64] {
        let mut small = order(&house, &access, What::Put, clients)?;
        (small.bucket, small.prefix, small.size_bytes) = ("small".into(), format!("share-{clients}"), 4_096);
        (small.seconds, small.requests_max) = (BUSY_SECONDS, u64::MAX);
        let before = cpu_seconds(house.pid()?)?;
        let Outcome { requests, .. } = load(&small)?;
        let whole_us = (cpu_seconds(house.pid()?)? - before) * 1e6 / requests as f64;
        house.down()?;
        let acts = u32::try_from(clients)?;
        let inside::Share { policy_us, ledger_us } = inside::share(&house, &access, acts).await?;
        house.up()?;
        let together = (policy_us + ledger_us) / whole_us * 100.0;
        writeln!(table, "| {clients} | {whole_us:.0} | {policy_us:.0} | {ledger_us:.0} | {together:.0} % |")?;
    }
    house.down()?;
    Ok(table)
}
