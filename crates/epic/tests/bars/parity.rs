//! A refusal has one reason, whichever door it is asked at: S3 and the command line side by side.

use region::twin::Access;
use serde_json::Value;

use crate::kit::{Answer, Call, Door, Ended, House, block_on, day, now};

/// What is tried, in words that both doors have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Put,
    PutIfAbsent,
    Start,
    Get,
    Probe,
    List,
    Copy,
    Delete,
}

/// Whose hand, through which credential, where.
struct Hand<'a> {
    person: &'a str,
    access: &'a Access,
    door: Door,
    /// Only the command line names it; an S3 credential reaches one project.
    project: &'a str,
}

impl Deed {
    fn call(self, bucket: &str) -> Call {
        let object = format!("/{bucket}/a");
        match self {
            Self::Put => Call::put(&object, b"patients"),
            Self::PutIfAbsent => Call::put(&object, b"patients").with("if-none-match", "*"),
            Self::Start => Call::post(&format!("{object}?uploads="), b""),
            Self::Get => Call::get(&object),
            Self::Probe => Call::head(&object),
            Self::List => Call::get(&format!("/{bucket}?list-type=2")),
            Self::Copy => Call::put(&format!("/{bucket}/b"), b"").with("x-amz-copy-source", &object),
            Self::Delete => Call::delete(&object),
        }
    }

    fn words<'a>(self, project: &'a str, bucket: &'a str) -> Vec<&'a str> {
        let of = ["--project", project, "--bucket", bucket];
        let object = [&of[..], &["--key", "a"]].concat();
        let with = |verb: &[&'a str], more: &[&'a str]| [verb, &object, more].concat();
        match self {
            Self::Put => with(&["object", "put"], &["--file", "plain"]),
            Self::PutIfAbsent => with(&["object", "put"], &["--file", "plain", "--condition", "absent"]),
            Self::Start => with(&["upload", "start"], &[]),
            Self::Get => with(&["object", "get"], &[]),
            Self::Probe => with(&["object", "probe"], &[]),
            Self::List => [&["object", "list"][..], &of].concat(),
            Self::Copy => {
                let from = ["--key", "b", "--source-bucket", bucket, "--source-key", "a"];
                [&["object", "copy"][..], &of, &from].concat()
            }
            Self::Delete => with(&["object", "delete"], &[]),
        }
    }
}

impl Hand<'_> {
    fn s3(&self, house: &House, deed: Deed, bucket: &str) -> Answer {
        house.s3(self.door, self.access, deed.call(bucket))
    }

    fn command(&self, house: &House, deed: Deed, bucket: &str) -> Ended {
        let mut args = vec!["--json", "--access-key", &self.access.id];
        args.extend((self.door == Door::Inside).then_some("--inside"));
        args.extend(deed.words(self.project, bucket));
        house.by(self.person, &args)
    }

    /// Both doors say no, for this reason.
    fn refused(&self, house: &House, what: &str, deed: Deed, bucket: &str, reason: &str) {
        let answer = self.s3(house, deed, bucket);
        let told = format!("{what}, {deed:?} over S3: {} {}", answer.status, answer.text());
        assert!((400..500).contains(&answer.status), "{told}");
        assert_eq!(answer.reason(), reason, "{told}");
        let is_said = answer.text().contains(&format!("[{reason}]"));
        assert!(is_said || deed == Deed::Probe, "the document does not say it: {told}");
        refused(&format!("{what}, {deed:?}"), &self.command(house, deed, bucket), reason);
    }

    /// Both doors say yes: without it, a refusal would prove nothing.
    fn allowed(&self, house: &House, deed: Deed, bucket: &str) {
        let answer = self.s3(house, deed, bucket);
        assert!((200..300).contains(&answer.status), "{deed:?}: {}", answer.text());
        let ended = self.command(house, deed, bucket);
        assert_eq!(ended.code, 0, "{deed:?}: {}", ended.err);
    }
}

/// A command that was refused, for this reason.
fn refused(what: &str, ended: &Ended, reason: &str) {
    assert_eq!((ended.code, ended.out.as_str()), (3, ""), "{what}: {}", ended.err);
    let told: Value = serde_json::from_str(&ended.err).unwrap();
    assert_eq!(told["reason"], reason, "{what}: {}", ended.err);
}

/// A house where both have a file to send.
fn house() -> House {
    let house = House::planet();
    std::fs::write(house.path("plain"), b"patients").unwrap();
    house.hospital("bari");
    house.offer("bari");
    house.bucket("bari");
    house
}

fn signed() -> House {
    let house = house();
    house.sign("sergio", "bari", "iss");
    house.sign("sara-bari", "bari", "bari");
    house
}

const LOCAL: &str = "127.0.0.0/8";

#[test]
fn writing_is_refused_alike() {
    let house = house();
    let access = house.deliverer("bari", "deliver-bari", LOCAL);
    let dina = Hand { person: "dina-bari", access: &access, door: Door::Outside, project: "planet" };
    for deed in [Deed::Put, Deed::Start] {
        dina.refused(&house, "nobody has signed", deed, "bari", "agreement_missing");
    }
    house.sign("sergio", "bari", "iss");
    dina.refused(&house, "one party has signed", Deed::Put, "bari", "agreement_missing");
    refused("signing for the other", &house.try_sign("sergio", "bari", "bari"), "other_party");
    house.sign("sara-bari", "bari", "bari");
    dina.allowed(&house, Deed::Put, "bari");

    house.done("carla", &["agreement", "suspend", "planet-bari", "--reason", "a doubt"]);
    dina.refused(&house, "while suspended", Deed::Put, "bari", "agreement_suspended");
    house.done("carla", &["agreement", "resume", "planet-bari"]);
    dina.allowed(&house, Deed::Put, "bari");
    house.done("sara-bari", &["agreement", "end", "planet-bari", "--reason", "over"]);
    for deed in [Deed::Put, Deed::Start] {
        dina.refused(&house, "after the end", deed, "bari", "agreement_ended");
    }
}

#[test]
fn another_tenant_is_not_there_on_either_door() {
    let house = signed();
    house.done("olga", &["organisation", "register", "acc", "--name", "Alleanza Contro il Cancro"]);
    for person in ["ada", "anton"] {
        house.enrol(person, "acc");
    }
    house.done("olga", &["tenant", "open", "acc-study", "--name", "ACC", "--organisation", "acc"]);
    house.role("olga", "anton", "signatory", "acc");
    house.role("anton", "ada", "controller", "acc-study");
    house.project("ada", "acc-genomes", "acc-study", "3");
    house.done("ada", &["bucket", "create", "genomes", "--project", "acc-genomes"]);
    house.permit("permit-1", "planet", "rita", &day(90));
    let access = house.desk();
    let rita = Hand { person: "rita", access: &access, door: Door::Inside, project: "acc-genomes" };
    for deed in [Deed::Put, Deed::Get, Deed::List] {
        rita.refused(&house, "another tenant's project", deed, "genomes", "not_found");
    }
}

#[test]
fn reading_is_refused_alike() {
    let house = signed();
    let delivering = house.deliverer("bari", "deliver-bari", LOCAL);
    house.s3_done(Door::Outside, &delivering, Call::put("/bari/a", b"patients"));
    let access = house.desk();
    let rita = Hand { person: "rita", access: &access, door: Door::Inside, project: "planet" };
    for deed in [Deed::Get, Deed::Probe, Deed::List] {
        rita.refused(&house, "without a permit", deed, "bari", "permit_missing");
    }
    house.permit("permit-1", "planet", "rita", &day(90));
    for deed in [Deed::Get, Deed::Probe, Deed::List] {
        rita.allowed(&house, deed, "bari");
    }
    let own = house.credential("rita", "planet", &["--place", "outside"]);
    for access in [&access, &own] {
        let outside = Hand { access, door: Door::Outside, ..rita };
        for deed in [Deed::Get, Deed::Probe, Deed::List, Deed::Copy] {
            outside.refused(&house, "from outside at tier 2", deed, "bari", "place_outside");
        }
    }
    let end = now().plus_ms(1_500);
    house.done("carla", &["permit", "amend", "permit-1", "--ends", &end.to_string()]);
    house.wait_past(end.plus_ms(1_000));
    for deed in [Deed::Get, Deed::Probe, Deed::List, Deed::Delete] {
        rita.refused(&house, "one second past the permit's end", deed, "bari", "permit_ended");
    }
}

#[test]
fn a_grant_is_for_delivering_alone_on_both_doors() {
    let house = signed();
    let access = house.deliverer("bari", "deliver-bari", LOCAL);
    let dina = Hand { person: "dina-bari", access: &access, door: Door::Outside, project: "planet" };
    dina.allowed(&house, Deed::Put, "bari");
    for deed in [Deed::Get, Deed::Probe, Deed::List, Deed::Copy, Deed::Delete, Deed::PutIfAbsent] {
        dina.refused(&house, "under an upload grant", deed, "bari", "grant_write_only");
    }
    house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
    dina.refused(&house, "into another bucket", Deed::Put, "results", "grant_elsewhere");

    let far = house.deliverer("bari", "deliver-far", "127.0.0.2/32");
    let far = Hand { access: &far, ..dina };
    far.refused(&house, "from another address", Deed::Put, "bari", "grant_address");
    let to = house.s3_address(Door::Outside);
    let call = Call::put("/bari/from-there", b"patients").signed(far.access);
    let answer = block_on(call.send_from("127.0.0.2:0".parse().unwrap(), to));
    assert_eq!(answer.status, 200, "from its own network: {}", answer.text());
}

#[test]
fn a_halted_locked_or_erased_project_refuses_alike() {
    let house = signed();
    let delivering = house.deliverer("bari", "deliver-bari", LOCAL);
    let dina = Hand { person: "dina-bari", access: &delivering, door: Door::Outside, project: "planet" };
    let access = house.desk();
    let rita = Hand { person: "rita", access: &access, door: Door::Inside, project: "planet" };
    house.permit("permit-1", "planet", "rita", &day(90));
    for custodian in ["kurt", "kim"] {
        house.enrol(custodian, "infn");
        house.done("olga", &["role", "grant", "--person", custodian, "--role", "custodian"]);
    }
    dina.allowed(&house, Deed::Put, "bari");
    house.done("carla", &["project", "halt", "planet", "--reason", "an incident"]);
    dina.refused(&house, "while halted", Deed::Put, "bari", "project_halted");
    for deed in [Deed::Get, Deed::List, Deed::Delete] {
        rita.refused(&house, "while halted", deed, "bari", "project_halted");
    }
    house.done("carla", &["project", "resume", "planet"]);
    house.done("kurt", &["key", "lock", "--project", "planet"]);
    for deed in [Deed::Get, Deed::List] {
        rita.refused(&house, "while locked", deed, "bari", "project_locked");
    }
    dina.allowed(&house, Deed::Put, "bari");
    let unlock = ["--json", "key", "unlock", "--project", "planet"];
    refused("unlocking one's own lock", &house.by("kurt", &unlock), "own_request");
    house.done("kim", &unlock);
    rita.allowed(&house, Deed::Get, "bari");
    house.done("kurt", &["key", "erase-project", "--project", "planet", "--reason", "over"]);
    dina.refused(&house, "after its erasure", Deed::Put, "bari", "project_erased");
    for deed in [Deed::Get, Deed::List] {
        rita.refused(&house, "after its erasure", deed, "bari", "project_erased");
    }
}

/// What S3 has no words for: the command line, with the same reasons as everywhere.
#[test]
fn nobody_grants_or_approves_themselves() {
    let house = signed();
    house.permit("permit-1", "planet", "rita", &day(90));
    let (starts, ends) = (day(-1), day(30));
    let mut request = vec!["permit", "request", "own", "--project", "planet", "--persons", "carla"];
    request.extend(["--purpose", "pollution", "--legal-basis", "GDPR Art. 9(2)(j)"]);
    request.extend(["--starts", &starts, "--ends", &ends]);
    house.done("rita", &request);
    let mut issue = vec!["--json", "grant", "issue", "own", "--agreement", "planet-bari", "--bucket", "bari"];
    issue.extend(["--person", "steo-bari", "--address", LOCAL, "--starts", &starts, "--ends", &ends]);
    house.done("rita", &["bucket", "create", "results", "--project", "planet"]);
    let desk = house.desk();
    house.s3_done(Door::Inside, &desk, Call::put("/results/table", b"counts above 10"));
    let draft = ["airlock", "draft", "out", "--project", "planet", "--objects", "results/table"];
    house.done("rita", &[&draft[..], &["--context", "counts above 10"]].concat());
    let approve = ["--json", "airlock", "approve", "out", "--project", "planet", "--note", "fine"];
    let release = ["--json", "airlock", "release", "out", "--project", "planet", "--ends", &ends];
    let role = ["--json", "role", "grant", "--person", "carla", "--role", "researcher", "--at", "planet"];
    for (what, person, args, reason) in [
        ("a permit for oneself", "carla", &["--json", "permit", "grant", "own"][..], "own_request"),
        ("an upload grant for oneself", "steo-bari", &issue, "own_request"),
        ("a role for oneself", "carla", &role, "own_role"),
        ("approving one's own", "rita", &approve, "own_request"),
        ("releasing one's own", "rita", &release, "own_request"),
        ("releasing what nobody approved", "carla", &release, "approvals_missing"),
    ] {
        refused(what, &house.by(person, args), reason);
    }
    house.done("rolf", &approve[1..]);
    refused("one pair of eyes at tier 2", &house.by("carla", &release), "approvals_missing");
}
