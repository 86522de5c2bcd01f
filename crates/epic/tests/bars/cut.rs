//! Uploads that are cut on their way: what was acknowledged stays, the rest is sent again, and nothing is left over.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use region::twin::Access;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::kit::{Call, Door, House, block_on};

/// Parts of the smallest size that S3 takes, and a rest.
const PART_BYTES: usize = 5 << 20;
const PARTS: usize = 6;
const SIZE_BYTES: usize = PART_BYTES * (PARTS - 1) + 5_000_003;
const KEY: &str = "genome%20one.bam";
/// WHY: far above what a machine needs to take a few megabytes.
const SOON: Duration = Duration::from_secs(60);

/// How the region ends after the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Killed,
    InGoodOrder,
}

struct Upload {
    house: House,
    dina: Access,
    rita: Access,
    plain: Vec<u8>,
}

impl Upload {
    fn new() -> Self {
        let house = House::agreed();
        let dina = house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
        let rita = house.desk();
        let plain = (0..SIZE_BYTES as u64).map(|at| (at.wrapping_mul(at) / 11 % 253) as u8).collect();
        Self { house, dina, rita, plain }
    }

    fn by_dina(&self, call: Call) -> crate::kit::Answer {
        self.house.s3_done(Door::Outside, &self.dina, call)
    }

    fn part(&self, number: usize) -> &[u8] {
        let from = (number - 1) * PART_BYTES;
        &self.plain[from..(from + PART_BYTES).min(SIZE_BYTES)]
    }

    fn send_part(&self, upload: &str, number: usize) -> String {
        let target = format!("/bari/{KEY}?partNumber={number}&uploadId={upload}");
        let sent = self.by_dina(Call::put(&target, self.part(number)));
        sent.header("etag").unwrap().to_owned()
    }

    /// A request whose bytes stop on their way; the connection stays open.
    fn half(&self, target: &str, body: &[u8], sent_bytes: usize) -> std::net::TcpStream {
        let call = Call::put(target, body).signed(&self.dina);
        let bytes = call.bytes();
        let sent = &bytes[..bytes.len() - (body.len() - sent_bytes)];
        block_on(async {
            let mut stream = TcpStream::connect(self.house.s3_address(Door::Outside)).await.unwrap();
            stream.write_all(sent).await.unwrap();
            stream.into_std().unwrap()
        })
    }

    fn half_done(&self) -> Vec<PathBuf> {
        self.house.blobs().into_iter().filter(|file| file.to_str().unwrap().contains('#')).collect()
    }

    /// Waits until the raw store is as it must become.
    fn wait(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            assert!(began.elapsed() < SOON, "{what}: {:?}", self.house.blobs());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn in_flight(&self) -> Vec<String> {
        self.by_dina(Call::get("/bari?uploads=")).all("UploadId")
    }

    fn read(&self) -> crate::kit::Answer {
        self.house.s3(Door::Inside, &self.rita, Call::get(&format!("/bari/{KEY}")))
    }

    /// Two days later the sweep has been round; nothing is there but what rows name.
    fn swept(mut self, blobs: usize) {
        assert_eq!(self.house.down(), 0);
        self.house.sweep_after_days(2);
        let left = self.house.blobs();
        assert_eq!((left.len(), self.half_done().len()), (blobs, 0), "{left:?}");
    }
}

fn goes_on_after(end: End) {
    let mut upload = Upload::new();
    let started = upload.by_dina(Call::post(&format!("/bari/{KEY}?uploads="), b""));
    let id = started.all("UploadId").remove(0);
    let mut etags: Vec<String> = (1..4).map(|number| upload.send_part(&id, number)).collect();

    // 60 % of all bytes: three parts and the beginning of the fourth.
    let cut_bytes = SIZE_BYTES * 6 / 10 - 3 * PART_BYTES;
    let target = format!("/bari/{KEY}?partNumber=4&uploadId={id}");
    let stream = upload.half(&target, upload.part(4), cut_bytes);
    upload.wait("the half part has come", |upload| upload.half_done().len() == 1);
    match end {
        End::Killed => upload.house.kill(),
        End::InGoodOrder => {
            drop(stream);
            upload.wait("the half part is dropped", |upload| upload.half_done().is_empty());
            assert_eq!(upload.house.down(), 0);
        }
    }
    upload.house.up(&[]);

    assert_eq!(upload.in_flight(), [id.as_str()]);
    let listed = upload.by_dina(Call::get(&format!("/bari/{KEY}?uploadId={id}")));
    assert_eq!(listed.all("PartNumber"), ["1", "2", "3"]);
    let told: Vec<String> = listed.all("ETag").iter().map(|etag| etag.replace("&quot;", "\"")).collect();
    assert_eq!(told, etags);
    assert_eq!(upload.read().status, 404, "an upload in flight is no object");

    etags.extend((4..=PARTS).map(|number| upload.send_part(&id, number)));
    let parts = etags
        .iter()
        .enumerate()
        .map(|(at, etag)| format!("<Part><PartNumber>{}</PartNumber><ETag>{etag}</ETag></Part>", at + 1));
    let whole = format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.collect::<String>());
    let done = upload.by_dina(Call::post(&format!("/bari/{KEY}?uploadId={id}"), whole.as_bytes()));
    assert_eq!(done.all("ETag").len(), 1, "{}", done.text());
    assert!(upload.in_flight().is_empty());
    let read = upload.read();
    assert!(read.status == 200 && read.body == upload.plain, "{}", read.status);
    upload.swept(PARTS);
}

#[test]
fn an_upload_cut_at_60_percent_goes_on_after_a_power_cut() {
    goes_on_after(End::Killed);
}

#[test]
fn an_upload_cut_at_60_percent_goes_on_after_a_stop() {
    goes_on_after(End::InGoodOrder);
}

#[test]
fn a_single_put_cut_at_60_percent_leaves_no_object() {
    let mut upload = Upload::new();
    let stream = upload.half(&format!("/bari/{KEY}"), &upload.plain, SIZE_BYTES * 6 / 10);
    upload.wait("the half object has come", |upload| upload.half_done().len() == 1);
    drop(stream);
    upload.wait("the half object is dropped", |upload| upload.house.blobs().is_empty());
    assert_eq!(upload.read().status, 404);
    let again = upload.half(&format!("/bari/{KEY}"), &upload.plain, SIZE_BYTES * 6 / 10);
    upload.wait("it has come again", |upload| upload.half_done().len() == 1);
    upload.house.kill();
    drop(again);
    upload.house.up(&[]);
    assert_eq!(upload.read().status, 404);
    assert!(upload.in_flight().is_empty());
    upload.swept(0);
}
