//! Clients that are slow, many, elsewhere or gone: each is answered or let go, and nothing is left.

use crate::house;

use std::time::{Duration, Instant};

use house::call::UNSIGNED;
use house::{Answer, BUCKET, Call, House, impatient};
use s3::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// WHY: far above the waits of `impatient`, far below anybody's patience.
const SOON: Duration = Duration::from_secs(20);

fn half_open(house: &House) -> Vec<u8> {
    Call::put(&format!("/{BUCKET}/half"), b"half").length(1_000).payload(UNSIGNED).signed(&house.rita).bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_half_open_uploads_leave_nothing_and_stop_nobody() {
    let house = House::with(Limits { body_wait: Duration::from_secs(4), ..Limits::default() }).await;
    let half = half_open(&house);
    let mut open = Vec::new();
    for _ in 0..1_000 {
        let mut stream = TcpStream::connect(house.outside).await.unwrap();
        stream.write_all(&half).await.unwrap();
        open.push(stream);
    }
    let put = house.call(Call::put(&format!("/{BUCKET}/whole"), b"whole")).await;
    assert_eq!(put.status, 200, "{}", put.text());
    for mut stream in open {
        let answer = tokio::time::timeout(SOON, Answer::read(&mut stream, false)).await.unwrap();
        assert_eq!(
            (answer.status, answer.code().as_str(), answer.reason()),
            (400, "RequestTimeout", "body_cut")
        );
    }
    assert_eq!(house.keys().await, ["whole"]);
    house.close().await;
}

#[tokio::test]
async fn more_bodies_than_the_limit_are_told_to_slow_down() {
    let house = House::with(Limits { bodies_max: 1, ..Limits::default() }).await;
    let mut first = TcpStream::connect(house.outside).await.unwrap();
    first.write_all(&half_open(&house)).await.unwrap();
    let busy = async {
        loop {
            let answer = house.call(Call::put(&format!("/{BUCKET}/second"), b"second")).await;
            if answer.status != 200 {
                return answer;
            }
        }
    };
    let answer = tokio::time::timeout(SOON, busy).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str(), answer.reason()), (503, "SlowDown", "unavailable"));
    drop(first);
    let free =
        async { while house.call(Call::put(&format!("/{BUCKET}/third"), b"third")).await.status != 200 {} };
    tokio::time::timeout(SOON, free).await.unwrap();
    house.close().await;
}

#[tokio::test]
async fn a_head_that_does_not_come_ends_the_connection() {
    let house = House::with(impatient()).await;
    for start in [&b""[..], b"PUT /results/slow HTTP/1.1\r\nhost: e"] {
        let mut stream = TcpStream::connect(house.outside).await.unwrap();
        stream.write_all(start).await.unwrap();
        let mut rest = Vec::new();
        let ended = tokio::time::timeout(SOON, stream.read_to_end(&mut rest)).await.unwrap();
        assert!(ended.is_err() || !rest.starts_with(b"HTTP/1.1 200"));
    }
    house.close().await;
}

#[tokio::test]
async fn a_body_that_drips_is_no_progress() {
    let house = House::with(impatient()).await;
    let mut stream = TcpStream::connect(house.outside).await.unwrap();
    stream.write_all(&half_open(&house)).await.unwrap();
    let began = Instant::now();
    let (mut read, mut write) = stream.into_split();
    let drip = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        while write.write_all(b"x").await.is_ok() {
            tick.tick().await;
        }
    });
    let mut answer = [0; 12];
    tokio::time::timeout(SOON, read.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
    assert!(began.elapsed() < SOON);
    drip.abort();
    assert!(house.keys().await.is_empty());
    house.close().await;
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_let_go() {
    let house = House::with(impatient()).await;
    let upload = house.start_upload("large").await;
    let mut parts = String::new();
    for number in 1..=4 {
        let call =
            Call::put(&format!("/{BUCKET}/large?partNumber={number}&uploadId={upload}"), &vec![7; 8 << 20]);
        let answer = house.call(call).await;
        let etag = answer.header("etag").unwrap();
        parts.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"));
    }
    let done = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let done = house.call(Call::post(&format!("/{BUCKET}/large?uploadId={upload}"), done.as_bytes())).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let mut stream = TcpStream::connect(house.outside).await.unwrap();
    stream.write_all(&Call::get(&format!("/{BUCKET}/large")).signed(&house.rita).bytes()).await.unwrap();
    // The door closes only when every connection has ended.
    tokio::time::timeout(SOON, house.close()).await.unwrap();
}

#[tokio::test]
async fn requests_in_flight_finish_when_the_door_closes() {
    let house = House::open().await;
    let call = Call::put(&format!("/{BUCKET}/last"), b"last").signed(&house.rita).bytes();
    let mut stream = TcpStream::connect(house.outside).await.unwrap();
    stream.write_all(&call[..call.len() - 2]).await.unwrap();
    // A second request answered on this door shows that the first has been accepted.
    assert!(house.keys().await.is_empty());
    let region = house.world.region.clone();
    let rita = house.rita.clone();
    let closing = tokio::spawn(house.close());
    stream.write_all(&call[call.len() - 2..]).await.unwrap();
    let answer = tokio::time::timeout(SOON, Answer::read(&mut stream, false)).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    closing.await.unwrap();
    drop((region, rita));
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let house = House::open().await;
    let mut stream = TcpStream::connect(house.outside).await.unwrap();
    for body in [&b"one"[..], b"two"] {
        stream
            .write_all(&Call::put(&format!("/{BUCKET}/kept"), body).signed(&house.rita).bytes())
            .await
            .unwrap();
        assert_eq!(Answer::read(&mut stream, false).await.status, 200);
        stream.write_all(&Call::get(&format!("/{BUCKET}/kept")).signed(&house.rita).bytes()).await.unwrap();
        assert_eq!(Answer::read(&mut stream, false).await.body, body);
    }
    house.close().await;
}

#[tokio::test]
async fn who_waits_to_be_asked_is_asked_or_refused_first() {
    let house = House::open().await;
    let call = Call::put(&format!("/{BUCKET}/asked"), b"asked").with("expect", "100-continue");
    let mut forged = house.rita.clone();
    forged.secret.push('x');
    for (access, interim) in [(&house.rita, "HTTP/1.1 100"), (&forged, "HTTP/1.1 403")] {
        let bytes = call.clone().signed(access).bytes();
        let mut stream = TcpStream::connect(house.outside).await.unwrap();
        stream.write_all(&bytes[..bytes.len() - 5]).await.unwrap();
        let mut told = [0; 12];
        tokio::time::timeout(SOON, stream.read_exact(&mut told)).await.unwrap().unwrap();
        assert_eq!(String::from_utf8_lossy(&told), interim);
        if access.secret == house.rita.secret {
            stream.write_all(&bytes[bytes.len() - 5..]).await.unwrap();
            let mut rest = vec![0; 64];
            let size = stream.read(&mut rest).await.unwrap();
            assert!(size > 0);
        }
    }
    house.close().await;
}

#[tokio::test]
async fn a_credential_works_where_it_was_issued_for() {
    let house = House::open().await;
    let inside = &house.rita_inside;
    let list = || Call::get(&format!("/{BUCKET}?list-type=2"));
    for (access, door, status, reason) in [
        (&house.rita, house.outside, 200, ""),
        (inside, house.inside, 200, ""),
        (inside, house.outside, 403, "place_bound"),
        (&house.rita, house.inside, 403, "place_bound"),
    ] {
        let answer = list().signed(access).send(door).await;
        assert_eq!((answer.status, answer.reason()), (status, reason), "{}", answer.text());
    }
    house.close().await;
}

#[tokio::test]
async fn a_revoked_credential_ends_at_once() {
    let house = House::open().await;
    assert!(house.keys().await.is_empty());
    house
        .world
        .act("rita", "credential.revoke", serde_json::json!({ "credential": house.rita.id }))
        .await
        .unwrap();
    let answer = house.call(Call::get(&format!("/{BUCKET}"))).await;
    assert_eq!(
        (answer.status, answer.code().as_str(), answer.reason()),
        (403, "InvalidAccessKeyId", "credential_ended")
    );
    house.close().await;
}
