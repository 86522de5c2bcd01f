//! Sets of files: a CDM by its tables, a delivery by its manifest.

use std::collections::BTreeMap;

use formats::manifest::{self, Digest};
use formats::omop;

/// Header lines of a real CDM.
const CDM: &str = include_str!("omop.txt");

fn tables() -> Vec<(&'static str, Vec<&'static str>)> {
    let lines = CDM.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split_once(" | ").unwrap())
        .map(|(name, columns)| (name, columns.split(',').collect()))
        .collect()
}

// Goal: each table of a CDM is known by its columns. Method: a real one, whose file names say which.
#[test]
fn every_table_of_a_real_cdm_is_known() {
    let wrong: Vec<_> = tables()
        .into_iter()
        .filter(|(name, columns)| omop::table(columns) != Some(*name))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(wrong, [""; 0]);
    assert!(tables().len() > 30);
}

#[test]
fn a_set_is_judged_as_a_cdm() {
    let all = tables();
    let of = |names: &[&str]| {
        let files: Vec<&[&str]> = all
            .iter()
            .filter(|(name, _)| names.contains(name) || names.is_empty())
            .map(|(_, columns)| columns.as_slice())
            .collect();
        omop::judge(files)
    };
    let whole = of(&[]).unwrap();
    assert!(whole.is_cdm());
    assert_eq!(whole.version, "5.4");
    let part = of(&["person", "measurement"]).unwrap();
    assert_eq!(part.missing.iter().collect::<Vec<_>>(), ["observation_period"]);
    assert_eq!(of(&["concept", "vocabulary"]), None, "a vocabulary is no CDM");
}

#[test]
fn a_delivery_is_compared_with_its_manifest() {
    let text = "d41d8cd98f00b204e9800998ecf8427e  ./a\nD41D8CD98F00B204E9800998ECF8427F *b\nda39a3ee5e6b4b0d3255bfef95601890afd80709  c\nd41d8cd98f00b204e9800998ecf8427e  d\n";
    let entries: Vec<_> = text.lines().filter_map(manifest::line).collect();
    let md5 = |hex: &str| BTreeMap::from([(Digest::Md5, hex.to_owned())]);
    let received = BTreeMap::from([
        ("a".to_owned(), md5("d41d8cd98f00b204e9800998ecf8427e")),
        ("b".to_owned(), md5("d41d8cd98f00b204e9800998ecf8427e")),
        ("c".to_owned(), md5("d41d8cd98f00b204e9800998ecf8427e")),
        ("e".to_owned(), md5("d41d8cd98f00b204e9800998ecf8427e")),
    ]);
    let compared = manifest::compare(&entries, &received);
    let told = |set: &std::collections::BTreeSet<String>| set.iter().cloned().collect::<String>();
    let all =
        [&compared.agreed, &compared.differ, &compared.missing, &compared.unknown, &compared.extra].map(told);
    assert_eq!(all, ["a", "b", "d", "c", "e"]);
    assert!(!compared.holds());
    for (path, expected) in
        [("a/b", true), ("../a", false), ("/a", false), ("a/../b", false), ("C:\\a", false), ("a\nb", false)]
    {
        assert_eq!(manifest::is_safe(path), expected, "{path:?}");
    }
}
