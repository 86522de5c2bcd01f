//! Every act by command: as nobody, and as somebody who has a part in nothing. The right persons are in the other tests.

use words::Act;
use words::act::{Body, FieldKind};

use crate::kit::House;

/// A command for an act, with something in every field that it needs.
fn command(act: Act) -> Vec<String> {
    let row = act.row();
    let mut args = vec![row.noun.to_owned(), row.verb.to_owned()];
    for field in row.fields.iter().filter(|field| field.is_required && field.kind != FieldKind::Hidden) {
        let value = match (field.kind, field.name) {
            (FieldKind::Number, _) => "1",
            (FieldKind::Time, _) => "2027-01-01",
            (_, "project") => "planet",
            (_, "person") => "rita",
            (_, "organisation") => "iss",
            (_, "tenant") => "planet-study",
            _ => "x1",
        };
        args.extend([format!("--{}", field.name.replace('_', "-")), value.to_owned()]);
    }
    match row.body {
        Body::None => {}
        Body::Upload => args.extend(["--file".to_owned(), "sent".to_owned()]),
        Body::Download => args.extend(["--file".to_owned(), "got".to_owned()]),
    }
    args
}

// Goal: no command does anything for whom it should not. Method: all of them, with a key that nobody enrolled, and as a
// person without a duty; what is open to everybody tells them of nothing that is others'.
#[test]
fn every_act_by_command_as_nobody_and_as_the_wrong_person() {
    let house = House::planet();
    house.done("nobody", &["key-pair", "new"]);
    house.enrol("nina", "infn");
    std::fs::write(house.path("sent"), b"bytes").unwrap();
    for act in Act::ALL {
        let args = command(*act);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let nobody = house.by("nobody", &args);
        assert!(nobody.code == 3 && nobody.err.contains("[unauthenticated]"), "{args:?}: {}", nobody.err);
        // WHY not that one: who may follow their own leaves does so for an hour (`trial/told`).
        if *act == Act::LedgerFollow {
            continue;
        }
        let nina = house.by("nina", &args);
        match nina.code {
            0 => {
                assert!(
                    act.row().who.is_empty(),
                    "{args:?} was done for somebody without a duty: {}",
                    nina.out
                );
                assert!(!nina.out.contains("planet") && !nina.out.contains("rita"), "{args:?}: {}", nina.out);
            }
            1 | 3 => assert!(nina.err.contains(']'), "{args:?} gives no reason: {}", nina.err),
            code => panic!("{args:?} ended with {code}: {}", nina.err),
        }
        assert!(!house.path("got").exists(), "{args:?} gave bytes");
    }
}
