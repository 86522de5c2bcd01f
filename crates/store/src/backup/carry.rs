//! Carrying one thing from a bucket to another, whole or not at all.

use bytes::Bytes;
use futures::StreamExt;
use object_store::PutPayload;
use seal::Sha256;

use super::Item;
use crate::blob::Blobs;
use crate::bucket::Bucket;
use crate::error::StoreError;
use crate::limit::LOG_OBJECT_BYTES_MAX;
use crate::log::Log;

/// What was carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    pub digest: [u8; 32],
    pub size_bytes: u64,
    /// It was there already, and the same.
    pub was_there: bool,
}

/// Why something was not carried.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    #[error("`{0}` is missing")]
    Missing(Item),
    /// Its bytes are not those of its digest, or the target holds others under its name.
    #[error("`{0}` was altered")]
    Altered(Item),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies one thing; where its digest is known, only the bytes it stands for become visible.
pub async fn carry(
    from: &Bucket,
    to: &Bucket,
    item: Item,
    known: Option<[u8; 32]>,
) -> Result<Carried, CarryError> {
    let carried = match item {
        Item::Log(cell, seq) => {
            let bytes = Log::new(from.clone(), cell).read(seq).await?.ok_or(CarryError::Missing(item))?;
            small(to, item, bytes, known).await
        }
        Item::Blob(..) => blob(from, to, item, known).await,
    };
    match carried {
        Err(CarryError::Store(StoreError::Exists { .. })) => same(from, to, item, known).await,
        other => other,
    }
}

async fn small(
    to: &Bucket,
    item: Item,
    bytes: Bytes,
    known: Option<[u8; 32]>,
) -> Result<Carried, CarryError> {
    let digest = seal::sha256(&bytes);
    refuse_other(item, digest, known)?;
    let size_bytes = bytes.len() as u64;
    to.create(item.name(), PutPayload::from(bytes)).await?;
    Ok(Carried { digest, size_bytes, was_there: false })
}

fn refuse_other(item: Item, digest: [u8; 32], known: Option<[u8; 32]>) -> Result<(), CarryError> {
    match known.is_none_or(|known| known == digest) {
        true => Ok(()),
        false => Err(CarryError::Altered(item)),
    }
}

async fn blob(
    from: &Bucket,
    to: &Bucket,
    item: Item,
    known: Option<[u8; 32]>,
) -> Result<Carried, CarryError> {
    let Item::Blob(cell, id) = item else { return Err(CarryError::Missing(item)) };
    let source = Blobs::new(from.clone(), cell);
    let size_bytes = source.size(id).await?.ok_or(CarryError::Missing(item))?;
    let mut bytes = std::pin::pin!(source.read(id, 0..size_bytes));
    let (mut writer, mut hash) = (Blobs::new(to.clone(), cell).create(id), Sha256::new());
    let read = async {
        while let Some(next) = bytes.next().await {
            let next = next?;
            hash.update(&next);
            writer.write(next).await?;
        }
        Ok(())
    };
    let read: Result<(), StoreError> = read.await;
    let digest = hash.finish();
    let whole = read.map_err(gone(item)).and_then(|()| refuse_other(item, digest, known));
    if let Err(error) = whole {
        writer.abort().await?;
        return Err(error);
    }
    writer.finish().await?;
    Ok(Carried { digest, size_bytes, was_there: false })
}

fn gone(item: Item) -> impl Fn(StoreError) -> CarryError {
    move |error| match error {
        StoreError::NotFound { .. } => CarryError::Missing(item),
        other => CarryError::Store(other),
    }
}

/// What the target holds already must be what would have been written.
async fn same(
    from: &Bucket,
    to: &Bucket,
    item: Item,
    known: Option<[u8; 32]>,
) -> Result<Carried, CarryError> {
    let there = digest(to, item).await?;
    let wanted = match known {
        Some(known) => known,
        None => digest(from, item).await?.0,
    };
    match there.0 == wanted {
        true => Ok(Carried { digest: there.0, size_bytes: there.1, was_there: true }),
        false => Err(CarryError::Altered(item)),
    }
}

/// The SHA-256 and size of what lies under a name.
pub async fn digest(of: &Bucket, item: Item) -> Result<([u8; 32], u64), CarryError> {
    let Item::Blob(cell, id) = item else {
        let bytes = of.read(item.name(), LOG_OBJECT_BYTES_MAX).await?.ok_or(CarryError::Missing(item))?;
        return Ok((seal::sha256(&bytes), bytes.len() as u64));
    };
    let blobs = Blobs::new(of.clone(), cell);
    let size_bytes = blobs.size(id).await?.ok_or(CarryError::Missing(item))?;
    let mut bytes = std::pin::pin!(blobs.read(id, 0..size_bytes));
    let mut hash = Sha256::new();
    while let Some(next) = bytes.next().await {
        hash.update(&next.map_err(gone(item))?);
    }
    Ok((hash.finish(), size_bytes))
}
