#![allow(clippy::unwrap_used)]

use super::*;

const PAGE: &str = "machine\n\n## peers\n\n| what, clients | server | rate | EPIC is |\n|---|---|---|---|\n| PUT, 1 | EPIC (durable) | 10 MB/s | 1.00x |\n| PUT, 1 | one | 5 MB/s | 2.00x |\n| PUT, 1 | two | 20 MB/s | 0.50x |\n| HEAD, 1 | EPIC (durable) | 7 /s | 1.00x |\n\nskipped: `three`\n";

fn pages(days: &[&str]) -> (tempfile::TempDir, History) {
    let folder = tempfile::TempDir::new().unwrap();
    for day in days {
        fs::create_dir_all(folder.path().join(day)).unwrap();
        fs::write(folder.path().join(day).join("peers.md"), PAGE).unwrap();
    }
    let history = History::read(folder.path()).unwrap();
    (folder, history)
}

// Goal: the ratio is that to the fastest peer, and without a peer there is none.
#[test]
fn a_ratio_is_to_the_fastest_peer() {
    let (_folder, history) = pages(&["2026-11-26", "2026-11-26b", "notes"]);
    assert_eq!(history.days.len(), 2);
    let point = history.point("PUT, 1", "2026-11-26").unwrap();
    assert_eq!((point.told.as_str(), point.ratio), ("10 MB/s", 0.5));
    assert_eq!(history.point("HEAD, 1", "2026-11-26"), None);
    let page = history.page();
    assert!(page.contains("| PUT, 1 | 10 MB/s (0.50x) | 10 MB/s (0.50x) |"), "{page}");
    assert!(chart::ratios(&history).contains("class=\"bad\""));
    assert_eq!(chart::over_time(&history).matches("<circle").count(), 2);
}

#[test]
fn a_day_is_a_date_with_at_most_a_letter() {
    for (name, expected) in [
        ("2026-11-26", true),
        ("2026-11-26b", true),
        ("2026-11-26bc", false),
        ("2026-11-26B", false),
        ("2026-1-26", false),
        ("../../etc", false),
        ("", false),
    ] {
        assert_eq!(history::is_day(name), expected, "{name}");
    }
}

// Goal: what is committed is what the committed pages say.
#[test]
fn the_history_is_current() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().unwrap();
    for (name, expected) in drawn(root).unwrap() {
        let found = fs::read_to_string(root.join("docs/bench").join(name)).unwrap_or_default();
        assert!(found == expected, "docs/bench/{name} is old: `cargo xtask bench --draw`");
    }
}
