//! boto3 and awscli, unmodified, do the main job over the door.

use crate::{house, need};

use std::path::Path;

use house::{BUCKET, House};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_and_awscli_do_the_main_job() {
    let Some(python) = need::python("boto3, awscli") else {
        return;
    };
    let house = House::open().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stock_clients.py");
    let ran = tokio::process::Command::new(python)
        .arg(script)
        .env_remove("AWS_CA_BUNDLE")
        .env("EPIC_S3", format!("http://{}", house.outside))
        .env("EPIC_BUCKET", BUCKET)
        .env("AWS_ACCESS_KEY_ID", &house.rita.id)
        .env("AWS_SECRET_ACCESS_KEY", &house.rita.secret)
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{}\n{told}", String::from_utf8_lossy(&ran.stdout));
    house.close().await;
}
