//! Entries and numbers made from a seed.

use search::{Entry, Standing};

/// Numbers from a seed (SplitMix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    pub fn some(&mut self, of: &[&str], most: usize, between: &str) -> String {
        let count = self.below(most + 1);
        (0..count).map(|_| *self.one(of)).collect::<Vec<_>>().join(between)
    }
}

/// Few, alike and in both languages, so that they meet.
pub const WORDS: &[&str] = &[
    "visits",
    "visit",
    "visti",
    "vista",
    "perché",
    "PERCHE",
    "Età",
    "eta",
    "blood",
    "pressure",
    "2024",
    "05",
    "x",
    "bari",
    "foggia",
    "genoma",
    "genome",
    "Genom",
    "straße",
    "strasse",
    "HbA1c",
    "dell'età",
];
pub const PLACES: &[&str] = &["bari", "foggia", "lecce", "taranto"];
pub const KINDS: &[&str] = &["csv", "vcf", "bam", ""];
pub const FAMILIES: &[&str] = &["table", "variants", ""];
pub const SOURCES: &[&str] = &["asl-foggia", "asl-bari", ""];
pub const LABELS: &[&str] = &["site", "Study Arm", "età"];
pub const FOLDERS: &[&str] = &["2024/may/", "2024/", "2024/May/x/", "Età/", "may/2024/", ""];
/// 2026-01-01.
pub const DAY_0_MS: i64 = 1_767_225_600_000;
pub const DAY_MS: i64 = 86_400_000;

pub fn id(number: u64) -> [u8; 16] {
    // Ids are no order of putting.
    let mixed = Numbers(number).next();
    let mut id = [0; 16];
    id[..8].copy_from_slice(&mixed.to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    id
}

pub fn entry(number: u64, numbers: &mut Numbers) -> Entry {
    let name = numbers.some(WORDS, 3, "_");
    let key = format!("{}{name}.{}", numbers.one(FOLDERS), numbers.one(KINDS));
    let tags = (0..numbers.below(3)).map(|_| ((*numbers.one(LABELS)).into(), numbers.some(WORDS, 3, " ")));
    let tags = tags.collect();
    let columns = (0..numbers.below(4)).map(|_| numbers.some(WORDS, 2, "_")).collect();
    Entry {
        id: id(number),
        place: (*numbers.one(PLACES)).into(),
        key,
        kind: (*numbers.one(KINDS)).into(),
        family: (*numbers.one(FAMILIES)).into(),
        standing: *numbers.one(&Standing::ALL),
        tags,
        columns,
        text: numbers.some(WORDS, 12, " "),
        size_bytes: numbers.below(6) as u64 * 1_000_000,
        at_ms: DAY_0_MS + numbers.below(40) as i64 * DAY_MS / 4,
        read_ms: (numbers.below(3) > 0).then(|| DAY_0_MS + numbers.below(1_000) as i64),
        source: (*numbers.one(SOURCES)).into(),
    }
}
