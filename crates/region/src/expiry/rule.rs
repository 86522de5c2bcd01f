//! A rule of expiry, as it lies in its bucket's row.

use minicbor::{Decode, Encode};
use words::Timestamp;
use words::time::DAY_MS;

use crate::object::ObjectRow;

/// WHY: S3 takes 1,000; every version of a bucket is held against each of them.
pub const LIST_RULES_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ExpiryRule {
    /// Unique in its bucket.
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub is_enabled: bool,
    #[n(2)]
    pub filter: Filter,
    #[n(3)]
    pub current: Option<Current>,
    #[n(4)]
    pub older: Option<Older>,
    /// Days after which an upload that was begun is given up.
    #[n(5)]
    pub upload_days: Option<u32>,
}

/// What a rule is about: all that it says must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Filter {
    #[n(0)]
    pub prefix: String,
    #[n(1)]
    pub labels: Vec<(String, String)>,
    #[n(2)]
    pub larger_than_bytes: Option<u64>,
    #[n(3)]
    pub smaller_than_bytes: Option<u64>,
}

/// When the newest version of a key ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Current {
    /// So many days after it was stored.
    #[n(0)]
    Days(#[n(0)] u32),
    /// From a day on.
    #[n(1)]
    From(#[n(0)] Timestamp),
    /// Only a delete marker with nothing left behind it.
    #[n(2)]
    LoneMarkers,
}

/// When the versions behind the newest end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Older {
    /// Days after a newer version took its place.
    #[n(0)]
    pub days: u32,
    /// So many of them are kept whatever their age.
    #[n(1)]
    pub kept: u32,
}

impl Filter {
    pub fn takes(&self, row: &ObjectRow) -> bool {
        self.takes_key(&row.key)
            && self.labels.iter().all(|label| row.labels.contains(label))
            && self.larger_than_bytes.is_none_or(|size| row.size_bytes > size)
            && self.smaller_than_bytes.is_none_or(|size| row.size_bytes < size)
    }

    pub fn takes_key(&self, key: &str) -> bool {
        key.starts_with(&self.prefix)
    }
}

/// The first midnight (UTC) at which so many whole days are over, as S3 counts them.
pub const fn after_days(from: Timestamp, days: u32) -> Timestamp {
    let day = from.ms().div_euclid(DAY_MS).saturating_add(days as i64);
    Timestamp::from_ms(day.saturating_add(1).saturating_mul(DAY_MS))
}
