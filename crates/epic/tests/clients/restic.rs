//! restic: a repository in an EPIC bucket is made, filled, checked, restored, thinned out; nobody else can open it.

use std::path::PathBuf;

use region::twin::Access;

use super::tree::{assert_same, noise, plant, read};
use super::{Ran, Stock};
use crate::kit::{Door, need};

struct Session {
    stock: Stock,
    restic: PathBuf,
}

impl Session {
    fn run(&self, door: Door, access: &Access, repository: &str, args: &[&str]) -> Ran {
        let mut command = self.stock.command(&self.restic, args);
        command.env("RESTIC_REPOSITORY", format!("s3:{}/{repository}", self.stock.house.s3_url(door)));
        command.env("RESTIC_PASSWORD", "a phrase of the desk").env("AWS_ACCESS_KEY_ID", &access.id);
        Ran::of(command.env("AWS_SECRET_ACCESS_KEY", &access.secret))
    }

    fn desk(&self, args: &[&str]) -> Ran {
        self.run(Door::Inside, &self.stock.desk, "results/backup", args)
    }
}

#[test]
fn restic_backs_up_checks_restores_and_forgets() {
    let Some(restic) = need::tool("restic") else {
        return;
    };
    let session = Session { stock: Stock::new(), restic };
    let first = plant(&session.stock, "tree");
    session.desk(&["init"]).done();
    session.desk(&["backup", "tree"]).done();
    std::fs::write(session.stock.house.path("tree/later.csv"), noise(4_000, 5)).unwrap();
    let second = read(&session.stock.house.path("tree"));
    let told = session.desk(&["backup", "tree"]).done().out;
    assert!(told.contains(&format!("1 new,     0 changed,     {} unmodified", first.len())), "{told}");
    session.desk(&["check", "--read-data"]).done();

    let oldest = oldest_snapshot(&session);
    session.desk(&["restore", &oldest, "--target", "first"]).done();
    assert_same(&read(&session.stock.house.path("first/tree")), &first);
    session.desk(&["restore", "latest", "--target", "second"]).done();
    assert_same(&read(&session.stock.house.path("second/tree")), &second);

    session.desk(&["forget", "--keep-last", "1", "--prune"]).done();
    session.desk(&["check", "--read-data"]).done();
    session.desk(&["restore", &oldest, "--target", "never"]).refused("");
    session.desk(&["restore", "latest", "--target", "again"]).done();
    assert_same(&read(&session.stock.house.path("again/tree")), &second);
    is_refused_elsewhere(&session);
}

fn oldest_snapshot(session: &Session) -> String {
    let told = session.desk(&["snapshots", "--json"]).done().out;
    let snapshots: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(snapshots.as_array().unwrap().len(), 2);
    snapshots[0]["short_id"].as_str().unwrap().to_owned()
}

/// From outside, under a grant that only writes, and with another secret.
fn is_refused_elsewhere(session: &Session) {
    let stock = &session.stock;
    let run =
        |access: &Access, repository, args: &[&str]| session.run(Door::Outside, access, repository, args);
    run(&stock.rita, "results/backup", &["snapshots"]).refused("Access Denied");
    run(&stock.rita, "results/new", &["init"]).refused("place_outside");
    run(&stock.dina, "bari/new", &["init"]).refused("Access Denied");
    let forged = Access { secret: "not the secret".to_owned(), ..stock.desk.clone() };
    session.run(Door::Inside, &forged, "results/backup", &["snapshots"]).refused("signature_wrong");
}
