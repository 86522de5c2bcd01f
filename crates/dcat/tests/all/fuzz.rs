//! Every reader of outside text survives its corpus, cut and altered.

use crate::fixtures::NASTY;

#[test]
fn every_target_survives_its_corpus() {
    crate::replay::survives(env!("CARGO_MANIFEST_DIR"), &dcat::fuzz::TARGETS);
}

#[test]
#[ignore = "writes the corpus anew"]
fn writes_the_corpus() {
    save("text", &NASTY);
    save(
        "address",
        &[
            "https://example.org/a?b=c#d",
            "http://[2001:db8::1]:8080/%2e%2e",
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "https://example.org/caffè \"<>",
            "application/vnd.apache.parquet",
        ],
    );
}

fn save(target: &str, seeds: &[&str]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    for (at, seed) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("{at:02}")), seed).unwrap();
    }
}
