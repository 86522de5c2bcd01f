//! Every reader of outside bytes survives its corpus, cut and altered.

use privacy::pseudonym::{Entry, Key, Pseudonym, Subject, write_table};

#[test]
fn every_target_survives_its_corpus() {
    crate::replay::survives(env!("CARGO_MANIFEST_DIR"), &privacy::fuzz::TARGETS);
}

/// Made-up people; kept until a format changes.
#[test]
#[ignore = "writes the corpus anew"]
fn writes_the_corpus() {
    save(
        "cell",
        &[
            "nome\nMario\nRossi, Mario\nanonimo",
            "telefono\n+39 340 1234567\n(555) 234-5678x12\n0113 496 0123",
            "codice_fiscale\nRSSMRA80A01H501U\nRSSMRA80A01H501V\n00743110157",
            "indirizzo\nVia Roma 12/A, 40121 Bologna (BO)\n12 Rose Street\nE1 6AN",
            "\nIT60 X054 2811 1010 0000 0123 456\n4111 1111 1111 1111\n123-45-6789",
            "Patient.name.family\nRossi^Mario",
        ],
    );
    save(
        "text",
        &[
            "La Sig.ra Maria Bianchi, nata a Bari il 3 marzo 1950, abita in via Garibaldi 12; tel. 051/1234567.",
            "Dr. J. van der Berg (j.vdberg@example.org), NHS number 943 476 5919, lives at 12 Rose Street, Leeds LS1 4AP.",
            "Cartella clinica n. 2023/001234; C.I. CA12345AA; TEAM 80380000123456789018; IP 10.0.0.1",
        ],
    );
    let key = Key::new([1; 32]);
    let made = |subject, named: &[u8]| Pseudonym::of(&key, subject, named);
    save("pseudonym", &[made(Subject::Patient, b"1").to_string(), made(Subject::Sample, b"2").to_string()]);
    let entries =
        (0..5_u8).map(|at| Entry { pseudonym: made(Subject::Patient, &[at]), named: vec![at; 3] }).collect();
    save("table", &[write_table(entries).unwrap()]);
}

fn save(target: &str, seeds: &[impl AsRef<[u8]>]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    for (at, seed) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("{at:02}")), seed).unwrap();
    }
}
