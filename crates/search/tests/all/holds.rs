//! Bounds hold, threads do not wait for each other, and nothing is left on a disk or behind.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use search::{Bounds, Entry, Index, PAGE_MAX, PutError, Query, Sort, Turn};

use crate::made::{self, Numbers, PLACES};

fn all(index: &Index, turn: &Turn, sort: Sort) -> search::Page {
    index.search(&Query::default(), PLACES, turn, sort).unwrap()
}

#[test]
fn a_full_index_takes_no_more_but_replaces() {
    let index = Index::new(Bounds { entries_max: 3, ..Bounds::default() });
    let numbers = &mut Numbers(1);
    (0..3).for_each(|number| index.put(made::entry(number, numbers)).unwrap());
    assert!(matches!(index.put(made::entry(3, numbers)), Err(PutError::Full { entries_max: 3 })));
    index.put(made::entry(2, numbers)).unwrap();
    assert!(index.remove(&made::id(1)));
    assert!(!index.remove(&made::id(1)));
    index.put(made::entry(3, numbers)).unwrap();
    assert_eq!(index.len(), 3);
}

#[test]
fn what_is_too_long_is_refused_or_cut() {
    let index = Index::new(Bounds::default());
    let entry = made::entry(1, &mut Numbers(1));
    let long = Entry { key: "x".repeat(1_025), ..entry.clone() };
    assert!(matches!(index.put(long), Err(PutError::TooLong { field: "key", bytes_max: 1_024 })));
    let tags = vec![("n".repeat(5_000), "é".repeat(5_000)); 300];
    let text = format!("first {} last", "è ".repeat(200_000));
    index.put(Entry { key: "k".repeat(1_024), tags, text, place: "bari".into(), ..entry }).unwrap();
    index.publish().unwrap();
    let total = |typed: &str| {
        let query = Query::parse(typed).unwrap();
        index.search(&query, &["bari"], &Turn { after: None, size: 1 }, Sort::Key).unwrap().total
    };
    assert_eq!((total("first"), total("\"last\"")), (1, 0));
    assert_eq!(total(&"k".repeat(300)), 1, "a word is compared by its first 64 bytes");
}

#[test]
fn what_is_put_is_seen_once_published() {
    let index = Index::new(Bounds::default());
    let turn = Turn { after: None, size: 10 };
    index.publish().unwrap();
    index.put(made::entry(1, &mut Numbers(1))).unwrap();
    assert_eq!((index.len(), all(&index, &turn, Sort::Newest).total), (1, 0));
    index.publish().unwrap();
    assert_eq!(all(&index, &turn, Sort::Newest).total, 1);
    index.remove(&made::id(1));
    assert_eq!((index.len(), all(&index, &turn, Sort::Newest).total), (0, 1));
    index.publish().unwrap();
    assert_eq!((index.is_empty(), all(&index, &turn, Sort::Newest).total), (true, 0));
}

#[test]
fn memory_is_given_back() {
    let index = Index::new(Bounds::default());
    let numbers = &mut Numbers(1);
    (0..400).for_each(|number| index.put(made::entry(number, numbers)).unwrap());
    index.publish().unwrap();
    let full = index.memory_bytes();
    (0..400).for_each(|number| assert!(index.remove(&made::id(number))));
    index.publish().unwrap();
    assert!(index.memory_bytes() * 2 < full, "{} of {full}", index.memory_bytes());
}

/// Each hit that stays is seen exactly once, whatever is put and removed between two pages.
#[test]
fn pages_hold_while_things_change() {
    for sort in [Sort::Relevance, Sort::Newest, Sort::Largest, Sort::Key] {
        let index = Index::new(Bounds::default());
        let numbers = &mut Numbers(5);
        (0..90).for_each(|number| index.put(made::entry(number, numbers)).unwrap());
        index.publish().unwrap();
        let (mut turn, mut seen, mut others) = (Turn { after: None, size: 7 }, Vec::new(), 1_000);
        loop {
            let page = all(&index, &turn, sort);
            seen.extend(page.hits.iter().map(|hit| hit.id));
            for _ in 0..9 {
                index.put(made::entry(others, numbers)).unwrap();
                others += 1;
            }
            index.remove(&made::id(others - 4));
            index.publish().unwrap();
            turn.after = page.next;
            if turn.after.is_none() || seen.len() > 5_000 {
                break;
            }
            // What was put between the pages goes, so that this ends.
            for number in 1_000..others {
                index.remove(&made::id(number));
            }
        }
        let once: BTreeSet<_> = seen.iter().collect();
        assert_eq!(once.len(), seen.len(), "{sort:?}: twice");
        assert!((0..90).all(|number| once.contains(&made::id(number))), "{sort:?}: missed");
    }
}

#[test]
fn a_page_is_bounded() {
    let index = Index::new(Bounds::default());
    let numbers = &mut Numbers(5);
    (0..300).for_each(|number| index.put(made::entry(number, numbers)).unwrap());
    index.publish().unwrap();
    for (size, hits) in [(0, 1), (1, 1), (usize::MAX, PAGE_MAX)] {
        assert_eq!(all(&index, &Turn { after: None, size }, Sort::Key).hits.len(), hits);
    }
}

/// Facets are cut at fifty, the total is not.
#[test]
fn facets_are_bounded() {
    let index = Index::new(Bounds::default());
    let numbers = &mut Numbers(5);
    for number in 0..120 {
        let source = format!("s{}", number % 60);
        index.put(Entry { source, ..made::entry(number, numbers) }).unwrap();
    }
    index.publish().unwrap();
    let page = all(&index, &Turn { after: None, size: 1 }, Sort::Key);
    assert_eq!((page.total, page.facets.sources.largest.len(), page.facets.sources.is_cut), (120, 50, true));
}

/// Searches go on while a thread puts, and what they see is whole: pairs are put and removed together.
#[test]
fn searches_go_on_while_a_thread_puts() {
    let index = Index::new(Bounds::default());
    let is_done = AtomicBool::new(false);
    let turn = Turn { after: None, size: PAGE_MAX };
    std::thread::scope(|scope| {
        let searching = (0..2).map(|_| {
            scope.spawn(|| {
                let mut searches = 0_u64;
                while !is_done.load(Ordering::Relaxed) || searches == 0 {
                    assert_eq!(all(&index, &turn, Sort::Newest).total % 2, 0, "half a publication");
                    searches += 1;
                }
                searches
            })
        });
        let searching: Vec<_> = searching.collect();
        let numbers = &mut Numbers(3);
        for round in 0..60_u64 {
            (0..2).for_each(|one| index.put(made::entry(round * 2 + one, numbers)).unwrap());
            if round >= 20 {
                (0..2).for_each(|one| assert!(index.remove(&made::id((round - 20) * 2 + one))));
            }
            index.publish().unwrap();
        }
        is_done.store(true, Ordering::Relaxed);
        searching.into_iter().for_each(|thread| assert!(thread.join().unwrap() > 0));
    });
    assert_eq!(all(&index, &turn, Sort::Newest).total, 40);
}

/// In a process of its own, so that no other test's threads and files are counted.
#[test]
fn no_thread_and_no_file_is_left() {
    let program = std::env::current_exe().unwrap();
    let arguments = ["--exact", "holds::alone_in_its_process", "--ignored"];
    let child =
        std::process::Command::new(program).args(arguments).env("TMPDIR", "/nowhere").output().unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
}

#[test]
#[ignore = "runs in a process of its own"]
fn alone_in_its_process() {
    let held = || {
        let names = |of: &str| -> Vec<String> {
            let entries = std::fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path());
            let mut names: Vec<String> =
                entries.map(|path| format!("{:?}", std::fs::read_link(&path))).collect();
            names.sort();
            names
        };
        (names("/proc/self/task").len(), names("/proc/self/fd").len())
    };
    let before = held();
    let index = Index::new(Bounds { draft_bytes_max: 10_000, ..Bounds::default() });
    let numbers = &mut Numbers(5);
    for number in 0..400 {
        index.put(made::entry(number % 150, numbers)).unwrap();
        if number % 10 == 0 {
            index.publish().unwrap();
            all(&index, &Turn { after: None, size: 9 }, Sort::Relevance);
        }
    }
    assert_eq!(held(), before, "threads and open files");
    drop(index);
    assert_eq!(held(), before, "threads and open files");
}
