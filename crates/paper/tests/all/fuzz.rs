//! Every parser of outside bytes survives its corpus, cut and altered.

use paper::List;

use crate::kit::{self, Job, Key, Wanted, original};
use crate::lists::{OF_NOW, Office, POINT, der, point};

#[test]
fn every_target_survives_its_corpus() {
    crate::replay::survives(env!("CARGO_MANIFEST_DIR"), &paper::fuzz::TARGETS);
}

/// Seeds as others' programs write them; kept until the document of the corpus changes.
#[test]
#[ignore = "writes the corpus anew"]
fn writes_the_corpus() {
    let bench = kit::bench().unwrap();
    let rsa = bench.person(Wanted { key: Key::Rsa, ..Wanted::default() });
    let p256 = bench.person(Wanted::default());
    let read = |path: &std::path::Path| std::fs::read(path).unwrap();
    save(
        "authority",
        &[bench.root.der.clone(), read(&p256.certificate), read(&rsa.certificate), b"-----BEGIN ".to_vec()],
    );
    let office = Office::new(bench, &bench.root);
    office.revoke(&p256.certificate, "-crl_reason keyCompromise");
    let list = |how: &str| read(&office.list(bench, OF_NOW, how));
    let packed = |how: &str| List::read(&list(how)).unwrap().der().to_vec();
    save(
        "list",
        &[
            packed("-crlexts whole"),
            list("-crlexts point"),
            packed("-crlexts users"),
            list("-crlexts delta"),
            list("-crlexts reasons"),
        ],
    );
    let (plain, partial) = (point(&[POINT], &[]), point(&[POINT], &[0x81, 2, 6, 0x40]));
    save("points", &[der(0x30, &[&plain]), der(0x30, &[&partial, &plain])]);
    let message = |person, how| bench.message(person, b"document", how);
    save(
        "message",
        &[
            message(&p256, "-cades -outform DER"),
            message(&p256, "-cades -outform DER -nodetach"),
            message(&p256, "-cades -outform DER -nodetach -stream"),
            message(&p256, "-cades -outform PEM -keyid"),
            message(
                &rsa,
                "-cades -outform DER -md sha512 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest",
            ),
        ],
    );
    let sign = |jobs: &[Job]| {
        let signed = jobs.iter().fold(original().to_vec(), |pdf, job| bench.sign(&p256, &pdf, job).unwrap());
        signed[original().len()..].to_vec()
    };
    let job = Job::default;
    let after = |what| Job { field: None, also: vec![what], ..job() };
    let second = Job { field: Some("Firma2"), place: Some([71, 780, 300, 830]), ..job() };
    save(
        "update",
        &[
            sign(&[job()]),
            sign(&[Job { is_packed: true, also: vec!["packed object"], ..job() }]),
            sign(&[job(), second]),
            sign(&[job(), after("proofs")]),
            sign(&[Job { also: vec!["note"], sub_filter: "adobe", ..job() }]),
        ],
    );
}

fn save(target: &str, seeds: &[Vec<u8>]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    for (at, seed) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("{at:02}")), seed).unwrap();
    }
}
