//! Short ways to do what clients do with bytes, for all trials.

use std::net::{IpAddr, Ipv4Addr};

use bytes::Bytes;
use futures::{StreamExt, stream};
use region::Region;
use region::cell::step::Leaf;
use region::object::body::Body;
use region::object::put::{Extra, Stored, put};
use region::object::read::get;
use words::act::{ObjectGet, ObjectPut};
use words::{Actor, Refusal};

/// The project of every world here.
pub const PROJECT: &str = "planet";

/// The machine that everybody works at.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A body in a few pieces.
pub fn body(bytes: &[u8]) -> Body {
    let chunks: Vec<_> = bytes.chunks(70_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    Box::pin(stream::iter(chunks))
}

pub fn put_deed(bucket: &str, key: &str) -> ObjectPut {
    ObjectPut {
        project: PROJECT.into(),
        bucket: bucket.into(),
        key: key.into(),
        media: None,
        condition: None,
        sealed: None,
    }
}

pub fn get_deed(bucket: &str, key: &str) -> ObjectGet {
    ObjectGet { project: PROJECT.into(), bucket: bucket.into(), key: key.into(), version: None }
}

/// Stores an object whole.
pub async fn store(
    region: &Region,
    actor: &Actor,
    bucket: &str,
    key: &str,
    bytes: &[u8],
) -> Result<Stored, Refusal> {
    put(region, actor, put_deed(bucket, key), Extra::default(), body(bytes)).await
}

/// Reads an object whole, with the leaf that says so.
pub async fn read(
    region: &Region,
    actor: &Actor,
    bucket: &str,
    key: &str,
) -> Result<(Vec<u8>, Option<Leaf>), Refusal> {
    let reading = get(region, actor, get_deed(bucket, key), |row| Ok(0..row.size_bytes)).await?;
    let leaf = reading.leaf;
    Ok((drain(reading.body).await?, leaf))
}

/// All bytes of a body.
pub async fn drain(mut body: Body) -> Result<Vec<u8>, Refusal> {
    let mut plain = Vec::new();
    while let Some(next) = body.next().await {
        plain.extend_from_slice(&next?);
    }
    Ok(plain)
}
