//! What clients may take of the door together: bytes in memory, requests of one credential, connections.

use crate::house;

use std::time::Duration;

use house::call::UNSIGNED;
use house::{Answer, BUCKET, Call, House, impatient};
use s3::Limits;
use seal::checksum::{Algorithm, checksum};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// WHY: far above what any of these waits for, far below anybody's patience.
const SOON: Duration = Duration::from_secs(20);

fn batch(keys: usize) -> Vec<u8> {
    let keys: String = (0..keys).map(|key| format!("<Object><Key>{key:04}</Key></Object>")).collect();
    format!("<Delete>{keys}</Delete>").into_bytes()
}

fn delete(body: &[u8]) -> Call {
    Call::post(&format!("/{BUCKET}?delete="), body)
}

/// Sends all of a request but its last byte.
async fn half(house: &House, call: Call) -> TcpStream {
    let bytes = call.signed(&house.rita).bytes();
    let mut stream = TcpStream::connect(house.outside).await.unwrap();
    stream.write_all(&bytes[..bytes.len() - 1]).await.unwrap();
    stream
}

/// Repeats a call until it is answered so.
async fn until(house: &House, call: impl Fn() -> Call, status: u16) -> Answer {
    let again = async {
        loop {
            let answer = house.call(call()).await;
            if answer.status == status {
                return answer;
            }
        }
    };
    tokio::time::timeout(SOON, again).await.unwrap()
}

fn is_busy(answer: &Answer) -> bool {
    let told = (answer.status, answer.code(), answer.reason().to_owned(), answer.header("retry-after"));
    told == (503, "SlowDown".to_owned(), "unavailable".to_owned(), Some("1"))
}

#[tokio::test]
async fn documents_take_from_one_budget() {
    let large = batch(200);
    let held_bytes_max = u32::try_from(large.len() + 100).unwrap();
    let house = House::with(Limits { held_bytes_max, ..Limits::default() }).await;
    let first = half(&house, delete(&large)).await;
    let busy = until(&house, || delete(&batch(10)), 503).await;
    assert!(is_busy(&busy), "{}", busy.text());
    // What is not held in memory goes on.
    let put = house.call(Call::put(&format!("/{BUCKET}/0001"), &large)).await;
    assert_eq!(put.status, 200, "{}", put.text());
    assert_eq!(house.call(Call::head(&format!("/{BUCKET}/0001"))).await.status, 200);
    drop(first);
    until(&house, || delete(&batch(10)), 200).await;
    assert!(house.keys().await.is_empty());
    // More than all there is.
    assert!(is_busy(&house.call(delete(&batch(300))).await));
    house.close().await;
}

/// Goal: long pages take from the budget too. Method: a budget below one page; a shorter page fits.
#[tokio::test]
async fn pages_take_from_the_budget() {
    let house = House::with(Limits { held_bytes_max: 4_096, ..Limits::default() }).await;
    for number in 0..20 {
        assert_eq!(house.call(Call::put(&format!("/{BUCKET}/{number}"), b"")).await.status, 200);
    }
    let list = |keys: usize| Call::get(&format!("/{BUCKET}?list-type=2&max-keys={keys}"));
    assert!(is_busy(&house.call(list(20)).await));
    for _ in 0..8 {
        assert_eq!(house.call(list(2)).await.status, 200);
    }
    // Bytes of objects stream; they take nothing.
    assert_eq!(house.call(Call::put(&format!("/{BUCKET}/large"), &vec![7; 100_000])).await.status, 200);
    assert_eq!(house.call(Call::get(&format!("/{BUCKET}/large"))).await.body.len(), 100_000);
    house.close().await;
}

#[tokio::test]
async fn a_stranger_takes_nothing_of_the_budget() {
    let large = batch(200);
    let held_bytes_max = u32::try_from(large.len() + 100).unwrap();
    let house = House::with(Limits { held_bytes_max, ..Limits::default() }).await;
    let mut forged = house.rita.clone();
    forged.secret.push('x');
    let mut open = Vec::new();
    for _ in 0..8 {
        let bytes = delete(&large).signed(&forged).bytes();
        let mut stream = TcpStream::connect(house.outside).await.unwrap();
        stream.write_all(&bytes[..bytes.len() - 1]).await.unwrap();
        open.push(stream);
    }
    let answer = house.call(delete(&large)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    drop(open);
    house.close().await;
}

#[tokio::test]
async fn a_document_that_drips_is_let_go() {
    let house = House::with(impatient()).await;
    let body = [batch(1), vec![b' '; 4 << 20]].concat();
    let bytes = delete(&body).signed(&house.rita).bytes();
    let (mut read, mut write) = TcpStream::connect(house.outside).await.unwrap().into_split();
    // Fast enough to be progress, too slow to be done in time.
    let drip = tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        for piece in bytes.chunks(8 << 10) {
            if write.write_all(piece).await.is_err() {
                return;
            }
            tick.tick().await;
        }
    });
    let mut told = [0; 12];
    tokio::time::timeout(SOON, read.read_exact(&mut told)).await.unwrap().unwrap();
    assert_eq!(&told, b"HTTP/1.1 400");
    drip.abort();
    house.close().await;
}

#[tokio::test]
async fn a_document_is_what_its_checksum_says() {
    let house = House::open().await;
    let body = batch(1);
    for (name, algorithm) in [
        ("content-md5", Algorithm::Md5),
        ("x-amz-checksum-crc32", Algorithm::Crc32),
        ("x-amz-checksum-sha256", Algorithm::Sha256),
    ] {
        let right = checksum(algorithm, &body).to_text();
        let wrong = checksum(algorithm, b"other").to_text();
        house.call(Call::put(&format!("/{BUCKET}/0000"), b"x")).await;
        let refused = house.call(delete(&body).payload(UNSIGNED).with(name, &wrong)).await;
        assert_eq!((refused.status, refused.code()), (400, "BadDigest".to_owned()), "{}", refused.text());
        assert_eq!(house.keys().await, ["0000"]);
        let done = house.call(delete(&body).payload(UNSIGNED).with(name, &right)).await;
        assert_eq!(done.status, 200, "{}", done.text());
        assert!(house.keys().await.is_empty());
    }
    house.close().await;
}

#[tokio::test]
async fn one_person_leaves_room_for_others() {
    let house = House::with(Limits { per_person_max: 2, ..Limits::default() }).await;
    let put = |key: &str| Call::put(&format!("/{BUCKET}/{key}"), b"data");
    let open = [half(&house, put("a")).await, half(&house, put("b")).await];
    let list = || Call::get(&format!("/{BUCKET}?list-type=2"));
    let busy = until(&house, list, 503).await;
    assert!(is_busy(&busy), "{}", busy.text());
    let other = list().signed(&house.carla).send(house.outside).await;
    assert_ne!(other.status, 503, "{}", other.text());
    // A stranger who claims the credential takes nothing of its share.
    drop(open);
    until(&house, list, 200).await;
    let mut forged = house.rita.clone();
    forged.secret.push('x');
    let mut claimed = Vec::new();
    for _ in 0..8 {
        let mut stream = TcpStream::connect(house.outside).await.unwrap();
        let bytes = put("c").length(1_000).signed(&forged).bytes();
        stream.write_all(&bytes).await.unwrap();
        claimed.push(stream);
    }
    assert_eq!(house.call(list()).await.status, 200);
    assert!(house.keys().await.is_empty());
    house.close().await;
}

/// WHY: as many bodies of this announced size as fill the budget of a door.
const CROWD: usize = 32;
const LARGE_BYTES: usize = 8 << 20;

/// A document of the largest size, of which little comes.
fn slow_document(house: &House) -> Vec<u8> {
    delete(&batch(1)).length(LARGE_BYTES).signed(&house.rita).bytes()
}

/// A signed chunk of the largest size, of which little comes.
fn slow_chunk(house: &House) -> Vec<u8> {
    let call = Call::put(&format!("/{BUCKET}/slow"), b"").payload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    let call = call.with("x-amz-decoded-content-length", &LARGE_BYTES.to_string());
    let mut call = call.length(LARGE_BYTES + 256).signed(&house.rita);
    call.body = format!("{LARGE_BYTES:x};chunk-signature={}\r\nfirst bytes", "0".repeat(64)).into_bytes();
    call.bytes()
}

/// Goal: one person's announced bytes leave memory for others. Method: as many as fill the door, which then hardly come.
#[tokio::test]
async fn one_person_leaves_memory_for_others() {
    for slow in [slow_document, slow_chunk] {
        let house = House::open().await;
        let mut open = Vec::new();
        for _ in 0..CROWD {
            let mut stream = TcpStream::connect(house.outside).await.unwrap();
            stream.write_all(&slow(&house)).await.unwrap();
            open.push(stream);
        }
        let busy = until(&house, || delete(&batch(1)), 503).await;
        assert!(is_busy(&busy), "{}", busy.text());
        let other = delete(&batch(1)).signed(&house.carla).send(house.outside).await;
        assert_ne!(other.status, 503, "{}", other.text());
        // Pages are held, too; a page's reader is told at once.
        let list = || Call::get(&format!("/{BUCKET}?list-type=2"));
        assert!(is_busy(&house.call(list()).await));
        assert_ne!(list().signed(&house.carla).send(house.outside).await.status, 503);
        drop(open);
        until(&house, || delete(&batch(1)), 200).await;
        assert!(house.keys().await.is_empty());
        house.close().await;
    }
}

/// Goal: half heads do not keep others out. Method: far more of them than there are connections, and no wait ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_half_heads_stop_nobody() {
    let wait = Duration::from_secs(600);
    let limits = Limits { connections_max: 64, head_wait: wait, body_wait: wait, ..Limits::default() };
    let house = House::with(Limits { close_wait: Duration::from_millis(1), ..limits }).await;
    let mut open = Vec::new();
    for number in 0..1_000 {
        let mut stream = TcpStream::connect(house.outside).await.unwrap();
        // One that was let go already is one of the thousand, too.
        let _sent = stream.write_all(b"PUT /results/half HTTP/1.1\r\nhost: e").await;
        open.push(stream);
        if number % 100 == 50 {
            let put = house.call(Call::put(&format!("/{BUCKET}/{number}"), b"whole"));
            let put = tokio::time::timeout(SOON, put).await.unwrap();
            assert_eq!(put.status, 200, "{}", put.text());
        }
    }
    assert_eq!(house.keys().await.len(), 10);
    drop(open);
    house.close().await;
}

/// Goal: who gives way is who waits, never who is served. Method: an upload in flight while half heads come and go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_in_flight_outlives_a_crowd() {
    let house = House::with(Limits { connections_max: 8, ..Limits::default() }).await;
    let call = Call::put(&format!("/{BUCKET}/kept"), b"data").with("expect", "100-continue");
    let call = call.signed(&house.rita).bytes();
    let mut upload = TcpStream::connect(house.outside).await.unwrap();
    upload.write_all(&call[..call.len() - 1]).await.unwrap();
    // Whoever is told to go on is served, and no longer waits.
    let mut said = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    tokio::time::timeout(SOON, upload.read_exact(&mut said)).await.unwrap().unwrap();
    assert!(said.starts_with(b"HTTP/1.1 100 "));
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(TcpStream::connect(house.outside).await.unwrap());
    }
    assert!(house.keys().await.is_empty());
    upload.write_all(&call[call.len() - 1..]).await.unwrap();
    let answer = tokio::time::timeout(SOON, Answer::read(&mut upload, false)).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    drop(crowd);
    house.close().await;
}

/// Goal: strangers who ask again and again keep no seat. Method: their connections end, those of the known do not.
#[tokio::test]
async fn a_stranger_s_connection_ends_with_its_refusal() {
    let house = House::open().await;
    let mut forged = house.rita.clone();
    forged.secret.push('x');
    let absent = || Call::get(&format!("/{BUCKET}/absent"));
    for call in [absent(), absent().signed(&forged), Call::new("PATCH", "/", b"")] {
        let mut stream = TcpStream::connect(house.outside).await.unwrap();
        stream.write_all(&call.bytes()).await.unwrap();
        let answer = Answer::read(&mut stream, false).await;
        assert_eq!(answer.header("connection"), Some("close"), "{}", answer.text());
        let mut rest = Vec::new();
        tokio::time::timeout(SOON, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
        assert!(rest.is_empty());
    }
    let mut stream = TcpStream::connect(house.outside).await.unwrap();
    for _ in 0..2 {
        stream.write_all(&absent().signed(&house.rita).bytes()).await.unwrap();
        assert_eq!(Answer::read(&mut stream, false).await.status, 404);
    }
    house.close().await;
}
