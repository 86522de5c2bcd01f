//! A contract is proposed from one delivery and holds the next one to it.

use formats::contract::{Contract, Fresh, Known, check, propose};
use formats::values::{Values, digest, gather};
use formats::{Limits, Report, Rule, Verdict, detect_bytes, rule, validate};

fn table(rows: usize, last: &str) -> String {
    let row = |at: usize| {
        format!("{},{}.5,{},2024-01-{:02}\n", at + 1, 40 + at % 50, ["F", "M"][at % 2], 1 + at % 28)
    };
    format!("id,weight,sex,seen\n{}{last}", (0..rows).map(row).collect::<String>())
}

fn first() -> Contract {
    let text = table(60, "");
    let report =
        validate(&detect_bytes(text.as_bytes(), true), &mut text.as_bytes(), &Limits::default()).unwrap();
    propose(&report.facts)
}

fn held(contract: &Contract, known: &Known, text: &str) -> Report {
    let dialect = detect_bytes(text.as_bytes(), true).dialect.unwrap();
    check(contract, known, &dialect, &mut text.as_bytes(), &Limits::default()).unwrap()
}

#[test]
fn a_proposal_says_what_the_first_delivery_was_like() {
    let contract = first();
    let says: Vec<String> = contract
        .columns
        .iter()
        .map(|term| format!("{} {:?} {:?} {:?} {:?}", term.name, term.kind, term.min, term.max, term.codes))
        .collect();
    assert_eq!(
        says,
        [
            "id Whole None None {}",
            "weight Number Some(16.0) Some(114.0) {}",
            "sex Text None None {\"F\", \"M\"}",
            "seen Date None None {}",
        ]
    );
    assert_eq!(contract.key, ["id"]);
    let told = serde_json::to_string(&contract).unwrap();
    assert_eq!(serde_json::from_str::<Contract>(&told).unwrap(), contract);
    assert!(serde_json::from_str::<Contract>(&told.replace("is_closed", "is_open")).is_err());
}

#[test]
fn the_first_delivery_keeps_its_own_contract() {
    assert_eq!(held(&first(), &Known::default(), &table(60, "")).verdict, Verdict::Holds);
}

#[track_caller]
fn breaks(last: &str, expected: Rule, column: Option<u32>) {
    let report = held(&first(), &Known::default(), &table(60, last));
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.rule.code(), finding.place.line, finding.place.column))
        .collect();
    assert_eq!(found, [(expected.code(), Some(62), column)]);
    assert!(!serde_json::to_string(&report).unwrap().contains("999"), "a value is told");
}

#[test]
fn what_is_broken_has_row_and_column_and_no_value() {
    breaks("9999,heavy,F,2024-01-01\n", rule::CONTRACT_TYPE, Some(2));
    breaks("9999,9990,F,2024-01-01\n", rule::CONTRACT_RANGE, Some(2));
    breaks("9999,50.5,999,2024-01-01\n", rule::CONTRACT_CODE, Some(3));
    breaks("9999,50.5,F,\n", rule::CONTRACT_MISSING, Some(4));
    breaks("7,50.5,F,2024-01-01\n", rule::CONTRACT_KEY, None);
}

#[test]
fn columns_references_age_and_rows_are_held_to() {
    let mut contract = first();
    let count =
        |contract: &Contract, known: &Known, text: &str, rule| held(contract, known, text).count(rule);
    let text = table(60, "");
    assert_eq!(count(&contract, &Known::default(), &text.replace("sex", "gender"), rule::CONTRACT_COLUMN), 1);
    assert_eq!(count(&contract, &Known::default(), &text.replace("sex", "gender"), rule::CONTRACT_EXTRA), 1);
    contract.columns[2].references = Some("sexes.code".into());
    let key = [7; 16];
    let of = |values: Values| Known {
        tables: [("sexes.code".to_owned(), values)].into(),
        today: Some("2024-03-01".into()),
        key,
    };
    let known = of(Values::Digests(vec![digest(&key, "M")]));
    assert_eq!(count(&contract, &known, &text, rule::CONTRACT_REFERENCE), 30);
    for (values, rule, verdict) in [
        (Values::Absent, rule::CONTRACT_REFERENCE_UNKNOWN, Verdict::Holds),
        (Values::Untold, rule::CONTRACT_REFERENCE_LIMIT, Verdict::Unjudged),
    ] {
        let report = held(&contract, &of(values), &text);
        assert_eq!((report.count(rule), report.verdict), (1, verdict));
        assert_eq!(report.count(rule::CONTRACT_REFERENCE), 0, "nothing is held to what is not known");
    }
    contract.fresh = Some(Fresh { column: "seen".into(), days_max: 31 });
    assert_eq!(count(&contract, &known, &text, rule::CONTRACT_FRESH), 1);
    contract.fresh = Some(Fresh { column: "seen".into(), days_max: 33 });
    assert_eq!(count(&contract, &known, &text, rule::CONTRACT_FRESH), 0);
    contract.rows_min = Some(61);
    assert_eq!(count(&contract, &known, &text, rule::CONTRACT_ROWS), 1);
}

// Goal: what a table refers to is known by digests of whole cells, keyed for one comparison.
// Method: a column, one that is not there, a table without a header, empty cells; two keys; a contract held to what was gathered.
#[test]
fn values_are_gathered_as_digests() {
    let people = "code,label\nF,woman\nM,man\n M ,again\n,nobody\n";
    let gathered = |text: &str, names: &[&str], key| {
        let dialect = detect_bytes(text.as_bytes(), true).dialect.unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        gather(&names, &key, &dialect, &mut text.as_bytes(), &Limits::default()).unwrap()
    };
    let mut expected = vec![digest(&[1; 16], "F"), digest(&[1; 16], "M")];
    expected.sort_unstable();
    assert_eq!(
        gathered(people, &["code", "age"], [1; 16]),
        [Values::Digests(expected.clone()), Values::Absent]
    );
    assert_ne!(gathered(people, &["code"], [2; 16]), [Values::Digests(expected)], "another key");
    let bare = gathered("1,40,2.5\n2,50,3.5\n3,60,4.5\n", &["column 1", "column 9"], [1; 16]);
    assert!(matches!(&bare[..], [Values::Digests(three), Values::Absent] if three.len() == 3), "{bare:?}");
    let mut contract = first();
    contract.columns[2].references = Some("sexes.code".into());
    let known = |values: &Values| Known {
        tables: [("sexes.code".to_owned(), values.clone())].into(),
        key: [3; 16],
        ..Known::default()
    };
    let both = &gathered(people, &["code"], [3; 16])[0];
    assert_eq!(held(&contract, &known(both), &table(60, "")).verdict, Verdict::Holds);
    let one = &gathered("code,label\nF,woman\nX,other\n", &["code"], [3; 16])[0];
    let report = held(&contract, &known(one), &table(60, ""));
    assert_eq!((report.count(rule::CONTRACT_REFERENCE), report.verdict), (30, Verdict::Fails));
}

#[test]
fn a_contract_that_names_what_is_not_there_has_a_flaw() {
    assert_eq!(first().flaw(), None);
    let flaws: [fn(&mut Contract); 7] = [
        |contract| contract.version = 2,
        |contract| contract.key = vec!["nobody".into()],
        |contract| contract.fresh = Some(Fresh { column: "nothing".into(), days_max: 3 }),
        |contract| contract.fresh = Some(Fresh { column: "weight".into(), days_max: 3 }),
        |contract| contract.columns[0].references = Some("person".into()),
        |contract| contract.columns[0].references = Some(".id".into()),
        |contract| contract.columns[0].references = Some("other/person.id".into()),
    ];
    for (nth, flaw) in flaws.into_iter().enumerate() {
        let mut contract = first();
        flaw(&mut contract);
        assert!(contract.flaw().is_some(), "{nth}");
    }
}
