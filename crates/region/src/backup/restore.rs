//! Fetching: the files of a believed backup into an empty bucket, each held against its digest.

use futures::{StreamExt, stream};
use store::Bucket;
use store::backup::{CarryError, Item, Line, carry};
use words::Id;
use words::noun::Cell;

use super::{BackupError, Manifest};

/// WHY: enough to keep a disk's queue full; each holds a mebibyte or two.
const AT_ONCE_MAX: usize = 32;

/// Copies every file that a manifest speaks of; one that is missing or altered is named.
///
/// What is there already and the same is left, so that a restore that was cut goes on.
pub async fn fetch(
    from: &Bucket,
    to: &Bucket,
    manifest: &Manifest,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<(), BackupError> {
    for list in &manifest.lists {
        let lines = manifest.list(from, list).await?;
        let lines: Vec<Line> = lines.into_iter().filter(|line| is_wanted(manifest, line.item)).collect();
        let carrying = |line: Line| async move { carry(from, to, line.item, Some(line.digest)).await };
        let mut carried = stream::iter(lines).map(carrying).buffer_unordered(AT_ONCE_MAX);
        while let Some(carried) = carried.next().await {
            match carried {
                Ok(carried) => progress(1, carried.size_bytes),
                Err(CarryError::Missing(item)) => {
                    return Err(BackupError::Missing { name: item.to_string() });
                }
                Err(CarryError::Altered(item)) => {
                    return Err(BackupError::Altered { name: item.to_string() });
                }
                Err(CarryError::Store(error)) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// WHY: a try that was cut may have copied commits beyond the cut, or a cell that it does not hold.
fn is_wanted(manifest: &Manifest, item: Item) -> bool {
    let cell: Id<Cell> = item.cell();
    manifest.cut_of(cell).is_some_and(|cut| match item {
        Item::Log(_, seq) => seq < cut.commits,
        Item::Blob(..) => true,
    })
}
