//! Who is named beside an object's bytes: in its key, and in what was said of it when it was stored.

use std::collections::BTreeMap;

use privacy::identify::{self, Column, Confidence, Finding};
use region::examine::{Beside, Names, REPORT_BYTES_MAX, Said};
use region::object::ObjectRow;
use serde_json::{Value, json};

/// Whom an object's key, its labels and its metadata name.
pub(crate) fn found(row: &ObjectRow) -> Beside {
    let in_key = identify::in_file_name(&row.key);
    let pairs = row.metadata.iter().chain(&row.labels);
    // WHY as cells: what a label is called says what its value is, as the name of a column does.
    let beside: Vec<Finding> =
        pairs.flat_map(|(name, value)| identify::in_cell(&Column::named(name), value)).collect();
    let names = [&in_key, &beside].into_iter().flatten().map(names_of).max().unwrap_or_default();
    let told = [("key", in_key), ("metadata", beside)];
    Beside { names, found: told.iter().flat_map(|(place, found)| counted(place, found)).collect() }
}

/// What was said of an object, and whom is named beside it.
pub(crate) fn named(said: Said, row: &ObjectRow) -> Said {
    let Beside { names, found } = found(row);
    if names == Names::Nobody {
        return said;
    }
    let mut report: Value = serde_json::from_str(&said.report).unwrap_or_default();
    if let Some(all) = report.as_object_mut() {
        let listed = all.entry("names").or_insert_with(|| Value::Array(Vec::new()));
        if let Some(listed) = listed.as_array_mut() {
            listed.extend(found);
        }
    }
    let report = Some(report.to_string()).filter(|report| report.len() <= REPORT_BYTES_MAX);
    // WHY the shorter one: that somebody is named counts in any case.
    Said { names: said.names.max(names), report: report.unwrap_or(said.report), ..said }
}

fn names_of(finding: &Finding) -> Names {
    match finding.confidence {
        Confidence::Certain | Confidence::Likely => Names::Surely,
        Confidence::Ambiguous => Names::Perhaps,
    }
}

/// Kinds of identifiers with counts, and no value.
fn counted(place: &str, found: &[Finding]) -> Vec<Value> {
    let mut kinds: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    for finding in found {
        let at = match finding.confidence {
            Confidence::Certain => 0,
            Confidence::Likely => 1,
            Confidence::Ambiguous => 2,
        };
        if let Some(count) = kinds.entry(finding.kind.word()).or_default().get_mut(at) {
            *count += 1;
        }
    }
    let told = |(kind, [certain, likely, ambiguous]): (&str, [u64; 3])| json!({ "kind": kind, "column": null, "place": place, "certain": certain, "likely": likely, "ambiguous": ambiguous });
    kinds.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use words::Id;

    fn row(key: &str, labels: &[(&str, &str)]) -> ObjectRow {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ObjectRow {
            labels,
            ..ObjectRow::fresh(
                Id::from_bytes([1; 16]),
                key,
                Id::from_bytes([2; 16]),
                Vec::new(),
                Id::from_bytes([3; 16]),
            )
        }
    }

    // Goal: whoever is named in a key or a label is found, told by kind and place and never by value; usual keys name nobody.
    #[test]
    fn keys_and_labels_are_looked_at() {
        let said = || Said { report: "{\"kind\":\"csv\",\"names\":[]}".to_owned(), ..Said::default() };
        for (key, labels, expected) in [
            ("referti/RSSMRA80A01F205X.pdf", &[][..], Names::Surely),
            ("visits.csv", &[("patient_name", "Mario Rossi")][..], Names::Surely),
            ("visits.csv", &[("codice_fiscale", "RSSMRA80A01F205X")][..], Names::Surely),
            ("visits_2027-01.csv", &[("consent", "broad"), ("site", "bari")][..], Names::Nobody),
            ("run/sub/late", &[("mtime", "1764320000.123")][..], Names::Nobody),
            ("_archive/HG00096.chr20.vcf.gz.tbi", &[][..], Names::Nobody),
        ] {
            let came = named(said(), &row(key, labels));
            assert_eq!(came.names, expected, "{key} {labels:?}: {}", came.report);
            assert!(!came.report.contains("RSSMRA") && !came.report.contains("Rossi"), "{}", came.report);
            assert_eq!(came.report.contains("\"place\""), expected != Names::Nobody);
        }
    }
}
