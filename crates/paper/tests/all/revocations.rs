//! What lists say of signers: the same as OpenSSL says.

use std::fmt::Write;
use std::path::Path;

use paper::signed::{Fault, check};
use paper::{Authority, List, Revocation};
use rcgen::{KeyPair, KeyUsagePurpose};

use crate::kit::{self, Bench, Job, NOW, Person, Root, Wanted, original};
use crate::lists::{OF_NOW, Office, POINT, der, point};

const OLD: (&str, &str) = ("20261201000000Z", "20270101000000Z");
const LATER: (&str, &str) = ("20270201000000Z", "20270301000000Z");

/// A signature under `root`, told apart from what lists say of it.
struct Case<'a> {
    bench: &'a Bench,
    root: &'a Root,
    person: Person,
    signed: Vec<u8>,
}

impl<'a> Case<'a> {
    fn new(bench: &'a Bench, root: &'a Root, person: Person) -> Self {
        let signed = bench.message(&person, original(), "-cades -outform DER");
        Self { bench, root, person, signed }
    }

    fn of(bench: &'a Bench, root: &'a Root) -> Self {
        Self::new(bench, root, bench.person_of(&root.issuer, Wanted::default()))
    }

    fn says(&self, lists: &[List], expected: Result<Revocation, Fault>) {
        let found = check(original(), &self.signed, &[Authority::read(&self.root.der).unwrap()], lists, NOW);
        assert_eq!(found.map(|signed| signed.signatures[0].revocation), expected);
    }

    /// The same from DER, and OpenSSL agrees.
    fn agrees(&self, list: &Path, expected: Result<Revocation, Fault>) {
        let pem = std::fs::read(list).unwrap();
        let read = List::read(&pem).unwrap();
        let again = List::read(read.der()).unwrap();
        assert_eq!(read, again);
        self.says(&[read], expected);
        let anchor = self.bench.write(kit::pem("CERTIFICATE", &self.root.der).as_bytes());
        let (is_well, says) = kit::asked(&format!(
            "verify -crl_check -attime {} -CAfile {} -CRLfile {} {}",
            NOW / 1000,
            anchor.display(),
            list.display(),
            self.person.certificate.display()
        ));
        assert_eq!(is_well, expected == Ok(Revocation::Clear), "{says}");
        assert_eq!(says.contains("revoked"), expected == Err(Fault::Revoked), "{says}");
    }
}

fn read(path: &Path) -> List {
    List::read(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn lists_say_what_openssl_says() {
    let Some(bench) = kit::bench() else { return };
    let root = kit::root("Autorità");
    let (office, case) = (Office::new(bench, &root), Case::of(bench, &root));
    let list = |of, how: &str| office.list(bench, of, &format!("-crlexts {how}"));
    case.says(&[], Ok(Revocation::NotAsked));
    case.agrees(&list(OF_NOW, "whole"), Ok(Revocation::Clear));
    case.agrees(&list(OLD, "whole"), Ok(Revocation::Stale));
    case.agrees(&list(LATER, "whole"), Ok(Revocation::Stale));
    case.agrees(&list(OF_NOW, "users"), Ok(Revocation::Clear));
    case.agrees(&list(OF_NOW, "authorities"), Ok(Revocation::NotAsked));
    case.says(&[read(&list(OLD, "whole")), read(&list(OF_NOW, "whole"))], Ok(Revocation::Clear));
    // Of another key under the same name, and of another name.
    for name in ["Autorità", "Altra"] {
        let other = kit::root(name);
        case.agrees(
            &Office::new(bench, &other).list(bench, OF_NOW, "-crlexts whole"),
            Ok(Revocation::NotAsked),
        );
    }
    office.revoke(&Case::of(bench, &root).person.certificate, "-crl_reason superseded");
    case.agrees(&list(OF_NOW, "whole"), Ok(Revocation::Clear));
    let clear = read(&list(OF_NOW, "whole"));
    office.revoke(&case.person.certificate, "-crl_reason keyCompromise");
    case.agrees(&list(OF_NOW, "whole"), Err(Fault::Revoked));
    case.agrees(&list(OF_NOW, "users"), Err(Fault::Revoked));
    // What was revoked stays so in a list that is old, not of now, of another part, or beside one that is silent.
    for (of, how) in [(OLD, "whole"), (LATER, "whole"), (OF_NOW, "authorities"), (OF_NOW, "point")] {
        case.says(&[clear.clone(), read(&list(of, how))], Err(Fault::Revoked));
    }
    // One more bit than was signed.
    let mut bent = read(&list(OF_NOW, "whole")).der().to_vec();
    *bent.last_mut().unwrap() ^= 1;
    case.says(&[List::read(&bent).unwrap()], Ok(Revocation::NotAsked));
}

#[test]
fn whoever_is_suspended_does_not_sign() {
    let Some(bench) = kit::bench() else { return };
    let root = kit::root("Autorità");
    for how in ["", "-crl_hold holdInstructionReject", "-crl_compromise 20270110000000Z"] {
        let (office, case) = (Office::new(bench, &root), Case::of(bench, &root));
        office.revoke(&case.person.certificate, how);
        case.agrees(&office.list(bench, OF_NOW, "-crlexts whole"), Err(Fault::Revoked));
    }
}

#[test]
fn a_list_of_a_part_speaks_for_those_that_name_it() {
    let Some(bench) = kit::bench() else { return };
    let root = kit::root("Autorità");
    let office = Office::new(bench, &root);
    let part = office.list(bench, OF_NOW, "-crlexts point");
    let at = |points: &[&[u8]]| {
        let wanted = Wanted { points: Some(der(0x30, points)), ..Wanted::default() };
        Case::new(bench, &root, bench.person_of(&root.issuer, wanted))
    };
    let own = point(&[POINT], &[]);
    let other = point(&["http://authority.example/2.crl"], &[]);
    at(&[&own]).agrees(&part, Ok(Revocation::Clear));
    at(&[&other, &own]).agrees(&part, Ok(Revocation::Clear));
    at(&[&point(&["ldap://authority.example", POINT], &[])]).agrees(&part, Ok(Revocation::Clear));
    at(&[&other]).agrees(&part, Ok(Revocation::NotAsked));
    Case::of(bench, &root).says(&[read(&part)], Ok(Revocation::NotAsked));
    // For some reasons, and by another issuer.
    let some = point(&[POINT], &[0x81, 2, 6, 0x40]);
    at(&[&some]).says(&[read(&part)], Ok(Revocation::NotAsked));
    let issuer = der(0xA2, &[&der(0x86, &[b"http://other.example"])]);
    at(&[&point(&[POINT], &issuer)]).says(&[read(&part)], Ok(Revocation::NotAsked));
    // What cannot be read names nothing.
    at(&[b"\x05\0"]).says(&[read(&part)], Ok(Revocation::NotAsked));
}

#[test]
fn every_certificate_below_the_authority_is_asked() {
    let Some(bench) = kit::bench() else { return };
    let root = kit::root("Autorità");
    for signs_lists in [true, false] {
        let also = if signs_lists { &[KeyUsagePurpose::CrlSign][..] } else { &[] };
        let between = kit::authority_by(Some(&root), "Intermedia", KeyPair::generate().unwrap(), also);
        let chain = vec![bench.write(kit::pem("CERTIFICATE", &between.der).as_bytes())];
        let person = Person { chain, ..bench.person_of(&between.issuer, Wanted::default()) };
        let case = Case::new(bench, &root, person);
        let (above, below) = (Office::new(bench, &root), Office::new(bench, &between));
        let list = |office: &Office, of| read(&office.list(bench, of, "-crlexts whole"));
        let (top, own) = (list(&above, OF_NOW), list(&below, OF_NOW));
        case.says(std::slice::from_ref(&top), Ok(Revocation::NotAsked));
        case.says(std::slice::from_ref(&own), Ok(Revocation::NotAsked));
        let of = |says| Ok(if signs_lists { says } else { Revocation::NotAsked });
        case.says(&[own.clone(), top.clone()], of(Revocation::Clear));
        case.says(&[list(&above, OLD), own.clone()], Ok(Revocation::Stale));
        case.says(&[list(&below, OLD), top.clone()], of(Revocation::Stale));
        // One that has ended frees nobody, whatever is not asked beside it.
        case.says(&[list(&above, OLD)], Ok(Revocation::Stale));
        // Under which certificate its key is shown, the sender chooses.
        below.revoke(&case.person.certificate, "");
        case.says(&[list(&below, OF_NOW)], Err(Fault::Revoked));
        above.revoke(&case.person.chain[0], "-crl_reason CACompromise");
        case.says(&[list(&above, OF_NOW), own], Err(Fault::Revoked));
    }
}

#[test]
fn a_hundred_thousand_entries_are_looked_through() {
    let Some(bench) = kit::bench() else { return };
    let root = kit::root("Autorità");
    let (office, case) = (Office::new(bench, &root), Case::of(bench, &root));
    let mut index = String::new();
    for number in 0..100_000_u32 {
        let line = format!(
            "R\t300101000000Z\t270101000000Z,keyCompromise\t7F0123456789ABCDEF0123456789ABCD{number:08X}"
        );
        writeln!(index, "{line}\tunknown\t/CN=One of many").unwrap();
    }
    std::fs::write(&office.index, index).unwrap();
    let list = office.list(bench, OF_NOW, "-crlexts whole");
    assert_eq!(read(&list).entries, 100_000);
    case.agrees(&list, Ok(Revocation::Clear));
    office.revoke(&case.person.certificate, "");
    case.agrees(&office.list(bench, OF_NOW, "-crlexts whole"), Err(Fault::Revoked));
}

#[test]
fn lists_are_asked_about_signed_pdfs_too() {
    let Some(bench) = kit::bench() else { return };
    let root = kit::root("Autorità");
    let person = bench.person_of(&root.issuer, Wanted::default());
    let Some(signed) = bench.sign(&person, original(), &Job::default()) else { return };
    let (office, case) = (Office::new(bench, &root), Case { bench, root: &root, person, signed });
    case.agrees(&office.list(bench, OF_NOW, "-crlexts whole"), Ok(Revocation::Clear));
    office.revoke(&case.person.certificate, "");
    case.agrees(&office.list(bench, OF_NOW, "-crlexts whole"), Err(Fault::Revoked));
}
