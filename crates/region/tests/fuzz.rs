//! Every parser of outside bytes survives its corpus, bent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../fuzz/replay.rs"]
mod replay;

use futures::TryStreamExt;
use minicbor::bytes::ByteVec;
use region::noun::ledger::export;
use region::twin::{OPERATOR, Soil, World};
use region::verify::Verifier;
use words::act::LedgerExport;

#[test]
fn every_parser_survives() {
    replay::survives(env!("CARGO_MANIFEST_DIR"), &region::fuzz::TARGETS);
}

fn seed() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/ledger/founded")
}

// Goal: the corpus reaches the far side of the verifier. Method: what it holds verifies to the end.
#[test]
fn the_ledger_of_the_corpus_verifies() {
    let bytes = std::fs::read(seed()).unwrap();
    let files: Vec<ByteVec> = minicbor::decode(&bytes).unwrap();
    let key: seal::note::NoteVerifier = std::str::from_utf8(&files[0]).unwrap().trim().parse().unwrap();
    let cell = key.name().to_string().rsplit('/').next().unwrap().parse().unwrap();
    let mut verifier = Verifier::new(cell, &key, &files[1], None).unwrap();
    files[2..].iter().for_each(|commit| verifier.push(commit).unwrap());
    assert!(verifier.finish().unwrap().leaves > 2);
}

/// Writes a founded region's ledger into the corpus; run by hand when the format changes.
#[tokio::test]
#[ignore = "writes into the source tree"]
async fn make_corpus() {
    let world = World::found(Soil::new(1)).await.unwrap();
    world.enrol("anna", "infn").await.unwrap();
    world.give(OPERATOR, "anna", "auditor", None).await.unwrap();
    let files = export(&world.region, &world.actor("anna"), LedgerExport { project: None }).await.unwrap();
    let files: Vec<(String, bytes::Bytes)> = files.try_collect().await.unwrap();
    let of = |name: &'static str| {
        files.iter().filter(move |(own, _)| own.starts_with(name)).map(|(_, bytes)| bytes)
    };
    let list: Vec<ByteVec> =
        of("key").chain(of("checkpoint")).chain(of("log/")).map(|bytes| bytes.to_vec().into()).collect();
    std::fs::create_dir_all(seed().parent().unwrap()).unwrap();
    std::fs::write(seed(), minicbor::to_vec(&list).unwrap()).unwrap();
}
