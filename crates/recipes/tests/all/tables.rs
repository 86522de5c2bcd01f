//! Tables of text are typed Parquet that says what they said.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use recipes::fault;

use crate::made::{in_pieces, made, recipe, refused};
use crate::need;

/// What pyarrow reads, as lines: a schema, then a row each, as Python writes values.
fn read(python: &Path, parquet: &[u8]) -> Vec<String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(parquet).unwrap();
    let told =
        Command::new(python).args(["-c", include_str!("oracle/read.py")]).arg(file.path()).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[track_caller]
fn check(json: &str, table: &str, expected: &[&str]) {
    let (_, parquet) = made(json, table.as_bytes());
    if let Some(python) = need::python("pyarrow.parquet") {
        assert_eq!(read(&python, &parquet), expected);
    }
}

#[test]
fn columns_have_the_types_of_their_cells() {
    let table = "id;n;x;ok;born;seen;local;zip;t\n\
        1;-5;1.5;true;1990-02-28;2020-01-01T10:00:00Z;2020-01-01 10:00;00185;a\n\
        2;NA;2;FALSE;;2020-01-01T12:00:00.250+02:00;2020-01-01 10:00:30;00186;\"b;\"\"c\"\n\
        3;.;1e3;true;2000-02-29;null;2020-06-01 00:00;10000; d \n";
    check(
        r#"{"step":"table"}"#,
        table,
        &[
            "id:int64 n:int64 x:double ok:bool born:date32[day] seen:timestamp[ms, tz=UTC] local:timestamp[ms] zip:string t:string",
            "1|-5|1.5|True|1990-02-28|2020-01-01 10:00:00+00:00|2020-01-01 10:00:00|00185|'a'",
            "2|None|2.0|False|None|2020-01-01 10:00:00.250000+00:00|2020-01-01 10:00:30|00186|'b;\"c'",
            "3|None|1000.0|True|2000-02-29|None|2020-06-01 00:00:00|10000|' d '",
        ]
        .map(|line| line.replace("|00185|", "|'00185'|").replace("|00186|", "|'00186'|").replace("|10000|", "|'10000'|"))
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>(),
    );
}

#[test]
fn what_is_odd_makes_text_or_null() {
    let rows: String =
        (0..100).map(|at| if at == 7 { "x,?\n".to_owned() } else { format!("{at},{at}\n") }).collect();
    let table = format!("a,b\n{rows}");
    let (made_text, _) = made(r#"{"step":"table"}"#, table.as_bytes());
    assert_eq!((made_text.counts["columns-as-text"], made_text.counts["odd"]), (2, 0));
    let (nulled, _) = made(r#"{"step":"table","odd":"null"}"#, table.as_bytes());
    assert_eq!((nulled.counts["columns-as-text"], nulled.counts["odd"]), (0, 2));
    refused(r#"{"step":"table","types":{"a":"whole"}}"#, table.as_bytes(), fault::NOT_OF_TYPE);
}

#[test]
fn dates_units_codes_and_names_are_what_the_recipe_says() {
    let json = r#"{"step":"table","dates":{"born":"dmy"},"units":{"g":{"factor":0.5,"unit":"mmol/L"}},
        "codes":{"sex":{"map":{"1":"male","2":"female","9":null}}},"rename":{"g":"glucose"},"drop":["note"],
        "deduplicate":true}"#;
    let table =
        "born;g;sex;note\n31/12/1990;100;1;x\n1.2.2001;90,5;2;y\n1.2.2001;90,5;2;y\n02-03-2001;80,5;9;z\n";
    check(
        json,
        table,
        &[
            "born:date32[day] glucose:double sex:string",
            "1990-12-31|50.0|'male'",
            "2001-02-01|45.25|'female'",
            "2001-03-02|40.25|None",
        ],
    );
    let (counted, _) = made(json, table.as_bytes());
    for (name, expected) in [
        ("rows", 3),
        ("duplicates", 1),
        ("codes-mapped", 3),
        ("units-converted", 3),
        ("dates-read", 3),
        ("columns-dropped", 1),
    ] {
        assert_eq!(counted.counts[name], expected, "{name}");
    }
    refused(json, b"born;g;sex;note\n31/31/1990;1;1;x\n1/1/1990;1;1;x\n", fault::NOT_A_DATE);
    refused(json, b"born;g;sex;note\n31/01/1990;high;1;x\n1/1/1990;1;1;x\n", fault::NOT_NUMERIC);
    refused(json, b"born;g;sex;note\n31/01/1990;1;7;x\n1/1/1990;1;1;x\n", fault::UNMAPPED);
    refused(json, b"born;g;sex\n31/01/1990;1;1\n1/1/1990;1;1\n", fault::NO_SUCH_COLUMN);
}

// Goal: pseudonyms and moved dates follow the key. Method: what `privacy` says of the same names.
#[test]
fn pseudonyms_and_moved_dates_are_those_of_the_project() {
    use privacy::pseudonym::{Days, Key, Pseudonym, Shift, Subject, Week};
    let json = r#"{"step":"table","has_header":true,"key":"planet-1","pseudonyms":{"patient":"patient"},
        "shift_dates":{"columns":["day"],"patient":"patient","days":180}}"#;
    let (counted, parquet) = made(json, b"patient,day\nrossi,2020-06-15\nrossi,2020-06-20\n,2020-06-20\n");
    assert_eq!(counted.counts["pseudonyms"], 2);
    assert_eq!((counted.counts["dates-shifted"], counted.counts["dates-without-patient"]), (2, 1));
    assert!(!parquet.windows(5).any(|window| window == b"rossi"), "a name went through");
    let Some(python) = need::python("pyarrow.parquet") else { return };
    let key = Key::new([7; 32]);
    let pseudonym = Pseudonym::of(&key, Subject::Patient, b"rossi");
    let shift = Shift::of(&key, pseudonym, Days::new(180).unwrap(), Week::Free).unwrap();
    let day = |day| {
        let date = time::Date::from_calendar_date(2020, time::Month::June, day).unwrap();
        shift.date(date).unwrap().to_string()
    };
    let rows = read(&python, &parquet);
    assert_eq!(rows[1], format!("'{pseudonym}'|{}", day(15)));
    assert_eq!(rows[2], format!("'{pseudonym}'|{}", day(20)));
    assert_eq!(rows[3], "None|None");
    refused(json, b"patient,day\nrossi,2020-06-15\nrossi,soon\n", fault::NOT_A_DATE);
}

#[test]
fn lines_of_json_are_a_table() {
    let lines = "{\"id\":1,\"code\":\"7\",\"x\":1.5,\"day\":\"2020-01-01\"}\n{\"id\":2,\"x\":2,\"more\":true,\"code\":null}\n";
    check(
        r#"{"step":"table"}"#,
        lines,
        &[
            "id:int64 code:string x:double day:date32[day] more:bool",
            "1|'7'|1.5|2020-01-01|None",
            "2|None|2.0|None|True",
        ],
    );
    refused(r#"{"step":"table"}"#, b"{\"id\":1,\"x\":[1]}\n{\"id\":2,\"x\":[2]}\n", fault::NOT_FLAT);
}

#[test]
fn what_is_no_table_is_refused() {
    refused(r#"{"step":"table"}"#, b"", fault::NOT_A_TABLE);
    refused(r#"{"step":"table"}"#, b"It was a dark and stormy night.\n", fault::NOT_A_TABLE);
    refused(r#"{"step":"table"}"#, b"a;b;c\n1;2;3\n4;5;6\n4;5\n", fault::RAGGED);
    refused(r#"{"step":"table","ragged":"null"}"#, b"a;b;c\n1;2;3\n4;5;6\n4;5;6;7\n", fault::RAGGED);
    refused(r#"{"step":"table"}"#, b"a;b;c\n1;2;3\n4;5;6\n4;\"5;6\n", fault::MALFORMED);
    refused(r#"{"step":"table","encoding":"utf8"}"#, b"a;b;c\n1;2;3\n4;5;\xe8\n4;5;6\n", fault::ENCODING);
}

#[test]
fn a_recipe_that_contradicts_itself_is_no_recipe() {
    for json in [
        r#"{"step":"table","colour":"red"}"#,
        r#"{"step":"bake"}"#,
        r#"{"step":"table","pseudonyms":{"a":"patient"}}"#,
        r#"{"step":"table","key":"k"}"#,
        r#"{"step":"table","drop":["a"],"rename":{"a":"b"}}"#,
        r#"{"step":"table","rename":{"a":"c","b":"c"}}"#,
        r#"{"step":"table","units":{"a":{"factor":0,"unit":"g"}}}"#,
        r#"{"step":"table","dates":{"a":"dmy"},"types":{"a":"text"}}"#,
        r#"{"step":"table","key":"k","shift_dates":{"columns":["a"],"patient":"a","days":10}}"#,
        r#"{"step":"table","key":"k","shift_dates":{"columns":["a"],"patient":"p","days":6,"keeps_week":true}}"#,
    ] {
        assert!(recipes::Recipe::read(json.as_bytes()).is_err(), "{json}");
    }
}

/// Tables, and the digests of what is made of them. WHY pinned: a digest that moves is a version to raise.
const PINNED: [(&str, &str, &str); 3] = [
    (
        "{\"step\":\"table\"}",
        "id,x,day\n1,1.5,2020-01-01\n2,,2020-01-02\n3,2.5,\n",
        "a4b442022383b7e06e212af5049487f9f4cd5557fc4b675ad0ff72d0de0b53ed",
    ),
    (
        "{\"step\":\"table\",\"odd\":\"null\"}",
        "a;b\n1,5;x\n2,5;y\n",
        "f65a355f286242389a8e60f366016acff62945cc39aec24c9b4afe5b5940ccc0",
    ),
    (
        "{\"step\":\"table\"}",
        "{\"a\":1,\"b\":\"c\"}\n{\"a\":2,\"b\":\"d\"}\n",
        "99c53b1f42f556cd65147a7df717ad812ba659661da56df01a47e9453089b24f",
    ),
];

// Goal: the same bytes whenever, however they are read. Method: pieces of several sizes, and digests written down here.
#[test]
fn the_same_table_makes_the_same_bytes() {
    for (json, table, expected) in PINNED {
        let recipe = recipe(json);
        let digests = [1, 7, 4_096].map(|size| {
            let (made, bytes) = in_pieces(&recipe, table.as_bytes(), size).unwrap();
            assert_eq!(made.blake3, *blake3::hash(&bytes).as_bytes());
            blake3::hash(&bytes).to_hex().to_string()
        });
        assert_eq!(digests, [expected; 3], "{table}");
    }
}

// Goal: cell by cell what Python's reader of the same table says. Method: the real tables that are here.
#[test]
fn real_tables_are_what_others_read() {
    let (Some(data), Some(python)) = (need::data(), need::python("pyarrow.parquet")) else { return };
    let folders = ["adult", "dbt-synthea", "planet", "uci-heart-disease", "clkhash", "flamby-results"];
    let mut files: Vec<_> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(data.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "csv" || ending == "data"))
        .collect();
    files.sort();
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::new();
    for (at, file) in files.iter().enumerate() {
        let bytes = std::fs::read(file).unwrap();
        let found = formats::detect_bytes(&bytes[..bytes.len().min(1 << 16)], bytes.len() <= 1 << 16);
        let recipe = recipe(r#"{"step":"table"}"#);
        let Some(dialect) = found.dialect.clone().filter(|_| recipes::applies(&recipe, &found)) else {
            continue;
        };
        match in_pieces(&recipe, &bytes, 1 << 16) {
            Ok((_, parquet)) => {
                let to = folder.path().join(format!("{at}.parquet"));
                std::fs::write(&to, parquet).unwrap();
                let has_header = if dialect.has_header { "header" } else { "none" };
                list += &format!(
                    "{}\x1f{}\x1f{}\x1f{has_header}\n",
                    file.display(),
                    to.display(),
                    dialect.delimiter
                );
            }
            Err(fault) => panic!("{}: {} {fault}", file.display(), fault.code()),
        }
    }
    assert!(list.lines().count() >= 30, "{}", list.lines().count());
    let index = folder.path().join("list");
    std::fs::write(&index, list).unwrap();
    let told =
        Command::new(python).args(["-c", include_str!("oracle/compare.py")]).arg(index).output().unwrap();
    let said = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.status.success(), "{said}{}", String::from_utf8_lossy(&told.stderr));
    println!("{said}");
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,20}",
        "-?[0-9]{1,5}\\.[0-9]{0,18}",
        "(NA|\\.||null|true|False|nan|inf|1e999|-0|\\+5|0x10)",
        "[12][0-9]{3}-[01][0-9]-[0-3][0-9]( [0-2][0-9]:[0-6][0-9](:[0-6][0-9](\\.[0-9]{1,9})?)?(Z|\\+02:00)?)?",
        "[a-z \"\n,;\t'è日]{0,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    // Goal: nasty cells are themselves or refused. Method: tables of any cells, quoted, against Python's reader.
    #[test]
    fn nasty_tables_are_what_others_read(
        rows in prop::collection::vec(prop::collection::vec(cell(), 4), 1..30),
        size in 1_usize..5_000,
    ) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let lines = rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(","));
        let table = format!("aa,bb,cc,dd\n{}\n", lines.collect::<Vec<_>>().join("\n"));
        let found = formats::detect_bytes(table.as_bytes(), true);
        let is_same = found.dialect.as_ref().is_some_and(|dialect| dialect.delimiter == ',' && dialect.has_header);
        prop_assume!(is_same);
        let Ok((_, parquet)) = in_pieces(&recipe(r#"{"step":"table"}"#), table.as_bytes(), size) else {
            return Err(TestCaseError::reject("refused"));
        };
        let Some(python) = need::python("pyarrow.parquet") else { return Ok(()) };
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("t.csv"), table).unwrap();
        std::fs::write(path("t.parquet"), parquet).unwrap();
        let list = format!("{}\x1f{}\x1f,\x1fheader\n", path("t.csv").display(), path("t.parquet").display());
        std::fs::write(path("list"), list).unwrap();
        let told = Command::new(python).args(["-c", include_str!("oracle/compare.py")]).arg(path("list")).output().unwrap();
        prop_assert!(told.status.success(), "{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    }
}

// Goal: Parquet becomes what the same table as text becomes, whoever wrote it. Method: one table by eight writers, in all encodings,
// several row groups and packings; profiles and previews are compared.
#[test]
fn tables_of_columns_are_tables() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/cells");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    for writer in ["snappy", "plain", "gzip", "zstd", "delta", "polars", "duckdb"] {
        let columns = read(&format!("clean-{writer}.parquet"));
        for step in [r#"{"step":"preview"}"#, r#"{"step":"profile"}"#] {
            assert_eq!(made(step, &columns).1, made(step, &read("clean.tsv")).1, "{writer} {step}");
        }
        refused(r#"{"step":"table"}"#, &columns, fault::NOT_A_TABLE);
    }
    let nested = read("clean-nested.parquet");
    refused(r#"{"step":"profile"}"#, &nested, fault::NOT_FLAT);
    let whole = read("clean-snappy.parquet");
    for at in (8..whole.len() - 8).step_by(97) {
        let mut bent = whole.clone();
        bent[at] ^= 0x55;
        // WHY nothing is asked of what comes: a value that is bent is a value.
        let _ = in_pieces(&recipe(r#"{"step":"profile"}"#), &bent, 1 << 20);
    }
}

// Goal: a workbook becomes what the same table as text becomes. Method: one table by three writers of workbooks, and as text; both
// as Parquet that others read would have the same columns, so their profiles and previews are compared.
#[test]
fn workbooks_are_tables() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/cells");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    for step in [r#"{"step":"preview"}"#, r#"{"step":"profile"}"#] {
        let expected = made(step, &read("clean.tsv")).1;
        for writer in ["xlsxwriter", "pandas"] {
            assert_eq!(made(step, &read(&format!("clean-{writer}.xlsx"))).1, expected, "{writer} {step}");
        }
    }
    let (counted, bytes) = made(r#"{"step":"table"}"#, &read("clean-pandas.xlsx"));
    assert_eq!((counted.counts["rows"], counted.counts["columns"]), (12, 8));
    assert!(bytes.starts_with(b"PAR1"));
    let (first, _) = made(r#"{"step":"table"}"#, &read("clean-openpyxl.xlsx"));
    assert_eq!((first.counts["rows"], first.counts["columns"]), (2, 2), "the first sheet with names");
    let whole = read("clean-pandas.xlsx");
    refused(r#"{"step":"table"}"#, &whole[..whole.len() - 100], fault::MALFORMED);
}
