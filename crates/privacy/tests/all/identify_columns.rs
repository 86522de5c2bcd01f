//! Whole columns: real ones that name people, real ones that do not, and random ones that only look like it.

use std::collections::BTreeMap;
use std::path::Path;

use privacy::identify::{ColumnJudgement, Kind, Verdict, judge_column};

use crate::need;

/// The columns of a CSV file by name.
fn columns(path: &Path) -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(fields);
    let names = lines.next().unwrap();
    let mut columns: BTreeMap<String, Vec<String>> =
        names.iter().map(|name| (name.clone(), Vec::new())).collect();
    for line in lines {
        for (name, cell) in names.iter().zip(line) {
            columns.get_mut(name).unwrap().push(cell);
        }
    }
    columns
}

fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut is_quoted) = (vec![String::new()], false);
    for sign in line.chars() {
        match sign {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            sign => fields.last_mut().unwrap().push(sign),
        }
    }
    fields.iter().map(|field| field.trim().to_owned()).collect()
}

fn judge(name: &str, cells: &[String]) -> ColumnJudgement {
    judge_column(name, cells.iter().map(String::as_bytes))
}

#[test]
fn columns_of_people_alarm_and_clinical_columns_do_not() {
    let Some(data) = need::data() else { return };
    let synthea = data.join("dbt-synthea");
    let people = [
        ("patients.csv", "SSN", Kind::SocialSecurity),
        ("patients.csv", "PASSPORT", Kind::Passport),
        ("patients.csv", "DRIVERS", Kind::DrivingLicence),
        ("patients.csv", "FIRST", Kind::PersonName),
        ("patients.csv", "LAST", Kind::PersonName),
        ("patients.csv", "MAIDEN", Kind::PersonName),
        ("patients.csv", "BIRTHDATE", Kind::BirthDate),
        ("patients.csv", "ADDRESS", Kind::Address),
    ];
    for (file, column, kind) in people {
        let judged = judge(column, &columns(&synthea.join(file))[column]);
        assert!(judged.verdict == Verdict::Alarm && judged.share(kind) > 0.9, "{file} {column}: {judged:?}");
    }
    for file in
        ["conditions", "medications", "procedures", "careplans", "allergies", "immunizations", "encounters"]
    {
        for (name, cells) in columns(&synthea.join(file).with_extension("csv")) {
            let judged = judge(&name, &cells);
            assert_ne!(judged.verdict, Verdict::Alarm, "{file} {name}: {judged:?}");
        }
    }
    let linkage = columns(&data.join("clkhash/dirty_1000_50_1.csv"));
    for (column, kind) in [
        ("given_name", Kind::PersonName),
        ("surname", Kind::PersonName),
        ("date_of_birth", Kind::BirthDate),
        ("phone_number", Kind::Phone),
    ] {
        let judged = judge(column, &linkage[column]);
        assert!(judged.verdict == Verdict::Alarm && judged.share(kind) > 0.5, "{column}: {judged:?}");
    }
}

/// Numbers from a seed (SplitMix64).
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn made(alphabet: &[u8], size: usize, seed: &mut u64) -> String {
    (0..size).map(|_| char::from(alphabet[random(seed) as usize % alphabet.len()])).collect()
}

/// Goal: random ids of every length do not alarm, though one in ten passes a check digit. Method: 5,000 cells of each.
#[test]
fn columns_of_random_ids_do_not_alarm() {
    let mut seed = 5;
    for size in 6..=20 {
        let cells: Vec<String> = (0..5_000).map(|_| made(b"0123456789", size, &mut seed)).collect();
        let judged = judge("subject", &cells);
        assert_ne!(judged.verdict, Verdict::Alarm, "{size} digits: {judged:?}");
        assert_eq!(judged.cells, 5_000);
        let cells: Vec<String> =
            (0..5_000).map(|_| made(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", size, &mut seed)).collect();
        let judged = judge("subject", &cells);
        assert_ne!(judged.verdict, Verdict::Alarm, "{size} signs: {judged:?}");
    }
}

#[test]
fn one_identifier_among_many_clean_cells_is_noticed() {
    let mut cells = vec!["Esame obiettivo nella norma, si consiglia controllo a sei mesi".to_owned(); 2_000];
    assert_eq!(judge("note", &cells).verdict, Verdict::Clear);
    cells[1_234] = "Il signor Giuseppe Verdi riferisce di stare meglio da ieri sera".to_owned();
    assert_eq!(judge("note", &cells).verdict, Verdict::AskPerson);
    cells[77] = "C.F. RSSMRA80A01H501U in calce alla lettera di dimissione del reparto".to_owned();
    let judged = judge("note", &cells);
    assert_eq!(judged.verdict, Verdict::Alarm);
    assert!(judged.share(Kind::CodiceFiscale) > 0.0 && judged.share(Kind::Iban) == 0.0);
    assert_eq!(judge("note", &[]).verdict, Verdict::Clear);
}

/// A column of surnames without a telling name: no cell is sure, the column is.
#[test]
fn a_column_of_bare_names_goes_to_a_person_at_least() {
    let names = ["Mario", "Giulia", "Francesco", "Chiara", "Alessandro", "Elena", "Matteo", "Silvia"];
    let cells: Vec<String> = names.iter().cycle().take(500).map(|name| (*name).to_owned()).collect();
    assert_ne!(judge("c7", &cells).verdict, Verdict::Clear);
}
