//! s3cmd: delivers, reads, syncs, renames, deletes; a refusal is one line.

use std::path::{Path, PathBuf};

use region::twin::Access;

use super::tree::{assert_same, assert_stored, plant, read};
use super::{Ran, Stock};
use crate::kit::{Door, need};

struct Session {
    stock: Stock,
    s3cmd: PathBuf,
}

impl Session {
    fn run(&self, door: Door, access: &Access, args: &[&str]) -> Ran {
        let host = self.stock.host(door);
        let text = format!(
            "[default]\naccess_key = {}\nsecret_key = {}\nhost_base = {host}\nhost_bucket = {host}\n\
             bucket_location = us-east-1\nuse_https = False\npreserve_attrs = False\n",
            access.id, access.secret
        );
        let config = self.stock.file("s3cfg", &text);
        let config = ["-c", config.to_str().unwrap(), "--no-progress"];
        self.stock.run(&self.s3cmd, &[&config[..], args].concat())
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
fn s3cmd_does_the_main_job() {
    let Some(s3cmd) = need::tool("s3cmd") else {
        return;
    };
    let session = Session { stock: Stock::new(), s3cmd };
    let tree = plant(&session.stock, "tree");

    session.dina(&["put", "-r", "tree/", "s3://bari/2026/"]).done();
    assert_stored(&session.stock, "bari", "2026/", &tree);
    session.dina(&["get", "s3://bari/2026/patients.csv", "back.csv"]).refused("403");
    session.dina(&["ls", "s3://bari/"]).refused("grant_write_only");
    let rita = |args: &[&str]| session.run(Door::Outside, &session.stock.rita, args);
    rita(&["ls", "s3://bari/"]).refused("place_outside");
    rita(&["get", "s3://bari/2026/patients.csv", "back.csv"]).refused("403");
    assert!(!holds_bytes(&session.folder("back.csv")));

    let listed = session.desk(&["ls", "-r", "s3://bari/2026/"]).done().out;
    assert_eq!(listed.lines().count(), tree.len(), "{listed}");
    std::fs::create_dir(session.folder("back")).unwrap();
    session.desk(&["get", "-r", "s3://bari/2026/", "back/"]).done();
    assert_same(&read(&session.folder("back")), &tree);
    works_on_results(&session);

    session.stock.end_permit();
    session.desk(&["ls", "s3://bari/"]).refused("permit_ended");
    session.desk(&["get", "s3://bari/2026/patients.csv", "late.csv"]).refused("403");
    assert!(!holds_bytes(&session.folder("late.csv")));
}

/// s3cmd makes the file before it asks; nothing of the object may be in it.
fn holds_bytes(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| !bytes.is_empty())
}

fn works_on_results(session: &Session) {
    let mut tree = read(&session.folder("tree"));
    let sync = || session.desk(&["sync", "--delete-removed", "tree/", "s3://results/s/"]).done().out;
    assert_eq!(sync().matches("upload:").count(), tree.len());
    assert_eq!(sync(), "", "the second run moves nothing");
    session.desk(&["cp", "s3://results/s/reads.bam", "s3://results/copy.bam"]).done();
    session.desk(&["mv", "s3://results/copy.bam", "s3://results/moved.bam"]).done();
    assert_eq!(session.stock.object("results", "copy.bam"), None);
    assert!(session.stock.object("results", "moved.bam").as_ref() == tree.get("reads.bam"));

    std::fs::remove_file(session.folder("tree").join("odd/#1")).unwrap();
    tree.remove("odd/#1");
    assert_eq!(sync(), "delete: 's3://results/s/odd/#1'\n");
    session.desk(&["sync", "s3://results/s/", "synced/"]).done();
    assert_same(&read(&session.folder("synced")), &tree);
    assert_eq!(session.desk(&["sync", "s3://results/s/", "synced/"]).done().out, "");

    session.desk(&["setacl", "--acl-public", "s3://results/moved.bam"]).refused("not_offered");
    session.desk(&["del", "-r", "-f", "s3://results/s/"]).done();
    session.desk(&["del", "s3://results/moved.bam"]).done();
    assert_eq!(session.desk(&["ls", "-r", "s3://results"]).done().out, "");
}
