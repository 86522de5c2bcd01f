//! Every parser of outside bytes survives its corpus, bent.

#[path = "../../../fuzz/replay.rs"]
mod replay;

#[test]
fn every_parser_survives() {
    replay::survives(env!("CARGO_MANIFEST_DIR"), &words::fuzz::TARGETS);
}
