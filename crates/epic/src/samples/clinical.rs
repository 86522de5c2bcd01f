//! Clinical tables as Italian hospitals export them: `;` between fields, `,` in numbers.

use words::Timestamp;
use words::time::DAY_MS;

use super::dice::Dice;

/// Respiratory and cardiac causes of admission (ICD-9-CM), as a study of air pollution asks for.
const CAUSES: &[&str] = &["480.9", "486", "491.21", "493.92", "518.81", "410.71", "427.31", "428.0"];
/// Blood cancers (ICD-O-3 morphology).
const BLOOD: &[&str] = &["9861/3", "9823/3", "9732/3", "9680/3", "9835/3"];
const OUTCOMES: &[&str] = &["DIMESSO", "DIMESSO", "DIMESSO", "TRASFERITO", "DECEDUTO"];

/// Admissions, pseudonymised: no name, no date of birth, no address.
pub fn admissions(dice: &mut Dice, province: &str, rows: u32) -> String {
    let mut table = "pseudonimo;anno_nascita;sesso;provincia;data_ricovero;data_dimissione;diagnosi_icd9cm;pm25_ug_m3;terapia_intensiva;esito\n".to_owned();
    for _ in 0..rows {
        let admitted = day(dice, "2020-02-15", 700);
        let days = dice.about(1, 30);
        let dismissed = admitted.plus_ms(i64::try_from(days).unwrap_or(1) * DAY_MS);
        table += &format!(
            "{}{:010x};{};{};{province};{};{};{};{};{};{}\n",
            province.to_lowercase(),
            dice.next() & 0xFF_FFFF_FFFF,
            dice.about(1928, 2005),
            dice.one_of(&["F", "M"]),
            date(admitted),
            date(dismissed),
            dice.one_of(CAUSES),
            decimal(dice.about(60, 620)),
            if dice.happens(12) { "SI" } else { "NO" },
            dice.one_of(OUTCOMES),
        );
    }
    table
}

/// A registry, anonymised: classes instead of values.
pub fn registry(dice: &mut Dice, rows: u32) -> String {
    let mut table =
        "progressivo;fascia_eta;sesso;diagnosi_icdo3;linea_terapia;risposta;mesi_follow_up\n".to_owned();
    for row in 1..=rows {
        let age = dice.about(2, 8) * 10;
        table += &format!(
            "{row};{age}-{};{};{};{};{};{}\n",
            age + 9,
            dice.one_of(&["F", "M"]),
            dice.one_of(BLOOD),
            dice.within(1, 4),
            dice.one_of(&["CR", "PR", "SD", "PD"]),
            dice.about(1, 96),
        );
    }
    table
}

fn day(dice: &mut Dice, from: &str, days: u64) -> Timestamp {
    let from: Timestamp = from.parse().unwrap_or_default();
    from.plus_ms(i64::try_from(dice.below(days)).unwrap_or(0) * DAY_MS)
}

/// `15/02/2020`
fn date(at: Timestamp) -> String {
    let text = at.to_string();
    let parts: Vec<&str> = text.split('T').next().unwrap_or_default().splitn(3, '-').collect();
    match parts[..] {
        [year, month, day] => format!("{day}/{month}/{year}"),
        _ => String::new(),
    }
}

/// Tenths with a comma.
fn decimal(tenths: u64) -> String {
    format!("{},{}", tenths / 10, tenths % 10)
}
