//! Whoever is named in a file is found in its table and column, in every format alike.

use std::path::Path;

use super::*;

/// A kind, and its table and column.
type Where = (String, Option<u32>, Option<u32>);

fn looked(file: &str) -> (u8, Vec<Where>, Names) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests").join(file);
    let bytes = std::fs::read(here).unwrap();
    let answer = looked_at(&mut bytes.as_slice(), &Bounds::default()).unwrap();
    let found = answer.found.iter().map(|found| (found.kind.clone(), found.table, found.column)).collect();
    (answer.names, found, said_of(answer).names)
}

// Goal: the same persons are found in the same column, whatever the table is written in. Method: one table by other people's writers.
#[test]
fn persons_are_found_in_their_table_and_column() {
    for (file, table) in [
        ("people-openpyxl.xlsx", Some(2)),
        ("people-xlsxwriter.xlsx", None),
        ("people-pandas.xlsx", None),
        ("people-utf8.sqlite", Some(2)),
        ("people-utf16le.sqlite", Some(2)),
        ("people-snappy.parquet", None),
        ("people-zstd.parquet", None),
        ("people-duckdb.parquet", None),
        ("people.tsv", None),
    ] {
        let (names, found, said) = looked(&format!("cells/{file}"));
        assert_eq!((names, said), (2, Names::Surely), "{file}");
        assert!(found.contains(&("codice-fiscale".to_owned(), table, Some(3))), "{file}: {found:?}");
        assert!(
            found.iter().any(|(kind, _, column)| kind == "person-name" && *column == Some(2)),
            "{file}: {found:?}"
        );
    }
}

// Goal: tables without persons stand as those of CSV do. Method: the same columns, and cells that name nobody.
#[test]
fn tables_that_name_nobody_stand_as_text_does() {
    let (_, of_text, said) = looked("cells/clean.tsv");
    let of_text: Vec<_> = of_text.into_iter().map(|(kind, _, column)| (kind, column)).collect();
    for file in [
        "clean-openpyxl.xlsx",
        "clean-pandas.xlsx",
        "clean-utf8.sqlite",
        "clean-snappy.parquet",
        "clean-zstd.parquet",
    ] {
        let (_, found, told) = looked(&format!("cells/{file}"));
        let found: Vec<_> = found.into_iter().map(|(kind, _, column)| (kind, column)).collect();
        assert_eq!((&found, told), (&of_text, said), "{file}");
    }
}

#[test]
fn letters_are_looked_at_and_scans_ask() {
    let (_, found, said) = looked("documents/letter-typst.pdf");
    assert_eq!(said, Names::Surely, "{found:?}");
    for file in ["letter.docx", "letter.pptx", "letter.odt", "letter.ods"] {
        assert_eq!(looked(&format!("documents/{file}")).2, Names::Surely, "{file}");
    }
    for file in ["clean-typst.pdf", "clean.docx", "clean.odt"] {
        assert_eq!(looked(&format!("documents/{file}")).2, Names::Nobody, "{file}");
    }
    for file in ["documents/scan.pdf", "documents/letter-sealed.pdf", "documents/attached.pdf"] {
        assert_eq!(looked(file).2, Names::Perhaps, "{file}");
    }
}

// Goal: the first of several tables counts. Method: persons in the first, nobody in the second.
#[test]
fn every_table_counts() {
    let mut looking = Looking::default();
    looking.columns(&["codice fiscale"]);
    looking.cell(0, b"RSSMRA80A01H501U");
    looking.columns(&["peso"]);
    looking.cell(0, b"70");
    let (names, found) = looking.end();
    assert_eq!((names, found.len(), found[0].table, found[0].column), (2, 1, Some(1), Some(1)));
}
