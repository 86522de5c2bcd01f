//! Others' arithmetic: Python's `hmac` for pseudonyms and shifts, python-stdnum for check digits.

use std::io::Write;
use std::process::{Command, Stdio};

use privacy::identify::{Column, Confidence, in_cell};
use privacy::pseudonym::{Days, Key, Pseudonym, Shift, Subject, Week};

use crate::need;

/// What the oracle answers to each line; None where Python or the module is missing.
fn ask(module: &str, lines: &[String]) -> Option<Vec<String>> {
    let python = need::python(module)?;
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/oracle.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = lines.join("\n") + "\n";
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let done = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(done.status.success());
    let answers: Vec<String> = String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), lines.len());
    Some(answers)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Numbers from a seed (SplitMix64).
fn random(seed: &mut u64) -> usize {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)) as usize >> 1
}

#[test]
fn pseudonyms_and_shifts_are_those_of_another_hmac() {
    let mut seed = 11;
    let (mut lines, mut ours) = (Vec::new(), Vec::new());
    for number in 0..500 {
        let bytes: [u8; 32] = std::array::from_fn(|_| random(&mut seed) as u8);
        let named: Vec<u8> = (0..number % 40).map(|_| random(&mut seed) as u8).collect();
        let (subject, letter) =
            [(Subject::Patient, 'P'), (Subject::Encounter, 'E'), (Subject::Sample, 'S')][number % 3];
        let made = Pseudonym::of(&Key::new(bytes), subject, &named);
        // The oracle reads words: an empty name has none.
        if !named.is_empty() {
            lines.push(format!("pseudonym {} {letter} {}", hex(&bytes), hex(&named)));
            ours.push(made.to_string());
        }
        let (most, week) = (7 + (random(&mut seed) % 3_644) as u16, [Week::Free, Week::Kept][number % 2]);
        let shift = Shift::of(&Key::new(bytes), made, Days::new(most).unwrap(), week).unwrap();
        lines.push(format!("shift {} {made} {most} {}", hex(&bytes), u8::from(week == Week::Kept)));
        ours.push(shift.days().to_string());
    }
    let Some(answers) = ask("hmac", &lines) else { return };
    for ((line, answer), own) in lines.iter().zip(answers).zip(ours) {
        assert_eq!(answer, own, "{line}");
    }
}

/// Goal: a check holds here exactly where it does there. Method: true values and random ones, each with characters bent.
#[test]
fn check_digits_hold_where_another_says() {
    let cases: [(&str, &str, &[&str]); 5] = [
        (
            "cf",
            "codice_fiscale",
            &["RSSMRA80A01H501U", "BRNGNN71B26L219T", "CCCFBA30H66F991T", "RSSMRAULALMHRLMX"],
        ),
        (
            "iban",
            "iban",
            &["IT60X0542811101000000123456", "GB82WEST12345698765432", "DE89370400440532013000"],
        ),
        ("luhn", "card_number", &["4111111111111111", "5500005555555559"]),
        ("nhs", "nhs_number", &["9434765919", "4010232137"]),
        ("iva", "partita_iva", &["00743110157", "12345670017"]),
    ];
    let mut seed = 12;
    let (mut lines, mut ours) = (Vec::new(), Vec::new());
    for (kind, column, values) in cases {
        let column = Column::named(column);
        for number in 0..2_000 {
            let mut value = values[number % values.len()].as_bytes().to_vec();
            // Not what says whose number it is: the country, the issuer.
            let from = match kind {
                "iban" => 2,
                "luhn" => 6,
                _ => 0,
            };
            for _ in 0..number % 4 {
                let at = from + random(&mut seed) % (value.len() - from);
                // Of its own class, so that the form stays.
                let (base, count) = if value[at].is_ascii_digit() { (b'0', 10) } else { (b'A', 26) };
                value[at] = base + (random(&mut seed) % count) as u8;
            }
            let value = String::from_utf8(value).unwrap();
            let is_certain =
                in_cell(&column, &value).iter().any(|finding| finding.confidence == Confidence::Certain);
            lines.push(format!("check {kind} {value}"));
            ours.push(u8::from(is_certain).to_string());
        }
    }
    let Some(answers) = ask("stdnum, codicefiscale", &lines) else { return };
    let others: Vec<_> =
        lines.iter().zip(&answers).zip(&ours).filter(|((_, answer), own)| answer != own).collect();
    assert!(others.is_empty(), "{} of {}: {:?}", others.len(), lines.len(), &others[..others.len().min(20)]);
}
