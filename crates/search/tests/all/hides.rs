//! Goal: what is not allowed changes nothing that is told. Method: an index with hidden places full of the same words
//! beside one without them; every answer is compared as a whole.

use search::{Bounds, Entry, Index, Query, Sort, Turn};

use crate::made::{self, Numbers, PLACES, WORDS};

/// With entries of places that are allowed, and of others if that is asked.
fn index(seed: u64, hidden: u64) -> Index {
    let index = Index::new(Bounds::default());
    let numbers = &mut Numbers(seed);
    let others = &mut Numbers(seed + 1_000);
    for number in 0..120 {
        let mut entry = made::entry(number, numbers);
        entry.place = PLACES[(number % 2) as usize].into();
        index.put(entry).unwrap();
        for more in 0..hidden {
            let mut entry = made::entry(1_000 + number * hidden + more, others);
            entry.place = PLACES[2 + (more % 2) as usize].into();
            entry.tags.push(("ward".into(), "hidden words".into()));
            entry.text.push_str(" genoma hidden genomx");
            entry.source = format!("hidden-{more}");
            entry.kind = format!("hidden-{more}");
            index.put(entry).unwrap();
        }
        if number % 20 == 0 {
            index.publish().unwrap();
        }
    }
    index.publish().unwrap();
    index
}

#[test]
fn hidden_places_change_no_answer() {
    for seed in 0..3 {
        let (alone, beside) = (index(seed, 0), index(seed, 6));
        assert!(beside.len() > alone.len());
        let numbers = &mut Numbers(seed);
        let allowed = &PLACES[..2];
        let fixed = [
            "",
            "hidden",
            "ward:hidden",
            "tag:ward",
            "kind:hidden-1",
            "from:hidden-1",
            "bucket:lecce",
            "genomx",
            "genmoa",
            "hiden",
            "unknown:x",
            "-hidden",
            "*",
        ];
        let words = (0..40).map(|_| numbers.some(WORDS, 3, " "));
        for typed in fixed.into_iter().map(str::to_owned).chain(words.collect::<Vec<_>>()) {
            for sort in [Sort::Relevance, Sort::Newest, Sort::Largest, Sort::Key] {
                assert_eq!(
                    pages(&alone, &typed, allowed, sort),
                    pages(&beside, &typed, allowed, sort),
                    "`{typed}`"
                );
            }
        }
        for prefix in [None, Some("2024/"), Some("m")] {
            assert_eq!(alone.figures(allowed, prefix), beside.figures(allowed, prefix));
        }
    }
}

/// Every page as it would be sent, cursors as text.
fn pages(index: &Index, typed: &str, allowed: &[&str], sort: Sort) -> String {
    let query = Query::parse(typed).unwrap();
    let mut turn = Turn { after: None, size: 9 };
    let mut told = String::new();
    loop {
        let page = match index.search(&query, allowed, &turn, sort) {
            Ok(page) => page,
            Err(refused) => return format!("{told}{refused:?}"),
        };
        let next = page.next.as_ref().map(ToString::to_string);
        told.push_str(&format!("{page:?} {next:?}\n"));
        match page.next {
            Some(next) => turn.after = Some(next),
            None => return told,
        }
    }
}

#[test]
fn without_a_place_nothing_is_found() {
    let index = index(1, 2);
    for allowed in [&[][..], &["nowhere"], &[""], &["Bari"], &["bari "]] {
        let page =
            index.search(&Query::default(), allowed, &Turn { after: None, size: 9 }, Sort::Newest).unwrap();
        assert_eq!((page.total, page.hits.len(), page.next), (0, 0, None));
        assert_eq!(page.facets, search::Facets::default());
        assert_eq!(index.figures(allowed, None), search::Figures::default());
    }
    let twice = index
        .search(&Query::default(), &["bari", "bari"], &Turn { after: None, size: 9 }, Sort::Newest)
        .unwrap();
    assert_eq!(twice.total, 60);
}

/// A cursor of one's own making opens nothing.
#[test]
fn a_cursor_from_elsewhere_opens_nothing() {
    let index = index(1, 4);
    let far =
        index.search(&Query::default(), &PLACES[2..], &Turn { after: None, size: 1 }, Sort::Key).unwrap();
    let turn = Turn { after: far.next, size: 200 };
    let page = index.search(&Query::default(), &PLACES[..2], &turn, Sort::Key).unwrap();
    assert!(page.hits.iter().all(|hit| PLACES[..2].contains(&hit.place.as_str())));
    assert!(index.search(&Query::default(), &PLACES[..2], &turn, Sort::Newest).is_err(), "of another order");
}

// Goal: who may only look finds names and labels, and learns no word of the content. Method: the same words in each field.
#[test]
fn words_of_the_content_are_found_where_they_are_allowed() {
    let index = Index::new(Bounds::default());
    for (number, (key, text)) in
        [("spirometry.csv", ""), ("letter.txt", "spirometry")].into_iter().enumerate()
    {
        index.put(Entry { key: key.to_owned(), text: text.to_owned(), ..entry(number as u8) }).unwrap();
    }
    index.publish().unwrap();
    let total = |typed: &str, with_text| {
        let allowed = [search::Allowed { name: "bari", with_text }];
        let (query, turn) = (Query::parse(typed).unwrap(), Turn { after: None, size: 9 });
        index.search(&query, &allowed, &turn, Sort::Key).unwrap().total
    };
    assert_eq!((total("spirometry", true), total("spirometry", false)), (2, 1));
    assert_eq!((total("-spirometry", true), total("-spirometry", false)), (0, 1));
    assert_eq!((total("\"spirometry\"", false), total("spirometrz", false)), (1, 1));
}

fn entry(number: u8) -> Entry {
    Entry {
        id: [number; 16],
        place: "bari".to_owned(),
        key: String::new(),
        kind: String::new(),
        family: String::new(),
        standing: search::Standing::None,
        tags: Vec::new(),
        columns: Vec::new(),
        text: String::new(),
        size_bytes: 0,
        at_ms: 0,
        read_ms: None,
        source: String::new(),
    }
}
