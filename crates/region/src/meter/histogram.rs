//! A histogram that many threads add to at once.

use std::sync::atomic::{AtomicU64, Ordering};

/// WHY: a sum in whole units would lose what is short; a billionth of one loses nothing that matters.
const PARTS: f64 = 1e9;

/// Counts by size; the bounds are upper ones, ascending.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One more than the bounds: the last takes what is over all of them.
    counts: Vec<AtomicU64>,
    sum_parts: AtomicU64,
}

impl Histogram {
    pub fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum_parts: AtomicU64::new(0) }
    }

    pub fn add(&self, size: f64) {
        let at = self.bounds.partition_point(|bound| *bound < size);
        if let Some(count) = self.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        // WHY `as`: it saturates, and no single size comes near the end.
        self.sum_parts.fetch_add((size * PARTS) as u64, Ordering::Relaxed);
    }

    /// Upper bounds with how many were at most so large, the last without a bound; and their sum.
    pub fn read(&self) -> (Vec<(Option<f64>, u64)>, f64) {
        let mut all = 0;
        let bounds = self.bounds.iter().copied().map(Some).chain([None]);
        let buckets = bounds.zip(&self.counts).map(|(bound, count)| {
            all += count.load(Ordering::Relaxed);
            (bound, all)
        });
        let buckets = buckets.collect();
        (buckets, self.sum_parts.load(Ordering::Relaxed) as f64 / PARTS)
    }
}
