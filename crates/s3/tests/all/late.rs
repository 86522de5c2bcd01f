//! Who waits: bodies that are asked for only once their sender may send them, and answers that take long.

use crate::{house, need};

use std::sync::Arc;
use std::time::Duration;

use house::{BUCKET, Call, House};
use region::twin::{Soil, StillClock};
use s3::Limits;
use store::Bucket;
use store::twin::{Faults, FaultyStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The first line of what comes before any byte of the body was sent.
async fn first_line(house: &House, call: Call) -> String {
    let bytes = call.with("expect", "100-continue").signed(&house.rita).bytes();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let mut stream = TcpStream::connect(house.outside).await.unwrap();
    stream.write_all(&bytes[..end]).await.unwrap();
    let mut told = [0; 12];
    stream.read_exact(&mut told).await.unwrap();
    String::from_utf8_lossy(&told).into_owned()
}

// Goal: a body is asked for only once its head was judged, rules and conditions included. Method: heads alone.
#[tokio::test]
async fn a_refused_put_never_gets_its_body() {
    let house = House::open().await;
    let there = format!("/{BUCKET}/there");
    house.call(Call::put(&there, b"there")).await;
    let part = format!("/{BUCKET}/there?partNumber=1&uploadId={}", "a".repeat(26));
    let large = "x".repeat(2_100);
    for (call, told) in [
        (Call::put(&format!("/{BUCKET}/new"), b"asked"), "HTTP/1.1 100"),
        (Call::put("/none/new", b"never"), "HTTP/1.1 404"),
        (Call::put(&there, b"never").with("if-none-match", "*"), "HTTP/1.1 412"),
        (Call::put(&there, b"never").with("if-match", "\"other\""), "HTTP/1.1 412"),
        (Call::put(&there, b"asked").with("if-match", "*"), "HTTP/1.1 100"),
        (Call::put(&there, b"never").with("x-amz-acl", "public-read"), "HTTP/1.1 501"),
        (Call::put(&there, b"never").with("x-amz-meta-a", &large), "HTTP/1.1 400"),
        (Call::put(&there, b"never").with("content-encoding", "crypt4gh, gzip"), "HTTP/1.1 400"),
        (Call::put(&part, b"never"), "HTTP/1.1 404"),
    ] {
        let what = format!("{} {:?}", call.target, call.headers.last());
        assert_eq!(first_line(&house, call).await, told, "{what}");
    }
    let halt = serde_json::json!({ "project": house::PROJECT, "reason": "a question" });
    house.world.act("carla", "project.halt", halt).await.unwrap();
    assert_eq!(first_line(&house, Call::put(&there, b"never")).await, "HTTP/1.1 403");
    house.close().await;
}

/// A house over a store that takes its time once it is told to.
async fn slow() -> (House, Arc<FaultyStore>) {
    let clock = StillClock::at("2027-01-10T09:00:00Z");
    let store = FaultyStore::new(region::twin::SeededRand::new(3) as _, Arc::clone(&clock) as _);
    let soil = Soil { clock, ..Soil::over(Bucket::twin(&store), 7) };
    let limits = Limits { answer_wait: Duration::from_millis(1), ..Limits::default() };
    (House::on(soil, limits).await, store)
}

/// Everything that comes for one call, its chunks put together.
async fn whole(house: &House, call: Call) -> (String, String) {
    let bytes = call.with("connection", "close").signed(&house.rita).bytes();
    let mut stream = TcpStream::connect(house.outside).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).await.unwrap();
    let told = String::from_utf8(told).unwrap();
    let (head, body) = told.split_once("\r\n\r\n").unwrap();
    if !head.contains("transfer-encoding: chunked") {
        return (head.to_owned(), body.to_owned());
    }
    let (mut rest, mut joined) = (body, String::new());
    while let Some((size, behind)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        joined.push_str(&behind[..size]);
        rest = &behind[size + 2..];
    }
    (head.to_owned(), joined)
}

fn is_document(text: &str, root: &str) -> bool {
    let declared = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let rest = declared.unwrap().trim_start();
    let rest =
        rest.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")).map_or(rest, |(_, rest)| rest);
    rest.trim_start().starts_with(&format!("<{root}")) && !rest.contains("<?xml")
}

// Goal: a slow completion or copy keeps its connection, and its error is one that SDKs find. Method: a slow store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_takes_long_says_so_and_ends_with_its_answer() {
    let (house, store) = slow().await;
    let upload = house.start_upload("late").await;
    let part =
        house.call(Call::put(&format!("/{BUCKET}/late?partNumber=1&uploadId={upload}"), b"part")).await;
    let body = |etag: &str| {
        format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
        )
    };
    let complete =
        |etag: &str| Call::post(&format!("/{BUCKET}/late?uploadId={upload}"), body(etag).as_bytes());
    store.set_faults(Faults { wait_ms_max: 60, ..Faults::default() });

    let (head, text) = whole(&house, complete(part.header("etag").unwrap())).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(
        head.contains("transfer-encoding: chunked") && text.contains("?>\n "),
        "not late: {head}\n{text}"
    );
    assert!(is_document(&text, "CompleteMultipartUploadResult"), "{text}");
    assert!(text.contains("<!-- x-epic-leaf: "), "{text}");

    let copy = |to: &str| Call::put(to, b"").with("x-amz-copy-source", &format!("{BUCKET}/late"));
    let (head, text) = whole(&house, copy(&format!("/{BUCKET}/copy"))).await;
    assert!(head.contains("transfer-encoding: chunked") && is_document(&text, "CopyObjectResult"), "{text}");
    // Refused before the wait is over, or behind it: never a success without words.
    let (head, text) = whole(&house, copy("/none/copy")).await;
    let is_late = head.starts_with("HTTP/1.1 200") && is_document(&text, "Error");
    assert!(is_late || head.starts_with("HTTP/1.1 404"), "{head}\n{text}");
    assert!(text.contains("<Code>NoSuchBucket</Code>"), "{text}");
    store.stop_after(0);
    let (_, text) = whole(&house, copy(&format!("/{BUCKET}/never"))).await;
    assert!(text.contains("<Code>") && !text.contains("CopyObjectResult"), "{text}");
    store.restart();
    store.set_faults(Faults::default());
    house.close().await;
}

/// Prints the code that boto3 finds.
const COPIES: &str = "
import os, boto3
from botocore.config import Config
from botocore.exceptions import ClientError
config = Config(retries={'total_max_attempts': 1}, s3={'addressing_style': 'path'})
s3 = boto3.client('s3', endpoint_url=os.environ['EPIC_S3'], region_name='us-east-1', config=config)
assert s3.copy_object(Bucket='results', Key='copy', CopySource='results/there')['CopyObjectResult']['ETag']
upload = s3.create_multipart_upload(Bucket='results', Key='parted')['UploadId']
part = s3.upload_part_copy(Bucket='results', Key='parted', UploadId=upload, PartNumber=1, CopySource='results/there')
part = {'PartNumber': 1, 'ETag': part['CopyPartResult']['ETag']}
wrong = {'PartNumber': 1, 'ETag': 'other'}
for call, given in (
    (s3.copy_object, dict(Key='never', CopySource='results/none')),
    (s3.upload_part_copy, dict(Key='parted', UploadId=upload, PartNumber=2, CopySource='results/none')),
    (s3.complete_multipart_upload, dict(Key='parted', UploadId=upload, MultipartUpload={'Parts': [wrong]})),
):
    try:
        call(Bucket='results', **given)
        print('none')
    except ClientError as error:
        print(error.response['Error']['Code'])
done = s3.complete_multipart_upload(Bucket='results', Key='parted', UploadId=upload, MultipartUpload={'Parts': [part]})
assert done['ETag'] == s3.head_object(Bucket='results', Key='parted')['ETag']
";

// Goal: an error behind a 200 is an error to boto3. Method: a store so slow that every answer begins too soon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3_finds_an_error_behind_a_200() {
    let Some(python) = need::python("boto3") else {
        return;
    };
    let (house, store) = slow().await;
    house.call(Call::put(&format!("/{BUCKET}/there"), b"there")).await;
    store.set_faults(Faults { wait_ms_max: 60, ..Faults::default() });
    let ran = tokio::process::Command::new(python)
        .args(["-c", COPIES])
        .env_remove("AWS_CA_BUNDLE")
        .env("EPIC_S3", format!("http://{}", house.outside))
        .env("AWS_ACCESS_KEY_ID", &house.rita.id)
        .env("AWS_SECRET_ACCESS_KEY", &house.rita.secret)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .await
        .unwrap();
    store.set_faults(Faults::default());
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{told}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(told.split_whitespace().collect::<Vec<_>>(), ["NoSuchKey", "NoSuchKey", "InvalidPart"]);
    house.close().await;
}
