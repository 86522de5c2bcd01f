//! A project's quota at the door: told before the body, in the words that clients take for final.

use crate::house;

use house::{BUCKET, Call, House, PROJECT};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn quota(house: &House, bytes: u64) {
    let fields = json!({ "project": PROJECT, "bytes": bytes });
    house.world.act("olga", "project.quota", fields).await.unwrap();
}

// Goal: one answer for all that stores, with the way out; what stores nothing more still works.
#[tokio::test]
async fn what_has_no_room_is_quota_exceeded() {
    let house = House::open().await;
    let there = format!("/{BUCKET}/there");
    let upload = house.start_upload("parts").await;
    assert_eq!(house.call(Call::put(&there, b"0123456789")).await.status, 200);
    quota(&house, 12).await;
    let part = format!("/{BUCKET}/parts?partNumber=1&uploadId={upload}");
    let copy = |target: &str| Call::put(target, b"").with("x-amz-copy-source", &format!("{BUCKET}/there"));
    for call in [
        Call::put(&format!("/{BUCKET}/more"), b"123"),
        Call::put(&there, b"0123456789abc"),
        Call::put(&part, b"123"),
        copy(&format!("/{BUCKET}/copy")),
        copy(&part),
    ] {
        let what = format!("{} {:?}", call.target, call.headers.last());
        let told = house.call(call).await;
        assert_eq!(
            (told.status, told.code().as_str(), told.reason()),
            (403, "QuotaExceeded", "quota_full"),
            "{what}"
        );
        assert!(told.text().contains("epic project quota"), "{what}: {}", told.text());
    }
    assert_eq!(house.call(Call::put(&there, b"0123456789ab")).await.status, 200);
    assert_eq!(house.call(Call::get(&there)).await.status, 200);
    assert_eq!(house.call(Call::delete(&there)).await.status, 204);
    assert_eq!(house.call(Call::put(&part, b"0123456789ab")).await.status, 200);
    assert_eq!(house.call(Call::put(&there, b"1")).await.status, 403);
    let abort = format!("/{BUCKET}/parts?uploadId={upload}");
    assert_eq!(house.call(Call::delete(&abort)).await.status, 204);
    assert_eq!(house.call(Call::put(&there, b"1")).await.status, 200);
    house.close().await;
}

// Goal: the body is not asked for. Method: a head that expects to be told to go on, and no body.
#[tokio::test]
async fn a_body_without_room_is_never_sent() {
    let house = House::open().await;
    quota(&house, 5).await;
    for (body, told) in [(&b"12345"[..], "HTTP/1.1 100"), (b"123456", "HTTP/1.1 403")] {
        let call = Call::put(&format!("/{BUCKET}/new"), body).with("expect", "100-continue");
        let bytes = call.signed(&house.rita).bytes();
        let mut stream = TcpStream::connect(house.outside).await.unwrap();
        stream.write_all(&bytes[..bytes.len() - body.len()]).await.unwrap();
        let mut line = [0; 12];
        stream.read_exact(&mut line).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&line), told);
    }
    house.close().await;
}
