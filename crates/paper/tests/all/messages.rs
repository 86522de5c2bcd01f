//! CAdES: messages that OpenSSL made, and what was done to them.

use paper::signed::{CERTIFICATES_MAX, Fault, Kind, SIGNED_BYTES_MAX, check};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use crate::kit::{self, Bench, Key, NOW, Person, Wanted, checked, original};

const ENVELOPING: &str = "-cades -outform DER -nodetach";
const DETACHED: &str = "-cades -outform DER";

fn holds(signed: &[u8]) {
    let found = checked(signed).unwrap();
    assert_eq!((found.kind, found.signatures.len()), (Kind::Cades, 1));
    let signer = &found.signatures[0];
    assert_eq!(signer.name, "Maria Rossi");
    assert_eq!(signer.organisation.as_deref(), Some("Ospedale di prova"));
    assert_eq!(signer.organisation_identifier.as_deref(), Some("VATIT-00211300463"));
    assert_eq!(signer.serial_number.as_deref(), Some("TINIT-RSSMRA80A41H501U"));
    assert_eq!((signer.issuer.as_str(), signer.not_after), ("Autorità di prova", 1_893_456_000));
    assert!(signer.claimed_at.is_some());
    assert!(!format!("{found:?}").contains("Rossi"));
}

fn refused(signed: &[u8], expected: Fault) {
    assert_eq!(checked(signed).unwrap_err(), expected);
}

fn with_key(bench: &Bench, key: Key) -> Person {
    bench.person(Wanted { key, ..Wanted::default() })
}

#[test]
fn messages_hold_in_all_their_forms() {
    let Some(bench) = kit::bench() else { return };
    let (rsa, p256, p384) =
        (with_key(bench, Key::Rsa), with_key(bench, Key::P256), with_key(bench, Key::P384));
    let pss = "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest";
    for (person, how) in [
        (&rsa, ENVELOPING.to_owned()),
        (&rsa, DETACHED.to_owned()),
        (&rsa, format!("{ENVELOPING} -md sha512")),
        (&rsa, format!("{DETACHED} -md sha256 {pss}")),
        (&rsa, format!("{ENVELOPING} -md sha384 {pss}")),
        (&p256, ENVELOPING.to_owned()),
        (&p256, format!("{ENVELOPING} -keyid")),
        (&p256, format!("{ENVELOPING} -stream")),
        (&p256, format!("{DETACHED} -md sha384")),
        (&p384, format!("{DETACHED} -md sha512")),
        (&p384, "-cades -nodetach -outform PEM".to_owned()),
        (&p384, "-cades -outform PEM -md sha256".to_owned()),
    ] {
        holds(&bench.message(person, original(), &how));
    }
}

#[test]
fn a_message_around_a_message_has_both() {
    let Some(bench) = kit::bench() else { return };
    let (one, other) = (with_key(bench, Key::P256), with_key(bench, Key::P384));
    let inner = bench.message(&one, original(), ENVELOPING);
    let outer = bench.message(&other, &inner, ENVELOPING);
    assert_eq!(checked(&outer).unwrap().signatures.len(), 2);
    let base64 = data_encoding::BASE64.encode(&outer);
    assert_eq!(checked(base64.as_bytes()).unwrap().signatures.len(), 2);
    // Beside a message is not around the document.
    let detached = bench.message(&one, original(), DETACHED);
    refused(&bench.message(&other, &detached, ENVELOPING), Fault::Malformed);
}

#[test]
fn another_document_is_refused() {
    let Some(bench) = kit::bench() else { return };
    let person = with_key(bench, Key::P256);
    for how in [ENVELOPING, DETACHED] {
        let mut other = original().to_vec();
        other.push(b'\n');
        refused(&bench.message(&person, &other, how), Fault::OtherDocument);
    }
    refused(&bench.message(&person, b"text", ENVELOPING), Fault::OtherDocument);
    refused(original(), Fault::NotSigned);
    refused(b"", Fault::NotSigned);
    refused(b"plain text", Fault::NotSigned);
}

#[test]
fn weak_methods_and_unnamed_certificates_are_refused() {
    let Some(bench) = kit::bench() else { return };
    let rsa = with_key(bench, Key::Rsa);
    refused(&bench.message(&rsa, original(), "-cades -outform DER -nodetach -md sha1"), Fault::Weak);
    refused(&bench.message(&rsa, original(), "-outform DER -nodetach"), Fault::CertificateUnnamed);
    refused(&bench.message(&rsa, original(), "-outform DER -nodetach -noattr"), Fault::CertificateUnnamed);
    let pss = "-keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest -keyopt rsa_mgf1_md:sha1";
    refused(&bench.message(&rsa, original(), &format!("{ENVELOPING} {pss}")), Fault::Weak);
    let key = bench.file(".key");
    kit::openssl(&format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out {}", key.display()));
    let certificate = bench.file(".pem");
    kit::openssl(&format!("req -x509 -key {} -out {} -subj /CN=short", key.display(), certificate.display()));
    let short = Person { key, certificate, chain: Vec::new() };
    refused(&bench.message(&short, original(), ENVELOPING), Fault::Weak);
    let without = bench.message(&rsa, original(), &format!("{ENVELOPING} -nocerts"));
    refused(&without, Fault::AuthorityUnknown);
}

#[test]
fn certificates_must_be_valid_known_and_for_signing() {
    let Some(bench) = kit::bench() else { return };
    let signed = |wanted| bench.message(&bench.person(wanted), original(), ENVELOPING);
    refused(&signed(Wanted { years: (2024, 2026), ..Wanted::default() }), Fault::Expired);
    refused(&signed(Wanted { years: (2028, 2030), ..Wanted::default() }), Fault::NotYet);
    let usages = |usages| Wanted { usages, ..Wanted::default() };
    refused(&signed(usages(vec![KeyUsagePurpose::KeyEncipherment])), Fault::NotForSigning);
    refused(&signed(usages(Vec::new())), Fault::NotForSigning);
    holds(&signed(usages(vec![KeyUsagePurpose::DigitalSignature])));
    let extended = |purpose| Wanted { extended: vec![purpose], ..Wanted::default() };
    refused(&signed(extended(ExtendedKeyUsagePurpose::ServerAuth)), Fault::NotForSigning);
    holds(&signed(extended(ExtendedKeyUsagePurpose::EmailProtection)));
    holds(&signed(extended(ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 36]))));
    let stranger = kit::root("Autorità di prova");
    let person = bench.person_of(&stranger.issuer, Wanted::default());
    refused(&bench.message(&person, original(), ENVELOPING), Fault::AuthorityUnknown);
    let by_nobody = check(original(), &signed(Wanted::default()), &[], &[], NOW);
    assert_eq!(by_nobody.unwrap_err(), Fault::AuthorityUnknown);
    // The authority itself has expired.
    let late =
        check(original(), &signed(Wanted::default()), &[kit::authority(&bench.root)], &[], 2_300_000_000_000);
    assert!(matches!(late, Err(Fault::AuthorityUnknown | Fault::Expired)));
}

#[test]
fn an_authority_signs_no_agreement() {
    let Some(bench) = kit::bench() else { return };
    let key = bench.key(Key::P256);
    let pair = KeyPair::from_pem(&std::fs::read_to_string(&key).unwrap()).unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2040, 1, 1);
    let own = params.self_signed(&pair).unwrap();
    let certificate = bench.write(own.pem().as_bytes());
    let signed =
        bench.message(&Person { key: key.clone(), certificate, chain: Vec::new() }, original(), ENVELOPING);
    let found = check(original(), &signed, &[paper::Authority::read(own.der()).unwrap()], &[], NOW);
    assert_eq!(found.unwrap_err(), Fault::NotForSigning);
    // One between may certify a person.
    let between = params.signed_by(&pair, &bench.root.issuer).unwrap();
    let chain = vec![bench.write(between.pem().as_bytes())];
    let person = bench.person_of(&Issuer::new(params, pair), Wanted::default());
    let signed = bench.message(&Person { chain, ..person.clone() }, original(), ENVELOPING);
    assert_eq!(checked(&signed).unwrap().signatures[0].name, "Maria Rossi");
    refused(&bench.message(&person, original(), ENVELOPING), Fault::AuthorityUnknown);
}

#[test]
fn changed_bytes_are_refused() {
    let Some(bench) = kit::bench() else { return };
    let person = with_key(bench, Key::P256);
    let signed = bench.message(&person, original(), ENVELOPING);
    let content = signed.windows(8).position(|window| window == &original()[..8]).unwrap();
    let mut bent = signed.clone();
    bent[content + original().len() / 2] ^= 1;
    refused(&bent, Fault::OtherDocument);
    let mut bent = signed.clone();
    *bent.last_mut().unwrap() ^= 1;
    refused(&bent, Fault::ChangedAfterSigning);
    // The time among the attributes.
    let time =
        signed.windows(4).rposition(|window| window == b"\x17\x0d26" || window == b"\x17\x0d27").unwrap();
    let mut bent = signed.clone();
    bent[time + 3] ^= 1;
    refused(&bent, Fault::ChangedAfterSigning);
    let after = content + original().len();
    kit::survives_flips(
        &signed,
        (0..content).chain(after..signed.len()).chain((content..after).step_by(997)),
    );
    kit::survives_flips(&bench.message(&with_key(bench, Key::Rsa), original(), DETACHED), 0..900);
}

#[test]
fn what_is_cut_appended_or_too_large_is_refused() {
    let Some(bench) = kit::bench() else { return };
    let person = with_key(bench, Key::P256);
    let signed = bench.message(&person, original(), DETACHED);
    for to in 0..signed.len() {
        assert!(checked(&signed[..to]).is_err());
    }
    refused(&[&signed[..], b"\0"].concat(), Fault::Malformed);
    refused(&vec![0x30; SIGNED_BYTES_MAX + 1], Fault::TooLarge);
    refused(&[0x24, 0x80].repeat(1 << 20), Fault::NotSigned);
    refused(&[0x30, 0x80].repeat(1 << 20), Fault::Malformed);
    let many = Person { chain: vec![crowd(bench)], ..person };
    refused(&bench.message(&many, original(), DETACHED), Fault::TooMany);
}

/// More certificates than a signature may have.
fn crowd(bench: &Bench) -> std::path::PathBuf {
    let one = || std::fs::read_to_string(bench.person(Wanted::default()).certificate).unwrap();
    bench.write((0..=CERTIFICATES_MAX).map(|_| one()).collect::<String>().as_bytes())
}
