//! boto3 and awscli, unmodified, do the main job over the door.

use crate::{house, need};

use house::House;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_and_awscli_do_the_main_job() {
    let Some(python) = need::python("boto3, awscli") else {
        return;
    };
    let house = House::open().await;
    house.script(&python, "stock_clients.py", |_| {}).await;
    house.close().await;
}
