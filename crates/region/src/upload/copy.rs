//! A part made of an object's bytes, within one provider's data.
//!
//! The bytes are opened and sealed anew, in constant memory. WHY not shared as a whole copy shares them: a part
//! has the checksum that its upload was started with, so every byte must be read in any case.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use seal::checksum::Algorithm;
use words::act::{ObjectGet, UploadCopy};
use words::limit::PART_BYTES_MAX;
use words::noun::{Noun, Object};
use words::{Actor, Deed, Id, Reason, Refusal};

use super::{PartRow, UploadRow, find, numbered};
use crate::Region;
use crate::act::{Frame, Outcome, Plan, Request, subject};
use crate::cell::draft::Draft;
use crate::cell::step::Leaf;
use crate::noun::bucket;
use crate::noun::quota::Room;
use crate::object::body::{self, BlobReceipt};
use crate::object::put::place;
use crate::object::read::{Watch, guarded};
use crate::object::sums::summed;
use crate::object::{ObjectRow, known};

/// A part that was copied, and what it was copied from.
pub struct Copied {
    pub part: PartRow,
    pub leaf: Option<Leaf>,
    pub source: ObjectRow,
}

/// Makes one part of an upload out of an object's bytes.
///
/// `must`: conditions over the source, and the checksums that the part is to have.
pub async fn copy(
    region: &Region,
    actor: &Actor,
    deed: UploadCopy,
    must: impl FnOnce(&UploadRow, &ObjectRow) -> Result<Vec<Algorithm>, Refusal> + Send,
) -> Result<Copied, Refusal> {
    let project = deed.project.clone();
    region.heard(actor, UploadCopy::ACT, Some(&project), copied(region, actor, deed, must).boxed()).await
}

async fn copied(
    region: &Region,
    actor: &Actor,
    deed: UploadCopy,
    must: impl FnOnce(&UploadRow, &ObjectRow) -> Result<Vec<Algorithm>, Refusal> + Send,
) -> Result<Copied, Refusal> {
    let number = numbered(deed.part)?;
    let cell = region.project_cell(actor, &deed.project).await?;
    let wanted = wanted(&deed);
    let since = region.moment(&cell);
    // WHY both: a copy reads its source; who may not read may not copy.
    let read = region.allow(actor, &wanted, Some(&cell)).await?;
    let allowed = region.allow(actor, &deed, Some(&cell)).await?;
    let rows = cell.view().await?;
    let upload = find(&rows, actor, &deed.bucket, &deed.key, &deed.upload).await?;
    let from = bucket::find(&rows, &deed.source_bucket).await?;
    let source = known(&rows, &from, &deed.source_key, deed.source_version.as_deref()).await?;
    source.refuse_apart()?;
    // WHY before the conditions: their answer is a look at the source too.
    region.observe(&read, subject(Noun::Object, source.id), &cell)?;
    let algorithms = must(&upload, &source)?;
    let (_, scope) = place(&rows, &deed.bucket).await?;
    if scope.id != source.scope {
        return Err(Reason::ScopeCrossed.into());
    }
    let _held = cell.in_use.hold(source.pieces.iter().map(|piece| piece.blob));
    let range = range(deed.range.as_deref(), source.size_bytes)?;
    let room = Room::of_part(region, &cell, &rows, &upload, number).await?;
    room.takes(range.end - range.start, 0)?;
    let plain = body::read_now(region, &cell, &source, range).await?;
    let request = Request::once(actor.clone(), wanted);
    let (own, object) = (region.clone(), source.id);
    let watch = Watch { region: own, request, cell: Arc::clone(&cell), object, since, _held };
    let (plain, sums) = summed(guarded(watch, plain), &algorithms);
    let BlobReceipt { piece } = body::write_part(region, &cell, &allowed, &scope, plain, room).await?;
    let part = PartRow::of(number, piece, sums()?, region.now());
    let plan = Keep { part: part.clone(), source: source.id, row_key: source.row_key() };
    let request = Request::once(actor.clone(), deed);
    let done = region.commit(&cell, request, allowed, plan).await?;
    Ok(Copied { part, leaf: done.leaf, source })
}

fn wanted(deed: &UploadCopy) -> ObjectGet {
    ObjectGet {
        project: deed.project.clone(),
        bucket: deed.source_bucket.clone(),
        key: deed.source_key.clone(),
        version: deed.source_version.clone(),
    }
}

/// The bytes meant by `first-last`, or all; refused where they are more than a part may have.
pub fn range(text: Option<&str>, size_bytes: u64) -> Result<Range<u64>, Refusal> {
    let range = match text {
        None => 0..size_bytes,
        Some(text) => {
            let wrong =
                || Refusal::with(Reason::Invalid, "a range is the first and the last byte: `0-1048575`");
            let (first, last) = text.split_once('-').ok_or_else(wrong)?;
            let (first, last) = number(first).zip(number(last)).ok_or_else(wrong)?;
            if first > last || last >= size_bytes {
                return Err(Refusal::with(
                    Reason::Invalid,
                    "the range lies outside the object that is copied",
                ));
            }
            first..last + 1
        }
    };
    if range.end - range.start > PART_BYTES_MAX {
        return Err(Refusal::with(Reason::TooLarge, "a part is copied of at most 5 GiB; name a range"));
    }
    Ok(range)
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

struct Keep {
    part: PartRow,
    source: Id<Object>,
    row_key: Vec<u8>,
}

#[async_trait]
impl Plan<UploadCopy> for Keep {
    async fn plan(
        &mut self,
        deed: &UploadCopy,
        draft: &mut Draft,
        frame: &Frame<'_>,
    ) -> Result<Outcome, Refusal> {
        // WHY again: it may have been set apart while it was read.
        let source: Option<ObjectRow> = draft.row(&self.row_key).await?;
        if let Some(source) = source.filter(|row| row.id == self.source) {
            source.refuse_apart()?;
        }
        let upload = find(draft, frame.actor, &deed.bucket, &deed.key, &deed.upload).await?;
        Ok(self.part.keep(&upload, draft).await?.and(Noun::Object, self.source))
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn a_range_is_within_the_source() {
        for (text, size_bytes, expected) in [
            (None, 0, Some(0..0)),
            (None, 7, Some(0..7)),
            (Some("0-0"), 7, Some(0..1)),
            (Some("2-6"), 7, Some(2..7)),
            (Some("2-7"), 7, None),
            (Some("6-2"), 7, None),
            (Some("0-0"), 0, None),
            (Some("2-"), 7, None),
            (Some("-2"), 7, None),
            (Some("+1-2"), 7, None),
            (Some("18446744073709551615-18446744073709551615"), u64::MAX, None),
            (Some("1-2,4-5"), 7, None),
        ] {
            assert_eq!(range(text, size_bytes).ok(), expected, "{text:?} of {size_bytes}");
        }
        assert!(range(None, (5 << 30) + 1).is_err());
    }
}
