//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic, hang or allocate by a claimed length, whatever the bytes.

use crate::cursor::Cursor;
use crate::entry::{Bounds, Entry, Standing};
use crate::fold;
use crate::index::Index;
use crate::page::{Sort, Turn};
use crate::query::{QUERY_BYTES_MAX, QUERY_TERMS_MAX, Query};

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 3] = [("cursor", fuzz_cursor), ("fold", fuzz_fold), ("query", fuzz_query)];

/// What is read is what is written again.
pub fn fuzz_cursor(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string(), text, "a cursor has one text");
    }
}

/// Words are bounded, without spaces, and fold to themselves.
pub fn fuzz_fold(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let words = fold::words(&text);
    assert!(words.split(' ').all(|word| word.len() <= fold::WORD_BYTES_MAX), "a word is too long");
    assert!(words.is_empty() || words.split(' ').all(|word| !word.is_empty()), "an empty word");
    assert_eq!(fold::words(&words), words, "what is folded stays");
}

/// What is understood is bounded, and can be looked for.
pub fn fuzz_query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(query) = Query::parse(&text) else { return };
    assert!(text.len() <= QUERY_BYTES_MAX, "a long query is refused");
    let either: usize = query.either.values().map(Vec::len).sum();
    assert!(query.clauses.len() + either <= QUERY_TERMS_MAX, "a query of many terms is refused");
    thread_local! {
        static INDEX: Index = small();
    }
    let turn = Turn { after: None, size: 2 };
    INDEX.with(|index| {
        let _ = index.search(&query, &["bari"], &turn, Sort::Relevance);
    });
}

fn small() -> Index {
    let index = Index::new(Bounds::default());
    for (number, key) in ["2024/may/visits_2024-05.csv", "perché.txt"].into_iter().enumerate() {
        let entry = Entry {
            id: [number as u8; 16],
            place: "bari".into(),
            key: key.into(),
            kind: "csv".into(),
            family: "table".into(),
            standing: Standing::Clear,
            tags: vec![("site".into(), "bari sud".into())],
            columns: vec!["age".into()],
            text: "words of the content, one after the other".into(),
            size_bytes: 10,
            at_ms: 0,
            read_ms: None,
            source: String::new(),
        };
        assert!(index.put(entry).is_ok(), "an entry is put");
    }
    assert!(index.publish().is_ok(), "entries are shown");
    index
}
