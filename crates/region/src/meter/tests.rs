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

// Goal: counting is no act's burden. Method: many at once, one by one; a lock or an allocation would show.
#[test]
fn counting_an_act_takes_no_time_that_matters() {
    let (meters, begun) = (Meters::default(), tokio::time::Instant::now());
    for number in 0..200_000_u32 {
        let began = tokio::time::Instant::now();
        meters.ended(Act::ObjectGet, (number % 3 == 0).then_some(Reason::NotFound), began.elapsed());
    }
    let each = begun.elapsed() / 200_000;
    eprintln!("an act is counted in {each:?}");
    assert!(each < Duration::from_micros(20), "{each:?}");
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
