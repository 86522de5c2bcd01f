//! s5cmd: many files at once, in and out; a refusal names its reason and ends at once.

use std::path::PathBuf;

use region::twin::Access;

use super::tree::{assert_same, assert_stored, plant, read};
use super::{Ran, Stock};
use crate::kit::{Door, need};

struct Session {
    stock: Stock,
    s5cmd: PathBuf,
}

impl Session {
    fn run(&self, door: Door, access: &Access, args: &[&str]) -> Ran {
        let mut command = self
            .stock
            .command(&self.s5cmd, &[&["--endpoint-url", self.stock.house.s3_url(door)], args].concat());
        command.env("AWS_REGION", "us-east-1").env("AWS_ACCESS_KEY_ID", &access.id);
        Ran::of(command.env("AWS_SECRET_ACCESS_KEY", &access.secret))
    }

    fn dina(&self, args: &[&str]) -> Ran {
        self.run(Door::Outside, &self.stock.dina, args)
    }

    fn desk(&self, args: &[&str]) -> Ran {
        self.run(Door::Inside, &self.stock.desk, args)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.stock.house.path(name)
    }
}

#[test]
fn s5cmd_does_the_main_job() {
    let Some(s5cmd) = need::program("s5cmd") else {
        return;
    };
    let session = Session { stock: Stock::new(), s5cmd };
    let tree = plant(&session.stock, "tree");

    session.dina(&["cp", "--part-size", "5", "--concurrency", "4", "tree/", "s3://bari/2026/"]).done();
    assert_stored(&session.stock, "bari", "2026/", &tree);
    session.dina(&["cp", "s3://bari/2026/patients.csv", "back.csv"]).refused("grant_write_only");
    session.dina(&["ls", "s3://bari/"]).refused("grant_write_only");
    let rita = |args: &[&str]| session.run(Door::Outside, &session.stock.rita, args);
    rita(&["cp", "s3://bari/2026/*", "stolen/"]).refused("place_outside");
    rita(&["cp", "tree/patients.csv", "s3://results/"]).refused("place_outside");
    assert!(!session.folder("back.csv").exists() && !session.folder("stolen").join("patients.csv").exists());

    let listed = session.desk(&["ls", "s3://bari/2026/*"]).done().out;
    assert_eq!(listed.lines().count(), tree.len(), "{listed}");
    session.desk(&["cp", "--part-size", "5", "s3://bari/2026/*", "back/"]).done();
    assert_same(&read(&session.folder("back")), &tree);
    works_on_results(&session);

    session.stock.end_permit();
    session.desk(&["cp", "s3://bari/2026/*", "late/"]).refused("permit_ended");
    session.desk(&["cat", "s3://bari/2026/patients.csv"]).refused("403");
}

fn works_on_results(session: &Session) {
    let mut tree = read(&session.folder("tree"));
    let sync = || session.desk(&["sync", "--delete", "tree/", "s3://results/s/"]).done().out;
    assert_eq!(sync().lines().count(), tree.len());
    assert_eq!(sync(), "", "the second run moves nothing");
    session.desk(&["cp", "s3://results/s/reads.bam", "s3://results/copy.bam"]).done();
    session.desk(&["mv", "s3://results/copy.bam", "s3://results/moved.bam"]).done();
    assert_eq!(session.stock.object("results", "copy.bam"), None);
    assert!(session.stock.object("results", "moved.bam").as_ref() == tree.get("reads.bam"));

    std::fs::remove_file(session.folder("tree").join("odd/#1")).unwrap();
    tree.remove("odd/#1");
    assert_eq!(sync(), "rm s3://results/s/odd/#1\n");
    session.desk(&["sync", "s3://results/s/*", "synced/"]).done();
    assert_same(&read(&session.folder("synced")), &tree);
    assert_eq!(session.desk(&["sync", "s3://results/s/*", "synced/"]).done().out, "");

    session
        .desk(&["select", "--query", "SELECT * FROM s3object", "s3://results/moved.bam"])
        .refused("not_offered");
    session.desk(&["rm", "s3://results/*"]).done();
    session.desk(&["ls", "s3://results/*"]).refused("no object found");
}
