//! The sealing census: where does a plain byte pattern occur in the raw store?

use std::fs::File;
use std::io::{self, Read};
use std::path::Path as DiskPath;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use futures::StreamExt;
use object_store::ObjectStoreExt;
use object_store::path::Path;

use super::{disk, names};
use crate::bucket::{Bucket, within};
use crate::error::StoreError;
use crate::ground::{Ground, blocking};
use crate::limit::{CENSUS_NEEDLE_BYTES_MAX, CENSUS_NEEDLES_MAX, READ_CHUNK_BYTES, SIGHTINGS_MAX};

/// One needle found where nothing readable may lie.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// The raw name below the bucket.
    pub name: String,
    /// Which needle, by its place in the list asked for.
    pub needle: usize,
    /// The byte at which it starts; `None` if it is in the name itself.
    pub at: Option<u64>,
}

/// Looks for byte patterns in every raw name and every raw byte of the bucket.
pub async fn census(bucket: &Bucket, needles: &[Vec<u8>]) -> Result<Vec<Sighting>, StoreError> {
    let mut search = Search { needles: automaton(needles)?, count: needles.len(), sightings: Vec::new() };
    for name in names(bucket).await? {
        search.name(&name);
    }
    let mut search = match &bucket.ground {
        Ground::Disk(disk) => {
            let disk = Arc::clone(disk);
            let searched = blocking(move || search.folder(&disk.root)).await;
            searched.map_err(|cause| StoreError::unavailable("search", "the bucket", cause))?
        }
        Ground::Memory | Ground::Remote(_) | Ground::Twin(_) => search.objects(bucket).await?,
    };
    search.sightings.sort();
    Ok(search.sightings)
}

/// All needles in one pass: a bucket is long.
fn automaton(needles: &[Vec<u8>]) -> Result<AhoCorasick, StoreError> {
    let refused = |why| StoreError::Refused { name: "a census".into(), why };
    let sizes_fit = needles.iter().all(|needle| (1..=CENSUS_NEEDLE_BYTES_MAX).contains(&needle.len()));
    if !sizes_fit || needles.len() > CENSUS_NEEDLES_MAX {
        return Err(refused("it takes 1 to 1,024 needles of 1 to 4,096 bytes"));
    }
    AhoCorasick::new(needles).map_err(|_| refused("its needles are too many to be looked for at once"))
}

struct Search {
    needles: AhoCorasick,
    count: usize,
    sightings: Vec<Sighting>,
}

impl Search {
    fn see(&mut self, name: &str, needle: usize, at: Option<u64>) {
        if self.sightings.len() < SIGHTINGS_MAX {
            self.sightings.push(Sighting { name: name.to_owned(), needle, at });
        }
    }

    fn name(&mut self, name: &str) {
        self.piece_of(name, None, name.as_bytes(), &mut vec![false; self.count]);
    }

    /// The first place of each needle in a piece that starts at `start`; without one, in a name.
    fn piece_of(&mut self, name: &str, start: Option<u64>, piece: &[u8], seen: &mut [bool]) {
        let mut is_first =
            |needle: usize| seen.get_mut(needle).is_some_and(|seen| !std::mem::replace(seen, true));
        let found = self
            .needles
            .find_overlapping_iter(piece)
            .map(|found| (found.pattern().as_usize(), found.start()));
        let found: Vec<_> = found.filter(|(needle, _)| is_first(*needle)).collect();
        for (needle, at) in found {
            self.see(name, needle, start.map(|start| start + at as u64));
        }
    }

    fn folder(mut self, root: &DiskPath) -> io::Result<Self> {
        disk::each_file(root, &mut |file, _| {
            let name = file.strip_prefix(root).unwrap_or(file).to_string_lossy().into_owned();
            match File::open(file) {
                Ok(open) => self.file(&name, open),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(error),
            }
        })?;
        Ok(self)
    }

    /// Piece by piece, each with the tail of the one before so that no seam hides a needle.
    fn file(&mut self, name: &str, mut file: File) -> io::Result<()> {
        let mut seen = vec![false; self.count];
        let (mut piece, mut start) = (Vec::new(), 0);
        loop {
            let read = file.by_ref().take(READ_CHUNK_BYTES).read_to_end(&mut piece)?;
            if read == 0 {
                return Ok(());
            }
            self.piece_of(name, Some(start), &piece, &mut seen);
            let passed = piece.len().saturating_sub(CENSUS_NEEDLE_BYTES_MAX - 1);
            piece.drain(..passed);
            start += passed as u64;
        }
    }

    async fn objects(mut self, bucket: &Bucket) -> Result<Self, StoreError> {
        for name in names(bucket).await? {
            let path = Path::parse(&name).map_err(|cause| StoreError::unavailable("search", &name, cause))?;
            match self.object(bucket, &name, &path).await {
                // It was deleted while we looked.
                Ok(()) | Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self)
    }

    /// As with files, piece by piece: an object may be larger than memory.
    async fn object(&mut self, bucket: &Bucket, name: &str, path: &Path) -> Result<(), StoreError> {
        let found = within("search", path, bucket.store.get(path)).await?;
        let mut bytes = found.into_stream();
        let mut seen = vec![false; self.count];
        let (mut piece, mut start) = (Vec::new(), 0);
        while let Some(next) = within("search", path, async { bytes.next().await.transpose() }).await? {
            piece.extend_from_slice(&next);
            self.piece_of(name, Some(start), &piece, &mut seen);
            let passed = piece.len().saturating_sub(CENSUS_NEEDLE_BYTES_MAX - 1);
            piece.drain(..passed);
            start += passed as u64;
        }
        Ok(())
    }
}
