//! From arrival to catalogued: what a region makes of what is stored, by the clock.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};
use web::client::{Client, Who};
use words::Act;

use super::house::{House, PROJECT};
use super::line::{Line, Sent};
use super::sign::Access;
use super::world::{SystemRand, WallClock, cpu_seconds, memory_mib, tree_mib};

const BUCKET: &str = "arrivals";
const READS_BYTES: usize = 1 << 30;
const FILE_BYTES: usize = 1 << 20;
const FILES: usize = 400;
/// WHY: the bar's; twenty files of a mebibyte each second.
const EVERY: Duration = Duration::from_millis(50);
const LINES: usize = 4;
/// WHY: a look at how far it is, without being what it is busy with.
const ASK_EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(600);

/// One large file of reads, then many tables at a steady pace.
pub async fn measure(epic: &Path, folder: &Path) -> anyhow::Result<String> {
    let mut house = House::found(epic, &folder.join("aware"))?;
    house.up()?;
    let access = house.furnish(&[BUCKET]).await?;
    let desk = Desk::at(&house, &access)?;
    let mut table = String::new();
    reads(&house, &access, &desk, &mut table).await?;
    paced(&house, &access, &desk, &mut table).await?;
    house.down()?;
    Ok(table)
}

/// The researcher inside, as programs ask.
struct Desk(Client);

impl Desk {
    fn at(house: &House, access: &Access) -> anyhow::Result<Self> {
        Ok(Self(Client {
            trust: None,
            address: house.door("acts_inside")?.into(),
            who: Who::Key(Arc::new(house.key("rita")?)),
            clock: Arc::new(WallClock),
            rand: Arc::new(SystemRand),
            credential: Some(access.id.clone()),
            attempt: None,
            upon: None,
        }))
    }

    async fn ask(&self, act: Act, fields: Value) -> anyhow::Result<Value> {
        Ok(self.0.perform(act, &fields).await.with_context(|| act.name().to_owned())?.answer)
    }

    /// How many objects of this kind are found by now.
    async fn found(&self, kind: &str) -> anyhow::Result<usize> {
        let told = self
            .ask(
                Act::ObjectSearch,
                json!({ "query": format!("kind:{kind} bucket:{BUCKET}"), "project": PROJECT }),
            )
            .await?;
        Ok(told["total"].as_u64().and_then(|total| usize::try_from(total).ok()).unwrap_or_default())
    }
}

async fn reads(house: &House, access: &Access, desk: &Desk, table: &mut String) -> anyhow::Result<()> {
    let mut line = Line::open(house.door("s3_inside")?, access).await?;
    let text = fastq();
    let (pid, before) = (house.pid()?, cpu_seconds(house.pid()?)?);
    let begun = Instant::now();
    let mut most: f64 = 0.0;
    let sending = async {
        line.send("PUT", &format!("/{BUCKET}/reads.fastq"), Sent::document(text)).await?;
        anyhow::Ok(begun.elapsed())
    };
    let watching = async {
        loop {
            most = most.max(tree_mib(pid)?);
            if desk.found("fastq").await? == 1 {
                return anyhow::Ok(begun.elapsed());
            }
            ensure!(begun.elapsed() < PATIENCE, "it was never found");
            sleep(Duration::from_millis(100)).await;
        }
    };
    let (sent, found) = tokio::join!(sending, watching);
    let (sent, found) = (sent?, found?);
    let told = desk
        .ask(Act::ObjectShow, json!({ "project": PROJECT, "bucket": BUCKET, "key": "reads.fastq" }))
        .await?;
    ensure!(told["standing"] == "clear", "it stands as {}", told["standing"]);
    writeln!(
        table,
        "| 1 GiB of FASTQ, {} reads | s |\n|---|---|\n| uploaded and sealed | {:.1} |\n| and looked at, described, found | {:.1} |\n| processor | {:.1} |\n\nMost memory of the region and its processes together: {most:.0} MiB; of the region alone at any time: {:.0} MiB.\n",
        told["report"]["facts"]["numbers"]["reads"],
        sent.as_secs_f64(),
        found.as_secs_f64(),
        cpu_seconds(pid)? - before,
        memory_mib(pid, "VmHWM")?,
    )?;
    Ok(())
}

/// Reads of 150 bases as a sequencer writes them.
fn fastq() -> String {
    let bases = super::world::noise(1 << 16);
    let (mut text, mut number) = (String::with_capacity(READS_BYTES), 0_usize);
    while text.len() + 400 < READS_BYTES {
        let at = number.wrapping_mul(151) % (bases.len() - 150);
        let _infallible = writeln!(text, "@read.{number} 1:N:0:ACGT");
        text.extend(bases[at..at + 150].iter().map(|base| ['A', 'C', 'G', 'T'][usize::from(base & 3)]));
        text.push_str("\n+\n");
        text.extend(bases[at..at + 150].iter().map(|base| char::from(b'#' + (base >> 3))));
        text.push('\n');
        number += 1;
    }
    text
}

/// A table of visits of about a mebibyte; the number makes it another.
fn visits(number: usize) -> String {
    let mut text = String::from("visit,day,age,score\n");
    let mut row = 0;
    while text.len() < FILE_BYTES {
        let _infallible = writeln!(
            text,
            "{},2027-01-{:02},{},{}.{}",
            number * 100_000 + row,
            row % 28 + 1,
            30 + row % 40,
            row % 90,
            row % 10
        );
        row += 1;
    }
    text
}

async fn paced(house: &House, access: &Access, desk: &Desk, table: &mut String) -> anyhow::Result<()> {
    let (pid, before) = (house.pid()?, cpu_seconds(house.pid()?)?);
    let begun = Instant::now();
    let mut senders = Vec::new();
    for lane in 0..LINES {
        let mut line = Line::open(house.door("s3_inside")?, access).await?;
        senders.push(tokio::spawn(async move {
            let mut arrived = Vec::new();
            for number in (lane..FILES).step_by(LINES) {
                sleep_until(begun + EVERY * u32::try_from(number)?).await;
                line.send(
                    "PUT",
                    &format!("/{BUCKET}/visits-{number:04}.csv"),
                    Sent::document(visits(number)),
                )
                .await?;
                arrived.push(begun.elapsed());
            }
            anyhow::Ok(arrived)
        }));
    }
    let mut catalogued = Vec::new();
    while catalogued.len() < FILES {
        let found = desk.found("csv").await?;
        let now = begun.elapsed();
        catalogued.resize(found.max(catalogued.len()), now);
        ensure!(now < PATIENCE, "{} of {FILES} were found", catalogued.len());
        sleep(ASK_EVERY).await;
    }
    let mut arrived = Vec::new();
    for sender in senders {
        arrived.extend(sender.await??);
    }
    arrived.sort();
    // INVARIANT: in the order of arrival: the log is followed in its own.
    let mut waits_ms: Vec<f64> = arrived
        .iter()
        .zip(&catalogued)
        .map(|(came, found)| found.saturating_sub(*came).as_secs_f64() * 1e3)
        .collect();
    waits_ms.sort_by(f64::total_cmp);
    let at = |share: f64| {
        waits_ms
            .get((waits_ms.len() as f64 * share) as usize)
            .or(waits_ms.last())
            .copied()
            .unwrap_or_default()
    };
    let pace = FILES as f64 / arrived.last().context("nothing arrived")?.as_secs_f64();
    writeln!(
        table,
        "| {FILES} tables of 1 MiB at {pace:.1} /s | ms |\n|---|---|\n| arrival to catalogued, p50 | {:.0} |\n| p95 | {:.0} |\n| most | {:.0} |\n\nProcessor: {:.1} s for {:.1} s of arrivals; what rules make of them goes on beside.",
        at(0.5),
        at(0.95),
        at(1.0),
        cpu_seconds(pid)? - before,
        begun.elapsed().as_secs_f64(),
    )?;
    Ok(())
}
