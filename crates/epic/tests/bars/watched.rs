//! Whoever watches the machine: figures that an independent parser reads, a log that is moved away, names of the door.
//!
//! Oracle: the Python package `prometheus-client`, whose parser of OpenMetrics is not ours.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use crate::kit::{Ended, House, need};

/// Asks a page as anything that reads HTTP does.
pub fn page(url: &str, host: &str) -> (u16, String) {
    let at = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(at).unwrap();
    let host = if host.is_empty() { at } else { host };
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}

/// A region that does not come up; on free ports, should it try.
fn refused(house: &House, more: &[&str]) -> Ended {
    let (data, custody) = (house.text("data"), house.text("custody"));
    let mut words = vec!["up", "--data", &data, "--custody", &custody];
    for door in ["--s3", "--s3-inside", "--acts", "--acts-inside"] {
        words.extend([door, "127.0.0.1:0"]);
    }
    words.extend(more);
    house.epic(&words)
}

fn watched() -> (House, String) {
    let mut house = House::founded();
    house.up(&["--metrics", "127.0.0.1:0"]);
    let url = house.ready["metrics"].as_str().unwrap().to_owned();
    (house, url)
}

// Goal: any reader of OpenMetrics reads the page, and it tells what was done and of nobody.
#[test]
fn an_independent_parser_reads_the_figures() {
    let Some(python) = need::python("prometheus_client.openmetrics.parser") else { return };
    let (house, url) = watched();
    house.done("olga", &["organisation", "register", "acme", "--name", "Acme Hospital"]);
    assert_eq!(house.by("olga", &["organisation", "register", "acme", "--name", "Acme"]).code, 3);
    house.epic(&["--key-file", &house.text("nina.key"), "key-pair", "new"]);
    assert_eq!(house.by("nina", &["person", "show"]).code, 3, "a stranger");
    house.done("olga", &["check", "run"]);
    let (status, text) = page(&url, "");
    assert_eq!(status, 200);
    for secret in ["acme", "Acme", "olga", "infn", "epic.test", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret} stands on the page");
    }
    let script = need::root().join("crates/epic/tests/openmetrics.py");
    let mut reading = Command::new(python).arg(script).stdin(Stdio::piped()).spawn().unwrap();
    reading.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(reading.wait().unwrap().success(), "{text}");
}

// Goal: no name but the address opens the page, nothing but the page is there, and it never leaves loopback.
#[test]
fn the_page_of_figures_is_for_this_machine() {
    let (house, url) = watched();
    assert_eq!(page(&url, "evil.example").0, 404);
    let other = url.replace("http://", "").replace("/metrics", "");
    let acts = house.ready["acts"].as_str().unwrap().to_owned();
    assert_ne!(page(&acts, "").0, 200, "not at the door of acts");
    let mut stream = TcpStream::connect(&other).unwrap();
    write!(stream, "GET /health HTTP/1.1\r\nhost: {other}\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 404"), "{text}");
    let ended = refused(&house, &["--metrics", "0.0.0.0:9020"]);
    assert!(ended.code == 1 && ended.err.contains("without TLS"), "{}", ended.err);
}

// Goal: the log's file is opened anew when it was moved away, and a hang-up ends nothing.
#[test]
fn a_log_that_was_moved_away_is_begun_anew() {
    let mut house = House::founded();
    let log = house.text("epic.log");
    house.up(&["--log-file", &log]);
    assert!(house.path("epic.log").exists());
    std::fs::rename(house.path("epic.log"), house.path("moved.log")).unwrap();
    let told = Command::new("kill").args(["-HUP", &house.id().to_string()]).status().unwrap();
    assert!(told.success());
    let begun = (0..2_000).any(|_| {
        house.by("olga", &["person", "show"]);
        house.path("epic.log").exists()
    });
    assert!(begun, "no new file was begun");
    assert_eq!(house.down(), 0);
    let ended = refused(&house, &["--log-file", "none/epic.log"]);
    assert!(ended.code == 1 && ended.err.contains("write the log"), "{}", ended.err);
}

#[test]
fn names_that_are_none_are_refused_at_the_start() {
    let house = House::founded();
    for wrong in [["--s3-domain", "S3.example"], ["--console-origin", "*"], ["--upload-days", "0"]] {
        let ended = refused(&house, &wrong);
        assert!(ended.code == 1, "{wrong:?}: {}", ended.err);
    }
}
