//! Custody locked by an HSM, by commands.

use crate::kit::House;
use crate::kit::need::token::{CONFIGURED, LABEL, PIN, Token};

/// A house beside a token, and the options that open it.
pub fn house_with_token() -> Option<(House, Vec<String>)> {
    let mut house = House::empty();
    std::fs::create_dir(house.path("hsm")).unwrap();
    let token = Token::new(&house.path("hsm"))?;
    house.variables.push((CONFIGURED, token.configuration()));
    std::fs::write(house.path("pin"), format!("{PIN}\n")).unwrap();
    std::fs::write(house.path("wrong"), "87654322\n").unwrap();
    let module = token.module.display().to_string();
    let options = ["--hsm-module", &module, "--hsm-token", LABEL, "--hsm-pin-file"];
    Some((house, options.map(str::to_owned).to_vec()))
}

#[test]
fn a_token_opens_custody_and_nothing_else_does() {
    let Some((mut house, options)) = house_with_token() else { return };
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let with = |pin: &'static str| [&options[..], &[pin]].concat();
    let ended = house.init(&with("wrong"));
    assert!(ended.code == 1 && ended.err.contains("the PIN is not the token's"), "{}", ended.err);
    let ended = house.init(&with("pin"));
    assert_eq!(ended.code, 0, "{}", ended.err);
    let rebuild = ["rebuild", "--data", "data", "--custody", "custody"];
    for (more, says) in [
        (with("wrong"), "the PIN is not the token's"),
        (with("not-there"), "cannot read `not-there`"),
        (vec![], "custody was made as `HSM, wrap key destroyed in it`"),
        (vec!["--passphrase-file", "pin"], "custody was made as `HSM, wrap key destroyed in it`"),
        (
            vec!["--hsm-module", "/not/there.so", "--hsm-token", LABEL, "--hsm-pin-file", "pin"],
            "cannot be loaded",
        ),
        (
            vec![options[0], options[1], "--hsm-token", "other", "--hsm-pin-file", "pin"],
            "the HSM has no token `other`",
        ),
    ] {
        let ended = house.epic(&[&rebuild[..], &more].concat());
        assert!(ended.code == 1 && ended.err.contains(says) && ended.err.contains("hint: "), "{}", ended.err);
    }
    house.up(&with("pin"));
    let shown = house.done("olga", &["--json", "person", "show"]).json();
    assert_eq!(shown["answer"][0]["person"], "olga");
    assert_eq!(house.down(), 0);
    assert_eq!(house.epic(&[&rebuild[..], &with("pin")].concat()).code, 0);
    for folder in ["data", "custody"] {
        let found = std::process::Command::new("grep").args(["-rqa", PIN]).arg(house.path(folder)).status();
        assert_eq!(found.unwrap().code(), Some(1), "{folder} says the PIN");
    }
}
