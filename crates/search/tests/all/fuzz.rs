//! Every parser of outside bytes survives its corpus, cut and altered.

#[test]
fn every_target_survives_its_corpus() {
    crate::replay::survives(env!("CARGO_MANIFEST_DIR"), &search::fuzz::TARGETS);
}
