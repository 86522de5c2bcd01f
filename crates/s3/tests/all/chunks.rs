//! Bodies in signed and unsigned chunks, with trailers: whole ones are stored, others leave nothing.

use crate::house;

use data_encoding::HEXLOWER;
use house::call::{hmac, sha256, signing_key, stamp};
use house::{BUCKET, Call, House};
use region::twin::Access;
use s3::Limits;
use seal::checksum::{Algorithm, checksum};

const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const PLAIN: &[u8] = b"region,cases\nN,120\n";

fn call(payload: &str) -> Call {
    Call::put(&format!("/{BUCKET}/chunked"), b"")
        .payload(payload)
        .with("content-encoding", "aws-chunked")
        .with("x-amz-decoded-content-length", &PLAIN.len().to_string())
}

/// SPEC: "Signature calculations for the Authorization header: transferring a payload in multiple chunks".
fn in_signed_chunks(call: Call, access: &Access, chunk_bytes: usize, trailer: Option<(&str, &str)>) -> Call {
    let mut call = call.signed(access);
    let authorization = call.headers.last().unwrap().1.clone();
    let mut previous = authorization.rsplit('=').next().unwrap().to_owned();
    let at = stamp(call.at);
    let key = signing_key(&access.secret, &at[..8]);
    let scope = format!("{}/us-east-1/s3/aws4_request", &at[..8]);
    let mut body = Vec::new();
    for chunk in PLAIN.chunks(chunk_bytes).chain([&[][..]]) {
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{at}\n{scope}\n{previous}\n{}\n{}",
            sha256(b""),
            sha256(chunk)
        );
        previous = HEXLOWER.encode(&hmac(&key, text.as_bytes()));
        body.extend_from_slice(format!("{:x};chunk-signature={previous}\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(chunk);
        if !(chunk.is_empty() && trailer.is_some()) {
            body.extend_from_slice(b"\r\n");
        }
    }
    if let Some((name, value)) = trailer {
        let text = format!(
            "AWS4-HMAC-SHA256-TRAILER\n{at}\n{scope}\n{previous}\n{}",
            sha256(format!("{name}:{value}\n").as_bytes())
        );
        let signature = HEXLOWER.encode(&hmac(&key, text.as_bytes()));
        body.extend_from_slice(
            format!("{name}:{value}\r\nx-amz-trailer-signature:{signature}\r\n\r\n").as_bytes(),
        );
    }
    call.body = body;
    call
}

fn in_chunks(call: Call, access: &Access, trailer: &str) -> Call {
    let mut call = call.signed(access);
    call.body =
        [format!("{:x}\r\n", PLAIN.len()).as_bytes(), PLAIN, b"\r\n0\r\n", trailer.as_bytes(), b"\r\n\r\n"]
            .concat();
    call
}

async fn stored(house: &House, call: Call) {
    let answer = call.send(house.outside).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let got =
        house.call(Call::get(&format!("/{BUCKET}/chunked")).with("x-amz-checksum-mode", "ENABLED")).await;
    assert_eq!(got.body, PLAIN);
    assert_eq!(got.header("content-encoding"), None);
    assert!(got.headers.iter().any(|(name, _)| name.starts_with("x-amz-checksum-")));
    assert_eq!(house.call(Call::delete(&format!("/{BUCKET}/chunked"))).await.status, 204);
}

async fn refused(house: &House, call: Call, status: u16, code: &str, reason: &str) {
    let answer = call.send(house.outside).await;
    assert_eq!(
        (answer.status, answer.code().as_str(), answer.reason()),
        (status, code, reason),
        "{}",
        answer.text()
    );
    assert!(house.keys().await.is_empty());
}

#[tokio::test]
async fn whole_ones_are_stored() {
    let house = House::open().await;
    for algorithm in
        [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme, Algorithm::Sha1, Algorithm::Sha256]
    {
        let name = format!("x-amz-checksum-{}", algorithm.name().to_lowercase());
        let value = checksum(algorithm, PLAIN).to_text();
        stored(
            &house,
            in_chunks(
                call(UNSIGNED_TRAILER).with("x-amz-trailer", &name),
                &house.rita,
                &format!("{name}:{value}"),
            ),
        )
        .await;
        stored(
            &house,
            in_signed_chunks(
                call(SIGNED_TRAILER).with("x-amz-trailer", &name),
                &house.rita,
                7,
                Some((&name, &value)),
            ),
        )
        .await;
    }
    stored(&house, in_signed_chunks(call(SIGNED), &house.rita, 8, None)).await;
    stored(&house, in_signed_chunks(call(SIGNED), &house.rita, 8_192, None)).await;
    house.close().await;
}

#[tokio::test]
async fn others_leave_nothing() {
    let house = House::open().await;
    let rita = &house.rita;
    let trailing = || call(UNSIGNED_TRAILER).with("x-amz-trailer", "x-amz-checksum-crc32");
    let crc32 = checksum(Algorithm::Crc32, PLAIN).to_text();
    let good = format!("x-amz-checksum-crc32:{crc32}");
    refused(
        &house,
        in_chunks(trailing(), rita, "x-amz-checksum-crc32:AAAAAA=="),
        400,
        "BadDigest",
        "checksum_wrong",
    )
    .await;
    refused(&house, in_chunks(trailing(), rita, ""), 400, "IncompleteBody", "body_cut").await;
    refused(
        &house,
        in_chunks(trailing(), rita, "x-amz-checksum-sha1:AAAA"),
        400,
        "IncompleteBody",
        "body_cut",
    )
    .await;
    let unnamed = call(UNSIGNED_TRAILER).with("x-amz-trailer", "x-other");
    refused(&house, in_chunks(unnamed, rita, &good), 400, "InvalidRequest", "invalid").await;

    let mut cut = in_chunks(trailing(), rita, &good);
    cut.body.truncate(12);
    refused(&house, cut, 400, "IncompleteBody", "body_cut").await;
    let mut ends_early = in_signed_chunks(call(SIGNED), rita, 8, None);
    let second = ends_early.body.windows(2).enumerate().filter(|(_, pair)| pair == b"\r\n").nth(1).unwrap().0;
    ends_early.body.truncate(second + 2);
    refused(&house, ends_early, 400, "IncompleteBody", "body_cut").await;
    let mut altered = in_signed_chunks(call(SIGNED), rita, 8, None);
    let at = altered.body.windows(2).position(|pair| pair == b"\r\n").unwrap() + 3;
    altered.body[at] ^= 1;
    refused(&house, altered, 403, "SignatureDoesNotMatch", "signature_wrong").await;
    let mut endless = in_chunks(trailing(), rita, &good);
    endless.body = b"zz\r\nnonsense".to_vec();
    refused(&house, endless, 400, "InvalidArgument", "invalid").await;
    let mut long = trailing();
    long.headers.iter_mut().find(|(name, _)| name == "x-amz-decoded-content-length").unwrap().1 = "5".into();
    refused(&house, in_chunks(long, rita, &good), 400, "InvalidArgument", "invalid").await;
    house.close().await;
}

/// Goal: signed chunks take from the door's budget. Method: a budget smaller than the body, chunks on either side of it.
#[tokio::test]
async fn chunks_that_are_put_together_take_from_the_budget() {
    let house = House::with(Limits { held_bytes_max: 16, ..Limits::default() }).await;
    stored(&house, in_signed_chunks(call(SIGNED), &house.rita, 8, None)).await;
    let full = in_signed_chunks(call(SIGNED), &house.rita, 19, None).send(house.outside).await;
    assert_eq!((full.status, full.code().as_str(), full.header("retry-after")), (503, "SlowDown", Some("1")));
    assert_eq!(house.call(Call::head(&format!("/{BUCKET}/chunked"))).await.status, 404);
    // What is not put together takes nothing.
    let crc32 = checksum(Algorithm::Crc32, PLAIN).to_text();
    let trailing = call(UNSIGNED_TRAILER).with("x-amz-trailer", "x-amz-checksum-crc32");
    stored(&house, in_chunks(trailing, &house.rita, &format!("x-amz-checksum-crc32:{crc32}"))).await;
    house.close().await;
}

/// Puts a body into the chunks of HTTP itself, whose length nobody announces.
fn in_http_chunks(mut call: Call) -> Call {
    let size = format!("{:x}\r\n", call.body.len());
    call.body = [size.as_bytes(), &call.body, b"\r\n0\r\n\r\n"].concat();
    call.with_unsigned("transfer-encoding", "chunked")
}

/// Goal: the C++ SDK's uploads (pyarrow) are stored. Method: S3's chunks within HTTP's, announced by their decoded length alone.
#[tokio::test]
async fn chunks_may_come_in_chunks_of_http() {
    let house = House::open().await;
    let crc32 = checksum(Algorithm::Crc32, PLAIN).to_text();
    let trailing = || call(UNSIGNED_TRAILER).with("x-amz-trailer", "x-amz-checksum-crc32");
    let trailer = format!("x-amz-checksum-crc32:{crc32}");
    let good = || in_chunks(trailing(), &house.rita, &trailer);
    stored(&house, in_http_chunks(good())).await;
    let mut cut = good();
    cut.body.truncate(12);
    refused(&house, in_http_chunks(cut), 400, "IncompleteBody", "body_cut").await;
    for (announced, code, reason) in
        [("5", "InvalidArgument", "invalid"), ("4000", "IncompleteBody", "body_cut")]
    {
        let mut other = trailing();
        let length = other.headers.iter_mut().find(|(name, _)| name == "x-amz-decoded-content-length");
        length.unwrap().1 = announced.to_owned();
        refused(&house, in_http_chunks(in_chunks(other, &house.rita, &trailer)), 400, code, reason).await;
    }
    let mut silent = trailing();
    silent.headers.retain(|(name, _)| name != "x-amz-decoded-content-length");
    let silent = in_http_chunks(in_chunks(silent, &house.rita, &trailer));
    refused(&house, silent, 411, "MissingContentLength", "invalid").await;
    house.close().await;
}
