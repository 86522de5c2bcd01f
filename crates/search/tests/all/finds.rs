//! One object, and what finds it or does not.

use search::{Bounds, Entry, Found, Index, Query, SearchError, Sort, Standing, Turn};

fn visits() -> Entry {
    Entry {
        id: [1; 16],
        place: "bari".into(),
        key: "2024/May/visits_2024-05.csv".into(),
        kind: "csv".into(),
        family: "table".into(),
        standing: Standing::Clear,
        tags: vec![("Site".into(), "Bari Sud".into()), ("study arm".into(), "B-12".into())],
        columns: vec!["patient_age".into(), "Età".into()],
        text: "Perché la pressione dell'anziano è alta; blood pressure in the elderly".into(),
        size_bytes: 12_000_000,
        at_ms: 1_769_817_600_000, // 2026-01-31
        read_ms: None,
        source: "asl-foggia".into(),
    }
}

fn turn() -> Turn {
    Turn { after: None, size: 10 }
}

fn index(entries: &[Entry]) -> Index {
    let index = Index::new(Bounds::default());
    entries.iter().for_each(|entry| index.put(entry.clone()).unwrap());
    index.publish().unwrap();
    index
}

fn total(index: &Index, typed: &str) -> u64 {
    index.search(&Query::parse(typed).unwrap(), &["bari"], &turn(), Sort::Relevance).unwrap().total
}

#[test]
fn what_finds_an_object() {
    let index = index(&[visits()]);
    for typed in [
        "",
        "visits",
        "VISITS",
        "2024",
        "csv",
        "vis*",
        "vis",
        "visits_2024-05.csv",
        "visits_20",
        "2024/may/",
        "may/",
        "/2024/",
        "2024/may/visits_2024-05.csv",
        "05 visits",
        "\"visits 2024\"",
        "perche",
        "PERCHÉ",
        "perche\u{301}",
        "anziano",
        "dell",
        "eta",
        "età",
        "patient age",
        "patient_age",
        "b-12",
        "bari sud",
        "site",
        "kind:csv",
        "kind:CSV",
        "kind:c*",
        "kind:vcf kind:csv",
        "family:table",
        "bucket:bari",
        "bucket:b*",
        "tag:site=bari",
        "site:bari",
        "SITE:BARI",
        "site:\"bari sud\"",
        "tag:site=\"bari sud\"",
        "site:su*",
        "tag:site",
        "study-arm:b-12",
        "tag:study_arm=12",
        "column:age",
        "column:patient_age",
        "column:eta",
        "stands:clear",
        "from:asl-foggia",
        "larger:10MB",
        "smaller:1GB",
        "after:2026-01-31",
        "before:2026-02-01",
        "after:2026",
        "read:never",
        "-draft",
        "-kind:vcf",
        "-\"pressure blood\"",
        "(visits)",
        "visits) :",
        "\"blood pressure",
        "blood pressure -site:foggia",
    ] {
        assert_eq!(total(&index, typed), 1, "`{typed}`");
    }
}

#[test]
fn what_does_not() {
    let index = index(&[visits()]);
    for typed in [
        "sits",
        "draft",
        "visits draft",
        "vis 2024",
        "\"visits 05\"",
        "\"vis\"",
        "\"sud patient\"",
        "ay/",
        "2024/ma/",
        "/may/",
        "visits_2024-05.csv/",
        "kind:cs",
        "kind:vcf",
        "bucket:foggia",
        "site:foggia",
        "site:su",
        "site:\"sud bari\"",
        "tag:arm",
        "column:press*",
        "stands:apart",
        "stands:apart kind:csv",
        "from:asl",
        "larger:12MB",
        "smaller:12MB",
        "after:2026-02-01",
        "before:2026-01-31",
        "-visits",
        "-vis*",
        "-read:never",
        "-site:bari",
        "-tag:site",
        "age2",
    ] {
        assert_eq!(total(&index, typed), 0, "`{typed}`");
    }
}

#[test]
fn a_slip_is_forgiven_only_if_nothing_is_found_and_said() {
    let index = index(&[visits()]);
    let guess = |typed: &str| {
        let page = index.search(&Query::parse(typed).unwrap(), &["bari"], &turn(), Sort::Relevance).unwrap();
        (page.total, page.is_guessed)
    };
    for typed in ["vistis", "visit5", "pressuree", "presure", "elderli kind:csv", "anzjano blood"] {
        assert_eq!(guess(typed), (1, true), "`{typed}`");
    }
    for typed in ["blod", "vsiit", "\"presure\"", "vistis kind:vcf", "site:barii", "tag:siet"] {
        assert_eq!(guess(typed), (0, false), "`{typed}`");
    }
    for typed in ["visits", "-vistis", "visit"] {
        assert_eq!(guess(typed), (1, false), "`{typed}`");
    }
}

#[test]
fn an_unknown_field_is_refused_with_what_is_known() {
    let index = index(&[
        visits(),
        Entry { id: [2; 16], place: "lecce".into(), tags: vec![("ward".into(), "3".into())], ..visits() },
    ]);
    for typed in ["sites:bari", "ward:3", "-sites:bari", "c:\\data"] {
        match index.search(&Query::parse(typed).unwrap(), &["bari"], &turn(), Sort::Newest) {
            Err(SearchError::UnknownField { fields, labels, .. }) => {
                assert!(fields.contains(&"kind"));
                assert_eq!(labels, ["site", "study_arm"], "`{typed}`: of what is allowed");
            }
            other => panic!("`{typed}`: {other:?}"),
        }
    }
    // With the last object that bears it, a label stops being a field.
    index.remove(&[1; 16]);
    index.publish().unwrap();
    let gone = index.search(&Query::parse("site:bari").unwrap(), &["bari"], &turn(), Sort::Newest);
    assert!(matches!(gone, Err(SearchError::UnknownField { labels, .. }) if labels.is_empty()));
}

#[test]
fn what_fits_best_comes_first_and_says_where() {
    let named = |id: u8, key: &str, tag: &str, column: &str, text: &str| Entry {
        id: [id; 16],
        key: key.into(),
        tags: vec![("note".into(), tag.into())],
        columns: vec![column.into()],
        text: text.into(),
        at_ms: i64::from(id),
        ..visits()
    };
    let index = index(&[
        named(1, "a/blood", "", "", ""),
        named(2, "a/blood_old", "", "", ""),
        named(3, "a/bloods", "", "", ""),
        named(4, "a/x", "blood", "", "blood"),
        named(5, "a/y", "", "blood", ""),
        named(6, "a/z", "", "", "blood"),
        named(7, "a/w", "", "", "bloods"),
    ]);
    let page = index.search(&Query::parse("blood").unwrap(), &["bari"], &turn(), Sort::Relevance).unwrap();
    let ids: Vec<u8> = page.hits.iter().map(|hit| hit.id[0]).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7]);
    let found = Found { is_in_labels: true, is_in_text: true, ..Found::default() };
    assert_eq!(page.hits[3].found, found);
}
