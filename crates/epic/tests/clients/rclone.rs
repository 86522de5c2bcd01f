//! rclone: copy, sync, check and mount; a permit that ends closes an open mount.

use std::path::PathBuf;

use region::twin::Access;

use super::mount::{Mount, lists, wait};
use super::tree::{Tree, assert_same, assert_stored, plant, read};
use super::{Ran, Stock};
use crate::kit::{Door, need};

/// A grant only writes: nothing is looked up before or after.
const DELIVER: [&str; 4] = ["--s3-no-check-bucket", "--s3-no-head", "--no-traverse", "--no-check-dest"];
/// WHY: the smallest parts, so that one file of the tree goes up in several.
const PARTS: [&str; 4] = ["--s3-upload-cutoff", "6M", "--s3-chunk-size", "5M"];

struct Session {
    stock: Stock,
    rclone: PathBuf,
    config: String,
}

impl Session {
    fn new(rclone: PathBuf) -> Self {
        let stock = Stock::new();
        let remote = |name: &str, door, access: &Access| {
            let (url, Access { id, secret }) = (stock.house.s3_url(door), access);
            format!(
                "[{name}]\ntype = s3\nprovider = Other\naccess_key_id = {id}\nsecret_access_key = {secret}\nendpoint = {url}\nregion = us-east-1\n"
            )
        };
        let remotes = [
            remote("dina", Door::Outside, &stock.dina),
            remote("desk", Door::Inside, &stock.desk),
            remote("rita", Door::Outside, &stock.rita),
        ];
        let config = stock.file("rclone.conf", &remotes.concat()).display().to_string();
        Self { stock, rclone, config }
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.stock.run(&self.rclone, &[&["--config", &self.config, "-v"], args].concat())
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.stock.house.path(name)
    }

    fn mount(&self, remote: &str, name: &str, more: &[&str]) -> Option<Mount> {
        let path = self.folder(name);
        std::fs::create_dir(&path).unwrap();
        let args = ["--config", &self.config, "mount", remote, path.to_str().unwrap()];
        Mount::start(&mut self.stock.command(&self.rclone, &[&args[..], more].concat()), &path)
    }
}

#[test]
fn rclone_copies_syncs_and_checks() {
    let Some(rclone) = need::tool("rclone") else {
        return;
    };
    let session = Session::new(rclone);
    let tree = plant(&session.stock, "tree");

    session.run(&[&["copy", "tree", "dina:bari/2026"][..], &DELIVER, &PARTS].concat()).done();
    assert_stored(&session.stock, "bari", "2026/", &tree);
    session.run(&["copy", "tree", "dina:bari/again"]).refused("grant_write_only");
    session.run(&["copy", "dina:bari/2026", "stolen"]).refused("grant_write_only");
    session.run(&["copy", "rita:bari/2026", "stolen"]).refused("place_outside");
    session.run(&["copy", "tree", "rita:results/x"]).refused("place_outside");
    assert!(!session.folder("stolen").exists());

    session.run(&["copy", "desk:bari/2026", "back"]).done();
    assert_same(&read(&session.folder("back")), &tree);
    let checked = session.run(&["check", "--download", "tree", "desk:bari/2026"]).done().told();
    assert!(checked.contains(&format!("{} matching files", tree.len())), "{checked}");
    works_on_results(&session);

    session.stock.end_permit();
    session.run(&["ls", "desk:bari"]).refused("permit_ended");
    session.run(&["copy", "desk:bari/2026", "late"]).refused("permit_ended");
}

fn works_on_results(session: &Session) {
    let mut tree = read(&session.folder("tree"));
    let sync = || session.run(&[&["sync", "tree", "desk:results/s"][..], &PARTS].concat()).done().told();
    sync();
    assert!(sync().contains("There was nothing to transfer"));
    session.run(&["copyto", "desk:results/s/reads.bam", "desk:results/copy.bam"]).done();
    session.run(&["moveto", "desk:results/copy.bam", "desk:results/moved.bam"]).done();
    assert_eq!(session.stock.object("results", "copy.bam"), None);
    assert!(session.stock.object("results", "moved.bam").as_ref() == tree.get("reads.bam"));

    std::fs::remove_file(session.folder("tree/odd/#1")).unwrap();
    tree.remove("odd/#1");
    assert!(sync().contains("odd/#1: Deleted"));
    session.run(&["sync", "desk:results/s", "synced"]).done();
    assert_same(&read(&session.folder("synced")), &tree);
    assert!(
        session
            .run(&["sync", "desk:results/s", "synced"])
            .done()
            .told()
            .contains("There was nothing to transfer")
    );

    session.run(&["deletefile", "desk:results/s/patients.csv"]).done();
    session.run(&["check", "tree", "desk:results/s"]).refused("1 files missing");
    session.run(&["purge", "desk:results/s"]).done();
    assert_eq!(session.run(&["lsf", "-R", "desk:results"]).done().out, "moved.bam\n");
}

#[test]
fn an_rclone_mount_reads_writes_and_ends_with_the_permit() {
    let Some(rclone) = need::tool("rclone").filter(|_| need::fuse()) else {
        return;
    };
    let session = Session::new(rclone);
    let tree = plant(&session.stock, "tree");
    session.run(&[&["copy", "tree", "dina:bari/2026"][..], &DELIVER].concat()).done();
    writes(&session, &tree);

    let outside = session.mount("rita:bari", "outside", &["--read-only"]);
    assert!(outside.is_none_or(|mount| !lists(&mount.path.join("2026"))));

    let bari = session.mount("desk:bari", "bari-folder", &["--read-only", "--dir-cache-time", "1s"]).unwrap();
    assert_same(&read(&bari.path.join("2026")), &tree);
    assert!(std::fs::write(bari.path.join("2026/patients.csv"), b"x").is_err());
    session.stock.end_permit();
    // Opening asks again, though the file has been read before.
    assert!(std::fs::read(bari.path.join("2026/patients.csv")).is_err());
    wait("the names go too", || !lists(&bari.path.join("2026")));
    bari.close();
}

/// What is written into the folder is an object, and what is renamed or deleted there too.
fn writes(session: &Session, tree: &Tree) {
    let more = ["--vfs-cache-mode", "writes", "--vfs-write-back", "0s"];
    let results = session.mount("desk:results", "results-folder", &more).unwrap();
    let (from, to) = (results.path.join("reads.bam"), results.path.join("run/moved.bam"));
    std::fs::copy(session.folder("tree/reads.bam"), &from).unwrap();
    let is = |key: &str| session.stock.object("results", key).as_ref() == tree.get("reads.bam");
    wait("the object is there", || is("reads.bam"));
    std::fs::create_dir(results.path.join("run")).unwrap();
    std::fs::rename(&from, &to).unwrap();
    wait("it has its new name", || is("run/moved.bam"));
    assert_eq!(session.stock.object("results", "reads.bam"), None);
    std::fs::write(results.path.join("note.txt"), b"kept at the end").unwrap();
    std::fs::remove_file(&to).unwrap();
    results.close();
    assert_eq!(session.stock.object("results", "run/moved.bam"), None);
    assert_eq!(session.stock.object("results", "note.txt").unwrap(), b"kept at the end");
}
