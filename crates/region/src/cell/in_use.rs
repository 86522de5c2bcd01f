//! Blobs that somebody is reading: a sweep leaves them until the last reader is done.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use words::Id;
use words::noun::Blob;

type Readers = BTreeMap<Id<Blob>, usize>;

/// How many read each blob of a cell, in this process.
#[derive(Clone, Default)]
pub struct InUse(Arc<Mutex<Readers>>);

/// Held as long as the blobs are read.
pub struct Held {
    in_use: InUse,
    blobs: Vec<Id<Blob>>,
}

impl InUse {
    /// Called before a row's blobs are first looked at, by whoever has just seen the row.
    pub fn hold(&self, blobs: impl IntoIterator<Item = Id<Blob>>) -> Held {
        let blobs: Vec<_> = blobs.into_iter().collect();
        let mut readers = self.readers();
        blobs.iter().for_each(|blob| *readers.entry(*blob).or_default() += 1);
        Held { in_use: self.clone(), blobs }
    }

    pub fn holds(&self, blob: Id<Blob>) -> bool {
        self.readers().contains_key(&blob)
    }

    fn readers(&self) -> MutexGuard<'_, Readers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut readers = self.in_use.readers();
        for blob in &self.blobs {
            if let Some(count) = readers.get_mut(blob) {
                *count -= 1;
            }
        }
        readers.retain(|_, count| *count > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_held_until_its_last_reader_is_done() {
        let (in_use, [one, two]) = (InUse::default(), [1, 2].map(|byte| Id::from_bytes([byte; 16])));
        let first = in_use.hold([one, two]);
        let second = in_use.hold([one]);
        drop(first);
        assert_eq!([one, two].map(|blob| in_use.holds(blob)), [true, false]);
        drop(second);
        assert!(!in_use.holds(one));
    }
}
