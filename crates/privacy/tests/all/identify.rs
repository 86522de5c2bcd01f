//! Single values and sentences, each kind from both sides: what is one, and what only looks like one.

use privacy::identify::{
    Column, Confidence, Finding, Kind, Verdict, in_cell, in_field, in_file_name, in_text,
};

use crate::need;

/// What a cell in a column is found to be: the kinds with their confidence, and where.
fn cell(column: &str, cell: &str) -> Vec<Finding> {
    in_cell(&Column::named(column), cell)
}

/// The surest finding of a kind.
fn surest(found: &[Finding], kind: Kind) -> Option<Confidence> {
    found.iter().filter(|finding| finding.kind == kind).map(|finding| finding.confidence).max()
}

fn check(column: &str, text: &str, kind: Kind, expected: Option<Confidence>) {
    let found = cell(column, text);
    assert_eq!(surest(&found, kind), expected, "{column}: {text}: {found:?}");
}

const CERTAIN: Option<Confidence> = Some(Confidence::Certain);
const LIKELY: Option<Confidence> = Some(Confidence::Likely);
const AMBIGUOUS: Option<Confidence> = Some(Confidence::Ambiguous);

#[test]
fn every_true_codice_fiscale_is_certain_and_no_near_miss_is() {
    let Some(data) = need::data() else { return };
    let vectors = std::fs::read_to_string(data.join("codice-fiscale/cf_vectors.csv")).unwrap();
    let (mut well, mut ill) = (0, 0);
    for line in vectors.lines().skip(1) {
        let (code, is_valid) = line.split_once(',').unwrap();
        for found in [
            cell("", code),
            cell("cf", code),
            in_text(format!("C.F. {code}, iperteso")),
            in_file_name(format!("{code}.pdf")),
        ] {
            assert_eq!(surest(&found, Kind::CodiceFiscale) == CERTAIN, is_valid == "1", "{code}: {found:?}");
        }
        // In its column a near miss is still somebody's, mistyped.
        assert_ne!(Verdict::of(&cell("codice_fiscale", code)), Verdict::Clear, "{code}");
        if is_valid == "1" { well += 1 } else { ill += 1 }
    }
    assert_eq!((well, ill), (150, 7));
}

/// Goal: one wrong character or two exchanged never pass. Method: every such change of some true codes, whatever it makes.
#[test]
fn a_changed_codice_fiscale_is_told_apart() {
    let signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for code in ["RSSMRA80A01H501U", "BRNGNN71B26L219T", "CCCFBA30H66F991T"] {
        let mut passed = 0;
        for at in 0..16 {
            for sign in signs.iter().filter(|sign| **sign != code.as_bytes()[at]) {
                let mut bent = code.as_bytes().to_vec();
                bent[at] = *sign;
                passed +=
                    usize::from(surest(&in_cell(&Column::default(), &bent), Kind::CodiceFiscale) == CERTAIN);
            }
        }
        assert_eq!(passed, 0, "{code}");
        for at in 0..15 {
            let mut bent = code.as_bytes().to_vec();
            bent.swap(at, at + 1);
            let is_same = bent == code.as_bytes();
            let found = surest(&in_cell(&Column::default(), &bent), Kind::CodiceFiscale);
            assert_eq!(found == CERTAIN, is_same, "{code} at {at}");
        }
    }
}

#[test]
fn numbers_with_a_check_are_certain_and_their_near_misses_are_not() {
    let cases = [
        ("", "IT60X0542811101000000123456", Kind::Iban, CERTAIN),
        ("", "IT60 X054 2811 1010 0000 0123 456", Kind::Iban, CERTAIN),
        ("", "GB82WEST12345698765432", Kind::Iban, CERTAIN),
        ("", "IT60X0542811101000000123465", Kind::Iban, AMBIGUOUS),
        ("iban", "IT60X0542811101000000123465", Kind::Iban, LIKELY),
        ("", "4111 1111 1111 1111", Kind::PaymentCard, CERTAIN),
        ("", "4111111111111111", Kind::PaymentCard, LIKELY),
        ("card_number", "4111111111111111", Kind::PaymentCard, CERTAIN),
        ("card_number", "4111111111111112", Kind::PaymentCard, LIKELY),
        ("", "4111111111111112", Kind::PaymentCard, None),
        ("sequence", "4111111111111111", Kind::PaymentCard, None),
        ("partita_iva", "00743110157", Kind::PartitaIva, CERTAIN),
        ("", "IT00743110157", Kind::PartitaIva, CERTAIN),
        ("", "00743110157", Kind::PartitaIva, LIKELY),
        ("", "00743110158", Kind::PartitaIva, None),
        ("codice_fiscale", "00743110157", Kind::CodiceFiscale, CERTAIN),
        ("nhs_number", "943 476 5919", Kind::NhsNumber, CERTAIN),
        ("nhs_number", "9434765918", Kind::NhsNumber, LIKELY),
        ("", "9434765919", Kind::NhsNumber, None),
        ("tessera", "80380000600000000006", Kind::HealthCard, None),
    ];
    cases.iter().take(19).for_each(|(column, text, kind, expected)| check(column, text, *kind, *expected));
    // 80380 and fourteen digits: exactly one check digit in ten holds.
    let found: Vec<_> = (0..10).map(|digit| cell("", &format!("8038000012345678901{digit}"))).collect();
    let count = |wanted| found.iter().filter(|found| surest(found, Kind::HealthCard) == wanted).count();
    assert_eq!((count(CERTAIN), count(LIKELY)), (1, 9));
}

#[test]
fn documents_are_named_by_their_column_or_by_words() {
    let cases = [
        ("", "CA12345AA", Kind::IdentityCard, LIKELY),
        ("", "AA1234567", Kind::IdentityCard, AMBIGUOUS),
        ("carta_identita", "AA1234567", Kind::IdentityCard, LIKELY),
        ("passaporto", "YA1234567", Kind::Passport, LIKELY),
        ("", "YA1234567", Kind::Passport, AMBIGUOUS),
        ("passport_no", "123456789", Kind::Passport, LIKELY),
        ("", "123456789", Kind::Passport, None),
        ("patente", "BO1234567X", Kind::DrivingLicence, LIKELY),
        ("", "MORGA657054SM9IJ", Kind::DrivingLicence, LIKELY),
        ("", "QQ 12 34 56 C", Kind::SocialSecurity, LIKELY),
        ("", "123-45-6789", Kind::SocialSecurity, LIKELY),
        ("", "000-45-6789", Kind::SocialSecurity, None),
        ("mrn", "0012345", Kind::RecordNumber, LIKELY),
        ("numero_cartella", "2023/001234", Kind::RecordNumber, LIKELY),
        ("patient_id", "0012345", Kind::RecordNumber, None),
        ("ip", "192.168.1.20", Kind::NetworkAddress, LIKELY),
        ("", "1.2.840.10008.1.2", Kind::NetworkAddress, None),
    ];
    cases.iter().for_each(|(column, text, kind, expected)| check(column, text, *kind, *expected));
}

#[test]
fn people_places_and_dates_are_found_by_what_stands_around() {
    let cases = [
        ("", "Mario Rossi", Kind::PersonName, LIKELY),
        ("", "ROSSI MARIO", Kind::PersonName, LIKELY),
        ("", "Rossi, Mario", Kind::PersonName, LIKELY),
        ("cognome", "Xyzzqq", Kind::PersonName, LIKELY),
        ("drug_name", "Lasix", Kind::PersonName, None),
        ("gene_name", "Brca", Kind::PersonName, None),
        ("", "Fibrillazione Atriale", Kind::PersonName, None),
        ("", "Homo Sapiens", Kind::PersonName, None),
        ("dataNascita", "12/03/1980", Kind::BirthDate, LIKELY),
        ("visit_date", "12/03/1980", Kind::BirthDate, None),
        ("BIRTHDATE", "1980-03-12T00:00:00Z", Kind::BirthDate, LIKELY),
        ("", "1980-03-12T00:00:00Z", Kind::BirthDate, None),
        ("", "1980-03-12 +39 340 123456", Kind::Phone, LIKELY),
        ("birth_weight", "3200", Kind::BirthDate, None),
        ("", "Via Roma 12, 40121 Bologna (BO)", Kind::Address, LIKELY),
        ("", "P.zza S. Marco, n. 3/A", Kind::Address, LIKELY),
        ("", "12 Rose Street", Kind::Address, LIKELY),
        ("", "6 Month Trial Run", Kind::Address, None),
        ("", "via endovenosa 100 mg", Kind::Address, None),
        ("", "+39 340 1234567", Kind::Phone, LIKELY),
        ("", "3401234567", Kind::Phone, AMBIGUOUS),
        ("telefono", "3401234567", Kind::Phone, LIKELY),
        ("code", "3401234567", Kind::Phone, None),
        ("", "37.00004476", Kind::Phone, None),
        ("", "41.67620715906397", Kind::PaymentCard, None),
        ("", "12-03-2020", Kind::Phone, None),
        ("", "mario.rossi@example.it", Kind::Email, LIKELY),
        ("", "a@b", Kind::Email, None),
    ];
    cases.iter().for_each(|(column, text, kind, expected)| check(column, text, *kind, *expected));
}

/// What sentences are found to hold: every range is exactly the value.
#[test]
fn a_value_is_found_where_it_stands() {
    let cases = [
        ("La Sig.ra Maria Bianchi riferisce tosse.", Kind::PersonName, "Maria Bianchi"),
        ("pz seguita dalla dr.ssa rossi da anni", Kind::PersonName, "rossi"),
        ("Thank you for seeing Mrs. Joan O'Connor today.", Kind::PersonName, "Joan O'Connor"),
        ("The patient, John A. Williams, was admitted.", Kind::PersonName, "John A. Williams"),
        ("Witness: K. O'Brien.", Kind::PersonName, "K. O'Brien"),
        ("Ieri caduta. Marco riferisce dolore.", Kind::PersonName, "Marco"),
        ("SI DIMETTE ROSSI MARIO IN DATA ODIERNA", Kind::PersonName, "ROSSI MARIO"),
        ("Dr. J. van der Berg was called.", Kind::PersonName, "J. van der Berg"),
        ("Nato a San Giovanni in Persiceto il 3 marzo 1950, iperteso.", Kind::BirthDate, "3 marzo 1950"),
        ("Date of birth: March 3, 1950. Smoker.", Kind::BirthDate, "March 3, 1950"),
        ("Tel. 051/1234567 oppure mail.", Kind::Phone, "051/1234567"),
        ("Scrivere a maria_b+1@ospedale.example.it.", Kind::Email, "maria_b+1@ospedale.example.it"),
        ("Abita in via Giuseppe Garibaldi 12/A con la figlia.", Kind::Address, "via Giuseppe Garibaldi 12/A"),
        ("Cartella clinica n. 2023/001234 del reparto", Kind::RecordNumber, "2023/001234"),
        ("È nato già; C.F. rssmra80a01h501u è suo", Kind::CodiceFiscale, "rssmra80a01h501u"),
    ];
    for (text, kind, expected) in &cases {
        let found = in_text(text);
        let values: Vec<&str> = found
            .iter()
            .filter(|finding| finding.kind == *kind)
            .map(|finding| &text[finding.range.clone()])
            .collect();
        assert_eq!(values, [*expected], "{text}: {found:?}");
    }
}

#[test]
fn clinical_prose_without_people_is_clear() {
    let texts = [
        "Morbo di Crohn e sindrome di Down, segno di Murphy negativo, scala di Glasgow 15.",
        "Crohn's disease, Parkinson disease, Barthel index 65/100, Glasgow Coma Scale 15.",
        "Somministrato per via endovenosa 1000 mg; diuresi 1500 ml/24h il 12/03/2021.",
        "BRCA1 c.68_69delAG, chr17:41276045, rs80357914, HGNC:1100.",
        "Paziente di 67 anni, peso 82 kg, PA 140/90.",
        "Trasferito dall'Ospedale San Raffaele di Milano; stent Xience Sierra, classe NYHA II, FE 45% Simpson.",
        "Roux-en-Y bypass, Hartmann's procedure, Lynch syndrome, factor V Leiden, Von Willebrand disease, Clark III.",
        "White male, 61, BMI 31.2, ex-smoker; Brown stools. Young onset diabetes. Rose spots.",
        "Codice ICD-9-CM 486, DRG 089, LOINC 2345-7, SNOMED 185345009.",
        "The patient was admitted on 12/03/2021 and discharged on 15/03/2021.",
    ];
    for text in texts {
        let found = in_text(text);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn names_of_files_and_fields_of_headers_are_read() {
    let files = [
        ("rossi_mario_TAC_2021.zip", true),
        ("RossiMario.pdf", true),
        ("referto-BRNGNN71B26L219T.pdf", true),
        ("exome_batch_07.vcf.gz", false),
        ("GRCh38.primary_assembly.fa", false),
        ("HG00096.mapped.ILLUMINA.bwa.GBR.low_coverage.20120522.bam", false),
        ("ct_thorax_0001.dcm", false),
    ];
    for (name, is_found) in files {
        assert_eq!(!in_file_name(name).is_empty(), is_found, "{name}: {:?}", in_file_name(name));
    }
    let fields = [
        ("PatientName", "Rossi^Mario", Some(Kind::PersonName)),
        ("PatientName", "Xyzzqq^Qwrt", Some(Kind::PersonName)),
        ("PatientName", "ANONYMOUS", None),
        ("PatientName", "Anon^0001", None),
        ("PatientBirthDate", "19500303", Some(Kind::BirthDate)),
        ("PatientID", "12345678", Some(Kind::RecordNumber)),
        ("PatientID", "P-0000-0000-0000-0", Some(Kind::RecordNumber)),
        ("StudyInstanceUID", "1.2.840.113619.2.55.3", None),
        ("Modality", "CT", None),
        ("Patient.name[0].family", "Qwrtz", Some(Kind::PersonName)),
        ("Patient.birthDate", "1950-03-03", Some(Kind::BirthDate)),
        ("Patient.telecom[1].value", "5551234", Some(Kind::Phone)),
        ("Patient.address[0].line[0]", "somewhere 3", Some(Kind::Address)),
        ("Observation.code.text", "Body Height", None),
        ("sample", "MARIO_ROSSI", Some(Kind::PersonName)),
        ("sample", "NA12878", None),
    ];
    for (path, value, expected) in fields {
        let found = in_field(path, value);
        assert_eq!(found.first().map(|finding| finding.kind), expected, "{path}={value}: {found:?}");
    }
    // A pseudonym of ours in place of a patient's number is what one wants to see.
    let key = privacy::pseudonym::Key::new([7; 32]);
    let ours =
        privacy::pseudonym::Pseudonym::of(&key, privacy::pseudonym::Subject::Patient, b"1").to_string();
    assert!(in_field("PatientID", ours).is_empty());
}

#[test]
fn no_report_holds_a_value() {
    let text = "Sig.ra Maria Bianchi, C.F. RSSMRA80A01H501U, tel. 3401234567";
    for finding in in_text(text) {
        let told = format!("{finding} {finding:?}");
        for word in ["Maria", "Bianchi", "RSSMRA80A01H501U", "3401234567"] {
            assert!(!told.contains(word), "{told}");
        }
    }
}
