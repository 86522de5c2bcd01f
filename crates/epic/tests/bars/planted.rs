//! A person who does not exist, planted in files of every kind: they are set apart, and nothing tells of them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::desk::{Desk, of};
use crate::kit::{Call, Door, House, need};

const NAME: &str = "Ermenegildo Zanzottera";
/// Its check character holds.
const CODE: &str = "ZNZRNG70A01F205N";
/// What names nobody, and is in one cell of a table and in one text all the same.
const ALONE: &str = "xqzplanted17";

/// All that people are told without reading an object.
struct Told(Vec<(String, String)>);

impl Told {
    fn by(&mut self, house: &House, person: &str, args: &[&str]) {
        let ended = house.by(person, args);
        assert!(matches!(ended.code, 0 | 3), "{args:?}: {} {}", ended.code, ended.err);
        self.0.push((format!("{person}: {}", args.join(" ")), ended.out + &ended.err));
    }

    fn page(&mut self, house: &House, path: &str) {
        let at = house.ready["acts"].as_str().unwrap().trim_start_matches("http://");
        let mut stream = TcpStream::connect(at).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200") && text.contains("Results"), "{path}: {text}");
        self.0.push((path.to_owned(), text));
    }

    /// Whether anything says any of these, however it is written.
    fn refuse(&self, planted: &[&str]) {
        assert!(self.0.len() > 20);
        for (what, text) in &self.0 {
            let text = text.to_lowercase();
            for word in planted {
                assert!(!text.contains(&word.to_lowercase()), "`{word}` is told by {what}: {text}");
            }
        }
    }
}

fn files(desk: &Desk) -> Option<Vec<String>> {
    let python = need::python("pyarrow.parquet")?;
    let folder = desk.house.path("planted");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/planted.py");
    let ran = Command::new(python).arg(script).arg(&folder).args([NAME, CODE]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in &names {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        desk.house.s3_done(Door::Inside, &desk.access, Call::put(&format!("/results/{name}"), &bytes));
    }
    Some(names)
}

/// Whether any file below a folder has these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        std::fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

// Goal: whoever is named in a file of any kind is found, their file is read by nobody, and no view, message, log, figure, page or stored
// byte tells of them; nor of a value in a file that is clear.
// Method: eleven kinds of files that name one person; a table and a text with a word of their own; all that people can ask, and the disk.
#[test]
fn a_planted_person_is_told_by_nothing() {
    let house = House::empty();
    let log = house.text("epic.log");
    let desk = Desk::with(house, &["--log-file", &log]);
    let Some(names) = files(&desk) else { return };
    let mut visits = String::from("visit,note,age\n");
    (0..60).for_each(|at| {
        visits.push_str(&format!("{at},{},{}\n", if at == 9 { ALONE } else { "stable" }, 40 + at % 7))
    });
    desk.put("visits_2027-01.csv", visits.as_bytes());
    desk.put("notes.md", format!("# Spirometry\n\nNothing new but {ALONE}.\n").as_bytes());
    desk.made("visits_2027-01.csv", 3);
    desk.made("notes.md", 1);
    let inside = ["--inside", "--access-key", desk.access.id.as_str()];
    let mut told = Told(Vec::new());
    for name in &names {
        let shown = desk.looked_at(name);
        assert!(
            shown["standing"] == "apart" || shown["standing"] == "asks",
            "{name} stands as {}: {shown}",
            shown["standing"]
        );
        for form in
            [&["--json", "object", "show"][..], &["object", "show"], &["object", "get", "--file", "got"]]
        {
            told.by(&desk.house, "rita", &[&inside[..], form, &of(name)].concat());
        }
        if shown["standing"] == "apart" {
            assert!(desk.tried(name).err.contains("[set_apart]"), "{name}");
        }
    }
    let apart = names.iter().filter(|name| desk.shown(name)["standing"] == "apart").count();
    assert!(apart + 1 >= names.len(), "{apart} of {} are set apart", names.len());
    for key in ["visits_2027-01.csv", "notes.md"] {
        told.by(&desk.house, "rita", &[&inside[..], &["--json", "object", "show"], &of(key)].concat());
    }
    for query in ["age", "kind:csv", "stands:apart", "column:note", "spirometry"] {
        told.by(
            &desk.house,
            "rita",
            &[&inside[..], &["--json", "object", "search", "--query", query]].concat(),
        );
    }
    let describe = [
        "dataset",
        "describe",
        "results",
        "--project",
        "planet",
        "--bucket",
        "results",
        "--title",
        "Results",
    ];
    desk.house.done("carla", &[&describe[..], &["--purpose", "a trial", "--listed", "everybody"]].concat());
    for (person, args) in [
        ("carla", &["--json", "rule", "show", "--project", "planet"][..]),
        ("carla", &["--json", "dataset", "map", "--project", "planet"]),
        ("carla", &["--json", "dataset", "show"]),
        ("carla", &["doctor", "--project", "planet"]),
        ("carla", &["--json", "bucket", "show", "--project", "planet"]),
        ("olga", &["--json", "check", "run"]),
        ("olga", &["--json", "dataset", "show"]),
    ] {
        told.by(&desk.house, person, args);
    }
    let shown = desk.house.done("carla", &["--json", "dataset", "show"]).json();
    let id = shown["answer"][0]["id"].as_str().unwrap().to_owned();
    for path in
        [format!("/register/{id}"), format!("/register/{id}/turtle"), "/register/catalogue/turtle".to_owned()]
    {
        told.page(&desk.house, &path);
    }
    told.0.push(("the log".to_owned(), std::fs::read_to_string(desk.house.path("epic.log")).unwrap()));
    let surname = NAME.split(' ').nth(1).unwrap();
    told.refuse(&[CODE, surname, ALONE]);
    let data = desk.house.path("data");
    for planted in [CODE, surname, ALONE] {
        assert!(!holds(&data, planted.as_bytes()), "`{planted}` lies on the disk");
    }
    let found: Value = desk.found(ALONE);
    assert_eq!(found["total"], 1, "who may read finds the text by its word: {found}");
}
