//! Seeded chance, small tables, and where findings are.

use std::collections::BTreeSet;

use privacy::disclosure::{Dimension, Report, Rule, State, Table, Verdict};

/// SplitMix64: the same tables everywhere.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// At least `from`, less than `to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from)
    }

    pub fn at(&mut self, size: usize) -> usize {
        usize::try_from(self.next() % size as u64).unwrap()
    }

    pub fn is(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
}

/// `v0`, `v1` .. with categories `0`, `1` ..
pub fn dimensions(sizes: &[usize]) -> Vec<Dimension> {
    let dimension = |(at, size): (usize, &usize)| {
        let codes: Vec<String> = (0..*size).map(|code| code.to_string()).collect();
        Dimension::of_codes(&format!("v{at}"), codes.iter().map(String::as_str))
    };
    sizes.iter().enumerate().map(dimension).collect()
}

pub type Place = Vec<Option<usize>>;

/// Every cell and total, in order.
pub fn places(sizes: &[usize]) -> Vec<Place> {
    let mut all: Vec<Place> = vec![Vec::new()];
    for size in sizes {
        let with =
            |place: &Place, next: Option<usize>| place.iter().copied().chain([next]).collect::<Place>();
        all = all
            .iter()
            .flat_map(|place| (0..*size).map(Some).chain([None]).map(move |next| with(place, next)))
            .collect();
    }
    all
}

pub fn is_total(place: &Place) -> bool {
    place.contains(&None)
}

/// Where these rules say no.
pub fn found(report: &Report, rules: &[Rule]) -> BTreeSet<Place> {
    let is_wanted = |rule: Rule, weight: Verdict| rules.contains(&rule) && weight == Verdict::Fail;
    let chosen = report.findings.iter().filter(|finding| is_wanted(finding.rule, finding.weight));
    chosen
        .map(|finding| {
            finding.place.iter().map(|at| at.category.as_ref().map(|label| label.parse().unwrap())).collect()
        })
        .collect()
}

pub fn suppress(table: &mut Table, place: &Place) {
    table.set(place, State::Suppressed).unwrap();
}
