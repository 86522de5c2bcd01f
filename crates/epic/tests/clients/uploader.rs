//! awscli with a large file: eight parts in flight, cut on its way, gone on with from the parts that are there.

use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use region::twin::Access;

use super::mount::wait;
use super::tree::noise;
use super::{Ran, Stock};
use crate::kit::{Call, Door, need};

const FILE_BYTES: u64 = (264 << 20) + 11;
/// Parts as the client is told to make them.
const PART_MIB: u64 = 8;
/// WHY: some are there and many are not, whatever eight are in flight.
const PARTS_BEFORE_CUT: usize = 6;
const KEY: &str = "genomes/one.bam";

struct Session {
    stock: Stock,
    python: PathBuf,
    file: PathBuf,
}

impl Session {
    fn with_keys(&self, access: &Access, mut command: Command) -> Command {
        // WHY a limit of speed: the cut comes while parts are on their way, on any machine.
        let config = format!(
            "[default]\ns3 =\n  addressing_style = path\n  max_concurrent_requests = 8\n  \
             multipart_chunksize = {PART_MIB}MB\n  max_bandwidth = 100MB/s\n"
        );
        let config = self.stock.file("aws.config", &config);
        command.env("AWS_CONFIG_FILE", config).env("AWS_ACCESS_KEY_ID", &access.id);
        command.env("AWS_SECRET_ACCESS_KEY", &access.secret);
        command
    }

    fn args<'a>(&'a self, door: Door, args: &[&'a str]) -> Vec<&'a str> {
        let base = ["-m", "awscli", "--endpoint-url", self.stock.house.s3_url(door), "--region", "us-east-1"];
        [&base[..], args].concat()
    }

    fn aws(&self, door: Door, access: &Access, args: &[&str]) -> Ran {
        Ran::of(&mut self.with_keys(access, self.stock.command(&self.python, &self.args(door, args))))
    }

    /// The parts that have arrived, of the one upload in flight.
    fn parts(&self) -> usize {
        let by_dina =
            |target: &str| self.stock.house.s3_done(Door::Outside, &self.stock.dina, Call::get(target));
        let uploads = by_dina("/bari?uploads=").all("UploadId");
        uploads.first().map_or(0, |id| by_dina(&format!("/bari/{KEY}?uploadId={id}")).all("PartNumber").len())
    }
}

/// A large file that is mostly holes.
fn sparse(path: &Path) {
    let mut file = std::fs::File::create(path).unwrap();
    for at in [0, 9 << 20, 100 << 20, FILE_BYTES - 70_000] {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&noise(70_000, usize::try_from(at >> 20).unwrap())).unwrap();
    }
    assert_eq!(file.metadata().unwrap().len(), FILE_BYTES);
}

fn same_files(left: &Path, right: &Path) -> bool {
    Command::new("cmp").arg(left).arg(right).status().unwrap().success()
}

#[test]
fn a_large_upload_by_awscli_is_cut_and_goes_on() {
    let Some(python) = need::python("awscli, boto3") else {
        return;
    };
    let stock = Stock::new();
    let file = stock.house.path("one.bam");
    let session = Session { stock, python, file };
    sparse(&session.file);
    let (dina, desk, rita) = (&session.stock.dina, &session.stock.desk, &session.stock.rita);
    let (from, to) = (session.file.to_str().unwrap(), format!("s3://bari/{KEY}"));

    session.aws(Door::Outside, rita, &["s3", "cp", from, &to]).refused("place_outside");
    let copy = session.args(Door::Outside, &["s3", "cp", "--no-progress", from, &to]);
    let mut sending = session.with_keys(dina, session.stock.bare(&session.python, &copy)).spawn().unwrap();
    wait("some parts are there", || session.parts() >= PARTS_BEFORE_CUT);
    // As when the machine goes down: the client has no time to tidy up.
    sending.kill().unwrap();
    assert!(!sending.wait().unwrap().success());
    assert_eq!(session.stock.object("bari", KEY), None, "an upload in flight is no object");

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/go_on.py");
    let url = session.stock.house.s3_url(Door::Outside);
    let args = [script.to_str().unwrap(), url, from, "bari", KEY];
    let going_on = session.stock.command(&session.python, &args);
    let sent = Ran::of(&mut session.with_keys(dina, going_on)).done().out;
    // WHY not counted here: a part that had arrived whole may be committed after its sender is gone.
    let numbers: Vec<u64> = sent.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [there, missing] = numbers[..] else { panic!("{sent}") };
    assert!(there >= PARTS_BEFORE_CUT as u64 && missing > 0, "{sent}");
    assert_eq!(there + missing, FILE_BYTES.div_ceil(PART_MIB << 20), "{sent}");

    let back = session.stock.house.path("back.bam");
    session.aws(Door::Inside, desk, &["s3", "cp", &to, back.to_str().unwrap()]).done();
    assert!(same_files(&session.file, &back));
    session.aws(Door::Outside, dina, &["s3", "cp", &to, "never"]).refused("403");
    session.stock.end_permit();
    session.aws(Door::Inside, desk, &["s3", "ls", "s3://bari/"]).refused("permit_ended");
}
