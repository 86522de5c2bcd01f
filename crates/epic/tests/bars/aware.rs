//! Data awareness in a region as people run it: what is stored becomes a typed table, a profile, words, an index, a card;
//! deliveries are held to contracts and manifests.

use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

use super::desk::Desk;
use crate::kit::need;

const DAYS: u32 = 28;

/// A delivery of some hundred visits, all of them of nobody.
fn visits(month: u32, age_of: impl Fn(u32) -> u32) -> String {
    let row = |at: u32| {
        format!(
            "{};2027-{month:02}-{:02};{};{},{}\n",
            month * 1_000 + at,
            at % DAYS + 1,
            age_of(at),
            40 + at % 9,
            at % 10
        )
    };
    format!("visit;day;age;score\n{}", (0..200).map(row).collect::<String>())
}

fn kinds_of(runs: &Value) -> BTreeMap<&str, &str> {
    let text = |run: &'_ Value, name: &str| run[name].as_str().unwrap_or_default().to_owned();
    runs.as_array()
        .unwrap()
        .iter()
        .map(|run| {
            (run["step"].as_str().unwrap(), if text(run, "cause").is_empty() { "made" } else { "failed" })
        })
        .collect()
}

// Goal: a dropped file becomes a typed table, a preview, a profile, words and an index by itself, is found by its words and
// facts, is made again to the same bytes, and nothing of it changes what was delivered.
// Method: a table with decimal commas, a text, a sequence; other people's reader of Parquet; a made object that is deleted.
#[test]
fn what_arrives_is_made_usable_by_itself() {
    let desk = Desk::open();
    let first = visits(1, |at| 30 + at % 40);
    desk.put("visits_2027-01.bin", first.as_bytes());
    desk.put("notes.md", b"# Asthma and smog\n\nSpirometry before and after the dust days.\n");
    desk.put("ref.fa", b">chr1 made up\nACGTACGTAC\nGTACGT\n");
    let table = desk.made("visits_2027-01.bin", 3);
    assert_eq!(
        kinds_of(&table["report"]["made"]),
        BTreeMap::from([("table", "made"), ("preview", "made"), ("profile", "made")]),
        "{table}"
    );
    assert_eq!(desk.get("visits_2027-01.bin"), first.as_bytes(), "what was delivered is as it was");
    let parquet = desk.get("_epic/table/visits_2027-01.bin.parquet");
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    if let Some(python) = need::python("pyarrow") {
        let script = "import sys, pyarrow.parquet as p; t = p.read_table(sys.argv[1]); print(t.num_rows, [str(c.type) for c in t.columns], sum(t.column('age').to_pylist()), t.column('score')[3].as_py())";
        let ran = Command::new(python).args(["-c", script]).arg(desk.house.path("got")).output().unwrap();
        let ages: u32 = (0..200).map(|at| 30 + at % 40).sum();
        assert_eq!(
            String::from_utf8(ran.stdout).unwrap().trim(),
            format!("200 ['int64', 'date32[day]', 'int64', 'double'] {ages} 43.3"),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }
    let preview = String::from_utf8(desk.get("_epic/preview/visits_2027-01.bin.preview.tsv")).unwrap();
    assert!(preview.starts_with("visit\tday\tage\tscore\n") && preview.lines().count() < 30, "{preview}");
    let profile = &table["report"]["profile"];
    assert!(profile.is_object() && !profile.to_string().contains("1199"), "no extreme is told: {profile}");
    desk.made("notes.md", 1);
    desk.made("ref.fa", 1);
    assert_eq!(desk.get("_epic/index/ref.fa.fai"), b"chr1\t16\t14\t10\t11\n");
    let keys = |found: &Value| -> Vec<String> {
        found["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["key"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(keys(&desk.found("spirometry dust")), ["notes.md"], "by words of its content");
    assert_eq!(keys(&desk.found("kind:csv column:score")), ["visits_2027-01.bin"], "by what it is");
    assert_eq!(keys(&desk.found("spirometri")), ["notes.md"], "by the beginning of a word");
    let place = "_epic/table/visits_2027-01.bin.parquet";
    let before = desk.by_key(&["object", "show"], place);
    desk.by_key(&["object", "delete"], place);
    let is_again = |shown: &Value| {
        let made = shown["report"]["made"].as_array().into_iter().flatten();
        made.filter(|run| run["step"] == "table").any(|run| run["object"] != before["id"])
    };
    desk.until("visits_2027-01.bin", "made again", is_again);
    let again = desk.by_key(&["object", "show"], place);
    assert_eq!(again["derived"]["sha256"], before["derived"]["sha256"], "the same bytes");
    assert_eq!(again["derived"]["recipe"], before["derived"]["recipe"]);
}

// Goal: the next delivery is held to what a person confirmed of the first, and what is otherwise is told; nothing of it is a value.
// Method: a contract as proposed; a delivery that breaks it, one that keeps it and drifts; a manifest with a wrong digest; the doctor.
#[test]
fn deliveries_are_held_to_contracts_and_manifests() {
    let desk = Desk::open();
    desk.put("visits_2027-01.csv", visits(1, |at| 30 + at % 40).as_bytes());
    desk.made("visits_2027-01.csv", 3);
    let series = ["--project", "planet", "--bucket", "results", "--series", "visits_#-#.csv"];
    let inside = ["--json", "--inside", "--access-key", &desk.access.id];
    let shown = desk.house.done("rita", &[&inside[..], &["contract", "show"], &series].concat()).json();
    assert_eq!(shown["answer"][0]["proposed"]["columns"][2]["name"], "age", "{shown}");
    desk.house.done("rita", &[&inside[..], &["contract", "confirm"], &series].concat());
    desk.put("visits_2027-02.csv", visits(2, |at| if at == 7 { 98_765 } else { 30 + at % 40 }).as_bytes());
    let broken = desk.looked_at("visits_2027-02.csv");
    assert_eq!(broken["standing"], "broken", "{broken}");
    let told = broken.to_string();
    assert!(told.contains("contract.range") && !told.contains("98765"), "{told}");
    desk.put(
        "visits_2027-03.csv",
        visits(3, |at| if at % 4 == 0 { 70 + at % 9 } else { 60 + at % 20 }).as_bytes(),
    );
    let drifted = desk.made("visits_2027-03.csv", 3);
    assert_eq!(drifted["standing"], "clear", "{drifted}");
    assert!(drifted["report"]["drift"].as_array().is_some_and(|drift| !drift.is_empty()), "{drifted}");
    desk.put("run/a.txt", b"as it was sent");
    desk.put("run/MD5SUMS", b"00000000000000000000000000000000  a.txt\n");
    desk.looked_at("run/MD5SUMS");
    let bent = desk.until("run/a.txt", "held to its manifest", |shown| shown["standing"] == "broken");
    assert!(bent.to_string().contains("manifest.differs"), "{bent}");
    let doctor = desk.house.done("carla", &["doctor", "--project", "planet"]).out;
    assert!(doctor.contains("2 objects in results: broken") && doctor.contains("undescribed"), "{doctor}");
    let inside = ["--inside", "--access-key", &desk.access.id, "doctor", "--project", "planet", "--mend"];
    let mended = desk.house.done("rita", &inside).out;
    assert!(mended.contains("2 looked at again"), "{mended}");
    desk.until("visits_2027-02.csv", "broken still", |shown| shown["standing"] == "broken");
}
