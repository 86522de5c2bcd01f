#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::guard::name::decode;

proptest! {
    // Goal: a name survives its encoding. Method: any text, read back by the strict decoder.
    #[test]
    fn encoding_round_trips(name in "[^\0]{0,200}") {
        prop_assert_eq!(decode(&encode(&name)).unwrap(), name);
    }

    // Goal: a token says where its page ended. Method: any key, out and back.
    #[test]
    fn tokens_round_trip(name in "[^\0]{1,200}") {
        prop_assert_eq!(read_token(&token(&name)), Some(name));
    }

    // Goal: a plain page holds only what XML can. Method: control characters at any place.
    #[test]
    fn a_page_with_a_control_character_is_encoded(start in "[a-z]{0,5}", control in "[\u{1}-\u{8}\u{b}-\u{1f}\u{fffe}]", end in "[a-z]{0,5}") {
        let name = format!("{start}{control}{end}");
        prop_assert_eq!(Writing::of(None, [name.as_str()]).unwrap(), Writing::Url);
        prop_assert!(printable(&name).chars().all(is_kept));
    }
}

#[test]
fn sizes_are_bounded() {
    assert_eq!(size(None, "max-keys").unwrap(), 1_000);
    assert_eq!(size(Some(5_000), "max-keys").unwrap(), 1_000);
    assert_eq!(size(Some(0), "max-keys").unwrap(), 0);
    assert!(size(Some(-1), "max-keys").is_err());
}
