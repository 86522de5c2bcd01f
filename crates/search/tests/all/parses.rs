//! What is typed is understood, or refused with what could be typed.

use search::{Expected, FIELDS, HELP, QUERY_BYTES_MAX, QUERY_TERMS_MAX, Query, QueryError};

#[test]
fn stray_signs_are_no_error() {
    for typed in [
        "(",
        ")",
        "\"",
        "\"\"",
        "*",
        ":",
        "-",
        "--",
        "::",
        " - ",
        "a:",
        ":a",
        "/",
        "//",
        "tag:",
        "tag:=",
        "kind:",
        "kind:\"",
        "-\"",
        "a\"b",
        "'",
        "\\",
        "http://x/y",
        "12:30",
        "\u{0}",
        "\u{301}",
        "&|!()[]{}^~?\\+",
    ] {
        assert!(Query::parse(typed).is_ok(), "{typed:?}");
    }
    for typed in ["", " ", "( * : - \"\" / ", "kind:\"\"", "***"] {
        assert!(Query::parse(typed).unwrap().is_empty(), "{typed:?}");
    }
}

#[test]
fn a_value_of_another_kind_is_refused_with_what_is_taken() {
    for (typed, field, expected) in [
        ("larger:big", "larger", Expected::Size),
        ("larger:-1", "larger", Expected::Size),
        ("smaller:1..5MB", "smaller", Expected::Size),
        ("smaller:99999999999TB", "smaller", Expected::Size),
        ("larger:5XB", "larger", Expected::Size),
        ("after:2026-02-30", "after", Expected::Day),
        ("before:yesterday", "before", Expected::Day),
        ("before:26-01-01", "before", Expected::Day),
        ("before:2026-01-01-01", "before", Expected::Day),
        ("after:2026-+1", "after", Expected::Day),
        ("stands:fine", "stands", Expected::Standing),
        ("read:2026", "read", Expected::Never),
        ("-read:often", "read", Expected::Never),
    ] {
        match Query::parse(typed) {
            Err(QueryError::Value { field: of, expected: takes, .. }) => {
                assert_eq!((of, takes), (field, expected))
            }
            other => panic!("{typed}: {other:?}"),
        }
    }
    let refused = Query::parse("stands:fine").unwrap_err().to_string();
    assert_eq!(
        refused,
        "`fine` is not what `stands:` takes: `clear`, `asks`, `apart`, `broken`, `unread` or `none`"
    );
}

#[test]
fn what_is_too_much_is_refused() {
    assert!(Query::parse(&"x".repeat(QUERY_BYTES_MAX)).is_ok());
    assert!(matches!(Query::parse(&"x".repeat(QUERY_BYTES_MAX + 1)), Err(QueryError::TooLong { .. })));
    assert!(Query::parse(&"x ".repeat(QUERY_TERMS_MAX)).is_ok());
    assert!(matches!(Query::parse(&"x ".repeat(QUERY_TERMS_MAX + 1)), Err(QueryError::TooMany { .. })));
}

#[test]
fn sizes_and_days_are_as_people_write_them() {
    for (one, same) in [
        ("larger:10MB", "larger:10000000"),
        ("larger:1.5k", "larger:1500B"),
        ("larger:1.5GiB", "larger:1610612736"),
        ("LARGER:2kb", "larger:2000"),
        ("after:2026", "after:2026-01-01"),
        ("before:2026-02", "before:2026-02-01"),
        ("stands:APART", "stands:apart"),
        ("tag:Site=bari", "tag:site=\"bari\""),
        ("site:bari", "SITE:Bari"),
        ("kind:CSV", "kind:csv"),
    ] {
        assert_eq!(Query::parse(one), Query::parse(same), "{one} {same}");
    }
}

/// The help shows what works, and a page can translate it.
#[test]
fn the_help_is_true() {
    for (example, _) in HELP {
        let query = Query::parse(example).unwrap();
        assert!(!query.is_empty(), "{example}");
    }
    for field in FIELDS {
        assert!(HELP.iter().any(|(example, _)| example.starts_with(&format!("{field}:"))), "{field}");
    }
}
