//! Meters count, and cost little.
#![allow(clippy::unwrap_used)]

use super::*;

// Goal: a size lands in the first bucket that holds it, and buckets add up.
#[test]
fn buckets_add_up() {
    let histogram = Histogram::new(ACTS);
    for size in [1.0, 1.0, 2.0, 3.0, 1_024.0, 1_025.0] {
        histogram.add(size);
    }
    let (buckets, sum) = histogram.read();
    let counts: Vec<_> = buckets.iter().map(|(_, count)| *count).collect();
    assert_eq!(counts, [2, 3, 4, 4, 4, 4, 5, 6]);
    assert!((sum - 2_056.0).abs() < 1e-6);
}

#[test]
fn every_act_and_reason_has_its_count() {
    let meters = Meters::default();
    for act in Act::ALL {
        meters.ended(*act, None, Duration::from_millis(1));
        for reason in Reason::ALL {
            meters.ended(*act, Some(*reason), Duration::ZERO);
        }
    }
    assert!(meters.acts.iter().all(|meter| meter.done.get() == 1));
    assert!(meters.acts.iter().flat_map(|meter| &meter.refused).all(|counter| counter.get() == 1));
    assert_eq!(meters.acts.len(), Act::ALL.len());
}
