//! Bytes from and to files, with a bar for whoever watches.
//!
//! A file appears under its name once it is whole; what broke off leaves nothing.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use futures::stream;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use web::client::{Answer, Client, Download};
use words::Act;

use crate::failure::Failure;

/// WHY: large enough to cost few calls, small beside a stream's memory.
const CHUNK_BYTES: usize = 256 << 10;

/// Sends a file, or standard input as `-`.
pub async fn send(client: &Client, act: Act, fields: &Value, file: &str) -> Result<Answer, Failure> {
    if file == "-" {
        let bytes =
            same(std::io::stdin().as_fd()).map_err(|cause| Failure::file("read", Path::new(file), &cause))?;
        return upload(client, act, fields, None, bytes, bar(None)).await;
    }
    let path = Path::new(file);
    let failed = |cause| Failure::file("read", path, &cause);
    let bytes = File::open(path).await.map_err(failed)?;
    let about = bytes.metadata().await.map_err(failed)?;
    if about.is_dir() {
        return Err(Failure::yours(format!("`{file}` is a folder"), "send its files one by one"));
    }
    // WHY: a pipe under a name has no size.
    let size_bytes = about.is_file().then_some(about.len());
    upload(client, act, fields, size_bytes, bytes, bar(size_bytes)).await
}

async fn upload(
    client: &Client,
    act: Act,
    fields: &Value,
    size_bytes: Option<u64>,
    from: impl AsyncRead + Unpin + Send + 'static,
    bar: ProgressBar,
) -> Result<Answer, Failure> {
    let seen = bar.clone();
    let chunks = stream::unfold(from, move |mut from| {
        let seen = seen.clone();
        async move {
            let next = chunk(&mut from).await.transpose()?;
            seen.inc(next.as_ref().map_or(0, |bytes| bytes.len() as u64));
            Some((next, from))
        }
    });
    let answer = client.upload(act, fields, size_bytes, chunks).await;
    bar.finish_and_clear();
    Ok(answer?)
}

async fn chunk(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Bytes>> {
    let mut bytes = BytesMut::with_capacity(CHUNK_BYTES);
    let read = from.read_buf(&mut bytes).await?;
    Ok((read > 0).then(|| bytes.freeze()))
}

/// Writes what comes to a file, or to standard output.
pub async fn receive(mut download: Download, file: Option<&Path>) -> Result<(), Failure> {
    let bar = bar(download.size_bytes);
    let received = match file {
        None => {
            let failed = |cause| Failure::output(&cause);
            let mut out = same(std::io::stdout().as_fd()).map_err(failed)?;
            pour(&mut download, &mut out, &bar, failed).await
        }
        Some(path) => whole(&mut download, path, &bar).await,
    };
    bar.finish_and_clear();
    received
}

async fn whole(download: &mut Download, path: &Path, bar: &ProgressBar) -> Result<(), Failure> {
    let staged = PathBuf::from(format!("{}.part", path.display()));
    let failed = |cause| Failure::file("write", path, &cause);
    let mut file = File::create(&staged).await.map_err(failed)?;
    let poured = pour(download, &mut file, bar, failed).await;
    let ended = match poured {
        Ok(()) => tokio::fs::rename(&staged, path).await.map_err(failed),
        Err(failure) => Err(failure),
    };
    if ended.is_err() {
        // What cannot be removed is still under its staged name, so nobody takes it for the whole.
        let _removed = tokio::fs::remove_file(&staged).await;
    }
    ended
}

async fn pour(
    download: &mut Download,
    into: &mut (impl AsyncWrite + Unpin),
    bar: &ProgressBar,
    failed: impl Fn(io::Error) -> Failure,
) -> Result<(), Failure> {
    while let Some(next) = download.next().await {
        let bytes = next?;
        into.write_all(&bytes).await.map_err(&failed)?;
        bar.inc(bytes.len() as u64);
    }
    into.flush().await.map_err(failed)
}

/// Standard input or output as a file of its own.
fn same(stream: BorrowedFd<'_>) -> io::Result<File> {
    Ok(File::from_std(stream.try_clone_to_owned()?.into()))
}

/// A bar on standard error; shown only where somebody sees it.
pub fn bar(size_bytes: Option<u64>) -> ProgressBar {
    let (bar, style) = match size_bytes {
        Some(size_bytes) => {
            (ProgressBar::new(size_bytes), "{bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} {bytes_per_sec}"),
    };
    match ProgressStyle::with_template(style) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
