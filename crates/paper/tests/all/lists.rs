//! Which files are revocation lists: those that OpenSSL writes, and those that nobody should.

use std::path::PathBuf;

use paper::List;
use paper::revocation::{Fault, LIST_BYTES_MAX};
use proptest::prelude::*;
use rcgen::KeyPair;

use crate::kit::{self, Bench, Key, Root};

/// What OpenSSL needs for the lists of one authority, as files.
pub struct Office {
    key: PathBuf,
    pub certificate: PathBuf,
    settings: PathBuf,
    pub index: PathBuf,
}

/// From a fortnight before until a fortnight after.
pub const OF_NOW: (&str, &str) = ("20270101000000Z", "20270201000000Z");
pub const POINT: &str = "http://authority.example/1.crl";

impl Office {
    pub fn new(bench: &Bench, root: &Root) -> Self {
        let index = bench.write(b"");
        let settings = format!(
            "[ca]\ndefault_ca = own\n[own]\ndatabase = {}\ndefault_md = sha256\nunique_subject = no\n\
             [whole]\n2.5.29.20 = ASN1:INTEGER:7\n\
             [users]\nissuingDistributionPoint = critical, @users_only\n[users_only]\nonlyuser = TRUE\n\
             [authorities]\nissuingDistributionPoint = critical, @authorities_only\n\
             [authorities_only]\nonlyCA = TRUE\n\
             [point]\nissuingDistributionPoint = critical, @at\n[at]\nfullname = URI:{POINT}\n\
             [relative]\nissuingDistributionPoint = critical, @at_relative\n\
             [at_relative]\nrelativename = name\n[name]\nCN = part\n\
             [reasons]\nissuingDistributionPoint = critical, @by_reason\n\
             [by_reason]\nonlysomereasons = keyCompromise\n\
             [attributes]\nissuingDistributionPoint = critical, @of_attributes\n[of_attributes]\nonlyAA = TRUE\n\
             [indirect]\nissuingDistributionPoint = critical, @of_others\n[of_others]\nindirectCRL = TRUE\n\
             [delta]\n2.5.29.27 = critical, ASN1:INTEGER:6\n\
             [unknown]\n1.2.3.4 = critical, ASN1:NULL\n[passed]\n1.2.3.4 = ASN1:NULL\n",
            index.display(),
        );
        Self {
            key: bench.write(root.issuer.key().serialize_pem().as_bytes()),
            certificate: bench.write(kit::pem("CERTIFICATE", &root.der).as_bytes()),
            settings: bench.write(settings.as_bytes()),
            index,
        }
    }

    fn run(&self, how: &str) {
        let (settings, key, certificate) =
            (self.settings.display(), self.key.display(), self.certificate.display());
        kit::openssl(&format!("ca -batch -config {settings} -keyfile {key} -cert {certificate} {how}"));
    }

    pub fn revoke(&self, certificate: &std::path::Path, how: &str) {
        self.run(&format!("-revoke {} {how}", certificate.display()));
    }

    /// A list in PEM.
    pub fn list(&self, bench: &Bench, of: (&str, &str), how: &str) -> PathBuf {
        let to = bench.file(".crl");
        let (from, until) = of;
        self.run(&format!(
            "-gencrl -crl_lastupdate {from} -crl_nextupdate {until} {how} -out {}",
            to.display()
        ));
        to
    }
}

fn check(bytes: &[u8], expected: Result<usize, Fault>) {
    assert_eq!(List::read(bytes).map(|read| read.entries), expected);
}

#[test]
fn lists_are_read_and_others_are_named() {
    let Some(bench) = kit::bench() else { return };
    let root = kit::root("Autorità");
    let office = Office::new(bench, &root);
    let made = |how: &str| std::fs::read(office.list(bench, OF_NOW, how)).unwrap();
    check(&made("-crlexts whole"), Ok(0));
    check(&made(""), Err(Fault::OldVersion));
    for reason in [
        "",
        "-crl_reason keyCompromise",
        "-crl_hold holdInstructionReject",
        "-crl_CA_compromise 20270102000000Z",
    ] {
        office.revoke(&bench.person(kit::Wanted::default()).certificate, reason);
    }
    for how in ["whole", "users", "authorities", "point", "passed"] {
        check(&made(&format!("-crlexts {how}")), Ok(4));
    }
    check(&made("-crlexts whole -md sha512"), Ok(4));
    for (how, fault) in [
        ("-crlexts delta", Fault::Delta),
        ("-crlexts indirect", Fault::Indirect),
        ("-crlexts reasons", Fault::Part),
        ("-crlexts attributes", Fault::Part),
        ("-crlexts relative", Fault::Part),
        ("-crlexts unknown", Fault::UnknownExtension),
        ("-crlexts whole -md sha1", Fault::Weak),
    ] {
        check(&made(how), Err(fault));
    }
    let pem = made("-crlexts whole");
    let read = List::read(&pem).unwrap();
    assert_eq!(
        (read.issuer.as_str(), read.this_update, read.next_update),
        ("Autorità", 1_798_761_600, 1_801_440_000)
    );
    assert!(read.is_by(&kit::authority(&root)) && !read.is_by(&kit::authority(&kit::root("Autorità"))));
    check(read.der(), Ok(4));
    check([&pem[..], &pem[..]].concat().as_slice(), Err(Fault::Malformed));
    check(kit::pem("CERTIFICATE", read.der()).as_bytes(), Err(Fault::Malformed));
    check(&[read.der(), b"\0"].concat(), Err(Fault::Malformed));
    (0..read.der().len()).for_each(|to| check(&read.der()[..to], Err(Fault::Malformed)));
    check(&root.der, Err(Fault::Malformed));
    check(&vec![0x30; LIST_BYTES_MAX + 1], Err(Fault::TooLarge));
    // The later of one scope takes the earlier's place; one of another scope does not.
    let of = |how: &str| List::read(&made(how)).unwrap().scope_sha256;
    assert_eq!(of("-crlexts whole"), of("-crlexts passed"));
    assert_ne!(of("-crlexts whole"), of("-crlexts point"));
}

#[test]
fn lists_are_signed_by_the_methods_that_count() {
    let Some(bench) = kit::bench() else { return };
    let pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
    for (key, how, is_by) in [
        (Key::Rsa, "", true),
        (Key::Rsa, "-md sha384", true),
        (Key::Rsa, pss, true),
        (Key::Rsa, "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max", false),
        (Key::P256, "", true),
        (Key::P384, "-md sha384", true),
    ] {
        let pair = KeyPair::from_pem(&std::fs::read_to_string(bench.key(key)).unwrap()).unwrap();
        let root = kit::authority_by(None, "Autorità", pair, &[rcgen::KeyUsagePurpose::CrlSign]);
        let list = Office::new(bench, &root).list(bench, OF_NOW, &format!("-crlexts whole {how}"));
        let list = List::read(&std::fs::read(list).unwrap()).unwrap();
        assert_eq!(list.is_by(&kit::authority(&root)), is_by, "{how}");
    }
    let silent = kit::authority_by(None, "Autorità", KeyPair::generate().unwrap(), &[]);
    let list = Office::new(bench, &silent).list(bench, OF_NOW, "-crlexts whole");
    assert!(!List::read(&std::fs::read(list).unwrap()).unwrap().is_by(&kit::authority(&silent)));
}

/// A list of some hundred bytes by `root`, with two entries and a part.
fn small(root: &Root) -> List {
    let numbers = [vec![1], vec![0x80; 20]];
    let entry = |number: Vec<u8>| rcgen::RevokedCertParams {
        serial_number: number.into(),
        revocation_time: rcgen::date_time_ymd(2027, 1, 1),
        reason_code: Some(rcgen::RevocationReason::KeyCompromise),
        invalidity_date: Some(rcgen::date_time_ymd(2026, 12, 31)),
    };
    let point = rcgen::CrlDistributionPoint { uris: vec![POINT.to_owned()] };
    let params = rcgen::CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2027, 1, 1),
        next_update: rcgen::date_time_ymd(2027, 2, 1),
        crl_number: 1_u64.into(),
        issuing_distribution_point: Some(rcgen::CrlIssuingDistributionPoint {
            distribution_point: point,
            scope: Some(rcgen::CrlScope::UserCertsOnly),
        }),
        revoked_certs: numbers.map(entry).into(),
        key_identifier_method: rcgen::KeyIdMethod::Sha256,
    };
    List::read(params.signed_by(&root.issuer).unwrap().der()).unwrap()
}

#[test]
fn no_bent_bit_is_signed() {
    let root = kit::root("Autorità");
    let (list, authority) = (small(&root), kit::authority(&root));
    assert!(list.is_by(&authority) && list.entries == 2);
    for at in 0..list.der().len() * 8 {
        let mut bent = list.der().to_vec();
        bent[at / 8] ^= 1 << (at % 8);
        assert!(!List::read(&bent).is_ok_and(|bent| bent.is_by(&authority)), "bit {at}");
    }
}

// Goal: nothing is read that nobody signed. Method: a stretch of a list gives way to any bytes.
proptest! {
    #[test]
    fn what_was_spliced_is_not_signed(
        from in 0..700_usize,
        length in 0..40_usize,
        by in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let root = kit::root("Autorità");
        let list = small(&root);
        let from = from.min(list.der().len());
        let to = (from + length).min(list.der().len());
        let bent = [&list.der()[..from], &by, &list.der()[to..]].concat();
        let is_signed = List::read(&bent).is_ok_and(|read| read.is_by(&kit::authority(&root)));
        prop_assert!(!is_signed || bent == list.der());
    }
}

/// An element of DER.
pub fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let inside = parts.concat();
    let length = match inside.len() {
        length @ 0..0x80 => vec![length as u8],
        length @ 0x80..0x100 => vec![0x81, length as u8],
        length => vec![0x82, (length >> 8) as u8, length as u8],
    };
    [vec![tag], length, inside].concat()
}

/// A DistributionPoint of a certificate.
pub fn point(names: &[&str], more: &[u8]) -> Vec<u8> {
    let names: Vec<_> = names.iter().map(|name| der(0x86, &[name.as_bytes()])).collect();
    let names: Vec<_> = names.iter().map(Vec::as_slice).collect();
    der(0x30, &[&der(0xA0, &[&der(0xA0, &names)]), more])
}

const ECDSA_SHA256: &[u8] = &[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];
const TIME: &[u8] = b"\x17\x0d270101000000Z";
const ENTRY: &[u8] = b"\x02\x01\x05\x17\x0d270101000000Z";

/// What is different about a list that is written by hand.
struct Made {
    version: Vec<u8>,
    inner: Vec<u8>,
    issuer: Vec<u8>,
    times: Vec<u8>,
    entry: Vec<u8>,
    extensions: Vec<u8>,
}

impl Default for Made {
    fn default() -> Self {
        let name = der(0x31, &[&der(0x30, &[&[6, 3, 0x55, 4, 3], &der(0x0C, &[b"A"])])]);
        Self {
            version: der(2, &[&[1]]),
            inner: der(0x30, &[ECDSA_SHA256]),
            issuer: der(0x30, &[&name]),
            times: [TIME, TIME].concat(),
            entry: ENTRY.to_vec(),
            extensions: Vec::new(),
        }
    }
}

impl Made {
    fn with(extension: &[u8]) -> Self {
        Self { extensions: der(0xA0, &[&der(0x30, &[extension])]), ..Self::default() }
    }

    fn with_part(part: &[u8]) -> Self {
        Self::with(&extension(28, &[1, 1, 0xFF], &der(0x30, &[part])))
    }

    fn with_entry(extension: &[u8]) -> Self {
        Self { entry: [ENTRY, &der(0x30, &[extension])].concat(), ..Self::default() }
    }

    fn check(self, expected: Result<usize, Fault>) {
        let revoked = der(0x30, &[&der(0x30, &[&self.entry])]);
        let parts = [self.version, self.inner, self.issuer, self.times, revoked, self.extensions];
        let to_sign = der(0x30, &parts.each_ref().map(Vec::as_slice));
        let list = der(0x30, &[&to_sign, &der(0x30, &[ECDSA_SHA256]), &der(3, &[b"\0signature"])]);
        check(&list, expected);
    }
}

/// One of those under 2.5.29.
fn extension(last: u8, critical: &[u8], value: &[u8]) -> Vec<u8> {
    der(0x30, &[&[6, 3, 0x55, 0x1D, last], critical, &der(4, &[value])])
}

#[test]
fn lists_that_nobody_should_write_are_refused() {
    const YES: &[u8] = &[1, 1, 0xFF];
    let made = Made::default;
    made().check(Ok(1));
    Made { version: der(2, &[&[0]]), ..made() }.check(Err(Fault::Malformed));
    Made { version: der(2, &[&[2]]), ..made() }.check(Err(Fault::Malformed));
    Made { version: Vec::new(), ..made() }.check(Err(Fault::OldVersion));
    // Another method inside than outside, and one nobody knows.
    Made { inner: der(0x30, &[&[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 3]]), ..made() }
        .check(Err(Fault::Malformed));
    Made { issuer: der(0x30, &[]), ..made() }.check(Err(Fault::Malformed));
    // Without an end, and with one before its beginning.
    Made { times: TIME.to_vec(), ..made() }.check(Err(Fault::Malformed));
    Made { times: [TIME, b"\x17\x0d261231000000Z"].concat(), ..made() }.check(Err(Fault::Malformed));
    Made { entry: [&[2, 0], TIME].concat(), ..made() }.check(Err(Fault::Malformed));
    Made { entry: vec![2, 1, 5], ..made() }.check(Err(Fault::Malformed));
    Made { entry: [ENTRY, &[5, 0]].concat(), ..made() }.check(Err(Fault::Malformed));
    let reason = |number: u8| extension(21, &[], &der(10, &[&[number]]));
    (0..=11).for_each(|number| {
        let is_known = number <= 10 && number != 7 && number != 8;
        Made::with_entry(&reason(number)).check(if is_known { Ok(1) } else { Err(Fault::Malformed) });
    });
    Made::with_entry(&[reason(1), reason(1)].concat()).check(Err(Fault::Malformed));
    Made::with_entry(&extension(29, YES, &der(0x30, &[]))).check(Err(Fault::Indirect));
    Made::with_entry(&extension(29, &[], &der(0x30, &[]))).check(Err(Fault::Indirect));
    Made::with_entry(&extension(99, YES, &[])).check(Err(Fault::UnknownExtension));
    Made::with_entry(&extension(99, &[], &[])).check(Ok(1));
    Made::with(&extension(27, &[], &[2, 1, 1])).check(Err(Fault::Delta));
    Made::with(&extension(99, &[1, 1, 1], &[])).check(Err(Fault::Malformed));
    Made::with(&[extension(99, &[], &[]), extension(99, &[], &[])].concat()).check(Err(Fault::Malformed));
    Made::with(&extension(99, &[], &[]).repeat(40)).check(Err(Fault::Malformed));
    Made::with_part(&[]).check(Err(Fault::Malformed));
    Made::with_part(&[0x81, 1, 0xFF]).check(Ok(1));
    Made::with_part(&[0x81, 1, 0xFF, 0x82, 1, 0xFF]).check(Err(Fault::Malformed));
    Made::with_part(&[0x81, 1, 1]).check(Err(Fault::Malformed));
    Made::with_part(&[0x82, 1, 0xFF, 0x81, 1, 0xFF]).check(Err(Fault::Malformed));
    Made::with_part(&[0x84, 1, 0xFF]).check(Err(Fault::Indirect));
    Made::with_part(&[0xA0, 2, 0xA0, 0]).check(Err(Fault::Malformed));
    Made::with_part(&[0xA0, 0]).check(Err(Fault::Part));
}
