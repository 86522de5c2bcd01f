//! What deliveries are held to beside themselves, what a recipe bends to a common form, and what other catalogues read of it,
//! in a region as people run it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::desk::Desk;
use crate::kit::{Call, block_on, need};

/// So many days from now, without the time of day.
fn date(days: i64) -> String {
    crate::kit::day(days)[..10].to_owned()
}

/// A table of OMOP, of people whom nobody is.
fn people(ids: impl Iterator<Item = u32>) -> String {
    let row = |id| format!("{id},8507,{},8527,38003564\n", 1950 + id % 40);
    let head = "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n";
    format!("{head}{}", ids.map(row).collect::<String>())
}

fn measurements(people: impl Iterator<Item = u32>, day: &str) -> String {
    let row = |(at, person)| format!("{at},{person},3004249,{day},44818702\n");
    let head =
        "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_type_concept_id\n";
    format!("{head}{}", people.zip(1..).map(|(person, at)| row((at, person))).collect::<String>())
}

impl Desk {
    fn confirm(&self, series: &str, contract: &Value) -> crate::kit::Ended {
        let told = contract.to_string();
        let inside = ["--inside", "--access-key", &self.access.id, "contract", "confirm"];
        let of = ["--project", "planet", "--bucket", "results", "--series", series, "--contract", &told];
        self.house.by("rita", &[&inside[..], &of].concat())
    }

    fn confirmed(&self, series: &str, contract: &Value) {
        let ended = self.confirm(series, contract);
        assert_eq!(ended.code, 0, "{}", ended.err);
    }
}

/// How often each rule was broken.
fn broken(shown: &Value) -> BTreeMap<String, u64> {
    let counts = shown["report"]["counts"].as_array().into_iter().flatten();
    counts
        .map(|count| (count["rule"].as_str().unwrap().to_owned(), count["count"].as_u64().unwrap()))
        .filter(|(rule, _)| rule.starts_with("contract."))
        .collect()
}

fn rules(of: &[(&str, u64)]) -> BTreeMap<String, u64> {
    of.iter().map(|(rule, count)| ((*rule).to_owned(), *count)).collect()
}

// Goal: rows that refer to nobody, and data that are older than agreed, break their delivery; with row and column, and no value.
// What refers is held to what it refers to in whichever order both come, and the set they make is told.
// Method: OMOP tables: measurements before people, people without some, people again; a stale delivery; a CDM that lacks a table.
#[test]
fn rows_refer_to_people_who_are_there_and_are_not_stale() {
    let desk = Desk::open();
    let contract = json!({
        "version": 1,
        "columns": [
            { "name": "person_id", "type": "whole", "references": "person.person_id" },
            { "name": "measurement_date", "type": "date" },
        ],
        "fresh": { "column": "measurement_date", "days_max": 30 },
    });
    let wrong = desk.confirm("cdm/measurement.csv", &json!({ "version": 1, "columns": [], "key": ["x"] }));
    assert!(wrong.code != 0 && wrong.err.contains("`key` names columns"), "{}", wrong.err);
    desk.confirmed("cdm/measurement.csv", &contract);
    let (today, past) = (date(0), date(-31));
    let ids = || 9_001..9_051;
    desk.put("cdm/measurement.csv", measurements(ids(), &today).as_bytes());
    let alone = desk.looked_at("cdm/measurement.csv");
    assert_eq!(alone["standing"], "clear", "nothing is held to what is not there: {alone}");
    assert_eq!(broken(&alone), rules(&[("contract.extra", 3), ("contract.reference-unknown", 1)]));
    desk.put("cdm/person.csv", people(ids().filter(|id| id % 10 != 5)).as_bytes());
    let held = desk.until("cdm/measurement.csv", "held to people", |shown| shown["standing"] == "broken");
    assert_eq!(broken(&held), rules(&[("contract.extra", 3), ("contract.reference", 5)]));
    let first = held["report"]["findings"].as_array().unwrap().iter();
    let first = first.clone().find(|finding| finding["rule"] == "contract.reference").unwrap();
    assert_eq!((&first["line"], &first["column"]), (&json!(6), &json!(2)), "{first}");
    assert!(!held["report"]["findings"].to_string().contains("9005"), "no value is told: {held}");
    assert_eq!(held["report"]["cdm"]["missing"], json!(["observation_period"]));
    let doctor = desk.house.done("carla", &["doctor", "--project", "planet"]).out;
    assert!(doctor.contains("a CDM in results/cdm/: it lacks observation_period"), "{doctor}");
    desk.put("cdm/person.csv", people(ids()).as_bytes());
    let whole = desk.until("cdm/measurement.csv", "held again", |shown| shown["standing"] == "clear");
    assert_eq!(broken(&whole), rules(&[("contract.extra", 3)]));
    desk.made("cdm/measurement.csv", 3);
    desk.put("cdm/measurement.csv", measurements(ids(), &past).as_bytes());
    let stale = desk.until("cdm/measurement.csv", "looked at", |shown| shown["standing"].is_string());
    assert_eq!(
        (stale["standing"].as_str(), broken(&stale)["contract.fresh"]),
        (Some("broken"), 1),
        "{stale}"
    );
    let period = "observation_period_id,person_id,observation_period_start_date,observation_period_end_date,period_type_concept_id\n1,9001,2020-01-01,2026-01-01,44814724\n";
    desk.put("cdm/observation_period.csv", period.as_bytes());
    let set = desk.until("cdm/observation_period.csv", "in a set", |shown| !shown["report"]["cdm"].is_null());
    assert_eq!(
        (&set["report"]["cdm"]["missing"], &set["report"]["cdm"]["version"]),
        (&json!([]), &json!("5.3"))
    );
}

// Goal: a real CDM keeps its own references, one row less in one table is found in another, and what it is is told.
// Method: tables of Synthea's people; visits that refer to people, to each other's and to their own table; a person left out.
#[test]
fn a_real_cdm_keeps_its_references() {
    let (Some(data), Some(python)) = (need::data(), need::python("zipfile")) else { return };
    let desk = Desk::open();
    let archive = data.join("omop-synthea27nj/Synthea27Nj_5.4.zip");
    let unpacked = desk.house.path("unpacked");
    let unpack = Command::new(python).args(["-m", "zipfile", "-e"]).arg(archive).arg(&unpacked).status();
    assert!(unpack.unwrap().success());
    let table = |name: &str| std::fs::read_to_string(unpacked.join(format!("{name}.csv"))).unwrap();
    let term = |name: &str, of: &str| json!({ "name": name, "type": "whole", "references": of });
    let own = term("preceding_visit_occurrence_id", "VISIT_OCCURRENCE.visit_occurrence_id");
    let visits = json!({ "version": 1, "columns": [term("person_id", "PERSON.person_id"), own] });
    let details = json!({
        "version": 1,
        "columns": [term("person_id", "PERSON.person_id"), term("visit_occurrence_id", "VISIT_OCCURRENCE.visit_occurrence_id")],
    });
    desk.confirmed("CDM/VISIT_OCCURRENCE.csv", &visits);
    desk.confirmed("CDM/VISIT_DETAIL.csv", &details);
    let put = |name: &str, text: &str| desk.put(&format!("CDM/{name}.csv"), text.as_bytes());
    for name in ["VISIT_DETAIL", "VISIT_OCCURRENCE", "OBSERVATION_PERIOD"] {
        put(name, &table(name));
    }
    let people = table("PERSON");
    // The source's own identifiers are dates of birth and keys of persons: what is pseudonymised has none.
    let bare = |line: &str| {
        line.split(',').take(3).chain(["1", "1", "", "8527", "38003564"]).collect::<Vec<_>>().join(",")
    };
    let head = "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime,race_concept_id,ethnicity_concept_id";
    let people: Vec<String> = people.lines().skip(1).map(bare).collect();
    let sent = |people: &[String]| format!("{head}\n{}\n", people.join("\n"));
    put("PERSON", &sent(&people));
    let refers = |shown: &Value| {
        let counts = broken(shown);
        let count = |rule: &str| counts.get(rule).copied().unwrap_or_default();
        (count("contract.reference"), count("contract.reference-unknown"))
    };
    for name in ["VISIT_DETAIL", "VISIT_OCCURRENCE"] {
        let key = format!("CDM/{name}.csv");
        let held =
            desk.until(&key, "held to all", |shown| shown["standing"] == "clear" && refers(shown).1 == 0);
        assert_eq!(refers(&held), (0, 0), "{held}");
        assert_eq!(
            (&held["report"]["cdm"]["missing"], &held["report"]["cdm"]["version"]),
            (&json!([]), &json!("5.4"))
        );
    }
    put("PERSON", &sent(&people[1..]));
    desk.until("CDM/PERSON.csv", "looked at", |shown| shown["standing"] == "clear");
    assert_eq!(desk.shown("CDM/VISIT_DETAIL.csv")["standing"], "clear", "what holds is left in peace");
    put("VISIT_OCCURRENCE", &table("VISIT_OCCURRENCE"));
    let broken = desk.until("CDM/VISIT_OCCURRENCE.csv", "held", |shown| shown["standing"] == "broken");
    let theirs = table("VISIT_OCCURRENCE").lines().filter(|line| line.split(',').nth(1) == Some("1")).count();
    assert_eq!(refers(&broken), (theirs as u64, 0));
}

/// A hospital's own way to write: days first, milligrams, codes, two ways to say that nothing is known, a row that came twice.
fn glucose() -> String {
    let row = |at: u32| {
        let (sex, note) =
            (["1", "2", "9"][at as usize % 3], if at.is_multiple_of(7) { "-99" } else { "12.5" });
        let milligrams = if at.is_multiple_of(10) { "?".to_owned() } else { format!("{}", 90 + at % 20) };
        format!("{at};{:02}/03/2027;{sex};{milligrams};{note}\n", at % 28 + 1)
    };
    let rows: String = (0..60).map(row).collect();
    format!("visit;day;sex;glucose;score\n{rows}{}{}", row(7), row(8))
}

/// A test project of the same tenant, in which a rule is set and takes one table.
fn tried(desk: &Desk, table: &[u8], set: impl FnOnce()) {
    let house = &desk.house;
    let of = ["--tenant", "planet-study", "--tier", "0", "--environment", "test", "--purpose", "pollution"];
    house.done("carla", &[&["project", "open", "trying"][..], &of].concat());
    house.role("carla", "rita", "researcher", "trying");
    let (starts, ends) = (crate::kit::day(-1), crate::kit::day(30));
    let draft = ["agreement", "draft", "trying-bari", "--project", "trying", "--provider", "bari"];
    let terms = ["--purpose", "pollution", "--categories", "clinical", "--service-model", "saas"];
    let bounds = ["--places", "bologna", "--retention-days", "0", "--starts", &starts, "--ends", &ends];
    house.done("carla", &[&draft[..], &terms, &bounds].concat());
    house.done("carla", &["agreement", "offer", "trying-bari"]);
    for (person, party) in [("sergio", "iss"), ("sara-bari", "bari")] {
        let shown = house.done(person, &["--json", "agreement", "show", "trying-bari"]).json();
        let digest = shown["answer"][0]["digest"].as_str().unwrap().to_owned();
        house.done(person, &["agreement", "sign", "trying-bari", "--party", party, "--digest", &digest]);
    }
    house.permit("permit-trying", "trying", "rita", &crate::kit::day(20));
    house.done("rita", &["bucket", "create", "results", "--project", "trying"]);
    set();
    std::fs::write(house.path("sent"), table).unwrap();
    let of = ["--project", "trying", "--bucket", "results", "--key", "lab.csv"];
    house.done("rita", &[&["object", "put", "--file", "sent"][..], &of].concat());
    let show = [&["--json", "object", "show"][..], &of].concat();
    let begun = std::time::Instant::now();
    loop {
        let shown = house.done("rita", &show).json()["answer"].clone();
        match shown["report"]["made"].as_array() {
            Some(made) => return assert!(made[0]["cause"].is_null(), "{shown}"),
            None => assert!(begun.elapsed() < super::desk::PATIENCE, "{shown}"),
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

// Goal: a rule of the project brings units, codes, dates and what is missing to one form, leaves out what came twice, and what was
// delivered is as it was; what the recipe cannot do is told and makes nothing.
// Method: a table in a hospital's own way; other people's reader of Parquet; a code that the recipe does not know.
#[test]
fn a_rule_brings_tables_to_one_form() {
    let desk = Desk::open();
    let recipe = json!({
        "step": "table",
        "missing": ["", "?", "-99"],
        "dates": { "day": "dmy" },
        "units": { "glucose": { "factor": 0.05551, "unit": "mmol/L" } },
        "codes": { "sex": { "map": { "1": "male", "2": "female", "9": null }, "rest": "fail" } },
        "deduplicate": true,
    });
    let recipe = recipe.to_string();
    let set = |project: &str| {
        let rule =
            ["rule", "set", "--project", project, "--rule", "glucose", "--kinds", "csv", "--steps", "table"];
        desk.house.by("carla", &[&rule[..], &["--recipe", &recipe]].concat())
    };
    assert_ne!(set("planet").code, 0, "not in production before it ran in a test project");
    let sent = glucose();
    tried(&desk, sent.as_bytes(), || assert_eq!(set("trying").code, 0));
    let done = set("planet");
    assert_eq!(done.code, 0, "{}", done.err);
    desk.put("lab_1.csv", sent.as_bytes());
    desk.made("lab_1.csv", 1);
    assert_eq!(desk.get("lab_1.csv"), sent.as_bytes());
    let parquet = desk.get("_epic/table/lab_1.csv.parquet");
    assert!(parquet.starts_with(b"PAR1"));
    if let Some(python) = need::python("pyarrow") {
        let script = "import sys, json, pyarrow.parquet as p\nt = p.read_table(sys.argv[1]); d = t.to_pydict(); m = {k.decode(): v.decode() for k, v in (t.schema.metadata or {}).items()}\nprint(json.dumps([t.num_rows, [str(c.type) for c in t.columns], [str(x) for x in d['day'][:2]], d['sex'][:3], [x and round(x, 4) for x in d['glucose'][:2]], d['score'][6:8], m.get('unit.glucose')]))";
        let ran = Command::new(python).args(["-c", script]).arg(desk.house.path("got")).output().unwrap();
        let told: Value = serde_json::from_slice(&ran.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&ran.stderr)));
        let expected = json!([
            60,
            ["int64", "date32[day]", "string", "double", "double"],
            ["2027-03-01", "2027-03-02"],
            ["male", "female", null],
            [null, 5.0514],
            [12.5, null],
            "mmol/L",
        ]);
        assert_eq!(told, expected);
    }
    desk.put("lab_2.csv", sent.replace(";2;", ";7;").as_bytes());
    let failed = desk.made("lab_2.csv", 1);
    let run = &failed["report"]["made"][0];
    assert!(run["cause"].is_string() && run["key"].is_null(), "{run}");
    assert_ne!(desk.tried("_epic/table/lab_2.csv.parquet").code, 0, "nothing is made");
}

/// One page of the register, as anybody gets it.
fn fetched(desk: &Desk, path: &str) -> crate::kit::Answer {
    let at = desk.house.ready["acts"].as_str().unwrap().trim_start_matches("http://");
    block_on(Call::get(path).with("host", at).send(at.parse().unwrap()))
}

// Goal: what everybody finds of a dataset is what other catalogues take: both forms are one graph that keeps to the profile, links lead
// where they say, and no name of a column is told that nobody confirmed.
// Method: a card that lists itself, before and after a contract; rdflib and pyshacl over what a running region answers.
#[test]
fn a_card_is_what_other_catalogues_take() {
    let desk = Desk::open();
    let rows: String = (0..60).map(|at| format!("{at},{}\n", 40 + at % 9)).collect();
    desk.put("visits_1.csv", format!("visit,age\n{rows}").as_bytes());
    desk.made("visits_1.csv", 3);
    let card =
        ["dataset", "describe", "visits", "--project", "planet", "--bucket", "results", "--title", "Visits"];
    let more =
        ["--purpose", "Asthma and smog: \"before\" & after", "--keywords", "asthma", "--listed", "everybody"];
    let told = desk.house.done("carla", &[&["--json"], &card[..], &more].concat()).json();
    let id = told["answer"]["id"].as_str().unwrap().to_owned();
    let forms = || {
        ["turtle", "json-ld", "linkset"].map(|form| {
            let answer = fetched(&desk, &format!("/register/{id}/{form}"));
            assert_eq!(answer.status, 200, "{form}: {}", answer.text());
            answer.text()
        })
    };
    assert!(forms().iter().all(|form| !form.contains("\"age\"")), "nobody has confirmed a column");
    assert!(!fetched(&desk, &format!("/register/{id}")).text().contains("age</th>"));
    desk.confirmed("visits_#.csv", &json!({ "version": 1, "columns": [{ "name": "age", "type": "whole" }] }));
    let [turtle, json_ld, links] = forms();
    assert!(turtle.contains("\"age\"") && !turtle.contains("\"visit\""), "{turtle}");
    assert_eq!(fetched(&desk, &format!("/register/{id}/parquet")).status, 404);
    let page = fetched(&desk, &format!("/register/{id}"));
    let catalogue =
        ["turtle", "json-ld"].map(|form| fetched(&desk, &format!("/register/catalogue/{form}")).text());
    let asked = json!({
        "graphs": [[turtle, json_ld], catalogue], "links": links, "header": page.header("link"), "id": id,
    });
    let Some(python) = need::python("rdflib, pyshacl, httplink") else { return };
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let shapes = tests.join("../../dcat/tests/shapes");
    let (input, output) = (Stdio::piped(), Stdio::piped());
    let mut child = Command::new(python)
        .arg(tests.join("card.py"))
        .arg(shapes)
        .stdin(input)
        .stdout(output)
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let said: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&said["faults"], &said["columns"]), (&json!([]), &json!(["age"])), "{said:#}");
    assert_eq!(said["broken"], 1, "a card without its title is noticed");
    let unlisted = [&card[..], &more[..4], &["--listed", "region"]].concat();
    desk.house.done("carla", &unlisted);
    assert_eq!(
        fetched(&desk, &format!("/register/{id}/turtle")).status,
        404,
        "what is not listed is not there"
    );
}
