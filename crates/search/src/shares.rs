//! How many objects and bytes fall to each of a set of names.

use std::collections::BTreeMap;

use crate::rows::Named;

/// WHY: a page shows a dozen; what is not among so many is found by typing it.
pub const SHARES_MAX: usize = 50;

/// What falls to one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    pub name: String,
    pub objects: u64,
    pub bytes: u64,
}

/// The largest shares: by objects, then by name. The empty name has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shares {
    pub largest: Vec<Share>,
    /// Whether there are more names than these.
    pub is_cut: bool,
}

/// Shares while they are counted.
#[derive(Debug, Default)]
pub(crate) struct Counted<'a> {
    by_name: BTreeMap<&'a str, Sum>,
}

/// Objects and bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    pub objects: u64,
    pub bytes: u64,
}

impl Sum {
    pub fn add(&mut self, objects: u64, bytes: u64) {
        self.objects += objects;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

impl<'a> Counted<'a> {
    pub fn add(&mut self, name: &'a str, sum: Sum) {
        if !name.is_empty() && sum.objects > 0 {
            self.by_name.entry(name).or_default().add(sum.objects, sum.bytes);
        }
    }

    /// Takes in what was counted by number in one segment.
    pub fn add_column(&mut self, column: &'a Named, sums: &[Sum]) {
        column.names.all().zip(sums).for_each(|(name, sum)| self.add(name, *sum));
    }

    pub fn largest(self) -> Shares {
        let is_cut = self.by_name.len() > SHARES_MAX;
        let mut names: Vec<(&str, Sum)> = self.by_name.into_iter().collect();
        names.sort_by(|(name, sum), (other, than)| than.objects.cmp(&sum.objects).then(name.cmp(other)));
        let largest = names.into_iter().take(SHARES_MAX).map(|(name, sum)| Share {
            name: name.to_owned(),
            objects: sum.objects,
            bytes: sum.bytes,
        });
        Shares { largest: largest.collect(), is_cut }
    }
}

/// Adds to the sum of a number.
pub(crate) fn count(sums: &mut [Sum], number: u32, bytes: u64) {
    if let Some(sum) = sums.get_mut(number as usize) {
        sum.add(1, bytes);
    }
}
