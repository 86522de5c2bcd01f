//! The console in a real browser: the main job as those who do it, and signing in at a provider.
//!
//! Every page that is looked at is seen in light, dark and enlarged four times, by axe and by a person: the pictures lie
//! below `target/console`.

mod lab;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::kit::{Call, Door, House, block_on, need};
use crate::people::Institute;

/// WHY: a browser on a busy machine; a page that never comes must not hold the suite.
const BROWSER_SECONDS: &str = "400";

/// Runs a script at a browser; false where there is none.
fn browse(script: &str, house: &House, has_scripts: bool, more: &Value) -> bool {
    let (Some(node), Some(modules), Some(chromium)) =
        (need::tool("node"), need::node("playwright-core"), need::tool("chromium"))
    else {
        return false;
    };
    let shots = need::root().join("target/console").join(if has_scripts { "scripts" } else { "plain" });
    let told = json!({
        "modules": modules,
        "chromium": chromium,
        "origin": house.ready["acts"],
        "epic": env!("CARGO_BIN_EXE_epic"),
        "folder": house.path(""),
        "shots": shots.join(script),
        "scripts": has_scripts,
        "more": more,
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/console").join(format!("{script}.mjs"));
    eprintln!("{}", run_script(house, (&node, &file), BROWSER_SECONDS, &told));
    true
}

/// Runs a script at a browser with what it is told, in a house's folder and for so long at most; what it said.
pub fn run_script(house: &House, (node, file): (&Path, &Path), seconds: &str, told: &Value) -> String {
    let mut command = Command::new("timeout");
    command.arg(seconds).arg(node).arg(file).env_clear().env("HOME", house.path(""));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(told.to_string().as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(ended.status.success(), "{}{}", text(&ended.stdout), text(&ended.stderr));
    text(&ended.stdout)
}

// Goal: the whole job is done by people who never saw a command line. Method: eight of them in Chromium.
#[test]
fn the_main_job_with_scripts() {
    browse("main_job", &House::open(), true, &Value::Null);
}

// Goal: the same where pages may run nothing.
#[test]
fn the_main_job_without_scripts() {
    browse("main_job", &House::open(), false, &Value::Null);
}

// Goal: a large file comes whole or not at all, whatever cuts it on its way. Method: connections that are cut, a page that
// is loaded again, a file that changes, an answer that lies, a grant that is revoked under way.
#[test]
fn files_come_in_parts() {
    let Some(institute) = Institute::new() else { return };
    institute.house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
    let inside = &institute.house.ready["acts_inside"];
    let more = json!({ "provider": institute.provider.url(), "inside": inside, "cuts": true });
    browse("delivery", &institute.house, true, &more);
}

// Goal: people come in where their institute knows them, and nobody else does. Method: a provider that nobody here wrote.
#[test]
fn people_sign_in_at_their_provider() {
    let Some(mut institute) = Institute::new() else { return };
    let file = "pm10;crp\n7;1\n";
    let dina = institute.house.deliverer("bari", "deliver-bari", "127.0.0.0/8");
    institute.house.s3_done(Door::Outside, &dina, Call::put("/bari/2021/a.csv", file.as_bytes()));
    let inside = &institute.house.ready["acts_inside"];
    let more = json!({ "provider": institute.provider.url(), "inside": inside, "file": file });
    browse("provider", &institute.house, true, &more);
    // Its keys turn over while people are signed in; who comes next is let in by the new ones.
    institute.provider.turn_keys();
    browse("provider", &institute.house, false, &more);
}

// Goal: a region without another provider signs its people in itself, verified by the same way as any. Method: two who
// never had a key, with scripts and without; a provider's own library as another program.
#[test]
fn people_sign_in_at_the_region_itself() {
    let house = House::agreed();
    let here = house.ready["acts"].as_str().unwrap().replace("127.0.0.1", "localhost");
    let (issuer, port) = (format!("{here}/issuer"), free_port());
    let trust =
        ["--json", "issuer", "trust", "house", "--url", &issuer, "--audiences", "epic", "--audiences", "hub"];
    let terms = ["--claim", "preferred_username", "--factors", "mfa", "--client", "epic"];
    let trusted = house.done("olga", &[&trust[..], &terms].concat()).json();
    let terms = trusted["answer"]["terms"].as_str().unwrap();
    house.done("sergio", &["issuer", "adopt", "house", "--organisation", "iss", "--terms", terms]);
    let back = format!("http://127.0.0.1:{port}/back");
    let hub = ["--json", "client", "register", "hub", "--returns", &back, "--kind", "secret"];
    let hub = house.done("olga", &hub).json();
    for (person, has_scripts) in [("nora", true), ("nico", false)] {
        let email = format!("{person}@iss.example");
        let enrol = ["person", "enrol", person, "--name", person, "--email", &email, "--organisation", "iss"];
        house.done("sergio", &enrol);
        house.role("carla", person, "researcher", "planet");
        let invited = house.done("sergio", &["--json", "account", "invite", person]).json();
        let more = json!({
            "here": here, "issuer": issuer, "code": invited["answer"]["code"], "person": person,
            "secret": hub["answer"]["secret"], "port": port,
        });
        if !browse("accounts", &house, has_scripts, &more) {
            return;
        }
    }
    let session = house.text("nora-here.session");
    let shown = house.by("nobody", &["--session-file", &session, "--json", "project", "show"]).json();
    assert_eq!(shown["answer"][0]["project"], "planet");
}

/// WHY: another program must know where it listens before it does.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// WHY: the bar: whoever is out is out within five seconds, on every door.
const OUT_WAIT: Duration = Duration::from_secs(5);

// Goal: a download that is on its way ends with its person. Method: one that is read slowly, and then she is suspended.
#[test]
fn an_open_download_ends_with_its_person() {
    let Some(institute) = Institute::new() else { return };
    let house = &institute.house;
    let size_bytes = 64 << 20;
    house.s3_done(Door::Inside, &house.desk(), Call::put("/results/big.bin", &vec![7; size_bytes]));
    let at: SocketAddr =
        house.ready["acts_inside"].as_str().unwrap().trim_start_matches("http://").parse().unwrap();
    let token = json!({ "token": institute.fresh("rita") }).to_string();
    let here = at.to_string();
    let opened = block_on(Call::post("/v1/sign-in", token.as_bytes()).with("host", &here).send(at));
    let opened: Value = serde_json::from_str(&opened.text()).unwrap();
    let session = opened["answer"]["session"].as_str().unwrap_or_else(|| panic!("{opened}"));
    let cookie = format!("__Host-epic={session}");
    let bucket = Call::get("/projects/planet/buckets/results").with("host", &here).with("cookie", &cookie);
    let page = block_on(bucket.send(at)).text();
    let object = page.split("href=\"/projects/planet/buckets/results/objects/").nth(1).expect("an object");
    let path =
        format!("/projects/planet/buckets/results/objects/{}/bytes", object.split('"').next().unwrap());
    let mut stream = TcpStream::connect(at).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {at}\r\ncookie: {cookie}\r\n\r\n").unwrap();
    let (mut piece, mut taken) = (vec![0; 64 << 10], stream.read(&mut [0; 4_096]).unwrap());
    house.done("sergio", &["person", "suspend", "rita", "--reason", "she left"]);
    let suspended = Instant::now();
    loop {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => break,
            Ok(read) => taken += read,
        }
        assert!(suspended.elapsed() < OUT_WAIT, "still open after {taken} bytes");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(taken < size_bytes, "it was through before anybody was suspended");
    eprintln!("a download ended {} ms after its person was suspended", suspended.elapsed().as_millis());
}
