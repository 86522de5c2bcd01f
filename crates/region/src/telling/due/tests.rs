use proptest::prelude::*;

use super::*;

const DAY: i64 = DAY_MS;

fn at(days: i64) -> Timestamp {
    Timestamp::from_ms(days * DAY)
}

fn end(thing: u8, ends: Timestamp) -> End {
    End { kind: Kind::Permit, thing: [thing; 16], ends, early: None }
}

fn part(ends: &[End]) -> Part {
    Part { waits: Vec::new(), ends: ends.to_vec() }
}

// Goal: how near an end is. Method: both sides of every threshold, to the millisecond; ended by itself and early.
#[test]
fn an_end_comes_nearer_by_thresholds() {
    let ends = at(1_000);
    for (left_ms, expected) in [
        (60 * DAY + 1, None),
        (60 * DAY, Some(Stage::Far)),
        (30 * DAY + 1, Some(Stage::Far)),
        (30 * DAY, Some(Stage::Near)),
        (7 * DAY + 1, Some(Stage::Near)),
        (7 * DAY, Some(Stage::Soon)),
        (0, Some(Stage::Soon)),
        (-1, Some(Stage::Ended)),
        (-60 * DAY, Some(Stage::Ended)),
        (-60 * DAY - 1, None),
    ] {
        assert_eq!(end(1, ends).stage(ends.plus_ms(-left_ms)), expected, "{left_ms}");
    }
    for (early, now, expected) in [
        (Some(at(900)), at(900), Some(Stage::Ended)),
        (Some(at(900)), at(961), None),
        (Some(at(1_200)), at(1_061), None),
    ] {
        let ended = End { early, ..end(1, ends) };
        assert_eq!(ended.stage(now), expected, "{early:?} {now}");
    }
}

// Goal: each threshold once, with the nearest alone for what was missed, and once more for an end that was moved.
#[test]
fn each_is_told_once() {
    let mut told: Option<ToldRow> = None;
    let mut hear = |now: i64, ends: Timestamp| {
        let (digest, row) = due(&part(&[end(1, ends)]), told.as_ref(), at(now))?;
        told = Some(row);
        digest.ends.keys().next().map(|(stage, _)| *stage)
    };
    let heard: Vec<_> = (930..1_070).filter_map(|day| Some((day, hear(day, at(1_000))?))).collect();
    let expected = [(940, Stage::Far), (970, Stage::Near), (993, Stage::Soon), (1_001, Stage::Ended)];
    assert_eq!(heard, expected);
    assert_eq!(hear(1_071, at(1_080)), Some(Stage::Near), "moved on");
    assert_eq!(hear(1_078, at(1_080)), Some(Stage::Soon), "what lay between was missed");
    assert_eq!(hear(1_079, at(1_080)), None);
}

// Goal: one a day, but every six hours for a week's end; what waits is told once and counted each time.
#[test]
fn one_a_day_and_sooner_within_a_week() {
    let waiting = |ends: &[End], waits: &[u8]| Part {
        waits: waits.iter().map(|thing| (Wait::Sign, [*thing; 16])).collect(),
        ends: ends.to_vec(),
    };
    let noon = at(100).plus_ms(DAY / 2);
    let (digest, told) = due(&waiting(&[], &[1]), None, at(100)).unwrap();
    assert_eq!((digest.waits, digest.ends.len()), (1, 0));
    assert_eq!(due(&waiting(&[], &[1]), Some(&told), at(200)), None, "nothing new");
    assert_eq!(due(&waiting(&[end(7, at(150))], &[1, 2]), Some(&told), noon), None, "tomorrow");
    let (digest, later) = due(&waiting(&[end(7, at(150))], &[1, 2]), Some(&told), at(101)).unwrap();
    assert_eq!((digest.waits, digest.of_stage(Stage::Far)), (2, 1));
    assert_eq!(due(&waiting(&[], &[2]), Some(&later), at(102)), None, "what is done is no news");
    let (digest, _) = due(&waiting(&[end(8, at(103))], &[1]), Some(&told), noon).unwrap();
    assert_eq!((digest.waits, digest.of_stage(Stage::Soon)), (1, 1), "today still");
    let (soon, quarter) = (waiting(&[end(8, at(103))], &[1]), at(100).plus_ms(DAY / 4));
    assert!(due(&soon, Some(&told), quarter).is_some());
    assert_eq!(due(&soon, Some(&told), quarter.plus_ms(-1)), None, "not each time at once");
    let judged = Part { waits: vec![(Wait::Release, [1; 16])], ..Part::default() };
    assert!(due(&judged, Some(&told), at(101)).is_some(), "it waits for something else now");
}

proptest! {
    // Goal: whatever ends when and whenever one looks: no threshold twice, never backwards, at most one a day, or every
    // six hours for a week's end, and whoever looks daily hears of every end that they live to see.
    #[test]
    fn never_twice(ends in prop::collection::vec((0_i64..400, prop::bool::ANY), 1..6), looks in prop::collection::vec(1_i64..360, 1..120)) {
        let mut told: Option<ToldRow> = None;
        let mut heard: BTreeMap<u8, Vec<Stage>> = BTreeMap::new();
        let (mut hour, mut last) = (0_i64, None::<Timestamp>);
        for step in looks {
            hour += step;
            let now = Timestamp::from_ms(hour * DAY / 24);
            let known: Vec<End> = ends.iter().enumerate().map(|(thing, (day, is_early))| {
                let early = (*is_early && now >= at(day / 2)).then_some(at(day / 2));
                End { early, ..end(thing as u8, at(*day)) }
            }).collect();
            let Some((digest, row)) = due(&part(&known), told.as_ref(), now) else { continue };
            let is_urgent = digest.of_stage(Stage::Soon) > 0;
            let rest = if is_urgent { DAY / 4 } else { DAY };
            prop_assert!(last.is_none_or(|last| now.since_ms(last) >= rest));
            for end in &row.ends {
                let stages = heard.entry(end.thing[0]).or_default();
                let stage = [Stage::Far, Stage::Near, Stage::Soon, Stage::Ended][usize::from(end.stage)];
                if stages.last() != Some(&stage) {
                    prop_assert!(stages.iter().all(|before| *before < stage), "{:?} then {:?}", stages, stage);
                    stages.push(stage);
                }
            }
            let counted: u64 = digest.ends.values().sum();
            prop_assert!(counted > 0);
            (told, last) = (Some(row), Some(now));
        }
        prop_assert!(heard.values().all(|stages| stages.len() <= 4));
    }

    #[test]
    fn whoever_looks_daily_misses_nothing(day in 61_i64..300, from in 0_i64..2) {
        let (mut told, mut heard) = (None::<ToldRow>, Vec::new());
        for now in from..day + 3 {
            if let Some((digest, row)) = due(&part(&[end(1, at(day))]), told.as_ref(), at(now)) {
                heard.extend(digest.ends.keys().map(|(stage, _)| *stage));
                told = Some(row);
            }
        }
        prop_assert_eq!(heard, [Stage::Far, Stage::Near, Stage::Soon, Stage::Ended]);
    }
}
