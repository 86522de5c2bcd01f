//! The region's format: what an older release could not read, or would forget.
//!
//! Readers know every format from 1 on. A region that a newer release has
//! opened is refused by an older one that knows formats, before anything is
//! written: a row that it rewrites would lose the fields it does not know.

use minicbor::{Decode, Encode};
use words::Refusal;

use crate::Region;
use crate::cell::draft::Draft;
use crate::cell::step::{Entry, HouseStep};
use crate::row::{Row, Table};

/// What this release writes; raised once per release that adds rows or fields. Format 1 has no row.
///
/// WHY 2: object lock, parts, lifecycle, study cells, quotas: a reader of format 1 that rewrote such a row would drop the lock.
pub const FORMAT: u32 = 2;

/// The newest format that anything of this region was written in; in the root.
#[derive(Debug, Clone, Encode, Decode)]
pub struct FormatRow {
    #[n(0)]
    pub format: u32,
}

impl Row for FormatRow {
    const TABLE: Table = Table::Format;
}

/// The format a root's rows say, if they say one that this release does not know.
pub(crate) async fn newer(rows: &Draft) -> Result<Option<u32>, Refusal> {
    let row: Option<FormatRow> = rows.row(&[]).await?;
    Ok(row.map(|row| row.format).filter(|format| *format > FORMAT))
}

/// Written with a region's first commit.
pub(crate) fn found(draft: &mut Draft) -> Result<(), Refusal> {
    draft.put(&[], &FormatRow { format: FORMAT })
}

impl Region {
    /// Writes down that a release of this format has opened the region; from here on older ones refuse it.
    pub(crate) async fn raise_format(&self) -> Result<(), Refusal> {
        let row: Option<FormatRow> = self.root().view().await?.row(&[]).await?;
        if row.is_some_and(|row| row.format >= FORMAT) {
            return Ok(());
        }
        let step = HouseStep::new(|draft, moment| {
            found(draft)?;
            Ok(Entry::of_house("region.upgrade", moment.now).about(format!("format:{FORMAT}")))
        });
        self.root().submit(Box::new(step)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use store::Log;
    use words::noun::ROOT_CELL;

    use super::*;
    use crate::OpenError;
    use crate::region::StartError;
    use crate::twin::{Soil, World};

    /// Goal: a release never writes into a region that a later one has opened. Method: the root says a format of tomorrow.
    #[tokio::test]
    async fn a_region_of_a_later_format_is_refused_and_left_alone() {
        let world = World::found(Soil::new(5)).await.unwrap();
        let step = HouseStep::new(|draft, moment| {
            draft.put(&[], &FormatRow { format: FORMAT + 1 })?;
            Ok(Entry::of_house("region.upgrade", moment.now))
        });
        world.region.root().submit(Box::new(step)).await.unwrap();
        world.region.close().await;
        let log = Log::new(world.soil.bucket.clone(), ROOT_CELL);
        let before = log.head(None).await.unwrap();
        let refused = Region::open(world.soil.parts()).await.err();
        assert!(
            matches!(refused, Some(StartError::Open(OpenError::Newer { format })) if format == FORMAT + 1),
            "{refused:?}"
        );
        assert_eq!(log.head(None).await.unwrap(), before, "a refused opening wrote something");
    }
}
