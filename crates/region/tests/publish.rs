//! Publishing goes on where it stopped, whatever the tree's size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use region::twin::{OPERATOR, Soil, World};
use serde_json::json;

// Goal: a checkpoint published by a new process equals one published from the log's start.
// Method: grow, publish, reopen, grow; verify the whole ledger's proof of its first and last leaf.
#[tokio::test]
async fn a_new_process_goes_on_from_the_tiles() {
    let mut world = World::found(Soil::new(4)).await.unwrap();
    world.enrol("anna", "infn").await.unwrap();
    world.give(OPERATOR, "anna", "auditor", None).await.unwrap();
    for round in 0..5 {
        for number in 0..61 {
            let alias = format!("org-{round}-{number}");
            world
                .act(OPERATOR, "organisation.register", json!({ "alias": alias, "name": alias }))
                .await
                .unwrap();
        }
        world.region.close().await;
        world = world.reopen().await.unwrap();
        let root = world.region.root();
        let last = root.head().frontier.size() - 1;
        for index in [0, last / 2, last] {
            let leaf = json!({ "leaf": format!("{}:{index}", root.id) });
            let done = world.act("anna", "ledger.prove", leaf).await.unwrap();
            check(&done.answer, index);
        }
    }
}

fn check(answer: &serde_json::Value, index: u64) {
    use seal::merkle::{Hash, Proof, leaf_hash, verify_inclusion};
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    let hash = |base64: &serde_json::Value| {
        let bytes = data_encoding::BASE64.decode(base64.as_str().unwrap().as_bytes()).unwrap();
        Hash(bytes.try_into().unwrap())
    };
    let proof = Proof::new(answer["proof"].as_array().unwrap().iter().map(hash).collect()).unwrap();
    let commitment = data_encoding::HEXLOWER.decode(text("commitment").as_bytes()).unwrap();
    let root = hash(&serde_json::Value::String(text("checkpoint").lines().nth(2).unwrap().to_owned()));
    let size = answer["size"].as_u64().unwrap();
    verify_inclusion(&proof, index, size, leaf_hash(&commitment), root).unwrap();
}
