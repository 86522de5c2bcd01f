//! Documents as PDF, read back by programs that nobody here wrote.

use std::process::Command;

use paper::pdf::{self, COLUMNS_MAX, ENTRIES_MAX, Fault, TEXT_BYTES_MAX};
use paper::{Block, Document, Language, Part};

use crate::need;

/// Persons of many scripts.
const NAMES: &str =
    "Αλέξανδρος Ξενάκης, Наталья Щербакова, Žofia Kőszegi, Łukasz Świętek, Þórdís Ærø, Անահիտ, ნინო";

fn document(blocks: Vec<Block>) -> Document {
    let made_at = 1_790_000_000;
    let [title, author, producer, footer] = ["Accordo", "EPIC", "EPIC", "SHA-256 00ff"].map(String::from);
    let part = Part { language: Language::Italian, blocks };
    Document { title, author, producer, made_at, footer, parts: vec![part] }
}

fn rich() -> Document {
    let row = |at: usize| vec![format!("riga-{at}"), "parola ".repeat(at % 60), "x".repeat(at % 90)];
    let heads = ["Serie", "Che cosa", "Impronta"].map(String::from).to_vec();
    let mut document = document(vec![
        Block::Title("Accordo di accesso ai dati".to_owned()),
        Block::Paragraph(NAMES.to_owned()),
        Block::Heading("Le parti".to_owned()),
        Block::Pairs(vec![("Titolare".to_owned(), NAMES.to_owned()), (String::new(), String::new())]),
        Block::Lettered((0..30).map(|at| format!("punto {at}")).collect()),
        Block::Table { heads: heads.clone(), rows: (0..120).map(row).collect() },
        Block::Table { heads, rows: Vec::new() },
        Block::Code("0123456789abcdef".repeat(20)),
        Block::Paragraph("una\nriga\tcon 王 e שלום\u{202E}".to_owned()),
    ]);
    let english = vec![Block::Title("Agreement".to_owned()), Block::Paragraph("fi ffi e\u{301}".to_owned())];
    document.parts.push(Part { language: Language::English, blocks: english });
    document
}

/// The file by these arguments; None where the program is missing.
fn read_back(document: &Document, program: &str, before: &[&str], after: &[&str]) -> Option<String> {
    need::tool(program)?;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pdf");
    std::fs::write(&path, pdf::write(document).unwrap()).unwrap();
    let done = Command::new(program).args(before).arg(&path).args(after).output().unwrap();
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8(done.stdout).unwrap())
}

#[test]
fn a_document_is_sound() {
    let Some(said) = read_back(&rich(), "qpdf", &["--check"], &[]) else { return };
    assert!(
        said.contains("No syntax or stream encoding errors found") && !said.contains("WARNING"),
        "{said}"
    );
}

#[test]
fn every_text_can_be_read_back() {
    let Some(text) = read_back(&rich(), "pdftotext", &["-raw"], &["-"]) else { return };
    let flat: String = text.split_whitespace().collect();
    let has = |what: &str| assert!(flat.contains(&what.split_whitespace().collect::<String>()), "{what}");
    has(NAMES);
    (0..120).for_each(|at| has(&format!("riga-{at}")));
    ["(a) punto 0", "(z) punto 25", "(aa) punto 26", "Agreement", "fi ffi é", "riga con [U+738B] e [U+05E9]"]
        .into_iter()
        .for_each(has);
    has("[U+202E]");
    has(&"0123456789abcdef".repeat(20));
    let pages = text.matches('\u{c}').count();
    (1..=pages).for_each(|at| has(&format!("{at} / {pages}")));
    assert_eq!(text.matches("SHA-256 00ff").count(), pages);
    // Heads come again: once for the empty table, and on each page that the other one takes.
    assert!(text.matches("Che cosa").count() > 4);
}

#[test]
fn a_document_tells_what_it_is() {
    let Some(said) = read_back(&rich(), "pdfinfo", &[], &[]) else { return };
    for line in [
        "Title:           Accordo",
        "Tagged:          yes",
        "JavaScript:      no",
        "Page size:       595.276 x 841.89",
    ] {
        assert!(said.contains(line), "{said}");
    }
    let Some(tree) = read_back(&rich(), "pdfinfo", &["-struct-text"], &[]) else { return };
    for tag in ["H1", "H2", "Table", "THead", "TH", "TD", "LI", "Lbl", "LBody", "Code"] {
        assert!(tree.contains(&format!("\n{tag}")) || tree.contains(&format!(" {tag}")), "{tag}: {tree}");
    }
    let bytes = pdf::write(&rich()).unwrap();
    let has = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    assert!(has(b"pdfaid:part>2<") && has(b"pdfaid:conformance>A<") && has(b"pdfuaid:part>1<"));
    assert!(has(b"/Lang(it)") && has(b"/Lang(en)") && has(b"/Outlines"));
}

#[test]
fn the_same_document_has_the_same_bytes() {
    let once = pdf::write(&rich()).unwrap();
    (0..4).for_each(|_| assert!(pdf::write(&rich()).unwrap() == once));
    let mut other = rich();
    other.made_at += 1;
    assert!(pdf::write(&other).unwrap() != once);
}

#[test]
fn what_is_too_much_is_refused() {
    let check = |blocks, expected| assert_eq!(pdf::write(&document(blocks)).unwrap_err(), expected);
    check(Vec::new(), Fault::Empty);
    check(vec![Block::Paragraph("a".repeat(TEXT_BYTES_MAX))], Fault::TextTooLong);
    check(vec![Block::Lettered(vec![String::new(); ENTRIES_MAX])], Fault::EntriesTooMany);
    check(vec![Block::Paragraph("\n".repeat(TEXT_BYTES_MAX / 2))], Fault::PagesTooMany);
    let table = |columns: usize, cells: usize| {
        let row = |count| vec!["x".to_owned(); count];
        vec![Block::Table { heads: row(columns), rows: vec![row(cells)] }]
    };
    check(table(0, 0), Fault::Columns);
    check(table(COLUMNS_MAX + 1, COLUMNS_MAX + 1), Fault::Columns);
    check(table(2, 3), Fault::Ragged);
    let mut long = document(table(1, 1));
    long.footer = "parola ".repeat(100);
    assert_eq!(pdf::write(&long).unwrap_err(), Fault::FooterTooLong);
    long.footer = "x".to_owned();
    long.made_at = i64::MAX;
    assert_eq!(pdf::write(&long).unwrap_err(), Fault::Date);
    let tall = vec!["parola ".repeat(40_000)];
    let tall = vec![Block::Table { heads: vec!["x".to_owned()], rows: vec![tall] }];
    assert!(pdf::write(&document(tall)).is_ok());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    // Goal: any text makes a document. Method: any characters at all, in every kind of block.
    #[test]
    fn any_text_makes_a_document(text in "(?s).{0,300}", title in ".{1,40}") {
        let mut any = document(vec![
            Block::Title(text.clone()),
            Block::Heading(text.clone()),
            Block::Pairs(vec![(text.clone(), text.clone())]),
            Block::Code(text.clone()),
            Block::Table { heads: vec![text.clone(), text.clone()], rows: vec![vec![text.clone(), String::new()]] },
        ]);
        any.title = title;
        let written = pdf::write(&any);
        proptest::prop_assert!(written.is_ok(), "{:?}", written.err());
    }
}
