//! A profile may be shown: no small cell, no extreme, no name; and what changed is seen.

use recipes::profile::{Column, Profile};
use recipes::{Drift, drift, fault};

use crate::made::{in_pieces, made, recipe, refused};
use crate::need;

fn profile(table: &str) -> Profile {
    let (counted, json) = made(r#"{"step":"profile","has_header":true}"#, table.as_bytes());
    assert_eq!(counted.media_type, "application/json");
    serde_json::from_slice(&json).unwrap()
}

fn column<'a>(profile: &'a Profile, name: &str) -> &'a Column {
    profile.columns.iter().find(|column| column.name == name).unwrap()
}

fn table(rows: usize, row: impl Fn(usize) -> String) -> String {
    format!("sex;age;day;id\n{}", (0..rows).map(row).collect::<String>())
}

fn plain(at: usize) -> String {
    format!("{};{};20{:02}-0{}-01;{}\n", at % 2, 20 + at * 7 % 60, at % 20, 1 + at % 9, at * 1_000_003)
}

#[test]
fn a_profile_says_what_a_table_is_like() {
    let told = profile(&table(1_004, plain));
    assert_eq!(told.rows, Some(1_000));
    let sex = column(&told, "sex");
    assert_eq!(
        sex.codes.iter().map(|(code, count)| (code.as_str(), *count)).collect::<Vec<_>>(),
        [("0", 500), ("1", 500)]
    );
    let age = column(&told, "age").bins.as_ref().unwrap();
    assert_eq!(
        age.edges,
        [25.0, 31.0, 37.0, 43.0, 49.0, 55.0, 61.0, 67.0, 73.0].map(|edge: f64| edge.ceil()).to_vec()
    );
    assert_eq!(age.counts.len(), age.edges.len() + 1);
    let day = column(&told, "day");
    assert!(day.bins.is_some() && day.codes.is_empty(), "{day:?}");
    let id = column(&told, "id").distinct.unwrap();
    assert!((950..=1_050).contains(&id), "{id}");
}

// Goal: nothing of fewer than ten. Method: rare codes, few missing cells, and a table of nine rows.
#[test]
fn small_cells_are_not_told() {
    let few = profile(&table(9, plain));
    assert_eq!(few.rows, None);
    assert!(
        few.columns
            .iter()
            .all(|column| column.bins.is_none() && column.codes.is_empty() && column.missing.is_none())
    );

    let rare = table(100, |at| match at {
        0..3 => "9;30;2020-01-01;x\n".to_owned(),
        3..40 => format!("1;{};2020-01-01;x\n", 30 + at % 3),
        40..54 => format!("2;{};2020-01-01;x\n", 30 + at % 3),
        54..58 => format!(";{};2020-01-01;x\n", 30 + at % 3),
        _ => format!("0;{};2020-01-01;x\n", 30 + at % 3),
    });
    let told = profile(&rare);
    let sex = column(&told, "sex");
    assert_eq!(sex.missing, None, "four are missing");
    // Three of `9` and four missing are seven: the smallest of the others goes with them.
    assert_eq!(sex.codes.keys().collect::<Vec<_>>(), ["0", "1"]);
    assert_eq!(sex.other, Some(20));
}

// Goal: nobody is told by a card. Method: names as codes, a name above a column, a table without a header.
#[test]
fn names_are_not_told() {
    let people: String =
        (0..200).map(|at| format!("{};{at}\n", ["Mario Rossi", "Anna Bianchi"][at % 2])).collect();
    for json in [r#"{"step":"profile","has_header":true}"#, r#"{"step":"profile","has_header":false}"#] {
        let (_, told) = made(json, format!("who;n\n{people}").as_bytes());
        let told = String::from_utf8(told).unwrap();
        assert!(!told.contains("Rossi") && !told.contains("Bianchi"), "{told}");
    }
}

#[test]
fn extremes_are_not_told() {
    let told =
        profile(&table(1_000, |at| if at == 7 { "0;117;1901-01-01;x\n".to_owned() } else { plain(at) }));
    let edges = &column(&told, "age").bins.as_ref().unwrap().edges;
    assert!(edges.iter().all(|edge| (20.0..80.0).contains(edge)), "{edges:?}");
}

#[test]
fn what_changed_is_seen_and_what_did_not_is_not() {
    let before = profile(&table(1_000, plain));
    assert_eq!(drift(&before, &profile(&table(1_200, |at| plain(at + 333)))), []);
    let other = profile(&table(3_000, |at| {
        let sex = if at % 10 == 0 { "1" } else { "0" };
        let day = if at % 4 == 0 { "" } else { "2020-01-01" };
        format!("{sex};{};{day};n{at}\n", 50 + at % 60)
    }));
    let found = drift(&before, &other);
    let has = |wanted: &dyn Fn(&Drift) -> bool| found.iter().any(wanted);
    assert!(has(&|drift| matches!(drift, Drift::Rows { factor } if *factor == 3.0)), "{found:?}");
    assert!(has(
        &|drift| matches!(drift, Drift::Distribution { column, psi } if column == "age" && *psi > 0.2)
    ));
    assert!(has(&|drift| matches!(drift, Drift::Distribution { column, .. } if column == "sex")));
    assert!(has(
        &|drift| matches!(drift, Drift::Missing { column, to, .. } if column == "day" && *to == 0.25)
    ));
    assert!(has(&|drift| matches!(drift, Drift::Retyped { column, .. } if column == "id")));
    let mut narrow = before.clone();
    narrow.columns.remove(1);
    assert_eq!(drift(&before, &narrow), [Drift::Vanished { column: "age".to_owned() }]);
    assert_eq!(drift(&narrow, &before), [Drift::Appeared { column: "age".to_owned() }]);
}

// Goal: two halves of one table are one distribution. Method: the real census extract, its odd and even rows.
#[test]
fn halves_of_a_real_table_do_not_drift() {
    let Some(data) = need::data() else { return };
    let text = std::fs::read_to_string(data.join("adult/adult.csv")).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let half = |odd: usize| {
        let rows: Vec<&str> =
            rows.lines().enumerate().filter(|(at, _)| at % 2 == odd).map(|(_, row)| row).collect();
        profile(&format!("{header}\n{}\n", rows.join("\n")))
    };
    let (one, two) = (half(0), half(1));
    assert_eq!(drift(&one, &two), []);
    let age = column(&one, "age");
    assert!(age.bins.as_ref().is_some_and(|bins| bins.counts.iter().all(|count| *count >= 10)), "{age:?}");
}

#[test]
fn the_same_table_has_the_same_profile() {
    let recipe = recipe(r#"{"step":"profile"}"#);
    let table = table(5_000, plain);
    let told = [3, 1 << 12, 1 << 20].map(|size| in_pieces(&recipe, table.as_bytes(), size).unwrap().1);
    assert_eq!(told[0], told[1]);
    assert_eq!(told[1], told[2]);
    assert_eq!(
        blake3::hash(&told[0]).to_hex().as_str(),
        "c4fda644cbd29c9234bf5b54fba3b7fcdcb3d3ef7eb064e1cc666ee88d89c924"
    );
    refused(r#"{"step":"profile"}"#, b"It was a dark and stormy night.\n", fault::NOT_A_TABLE);
}
