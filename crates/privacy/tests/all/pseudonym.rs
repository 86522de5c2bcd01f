//! Pseudonyms: the same for the same, read as people write them, and noticed when mistaken; dates that move together.

use std::collections::{BTreeMap, BTreeSet};

use privacy::pseudonym::{
    Age, AgeError, Days, Entry, Key, Pseudonym, PseudonymError, Shift, ShiftError, Subject, TableError, Week,
    read_table, write_table,
};
use proptest::prelude::*;
use time::{Date, Month};

fn key(byte: u8) -> Key {
    Key::new([byte; 32])
}

fn patient(number: u32) -> Pseudonym {
    Pseudonym::of(&key(1), Subject::Patient, &number.to_be_bytes())
}

const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[test]
fn a_pseudonym_follows_from_key_kind_and_name_alone() {
    let made = |byte, subject, named: &[u8]| Pseudonym::of(&key(byte), subject, named).to_string();
    let one = made(1, Subject::Patient, b"12345");
    assert_eq!(one, made(1, Subject::Patient, b"12345"));
    let others = [
        made(2, Subject::Patient, b"12345"),
        made(1, Subject::Sample, b"12345"),
        made(1, Subject::Patient, b"12346"),
    ];
    for other in &others {
        // Not alike beyond the kind.
        let same =
            one.chars().zip(other.chars()).skip(2).filter(|(one, other)| one == other && *one != '-').count();
        assert!(same < 7, "{one} {other}");
    }
    assert!(
        one.starts_with("P-")
            && one.len() == 18
            && one.chars().all(|sign| sign == '-' || ALPHABET.contains(sign))
    );
    assert_eq!(format!("{:?}", key(1)), "Key([..])");
}

/// Goal: any one sign changed, and any two exchanged, are noticed. Method: every such change of 200 pseudonyms.
#[test]
fn a_mistaken_sign_is_noticed() {
    for number in 0..200 {
        let text: Vec<char> = patient(number).to_string().chars().filter(|sign| *sign != '-').collect();
        let read = |signs: &[char]| signs.iter().collect::<String>().parse::<Pseudonym>();
        assert_eq!(read(&text), Ok(patient(number)));
        for at in 0..text.len() {
            for sign in ALPHABET.chars().filter(|sign| *sign != text[at]) {
                let mut bent = text.clone();
                bent[at] = sign;
                assert!(read(&bent).is_err(), "{text:?} {at} {sign}");
            }
            for other in at + 1..text.len() {
                let mut bent = text.clone();
                bent.swap(at, other);
                assert_eq!(read(&bent).is_ok(), bent == text, "{text:?} {at} {other}");
            }
        }
    }
}

#[test]
fn it_is_read_as_people_write_it() {
    let one = patient(7);
    let text = one.to_string();
    for told in [
        text.to_lowercase(),
        text.replace('-', ""),
        text.replace('-', " "),
        text.replace('0', "O").replace('1', "l"),
    ] {
        assert_eq!(told.parse(), Ok(one), "{told}");
    }
    assert_eq!("".parse::<Pseudonym>(), Err(PseudonymError::Form));
    assert_eq!(format!("X{}", &text[1..]).parse::<Pseudonym>(), Err(PseudonymError::Form));
    assert_eq!(format!("{text}0").parse::<Pseudonym>(), Err(PseudonymError::Form));
    assert_eq!(text.replace('-', "U").parse::<Pseudonym>(), Err(PseudonymError::Form));
}

#[test]
fn a_hundred_thousand_subjects_have_as_many_pseudonyms() {
    let all: BTreeSet<Pseudonym> = (0..100_000).map(patient).collect();
    assert_eq!(all.len(), 100_000);
}

#[test]
fn a_table_gives_back_what_it_was_given_and_nothing_else() {
    let entry = |number: u32| Entry { pseudonym: patient(number), named: number.to_string().into_bytes() };
    let entries: Vec<Entry> = (0..50).map(entry).collect();
    let bytes = write_table(entries.clone()).unwrap();
    let mut turned = entries.clone();
    turned.reverse();
    turned.push(entry(3));
    assert_eq!(write_table(turned).unwrap(), bytes, "order and repetition do not matter");
    let read: Vec<Entry> = read_table(&bytes).unwrap().collect::<Result<_, _>>().unwrap();
    let by_name = |entries: &[Entry]| {
        entries.iter().map(|entry| (entry.pseudonym, entry.named.clone())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(by_name(&read), by_name(&entries));
    let twin = Entry { pseudonym: patient(3), named: b"other".to_vec() };
    assert_eq!(write_table(vec![entry(3), twin]), Err(TableError::Collision(patient(3))));
    assert_eq!(write_table(vec![Entry { pseudonym: patient(3), named: vec![] }]), Err(TableError::Size));
    for cut in 0..bytes.len() {
        let whole = read_table(&bytes[..cut]).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        assert!(whole.map_or(true, |entries| entries.len() < 50), "{cut}");
    }
    assert!(!format!("{:?}", entry(42)).contains("42]") && format!("{:?}", entry(42)).contains("[..]"));
}

fn days(most: u16) -> Days {
    Days::new(most).unwrap()
}

#[test]
fn shifts_are_uniform_never_nothing_and_whole_weeks_where_asked() {
    for (most, week, step) in [(10, Week::Free, 1), (30, Week::Kept, 7), (1, Week::Free, 1)] {
        let steps = i32::from(most) / step;
        let mut counts = BTreeMap::<i32, u32>::new();
        for number in 0..20_000 {
            let shift = Shift::of(&key(9), patient(number), days(most), week).unwrap();
            *counts.entry(shift.days()).or_default() += 1;
        }
        let expected: Vec<i32> = (-steps..=steps).filter(|at| *at != 0).map(|at| at * step).collect();
        assert_eq!(counts.keys().copied().collect::<Vec<_>>(), expected);
        // Chi-squared against its mean (one less than the choices) and eight of its deviations.
        let mean = 20_000.0 / expected.len() as f64;
        let chi: f64 = counts.values().map(|count| (f64::from(*count) - mean).powi(2) / mean).sum();
        let freedom = (expected.len() - 1) as f64;
        assert!(chi < freedom + 8.0 * (2.0 * freedom).sqrt(), "{chi} for {freedom}");
    }
    assert_eq!(Days::new(0), Err(ShiftError::Bound(0)));
    assert_eq!(Days::new(3_651), Err(ShiftError::Bound(3_651)));
    assert_eq!(Shift::of(&key(9), patient(1), days(6), Week::Kept), Err(ShiftError::Week));
}

proptest! {
    #[test]
    fn intervals_and_weekdays_stay(number: u32, first in 0_i32..80_000, second in 0_i32..80_000) {
        let date = |at: i32| Date::from_julian_day(2_400_000 + at).unwrap();
        let shift = Shift::of(&key(4), patient(number), days(365), Week::Kept).unwrap();
        let (one, two) = (shift.date(date(first)).unwrap(), shift.date(date(second)).unwrap());
        prop_assert_eq!(two - one, date(second) - date(first));
        prop_assert_eq!(one.weekday(), date(first).weekday());
        prop_assert_ne!(one, date(first));
        prop_assert!((one - date(first)).whole_days().abs() <= 365);
        prop_assert_eq!(format!("{shift:?}"), "Shift([..])");
    }
}

#[test]
fn a_date_at_the_end_of_the_calendar_is_refused() {
    let (mut early, mut late) = (0, 0);
    for number in 0..50 {
        let shift = Shift::of(&key(4), patient(number), days(100), Week::Free).unwrap();
        assert_eq!(shift.date(Date::MAX).is_err(), shift.days() > 0);
        assert_eq!(shift.date(Date::MIN).is_err(), shift.days() < 0);
        if shift.days() > 0 { late += 1 } else { early += 1 }
    }
    assert!(early > 0 && late > 0);
}

#[test]
fn ages_above_89_are_one() {
    let date = |year, month, day| Date::from_calendar_date(year, month, day).unwrap();
    let born = date(1935, Month::June, 15);
    let cases = [
        (date(1935, Month::June, 15), Ok(Age::Years(0))),
        (date(2025, Month::June, 14), Ok(Age::Years(89))),
        (date(2025, Month::June, 15), Ok(Age::Over89)),
        (date(2045, Month::June, 15), Ok(Age::Over89)),
        (date(1935, Month::June, 14), Err(AgeError::Unborn)),
    ];
    for (day, expected) in cases {
        assert_eq!(Age::on(day, born), expected, "{day}");
    }
    let leap = date(2000, Month::February, 29);
    assert_eq!(Age::on(date(2021, Month::February, 28), leap), Ok(Age::Years(20)));
    assert_eq!(Age::on(date(2021, Month::March, 1), leap), Ok(Age::Years(21)));
    assert_eq!(
        (Age::of(-3), Age::of(89), Age::of(90), Age::of(400)),
        (Age::Years(0), Age::Years(89), Age::Over89, Age::Over89)
    );
    assert_eq!((Age::Over89.to_string(), Age::Years(7).to_string()), ("90+".to_owned(), "7".to_owned()));
    let told = Age::Over89.told(born, date(2030, Month::May, 1));
    assert_eq!(told, Some(date(1940, Month::January, 1)));
    assert_eq!(Age::Years(40).told(born, date(1980, Month::May, 1)), Some(born));
}
