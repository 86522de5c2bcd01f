use std::collections::BTreeSet;

use super::{Act, List};

#[test]
fn names_are_unique_and_parse() {
    let names: BTreeSet<_> = Act::ALL.iter().map(|act| act.name()).collect();
    assert_eq!(names.len(), Act::ALL.len());
    for act in Act::ALL {
        assert_eq!(Act::parse(act.name()), Some(*act));
        assert_eq!(act.row().act, *act);
    }
    assert_eq!(Act::parse("object.steal"), None);
}

#[test]
fn every_act_can_be_explained() {
    for act in Act::ALL {
        let row = act.row();
        assert!(!row.help.trim().is_empty(), "{}", row.name);
        assert!(row.fields.iter().all(|field| !field.help.trim().is_empty()), "{}", row.name);
        let names: BTreeSet<_> = row.fields.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), row.fields.len(), "{}", row.name);
    }
}

#[test]
fn required_fields_are_required_and_unknown_ones_refused() {
    let parse = serde_json::from_str::<super::AgreementSign>;
    assert!(parse(r#"{"agreement":"a","party":"b","digest":"c"}"#).is_ok());
    assert!(parse(r#"{"agreement":"a","party":"b"}"#).is_err());
    assert!(parse(r#"{"agreement":"a","party":"b","digest":"c","more":"d"}"#).is_err());
    let list = serde_json::from_str::<super::ProjectShow>("{}").map(|show| show.project);
    assert_eq!(list.ok(), Some(None));
    assert_eq!(serde_json::from_str::<List>(r#"["x"]"#).ok(), Some(List(vec!["x".into()])));
}
