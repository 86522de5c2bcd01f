//! boto3, unmodified, over object lock, tags, attributes and conditional deletes.

use crate::{house, need};

use std::path::Path;

use house::House;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_locks_tags_and_deletes_by_condition() {
    let Some(python) = need::python("boto3") else {
        return;
    };
    let house = House::open().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lock_clients.py");
    let ran = tokio::process::Command::new(python)
        .arg(script)
        .env_remove("AWS_CA_BUNDLE")
        .env("EPIC_S3", format!("http://{}", house.outside))
        .env("AWS_ACCESS_KEY_ID", &house.rita.id)
        .env("AWS_SECRET_ACCESS_KEY", &house.rita.secret)
        .env("EPIC_NOW", house.world.region.now().to_string())
        .env("EPIC_CONTROLLER_ID", &house.carla.id)
        .env("EPIC_CONTROLLER_SECRET", &house.carla.secret)
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{}\n{told}", String::from_utf8_lossy(&ran.stdout));
    house.close().await;
}
