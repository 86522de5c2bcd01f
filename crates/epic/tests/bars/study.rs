//! The main job of a study: asked for, granted by the holder, read inside by a stock client, ended, erased.

use std::path::Path;
use std::process::Command;

use region::twin::Access;

use crate::kit::{Call, Door, House, day, need, now};

/// WHY: the house looks for work every second.
const WHOLE_MS_MAX: i64 = 20_000;

/// The study of a second tenant: `cora` controls it, `remo` researches, `stella` signs.
fn study(house: &House) -> String {
    house.done("olga", &["organisation", "register", "unito", "--name", "Università di Torino"]);
    for person in ["cora", "remo", "stella"] {
        house.enrol(person, "unito");
    }
    house.done("olga", &["tenant", "open", "unito-study", "--name", "Asthma", "--organisation", "unito"]);
    house.role("olga", "stella", "signatory", "unito");
    house.role("stella", "cora", "controller", "unito-study");
    house.project("cora", "study", "unito-study", "2");
    house.role("cora", "remo", "researcher", "study");
    house.teach_by(("stella", "cora"), "remo", "study");
    agreement(house, "cora", "study-own", &["--project", "study", "--provider", "iss"]);
    sign(house, "stella", "study-own", "unito");
    sign(house, "sergio", "study-own", "iss");
    let shown = house.done("cora", &["--json", "project", "show", "study"]).json();
    shown["answer"][0]["id"].as_str().unwrap().to_owned()
}

fn agreement(house: &House, by: &str, alias: &str, of: &[&str]) {
    let (starts, ends) = (day(-1), day(300));
    let mut draft = vec!["agreement", "draft", alias, "--purpose", "asthma", "--categories", "clinical"];
    draft.extend(["--service-model", "saas", "--places", "bologna", "--retention-days", "0"]);
    draft.extend(["--starts", &starts, "--ends", &ends]);
    draft.extend(of);
    house.done(by, &draft);
    house.done(by, &["agreement", "offer", alias]);
}

fn sign(house: &House, person: &str, alias: &str, party: &str) {
    let shown = house.done(person, &["--json", "agreement", "show", alias]).json();
    let digest = shown["answer"][0]["digest"].as_str().unwrap().to_owned();
    house.done(person, &["agreement", "sign", alias, "--party", party, "--digest", &digest]);
}

/// The hospital delivers into a bucket whose agreement names the study.
fn delivered(house: &House, id: &str) {
    agreement(house, "carla", "onward", &["--project", "planet", "--provider", "bari", "--onward", id]);
    sign(house, "sergio", "onward", "iss");
    sign(house, "sara-bari", "onward", "bari");
    house.done("carla", &["bucket", "create", "asthma", "--project", "planet", "--agreement", "onward"]);
    let (starts, ends) = (day(-1), day(60));
    let mut issue = vec!["grant", "issue", "deliver", "--agreement", "onward", "--person", "dina-bari"];
    issue.extend(["--bucket", "asthma", "--address", "127.0.0.0/8", "--starts", &starts, "--ends", &ends]);
    house.done("steo-bari", &issue);
    let dina = house.credential("dina-bari", "planet", &["--place", "outside", "--grant", "deliver"]);
    for (key, bytes) in
        [("cases/1.csv", vec![b'a'; 200_000]), ("cases/2.csv", b"b".to_vec()), ("notes/1", b"c".to_vec())]
    {
        let put = Call::put(&format!("/asthma/{key}"), &bytes);
        let put = put.with("x-amz-meta-visit", "2").with("x-amz-meta-ward", "3");
        house.s3_done(Door::Outside, &dina, put);
    }
}

/// The id and bucket of the only snapshot, once it is whole.
fn whole(house: &House) -> (String, String) {
    let until = now().plus_ms(WHOLE_MS_MAX);
    loop {
        let shown = house.done("remo", &["--json", "snapshot", "show"]).json()["answer"][0].clone();
        if shown["state"] == "whole" {
            let text = |name: &str| shown[name].as_str().unwrap().to_owned();
            return (text("snapshot"), text("bucket"));
        }
        assert!(now() < until, "{shown}");
        house.wait_past(now().plus_ms(200));
    }
}

fn reads(python: &Path, house: &House, remo: &Access, args: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/study.py");
    let ran = Command::new(python)
        .arg(script)
        .args(args)
        .env("EPIC_S3_INSIDE", house.s3_url(Door::Inside))
        .env("EPIC_READER", format!("{}:{}", remo.id, remo.secret))
        .env("HOME", house.path(""))
        .output()
        .unwrap();
    let out = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
    out
}

#[test]
fn a_study_reads_a_hospital_s_data_from_inside_until_its_permit_ends() {
    let Some(python) = need::python("boto3") else {
        return;
    };
    let house = House::agreed();
    house.enrol("kurt", "infn");
    house.done("olga", &["role", "grant", "--person", "kurt", "--role", "custodian"]);
    let id = study(&house);
    delivered(&house, &id);
    let (starts, ends) = (day(-1), day(30));
    let mut ask = vec!["permit", "request", "asthma-1", "--project", "study", "--home", "planet"];
    ask.extend([
        "--objects",
        "asthma/cases/*",
        "--metadata",
        "visit",
        "--persons",
        "remo",
        "--purpose",
        "asthma",
    ]);
    ask.extend(["--legal-basis", "GDPR Art. 9(2)(j)", "--starts", &starts, "--ends", &ends]);
    house.done("remo", &ask);
    assert_eq!(house.by("cora", &["permit", "grant", "asthma-1"]).code, 3, "the study grants itself");
    house.done("carla", &["permit", "grant", "asthma-1"]);
    let (snapshot, bucket) = whole(&house);
    let remo = house.credential("remo", "study", &["--place", "inside", "--workspace", "desk"]);
    assert_eq!(reads(&python, &house, &remo, &[&bucket]), "cases/1.csv 200000\ncases/2.csv 1\n");
    house.done("carla", &["permit", "end", "asthma-1", "--reason", "over"]);
    reads(&python, &house, &remo, &[&bucket, "closed"]);
    let erase = ["--json", "snapshot", "erase", &snapshot, "--project", "study", "--reason", "over"];
    let erased = house.done("kurt", &erase).json();
    assert!(erased["answer"]["certificate"].as_str().unwrap().contains("snapshot_of"), "{erased}");
}
