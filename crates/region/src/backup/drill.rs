//! A restore drill: what a restored region is seen to be, and the signed word of it.
//!
//! It opens the region in a scratch place, so it may commit there; the region
//! that the backup is of hears of it by an act, `check.record`.

use seal::note::{Note, NoteVerifier};
use serde::{Deserialize, Serialize};
use words::{Secret, Timestamp};

use super::{BackupError, sign};
use crate::Region;
use crate::cell::Cell;
use crate::check;
use crate::object::{ObjectRow, body};
use crate::region::Parts;

/// The live checks that a restored region must pass; the others look at gates and names, not at what was kept.
const CHECKS: [&str; 4] = ["ledger-consistency", "rollback-probe", "erase-proof", "blob-scrub"];

/// What a drill came to, for people and for the ledger; without names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    pub drill: u32,
    pub region: String,
    /// SHA-256 of the manifest.
    pub manifest: String,
    pub run: u64,
    /// When the drill ended.
    pub at: Timestamp,
    /// The recovery point: what is younger would be lost.
    pub as_of: Timestamp,
    /// The recovery time.
    pub recovery_ms: u64,
    pub holds: bool,
    pub measured: String,
}

/// What was seen in the restored region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub holds: bool,
    pub sampled: u64,
    pub measured: String,
}

/// Opens a restored region, runs its checks and reads a sample of what it stores.
pub async fn see(parts: Parts, sample: u64) -> Result<Seen, BackupError> {
    let region = Region::open(parts).await?;
    let seen = look(&region, sample).await.map_err(BackupError::Refused);
    region.close().await;
    seen
}

async fn look(region: &Region, sample: u64) -> Result<Seen, words::Refusal> {
    let (mut objects, mut sampled, mut unread) = (0, 0, 0);
    for project in region.projects().await?.into_iter().filter(|project| project.erased_at.is_none()) {
        let cell = region.cell(project.id.cast()).await?;
        let (rows, mut count) = (cell.view().await?, 0_u64);
        rows.each(&[], |_: ObjectRow| count += 1).await?;
        objects += count;
        // WHY evenly: the old and the new, the small and the large.
        let step = count.div_ceil(sample.max(1)).max(1);
        let (mut at, mut picked) = (0_u64, Vec::new());
        let pick = |row: ObjectRow| {
            picked.extend(at.is_multiple_of(step).then_some(row));
            at += 1;
        };
        rows.each(&[], pick).await?;
        for row in &picked {
            sampled += 1;
            unread += u64::from(!reads(region, &cell, row).await);
        }
    }
    let mut said = vec![format!("{sampled} of {objects} objects read")];
    let mut holds = unread == 0;
    if unread > 0 {
        said.push(format!("{unread} of them not whole"));
    }
    for one in check::all().into_iter().filter(|one| CHECKS.contains(&one.name())) {
        let found = check::verdict(one.as_ref(), region).await;
        let is_fine = matches!(found.verdict, check::Verdict::Pass | check::Verdict::NotApplicable);
        holds &= is_fine;
        said.push(format!("{}: {}", one.name(), found.verdict.text()));
        if !is_fine {
            said.push(found.measured);
        }
    }
    Ok(Seen { holds, sampled, measured: said.join("; ") })
}

/// Whether an object opens to as many bytes as it says; each segment is authentic or the read fails.
async fn reads(region: &Region, cell: &Cell, row: &ObjectRow) -> bool {
    let Ok(mut bytes) = body::read(region, cell, row, 0..row.size_bytes) else { return false };
    let mut size_bytes = 0;
    while let Some(next) = futures::StreamExt::next(&mut bytes).await {
        let Ok(next) = next else { return false };
        size_bytes += next.len() as u64;
    }
    size_bytes == row.size_bytes
}

impl Drill {
    /// The word of it, signed by the region's key as the copy of custody holds it.
    pub fn sign(&self, seed: &Secret<[u8; 32]>) -> Result<String, BackupError> {
        sign(&self.region, seed, serde_json::to_string(self).unwrap_or_default() + "\n")
    }

    /// Reads a signed word, if this region's key signed it.
    pub fn read(note: &str, known: &NoteVerifier) -> Option<Self> {
        // WHY: a shell takes the last line's end from what it hands on.
        let note = Note::parse((note.trim_end().to_owned() + "\n").as_bytes()).ok()?;
        let by = note.verify(std::slice::from_ref(known)).ok()?;
        if by.is_empty() {
            return None;
        }
        serde_json::from_str(note.text()).ok().filter(|drill: &Self| drill.drill == 1)
    }
}
