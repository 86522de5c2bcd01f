//! Which certificates can be authorities.

use paper::authority::Fault;
use paper::{Authority, authority};

use crate::kit::{self, Wanted};

fn check(bytes: &[u8], expected: Result<&str, Fault>) {
    assert_eq!(Authority::read(bytes).as_ref().map(|read| read.name.as_str()), expected.as_ref().copied());
}

#[test]
fn an_authority_is_read_and_others_are_not() {
    let root = kit::root("Autorità");
    check(&root.der, Ok("Autorità"));
    let pem = kit::pem("CERTIFICATE", &root.der);
    check(pem.as_bytes(), Ok("Autorità"));
    check([pem.as_bytes(), pem.as_bytes()].concat().as_slice(), Err(Fault::Malformed));
    check(&root.der[..root.der.len() - 1], Err(Fault::Malformed));
    check(&[&root.der[..], b"\0"].concat(), Err(Fault::Malformed));
    check(b"", Err(Fault::Malformed));
    check(&vec![0x30; authority::AUTHORITY_BYTES_MAX + 1], Err(Fault::TooLarge));
    let read = Authority::read(&root.der).unwrap();
    assert_eq!((read.der(), read.not_after), (&root.der[..], 2_208_988_800));
    let Some(bench) = kit::bench() else { return };
    let person = std::fs::read(bench.person(Wanted::default()).certificate).unwrap();
    check(&person, Err(Fault::NotAnAuthority));
}
