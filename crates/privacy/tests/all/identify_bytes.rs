//! Any bytes, any size, anywhere: no panic, ranges that hold, findings that move with their text.

use std::time::Instant;

use privacy::identify::{Column, Finding, in_cell, in_field, in_file_name, in_text, judge_column, scan_text};
use proptest::prelude::*;

fn holds(bytes: &[u8], found: &[Finding]) {
    let mut end = 0;
    for finding in found {
        assert!(end <= finding.range.start && finding.range.start < finding.range.end, "{found:?}");
        end = finding.range.end;
    }
    assert!(end <= bytes.len());
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(found.iter().all(|finding| text.get(finding.range.clone()).is_some()), "{found:?}");
    }
}

/// Pieces that rules look for, so that random texts reach them.
fn pieces() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "Sig.ra",
        "Dott.",
        "Mario",
        "Rossi",
        "via",
        "Via Roma",
        "12",
        "40121",
        "(BO)",
        "nato il",
        "12/03/1980",
        "@",
        "a.b",
        "example.it",
        "+39",
        "(0)",
        "340",
        "1234567",
        "RSSMRA80A01H501U",
        "IT60",
        "X054",
        "MRN",
        ":",
        "n.",
        "-",
        "'",
        "’",
        "\n",
        "é",
        "È",
        "80380",
        "E1 6AN",
        "Street",
        "x123",
        "\u{301}",
        "º",
        "…",
        "IT",
        "_",
        ".",
        ",",
        "^",
        "de",
        "NY 10001",
    ]);
    let word = prop_oneof![known.prop_map(str::to_owned), "\\PC{0,6}", "[0-9]{1,20}", "[A-Z]{1,12}"];
    prop::collection::vec((word, prop_oneof![Just(""), Just(" "), Just("  ")]), 0..40)
        .prop_map(|words| words.into_iter().map(|(word, gap)| word + gap).collect())
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400), name in "\\PC{0,20}") {
        holds(&bytes, &in_text(&bytes));
        holds(&bytes, &in_file_name(&bytes));
        holds(&bytes, &in_cell(&Column::named(&name), &bytes));
        holds(&bytes, &in_field(&name, &bytes));
        judge_column(&name, [bytes.as_slice()]);
    }

    #[test]
    fn any_text_of_pieces_is_read(text in pieces(), name in prop::sample::select(vec!["", "nome", "telefono", "dob", "address", "mrn", "code", "PatientName", "Patient.name.given"])) {
        holds(text.as_bytes(), &in_text(&text));
        holds(text.as_bytes(), &in_file_name(&text));
        holds(text.as_bytes(), &in_cell(&Column::named(name), &text));
        holds(text.as_bytes(), &in_field(name, &text));
    }

    // Goal: what is found depends on its neighbourhood alone. Method: whole sentences before, over many windows.
    #[test]
    fn findings_move_with_their_text(text in pieces(), times in 0_usize..400) {
        let before = "Esame obiettivo nella norma, si consiglia controllo tra sei mesi circa, senza altro da segnalare oggi; poi tutto nei limiti della norma come da tabella.\n\n".repeat(times + 1);
        let alone = in_text(format!("\n\n{text}"));
        let moved = in_text(format!("{before}{text}"));
        let shift = before.len() - 2;
        let expected: Vec<Finding> = alone.into_iter().map(|mut finding| {
            finding.range = finding.range.start + shift..finding.range.end + shift;
            finding
        }).collect();
        prop_assert_eq!(moved, expected);
    }
}

#[test]
fn an_identifier_is_found_wherever_windows_end() {
    for pad in 0..1_100 {
        let text = format!("{}Sig.ra Maria Bianchi, tel. +39 340 1234567.", "bla ".repeat(pad));
        assert_eq!(in_text(&text).len(), 2, "{pad}");
    }
}

/// Goal: linear time whatever stands there. Method: much of what rules begin on, each within a bound that squares miss.
#[test]
fn hostile_text_takes_linear_time() {
    let pieces = [
        "a", "1", "(", "+", "Via ", "a.", "a@", "1 ", "A ", "Aa ", "IT60 ", "Sig. ", "12-", "é", "\u{ff}",
        "nato ", "00", "x1", "Aa-", "Via A. ",
    ];
    for piece in pieces {
        let text = piece.repeat(400_000 / piece.len());
        let start = Instant::now();
        let mut count = 0_u64;
        scan_text(text.as_bytes(), &mut |_| count += 1);
        in_cell(&Column::named("nome"), &text);
        // WHY: a debug build on a busy machine; what is quadratic takes hours.
        assert!(start.elapsed().as_secs() < 60, "{piece:?}");
    }
    let blob = vec![0xFF_u8; 1_000_000];
    assert!(in_text(&blob).is_empty());
}

/// Seconds that this thread was at work, whoever else was.
fn worked_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    told.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// `cargo test -p privacy -- --ignored --nocapture speed`
#[test]
#[ignore = "measures"]
fn speed_of_cells_and_text() {
    let columns: [(&str, &[&str]); 7] = [
        ("value", &["77.49", "140", "5.6", "1203"]),
        (
            "description",
            &[
                "Acute viral pharyngitis (disorder)",
                "Loratadine 5 MG Chewable Tablet",
                "Well child visit (procedure)",
            ],
        ),
        ("start", &["2023-01-27T16:17:47Z", "2009-09-27", "12/03/2021"]),
        ("patient", &["3edac2e3-d223-6fae-d515-daf96ef6bc76", "9d188916-8390-282b-3ec2-73fce6e08649"]),
        (
            "note",
            &[
                "Esame obiettivo: murmure vescicolare ridotto alla base destra. Terapia: ramipril 5 mg 1 cp al mattino.",
                "Blood pressure 140/90 mmHg, heart rate 78 bpm. Follow up in cardiology clinic in 6 months.",
            ],
        ),
        ("nome", &["Mario Rossi", "Giulia Bianchi"]),
        ("telefono", &["+39 340 1234567", "051/1234567"]),
    ];
    for (name, cells) in columns {
        let count = 40_000_000 / cells.iter().map(|cell| cell.len()).sum::<usize>() * cells.len();
        let size: usize = cells.iter().cycle().take(count).map(|cell| cell.len()).sum();
        let start = worked_seconds();
        let judged = judge_column(name, cells.iter().copied().cycle().take(count));
        let seconds = worked_seconds() - start;
        println!(
            "{name:<12} {:>6.1} MB/s {:>6.2} M cells/s {:?}",
            size as f64 / 1e6 / seconds,
            count as f64 / 1e6 / seconds,
            judged.verdict
        );
    }
    let text = columns[4].1.join(" ").repeat(200_000);
    let start = worked_seconds();
    let mut found = 0_u64;
    scan_text(text.as_bytes(), &mut |_| found += 1);
    println!(
        "text         {:>6.1} MB/s, {found} found",
        text.len() as f64 / 1e6 / (worked_seconds() - start)
    );
}
