//! Figures of places, or of folders in them, for cards and for the map of data: one pass, no words.

use std::collections::{BTreeMap, BTreeSet};

use crate::entry::Standing;
use crate::index::{Index, Part};
use crate::shares::{Counted, Shares, Sum, count};

/// What there is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    pub objects: u64,
    pub bytes: u64,
    /// When the oldest and the newest were stored.
    pub oldest_ms: Option<i64>,
    pub newest_ms: Option<i64>,
    /// Objects that nobody ever read.
    pub never_read: u64,
    pub last_read_ms: Option<i64>,
    pub by_kind: Shares,
    pub by_family: Shares,
    pub by_standing: Shares,
    pub by_source: Shares,
}

#[derive(Default)]
struct Pass<'a> {
    figures: Figures,
    kinds: Counted<'a>,
    families: Counted<'a>,
    standings: [Sum; Standing::ALL.len()],
    sources: Counted<'a>,
}

impl Index {
    /// Of the allowed places that are there; with a prefix, of objects whose key begins with it, sign by sign.
    pub fn figures(&self, allowed: &[&str], key_prefix: Option<&str>) -> Figures {
        let shown = self.shown();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        let mut pass = Pass::default();
        for place in &allowed {
            let parts = shown.places.get(*place).into_iter().flat_map(|parts| parts.iter());
            parts.for_each(|part| pass.add(part, key_prefix.unwrap_or_default()));
        }
        pass.done()
    }
}

impl<'a> Pass<'a> {
    fn add(&mut self, part: &'a Part, prefix: &str) {
        let rows = &part.segment.rows;
        // WHY: folders are few; only rows of the folder that the prefix ends in are compared key by key.
        let folders: Vec<Folder> = rows.folder.names.all().map(|folder| Folder::of(folder, prefix)).collect();
        let mut kinds = vec![Sum::default(); rows.kind.names.len()];
        let mut families = vec![Sum::default(); rows.family.names.len()];
        let mut sources = vec![Sum::default(); rows.source.names.len()];
        part.alive.each().for_each(|row| {
            match folders.get(rows.folder.number(row) as usize) {
                Some(Folder::Inside) => {}
                Some(Folder::Around) if rows.key(row).starts_with(prefix) => {}
                _ => return,
            }
            let bytes = rows.size_bytes(row);
            count(&mut kinds, rows.kind.number(row), bytes);
            count(&mut families, rows.family.number(row), bytes);
            count(&mut sources, rows.source.number(row), bytes);
            count(&mut self.standings, u32::from(rows.standing(row).number()), bytes);
            self.figures.add(bytes, rows.at_ms(row), rows.read_ms(row));
        });
        self.kinds.add_column(&rows.kind, &kinds);
        self.families.add_column(&rows.family, &families);
        self.sources.add_column(&rows.source, &sources);
    }

    fn done(mut self) -> Figures {
        self.figures.by_kind = self.kinds.largest();
        self.figures.by_family = self.families.largest();
        self.figures.by_standing = standings(&self.standings);
        self.figures.by_source = self.sources.largest();
        self.figures
    }
}

/// Where a folder lies, as a prefix sees it.
enum Folder {
    /// All of it is meant.
    Inside,
    /// The prefix goes on in names that lie in it.
    Around,
    Elsewhere,
}

impl Folder {
    fn of(folder: &str, prefix: &str) -> Self {
        match () {
            () if folder.starts_with(prefix) => Self::Inside,
            () if prefix.starts_with(folder) => Self::Around,
            () => Self::Elsewhere,
        }
    }
}

impl Figures {
    fn add(&mut self, bytes: u64, at_ms: i64, read_ms: Option<i64>) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.oldest_ms = Some(self.oldest_ms.map_or(at_ms, |oldest| oldest.min(at_ms)));
        self.newest_ms = self.newest_ms.max(Some(at_ms));
        self.never_read += u64::from(read_ms.is_none());
        self.last_read_ms = self.last_read_ms.max(read_ms);
    }
}

pub(crate) fn standings(sums: &[Sum; Standing::ALL.len()]) -> Shares {
    let mut counted = Counted::default();
    let names: BTreeMap<u8, &str> =
        Standing::ALL.iter().map(|standing| (standing.number(), standing.code())).collect();
    names.into_values().zip(sums).for_each(|(name, sum)| counted.add(name, *sum));
    counted.largest()
}
