//! The judgement: whether what remains is what was acknowledged.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, ensure};
use bytes::Bytes;
use region::Region;
use region::cell::Cell;
use region::cell::fold;
use region::cell::format::{Body, Commit};
use region::cell::publish;
use region::object::{ObjectRow, Piece};
use region::scope::ScopeRow;
use region::upload::PartRow;
use region::usage::{self, UsageRow};
use region::verify::Verifier;
use seal::crypt4gh::sealed_bytes;
use store::Derived;
use store::custody::{Custody, KeyName};
use store::index::{Index, KeyRange, Row, Shelf};
use words::Id;
use words::noun::{Cell as CellNoun, ROOT_CELL};

use crate::kit::drain;
use crate::sim::life::Sim;
use crate::sim::model::{State, content};

/// Every invariant over an open region, which is closed at the end.
pub async fn all(sim: &Sim, region: &Region, state: &State) -> Result<()> {
    let cell = region.cell(sim.stand.cast.project.cast()).await.map_err(|refusal| anyhow!("{refusal}"))?;
    bytes_are_there(sim, region, &cell, state).await?;
    erased_keys_are_gone(sim, &cell).await?;
    region.publish_all().await;
    for id in [ROOT_CELL, cell.id] {
        log_verifies(sim, region, id).await.with_context(|| format!("cell {id}"))?;
        leaves_are_there(sim, region, id).await.with_context(|| format!("cell {id}"))?;
    }
    region.close().await;
    for id in [ROOT_CELL, cell.id] {
        replay_is_the_index(sim, region, id).await.with_context(|| format!("cell {id}"))?;
    }
    Ok(())
}

/// No row without its blobs, no object without its bytes, and the totals agree.
async fn bytes_are_there(sim: &Sim, region: &Region, cell: &Cell, state: &State) -> Result<()> {
    let rows = cell.view().await.map_err(|refusal| anyhow!("{refusal}"))?;
    let objects = rows.all::<ObjectRow>(&[]).await.map_err(|refusal| anyhow!("{refusal}"))?;
    let parts = rows.all::<PartRow>(&[]).await.map_err(|refusal| anyhow!("{refusal}"))?;
    let found = store::sweep::blobs(&sim.stand.soil.bucket, cell.id).await?;
    let sizes: BTreeMap<_, _> = found.iter().map(|blob| (blob.blob, blob.size_bytes)).collect();
    let is_whole = |piece: &Piece| {
        let until = piece.within(&(0..sealed_bytes(piece.plain_bytes))).end;
        sizes.get(&piece.blob).is_some_and(|size| *size == until || piece.offset.is_some() && *size > until)
    };
    for (_, part) in &parts {
        ensure!(is_whole(&part.piece), "a part of an upload has no blob");
    }
    let sent: u64 = parts.iter().map(|(_, part)| part.piece.plain_bytes).sum();
    let mut total = 0;
    for (_, row) in objects.iter().filter(|(_, row)| !row.is_marker) {
        ensure!(row.pieces.iter().all(is_whole), "object {} has no blob", row.id);
        let body = region::object::body::read(region, cell, row, 0..row.size_bytes)
            .map_err(|refusal| anyhow!("{refusal}"))?;
        let bytes = drain(body).await.map_err(|refusal| anyhow!("object {}: {refusal}", row.id))?;
        let tag: u64 =
            row.media.as_deref().and_then(|media| media.strip_prefix("tag/")).context("no tag")?.parse()?;
        ensure!(bytes == content(tag), "object {} has other bytes than were put", row.id);
        total += bytes.len();
    }
    let expected = state
        .chains
        .values()
        .flatten()
        .filter_map(|version| version.tag)
        .map(|tag| content(tag).len())
        .sum::<usize>();
    ensure!(total == expected, "{total} bytes are there, {expected} were put");
    let versions = state.chains.values().flatten().filter(|version| version.tag.is_some()).count() as u64;
    let used = usage::total(&rows).await.map_err(|refusal| anyhow!("{refusal}"))?;
    let expected = UsageRow { bytes: expected as u64 + sent, objects: versions };
    ensure!(used == expected, "the project is said to hold {used:?}, and holds {expected:?}");
    Ok(())
}

async fn erased_keys_are_gone(sim: &Sim, cell: &Cell) -> Result<()> {
    let rows = cell.view().await.map_err(|refusal| anyhow!("{refusal}"))?;
    let scopes = rows.all::<ScopeRow>(&[]).await.map_err(|refusal| anyhow!("{refusal}"))?;
    let names = sim.stand.soil.custody.names()?;
    for (_, scope) in scopes.iter().filter(|(_, scope)| scope.is_erased) {
        let left = names.iter().find(|name| match name {
            KeyName::ScopeMetadata(of, id) | KeyName::ScopeData(of, id, _) => {
                *of == cell.id && *id == scope.id
            }
            _ => false,
        });
        ensure!(
            left.is_none(),
            "scope {} is erased and custody still holds `{}`",
            scope.id,
            left.map(ToString::to_string).unwrap_or_default()
        );
        let rest = rows.all::<ObjectRow>(&[]).await.map_err(|refusal| anyhow!("{refusal}"))?;
        ensure!(
            rest.iter().all(|(_, row)| row.scope != scope.id),
            "scope {} is erased and has objects",
            scope.id
        );
    }
    Ok(())
}

/// The raw log of a cell, in order.
fn log(sim: &Sim, cell: Id<CellNoun>) -> Vec<Bytes> {
    let folder = format!("cells/{cell}/log/");
    let objects = sim.stand.store.contents();
    objects.into_iter().filter(|(name, _)| name.starts_with(&folder)).map(|(_, bytes)| bytes).collect()
}

/// Order, signatures, tree and tiles, against the published and a kept checkpoint.
async fn log_verifies(sim: &Sim, region: &Region, cell: Id<CellNoun>) -> Result<()> {
    let ground = region.ground();
    let derived = Derived::new(ground.bucket.clone(), cell);
    let published = derived.checkpoint().await?.context("no checkpoint")?;
    let known = publish::verifier(&ground.origin, cell, ground.signer.public()).context("no verifier")?;
    let kept = sim.kept.iter().filter(|(of, _)| *of == cell).map(|(_, note)| note);
    for kept in kept.clone().take(1).chain(kept.clone().next_back()).map(Some).chain([None]) {
        let mut verifier = Verifier::new(cell, &known, &published, kept.map(String::as_bytes))?;
        let mut left = verifier.published_size();
        for bytes in log(sim, cell) {
            verifier.push(&bytes)?;
            for leaf in region::verify::leaves(&bytes) {
                if left > 0 {
                    verifier.tile_leaf(leaf)?;
                    left -= 1;
                }
            }
        }
        for (tile, bytes) in verifier.tiles()? {
            let there = derived.tile(publish::tile_name(tile)).await?;
            ensure!(
                there.as_deref() == Some(&bytes[..]),
                "tile `{}` is not what the leaves make",
                tile.path()
            );
        }
        verifier.finish()?;
    }
    Ok(())
}

/// Every acknowledged leaf is where it was said to be and says what was done.
async fn leaves_are_there(sim: &Sim, region: &Region, cell: Id<CellNoun>) -> Result<()> {
    let keys = region.keys(cell);
    let mut next = 0;
    for bytes in log(sim, cell) {
        let commit: Commit = minicbor::decode(&bytes)?;
        let body: Body = minicbor::decode(&commit.body)?;
        for leaf in fold::open(&body, &keys)?.leaves {
            if let Some(act) = sim.acked.get(&(cell, next)) {
                let record = leaf.record.as_ref().with_context(|| format!("leaf {next} cannot be opened"))?;
                ensure!(
                    record.act == act.name(),
                    "leaf {next} says {} and was acknowledged as {}",
                    record.act,
                    act.name()
                );
            }
            if let (Some(record), Some(salt), Some(detail)) = (&leaf.record_bytes, leaf.salt, &leaf.detail) {
                ensure!(
                    seal::commitment::commit(&salt, record, detail) == leaf.commitment,
                    "leaf {next} does not open to its record"
                );
            }
            next += 1;
        }
    }
    let lost = sim.acked.keys().find(|(of, index)| *of == cell && *index >= next);
    ensure!(lost.is_none(), "leaf {lost:?} was acknowledged and is lost");
    Ok(())
}

/// Replaying the log into a fresh index gives the live index, row for row.
async fn replay_is_the_index(sim: &Sim, region: &Region, cell: Id<CellNoun>) -> Result<()> {
    let soil = &sim.stand.soil;
    let newest = *soil.shelf.generations(cell).await?.last().context("no index was flushed")?;
    let key = soil.custody.key(&KeyName::Index(cell, newest))?.context("no index key")?;
    let live = soil.shelf.open(cell, newest, &key).await?;
    let replayed = region.ground().rebuild(cell, newest + 1).await?;
    let (live, fresh) = (rows(live.as_ref()).await?, rows(replayed.index.as_ref()).await?);
    let differs =
        live.iter().find(|row| !fresh.contains(row)).or_else(|| fresh.iter().find(|row| !live.contains(row)));
    ensure!(
        differs.is_none() && live.len() == fresh.len(),
        "replay differs from the live index at {differs:?}"
    );
    Ok(())
}

async fn rows(index: &dyn Index) -> Result<Vec<Row>> {
    Ok(index.scan(KeyRange::all(), usize::MAX).await?)
}
