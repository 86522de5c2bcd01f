//! Cells of workbooks, databases and Parquet are heard as other people's programs wrote them (`tests/cells/make.py`).

use std::collections::BTreeMap;
use std::path::Path;

use formats::{Limits, Report, Verdict, Watch, detect_bytes, rule, validate};
use formats::{Rule, validate_before};

const FOLDER: &str = "tests/cells";
const BOOKS: [&str; 3] = ["openpyxl.xlsx", "xlsxwriter.xlsx", "pandas.xlsx"];
const BASES: [&str; 3] = ["utf8.sqlite", "utf16le.sqlite", "utf16be.sqlite"];
const COLUMNS: [&str; 8] = [
    "snappy.parquet",
    "plain.parquet",
    "gzip.parquet",
    "zstd.parquet",
    "delta.parquet",
    "int96.parquet",
    "polars.parquet",
    "duckdb.parquet",
];

fn read(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(name)).unwrap()
}

/// What was heard of one table: its names, and the cells of each column that are not empty.
type Heard = (Vec<String>, BTreeMap<usize, Vec<String>>);

#[derive(Default)]
struct Ear {
    tables: Vec<Heard>,
    text: String,
}

impl Watch for Ear {
    fn columns(&mut self, names: &[&str]) {
        self.tables.push((names.iter().map(|name| (*name).to_owned()).collect(), BTreeMap::new()));
    }

    fn cell(&mut self, column: usize, cell: &[u8]) {
        let cell = String::from_utf8_lossy(cell).into_owned();
        self.tables.last_mut().unwrap().1.entry(column).or_default().push(cell);
    }

    fn text(&mut self, bytes: &[u8]) {
        self.text.push_str(&String::from_utf8_lossy(bytes));
    }
}

fn heard(bytes: &[u8], limits: &Limits) -> (Ear, Report) {
    let mut ear = Ear::default();
    let report = validate_before(&detect_bytes(bytes, true), &mut &*bytes, limits, &mut ear).unwrap();
    (ear, report)
}

/// The table as its writer had it.
fn written(name: &str) -> Heard {
    let text = String::from_utf8(read(name)).unwrap();
    let mut lines = text.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
    let mut table = (lines.next().unwrap(), BTreeMap::<usize, Vec<String>>::new());
    for (at, cell) in lines.flat_map(|row| row.into_iter().enumerate()).filter(|(_, cell)| !cell.is_empty()) {
        table.1.entry(at).or_default().push(cell);
    }
    table
}

// Goal: every cell is heard, as text, in its table and column. Method: the same rows by other people's writers, in all of
// their encodings and packings, beside what those rows are.
#[test]
fn every_cell_is_heard() {
    for (of, expected) in ["people", "clean"].map(|of| (of, written(&format!("{of}.tsv")))) {
        for file in BOOKS.into_iter().chain(BASES).chain(COLUMNS) {
            let (ear, report) = heard(&read(&format!("{of}-{file}")), &Limits::default());
            assert_eq!(report.verdict, Verdict::Holds, "{file}: {:?}", report.counts);
            let table = ear.tables.last().unwrap();
            // WHY the first: it may begin a key.
            assert_eq!(*table, expected, "{file}");
            let has_two = file.ends_with("sqlite") || file == "openpyxl.xlsx";
            assert_eq!(ear.tables.len(), if has_two { 2 } else { 1 }, "{file}");
            assert_eq!(report.facts.count("tables"), ear.tables.len() as u64, "{file}");
            if has_two {
                assert_eq!(ear.tables[0].0, ["variabile", "significato"], "{file}");
                assert_eq!(ear.tables[0].1[&1], ["in kg", "vero o falso"], "{file}");
            } else {
                assert_eq!(report.facts.count("rows"), 12, "{file}");
                let names: Vec<_> =
                    report.facts.columns.iter().filter_map(|column| column.name.clone()).collect();
                assert_eq!(names, expected.0, "{file}");
            }
        }
    }
}

#[test]
fn what_stands_beside_a_table_is_heard_as_text() {
    let (ear, _) = heard(&read("people-openpyxl.xlsx"), &Limits::default());
    assert!(ear.text.contains("Studio multicentrico\n") && ear.text.contains("Legenda\n"), "{}", ear.text);
    let (ear, _) = heard(&read("people-nested.parquet"), &Limits::default());
    assert_eq!(ear.tables[0].0, ["medico", "ore", "importo"]);
    assert_eq!(ear.tables[0].1[&0].len(), 12);
    assert_eq!(ear.tables[0].1[&2][11], "12.00");
}

// Goal: a bound that is reached is told, and is no fault. Method: each bound, one below what a file needs.
#[test]
fn what_is_more_than_is_read_is_told() {
    for (file, rules) in [
        (
            "people-xlsxwriter.xlsx",
            [rule::LIMIT_HELD, rule::LIMIT_CELLS, rule::LIMIT_COLUMNS, rule::LIMIT_MEMORY],
        ),
        (
            "people-utf8.sqlite",
            [rule::LIMIT_HELD, rule::LIMIT_CELLS, rule::LIMIT_COLUMNS, rule::LIMIT_COLUMNS],
        ),
        (
            "people-snappy.parquet",
            [rule::LIMIT_HELD, rule::LIMIT_CELLS, rule::LIMIT_COLUMNS, rule::LIMIT_MEMORY],
        ),
    ] {
        let bytes = read(file);
        let limits = [
            Limits { held_bytes_max: bytes.len() - 1, ..Limits::default() },
            Limits { cells_max: 20, ..Limits::default() },
            Limits { columns_max: 1, ..Limits::default() },
            Limits { memory_bytes_max: 40, columns_max: 2, ..Limits::default() },
        ];
        for (limits, rule) in limits.iter().zip(rules) {
            let (_, report) = heard(&bytes, limits);
            let is_told = report.count(rule) > 0 || report.counts.iter().any(|count| is_bound(count.rule));
            assert!(is_told, "{file} {}: {:?}", rule.code(), report.counts);
            assert_ne!(report.verdict, Verdict::Holds, "{file}");
        }
    }
}

fn is_bound(rule: Rule) -> bool {
    rule.code().starts_with("limit.")
}

// Goal: whatever is bent or cut ends, without a panic and without a lie. Method: each file cut at every few bytes and with
// each few bytes turned.
#[test]
fn whatever_is_cut_or_bent_ends() {
    for file in BOOKS.into_iter().chain(BASES).chain(COLUMNS) {
        let whole = read(&format!("people-{file}"));
        let step = whole.len() / 300 + 1;
        for at in (0..whole.len()).step_by(step) {
            let cut = &whole[..at];
            let report = validate(&detect_bytes(&whole, true), &mut &*cut, &Limits::default()).unwrap();
            assert_eq!(report.count(rule::WORKER_PANICKED), 0, "{file} cut at {at}");
            assert_ne!(report.verdict, Verdict::Holds, "{file} cut at {at}");
            let mut bent = whole.clone();
            bent[at] ^= 0xff;
            let report =
                validate(&detect_bytes(&whole, true), &mut bent.as_slice(), &Limits::default()).unwrap();
            assert_eq!(report.count(rule::WORKER_PANICKED), 0, "{file} bent at {at}");
        }
    }
}

// Goal: words of deleted rows are not taken for nothing, and a database that lost no row is not suspected. Method: SQLite's own
// files: rows deleted, a table dropped, cleaned after, written in order, and in none, which leaves words of rows that moved.
#[test]
fn words_of_deleted_rows_are_told() {
    for (name, is_left) in
        [("deleted", true), ("dropped", true), ("moved", true), ("vacuum", false), ("plain", false)]
    {
        let (ear, report) = heard(&read(&format!("left-{name}.sqlite")), &Limits::default());
        assert_eq!(report.count(rule::SQLITE_DELETED), u64::from(is_left), "{name}: {:?}", report.counts);
        assert_eq!(report.verdict, if is_left { Verdict::Unjudged } else { Verdict::Holds }, "{name}");
        assert_eq!(ear.tables.len(), if name == "dropped" { 1 } else { 2 }, "{name}");
    }
}

// Goal: pages that lead in a circle, and cells that share bytes, end at once. Method: a tree's page that names its root, and
// a leaf whose pointers are all the same.
#[test]
fn circles_of_pages_end() {
    let whole = read("people-utf8.sqlite");
    let inner = (512..whole.len()).step_by(512).find(|at| whole[*at] == 5).unwrap();
    let mut circle = whole.clone();
    let number = (inner as u32 / 512 + 1).to_be_bytes();
    circle[inner + 8..inner + 12].copy_from_slice(&number);
    let (_, report) = heard(&circle, &Limits::default());
    assert_eq!(report.count(rule::SQLITE_PAGES), 1, "{:?}", report.counts);
    let leaf = (512..whole.len()).step_by(512).find(|at| whole[*at] == 13).unwrap();
    let mut shared = whole;
    let pointer = [shared[leaf + 8], shared[leaf + 9]];
    shared[leaf + 3..leaf + 5].copy_from_slice(&200_u16.to_be_bytes());
    (0..200).for_each(|at| shared[leaf + 8 + 2 * at..leaf + 10 + 2 * at].copy_from_slice(&pointer));
    let (_, report) = heard(&shared, &Limits::default());
    assert_eq!(report.verdict, Verdict::Fails, "{:?}", report.counts);
}

/// A workbook of one sheet.
fn book(sheet: &str) -> Vec<u8> {
    let types = ("[Content_Types].xml", b"<Types/>".as_slice());
    crate::archives::zip(&[types, ("xl/worksheets/sheet1.xml", sheet.as_bytes())])
}

// Goal: sheets that lie, nest or swell are told, and end. Method: each by hand.
#[test]
fn sheets_that_lie_are_told() {
    let cell = |cell: &str| format!("<worksheet><sheetData><row>{cell}</row></sheetData></worksheet>");
    for (sheet, expected) in [
        (cell("<c t=\"inlineStr\"><is><t>a</t></is></c>"), None),
        (cell("<c r=\"A1\" t=\"s\"><v>4000000000</v></c>"), Some(rule::XLSX_FORM)),
        (cell("<c r=\"XFE1\"><v>1</v></c>"), Some(rule::XLSX_FORM)),
        (cell("<c r=\"ZZZZZZZZZZZZ9\"><v>1</v></c>"), Some(rule::XLSX_FORM)),
        (cell(&"<c><v>1</v></c>".repeat(20_000)), Some(rule::XLSX_FORM)),
        ("<a>".repeat(100_000), Some(rule::LIMIT_DEPTH)),
        ("<worksheet><row>".to_owned(), Some(rule::XML_SYNTAX)),
    ] {
        let (_, report) = heard(&book(&sheet), &Limits::default());
        let rules: Vec<Rule> = report.counts.iter().map(|count| count.rule).collect();
        assert_eq!(rules, Vec::from_iter(expected), "{}", &sheet[..sheet.len().min(80)]);
    }
    let none = crate::archives::zip(&[("[Content_Types].xml", b"<Types/>"), ("xl/workbook.bin", b"x")]);
    assert_eq!(heard(&none, &Limits::default()).1.count(rule::LIMIT_UNREAD), 1);
}
