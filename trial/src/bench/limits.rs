//! What the machine itself gives, in the same run: durable files per second, disk streams, one core's crypto.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use seal::crypt4gh::{RangeOpener, sealed_range};
use seal::{Attempt, DataKey, Opener, Sealer};
use tokio::time::Instant;

use super::world;

const SECONDS: Duration = Duration::from_secs(3);
const STREAM_BYTES: usize = 256 << 20;
const PIECE_BYTES: usize = 1 << 20;
const CRYPTO_BYTES: usize = 64 << 20;
const ROUNDS: usize = 3;

/// A table of limits.
pub fn measure(folder: &Path) -> anyhow::Result<String> {
    fs::create_dir_all(folder)?;
    let mut table = String::from("| limit | figure |\n|---|---|\n");
    for writers in [1, 16, 64] {
        let rate = durable_files(folder, writers)?;
        table += &format!(
            "| durable 4 KiB files (create, write, fsync, fsync folder), {writers} threads | {rate:.0} /s |\n"
        );
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
