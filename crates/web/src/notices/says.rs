//! What notices say: counts, and where to look. No name, no project, nothing of data.

use region::telling::{Digest, Kind, Stage};
use serde_json::{Value, json};
use words::Timestamp;
use words::reason::Language;

use crate::texts::Texts;

/// Of a webhook's body; raised when a receiver would have to read it otherwise.
const VERSION: u64 = 1;

/// The body of a mail, in both languages.
pub(super) fn mail(region: &str, console: &str, digest: &Digest) -> String {
    let [italian, english] = [Language::Italian, Language::English]
        .map(|language| of(Texts::of(language), region, console, digest));
    format!("{italian}\r\n* * *\r\n\r\n{english}")
}

fn of(texts: &Texts, region: &str, console: &str, digest: &Digest) -> String {
    let mut lines = vec![texts.say_of("notice-hello", region), String::new()];
    match digest.waits {
        0 => {}
        1 => lines.push(texts.say("notice-waits-one").to_owned()),
        count => lines.push(texts.say_of("notice-waits", &count.to_string())),
    }
    for stage in Stage::BEFORE.into_iter().rev() {
        if let Some(what) = listed(texts, digest, stage) {
            lines.push(texts.say_of("notice-ends", &stage.days().to_string()) + " " + &what + ".");
        }
    }
    if let Some(what) = listed(texts, digest, Stage::Ended) {
        lines.push(texts.say("notice-ended").to_owned() + " " + &what + ".");
    }
    lines.push(String::new());
    lines.push(texts.say_of("notice-look", &format!("{console}/")));
    lines.push(texts.say_of("notice-why", &format!("{console}/me")));
    lines.into_iter().map(|line| line + "\r\n").collect()
}

/// `1 agreement, 2 permits`; none: nothing of that stage.
fn listed(texts: &Texts, digest: &Digest, stage: Stage) -> Option<String> {
    let counted = |kind: &Kind| {
        let count = *digest.ends.get(&(stage, *kind))?;
        let (one, many) = match kind {
            Kind::Agreement => ("notice-agreement", "notice-agreements"),
            Kind::Permit => ("notice-permit", "notice-permits"),
            Kind::Grant => ("notice-grant", "notice-grants"),
        };
        Some(if count == 1 { texts.say(one).to_owned() } else { texts.say_of(many, &count.to_string()) })
    };
    let counted: Vec<String> = Kind::ALL.iter().filter_map(counted).collect();
    (!counted.is_empty()).then(|| counted.join(", "))
}

/// The body of a webhook.
///
/// WHY to whom: a receiver must not pass a notice on to another as the region's word to it. WHY no path: it may be secret.
pub(super) fn hook((region, to): (&str, &str), console: &str, at: Timestamp, digest: &Digest) -> Value {
    json!({
        "version": VERSION,
        "region": region,
        "to": to,
        "at": at,
        "waits": digest.waits,
        "ends": {
            "60": digest.of_stage(Stage::Far), "30": digest.of_stage(Stage::Near), "7": digest.of_stage(Stage::Soon),
        },
        "ended": digest.of_stage(Stage::Ended),
        "link": format!("{console}/"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest() -> Digest {
        let ends = [
            ((Stage::Soon, Kind::Permit), 1),
            ((Stage::Near, Kind::Agreement), 2),
            ((Stage::Near, Kind::Grant), 1),
            ((Stage::Ended, Kind::Permit), 3),
        ];
        Digest { waits: 2, ends: ends.into() }
    }

    // Goal: a mail is read at a glance, in both languages, and is nothing but counts.
    #[test]
    fn a_mail_counts_and_names_nobody() {
        let text = mail("epic.example", "https://epic.example:9010", &digest());
        let expected = "Dalla regione epic.example:\r\n\r\n2 cose la attendono.\r\nTermina entro 7 giorni: 1 permesso.\r\n\
            Termina entro 30 giorni: 2 accordi, 1 permesso di consegna.\r\nÈ terminato: 3 permessi.\r\n\r\n\
            Veda: https://epic.example:9010/\r\nDove le arrivano gli avvisi, e se: https://epic.example:9010/me\r\n\r\n* * *\r\n\r\n\
            From the region epic.example:\r\n\r\n2 things wait for you.\r\nEnds within 7 days: 1 permit.\r\n\
            Ends within 30 days: 2 agreements, 1 upload grant.\r\nHas ended: 3 permits.\r\n\r\n\
            Look: https://epic.example:9010/\r\nWhere notices reach you, and whether: https://epic.example:9010/me\r\n";
        assert_eq!(text, expected);
        let one = mail("r", "http://127.0.0.1:1", &Digest { waits: 1, ..Digest::default() });
        assert!(one.contains("One thing waits for you.") && one.contains("Una cosa la attende."), "{one}");
        assert!(!one.contains("Ends") && !one.contains("ended"), "{one}");
    }

    #[test]
    fn a_webhook_is_told_the_same() {
        let said = hook(("r", "https://h:1"), "https://r", Timestamp::from_ms(0), &digest());
        let expected = json!({
            "version": 1, "region": "r", "to": "https://h:1", "at": "1970-01-01T00:00:00.000Z", "waits": 2,
            "ends": { "60": 0, "30": 3, "7": 1 }, "ended": 3, "link": "https://r/",
        });
        assert_eq!(said, expected);
    }
}
