//! What the machine itself gives, in the same run: durable files per second, disk streams, one core's crypto.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use seal::crypt4gh::{RangeOpener, sealed_range};
use seal::{Attempt, DataKey, Opener, Sealer};
use store::blob::Packs;
use store::{Blobs, Bucket, StoreError};
use tokio::time::Instant;
use words::Id;

use super::world;

const SECONDS: Duration = Duration::from_secs(3);
const STREAM_BYTES: usize = 256 << 20;
const PIECE_BYTES: usize = 1 << 20;
const CRYPTO_BYTES: usize = 64 << 20;
const ROUNDS: usize = 3;

/// A table of limits.
pub async fn measure(folder: &Path) -> anyhow::Result<String> {
    fs::create_dir_all(folder)?;
    let mut table = String::from("| limit | figure |\n|---|---|\n");
    for writers in [1, 16, 64] {
        let rate = durable_files(folder, writers)?;
        table += &format!(
            "| durable 4 KiB files (create, write, fsync, fsync folder), {writers} threads | {rate:.0} /s |\n"
        );
    }
    for clients in [1, 16, 64] {
        let [alone, packed] = bodies(folder, clients).await?;
        table += &format!(
            "| 4 KiB bodies made durable by the store, {clients} clients, each in a blob of its own | {alone:.0} /s |\n"
        );
        table += &format!("| the same in packs | {packed:.0} /s ({:.1}x) |\n", packed / alone);
    }
    let (written, read) = streams(folder)?;
    table += &format!("| 256 MiB file written and synced | {written:.0} MB/s |\n");
    table += &format!("| the same, read back (from the page cache) | {read:.0} MB/s |\n");
    let (sealed, opened) = crypto()?;
    table += &format!("| sealing (ChaCha20-Poly1305 and BLAKE3), one core | {sealed:.0} MB/s |\n");
    table += &format!("| opening, one core | {opened:.0} MB/s |\n");
    Ok(table)
}

/// As many threads, one folder, as a store has them.
fn durable_files(folder: &Path, writers: u32) -> anyhow::Result<f64> {
    let folder = folder.join(format!("durable-{writers}"));
    fs::create_dir_all(&folder)?;
    let files = AtomicU64::new(0);
    let started = Instant::now();
    let one = |writer: u32| -> std::io::Result<()> {
        for number in 0_u64.. {
            if started.elapsed() >= SECONDS {
                break;
            }
            let name = folder.join(format!("{writer}-{number}"));
            let mut file = OpenOptions::new().write(true).create_new(true).open(name)?;
            file.write_all(&[7; 4_096])?;
            file.sync_all()?;
            File::open(&folder)?.sync_all()?;
            files.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..writers).map(|writer| scope.spawn(move || one(writer))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect::<std::io::Result<()>>()
    })?;
    let rate = files.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64();
    fs::remove_dir_all(&folder)?;
    Ok(rate)
}

/// Clients that each store one small body after another: in blobs of their own, then in packs.
async fn bodies(folder: &Path, clients: u32) -> anyhow::Result<[f64; 2]> {
    let mut rates = [0.0; 2];
    for (rate, in_packs) in rates.iter_mut().zip([false, true]) {
        let place = folder.join(format!("bodies-{clients}-{in_packs}"));
        fs::create_dir_all(&place)?;
        let blobs = Blobs::new(Bucket::local(&place)?, Id::from_bytes([1; 16]));
        let packs = Packs::new(blobs.clone());
        let started = Instant::now();
        let one = |client: u32| {
            let (blobs, packs) = (blobs.clone(), packs.clone());
            async move {
                let mut stored = 0_u64;
                while started.elapsed() < SECONDS {
                    let own = Id::from_bytes(((u128::from(client) << 64) | u128::from(stored)).to_be_bytes());
                    let body = Bytes::from_static(&[7; 4_096]);
                    match in_packs {
                        true => packs.put(own, Id::from_bytes([2; 16]), body).await.map(drop)?,
                        false => blobs.put(own, body).await?,
                    }
                    stored += 1;
                }
                Ok::<_, StoreError>(stored)
            }
        };
        let tasks: Vec<_> = (0..clients).map(|client| tokio::spawn(one(client))).collect();
        let mut stored = 0;
        for task in tasks {
            stored += task.await??;
        }
        *rate = stored as f64 / started.elapsed().as_secs_f64();
        fs::remove_dir_all(&place)?;
    }
    Ok(rates)
}

/// Best of some rounds: other work on the machine only takes away.
fn streams(folder: &Path) -> anyhow::Result<(f64, f64)> {
    let name = folder.join("stream");
    let mut piece = world::noise(PIECE_BYTES);
    let (mut written, mut read) = (0_f64, 0_f64);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let mut file = File::create(&name)?;
        for _ in 0..STREAM_BYTES / PIECE_BYTES {
            file.write_all(&piece)?;
        }
        file.sync_all()?;
        written = written.max(rate(STREAM_BYTES, started));
        let started = Instant::now();
        let mut file = File::open(&name)?;
        while file.read(&mut piece)? > 0 {}
        read = read.max(rate(STREAM_BYTES, started));
    }
    fs::remove_file(&name)?;
    Ok((written, read))
}

fn crypto() -> anyhow::Result<(f64, f64)> {
    let (key, attempt) = (DataKey::from_bytes([1; 32]), Attempt::from_bytes(*b"attempt1"));
    let plain = world::noise(CRYPTO_BYTES);
    let mut body = BytesMut::with_capacity(CRYPTO_BYTES + (CRYPTO_BYTES >> 10));
    let (mut sealed, mut opened) = (0_f64, 0_f64);
    for _ in 0..ROUNDS {
        body.clear();
        let started = Instant::now();
        let mut sealer = Sealer::new(&key, attempt)?;
        for piece in plain.chunks(PIECE_BYTES) {
            sealer.push(piece, &mut body)?;
        }
        sealer.finish(&mut body)?;
        sealed = sealed.max(rate(CRYPTO_BYTES, started));
        let started = Instant::now();
        let map = sealed_range(0..CRYPTO_BYTES as u64, CRYPTO_BYTES as u64)?;
        let mut opener = RangeOpener::new(Opener::new(&key, attempt)?, &map);
        let mut out = BytesMut::with_capacity(2 * PIECE_BYTES);
        for piece in body.chunks(PIECE_BYTES) {
            out.clear();
            opener.push(piece, &mut out)?;
        }
        opener.finish()?;
        opened = opened.max(rate(CRYPTO_BYTES, started));
    }
    Ok((sealed, opened))
}

fn rate(size_bytes: usize, started: Instant) -> f64 {
    size_bytes as f64 / 1e6 / started.elapsed().as_secs_f64()
}
