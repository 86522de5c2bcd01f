//! The same meaning, written without an index: every entry is looked at, word by word.

use std::collections::BTreeMap;

use search::{Entry, Share, Shares, Sort};

/// One thing that is asked, and how it is typed.
#[derive(Debug, Clone)]
pub enum Ask {
    Word(String),
    Begins(String),
    Phrase(String),
    Folder(String),
    Kind(String),
    Family(String),
    Bucket(String),
    From(String),
    Stands(String),
    Label(String, String),
    HasLabel(String),
    Column(String),
    Larger(u64),
    Smaller(u64),
    After(i64),
    Before(i64),
    NeverRead,
    Not(Box<Ask>),
}

impl Ask {
    pub fn typed(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Begins(word) => format!("{word}*"),
            Self::Phrase(words) => format!("\"{words}\""),
            Self::Folder(folder) => folder.clone(),
            Self::Kind(code) => format!("kind:{code}"),
            Self::Family(code) => format!("Family:{code}"),
            Self::Bucket(name) => format!("bucket:{name}"),
            Self::From(name) => format!("from:\"{name}\""),
            Self::Stands(code) => format!("stands:{code}"),
            Self::Label(name, value) => format!("tag:{}=\"{value}\"", name.replace(' ', "_")),
            Self::HasLabel(name) => format!("tag:{}", name.replace(' ', "_")),
            Self::Column(name) => format!("column:\"{name}\""),
            Self::Larger(mega) => format!("larger:{mega}MB"),
            Self::Smaller(mega) => format!("smaller:{mega}mb"),
            Self::After(day) => format!("after:2026-01-{:02}", day + 1),
            Self::Before(day) => format!("before:2026-01-{:02}", day + 1),
            Self::NeverRead => "read:never".into(),
            Self::Not(ask) => format!("-{}", ask.typed()),
        }
    }
}

/// Words by a table of the letters that the tests use.
pub fn words(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for sign in text.chars() {
        match sign {
            'é' | 'è' | 'É' => all.last_mut().unwrap().push('e'),
            'à' | 'À' => all.last_mut().unwrap().push('a'),
            'ß' => all.last_mut().unwrap().push_str("ss"),
            sign if sign.is_ascii_alphanumeric() => all.last_mut().unwrap().push(sign.to_ascii_lowercase()),
            _ => all.push(String::new()),
        }
    }
    all.retain(|word| !word.is_empty());
    all
}

/// Whether the words are there: 2 as they are, 1 with the last only begun, 0 not.
fn stand(of: &[String], asked: &[String], begins: bool) -> u8 {
    let fits = |window: &[String]| {
        let lead = asked.len() - 1;
        match () {
            () if window == asked => 2,
            () if begins && window[..lead] == asked[..lead] && window[lead].starts_with(&asked[lead]) => 1,
            () => 0,
        }
    };
    if asked.is_empty() { 0 } else { of.windows(asked.len()).map(fits).max().unwrap_or(0) }
}

/// Each field's texts and what a word weighs in it.
fn fields(entry: &Entry) -> Vec<(u32, Vec<Vec<String>>)> {
    let labels = entry.tags.iter().flat_map(|(name, value)| [words(name), words(value)]).collect();
    let columns = entry.columns.iter().map(|column| words(column)).collect();
    vec![(8, vec![words(&entry.key)]), (6, labels), (4, columns), (2, vec![words(&entry.text)])]
}

fn weight(entry: &Entry, typed: &str, begins: bool, is_guessing: bool) -> u32 {
    let asked = words(typed);
    let mut best = 0;
    for (weight, texts) in fields(entry) {
        let found = texts.iter().map(|text| stand(text, &asked, begins)).max().unwrap_or(0);
        let named =
            weight == 8 && found > 0 && entry.key.rsplit('/').next().unwrap().eq_ignore_ascii_case(typed);
        let is_near = is_guessing && asked.len() == 1 && asked[0].chars().count() >= 5;
        let near = is_near && texts.iter().flatten().any(|word| is_one_slip(word, &asked[0]));
        let weighs = match found {
            2 => weight,
            1 => weight - 1,
            _ => u32::from(near),
        };
        best = best.max(weighs + if named { 7 } else { 0 });
    }
    best
}

fn is_one_slip(one: &str, other: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[head..], &b[head..]);
    match (a.len(), b.len()) {
        (0, 0) => true,
        (n, m) if n == m => a[1..] == b[1..] || n > 1 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..],
        (n, m) if n == m + 1 => a[1..] == *b,
        (n, m) if n + 1 == m => *a == b[1..],
        _ => false,
    }
}

fn lower(text: &str) -> String {
    text.to_lowercase().replace(['é', 'è'], "e").replace('à', "a").replace('ß', "ss")
}

fn holds(entry: &Entry, ask: &Ask, begins: bool) -> bool {
    match ask {
        Ask::Word(word) => weight(entry, word, begins, false) > 0,
        Ask::Begins(word) => weight(entry, word, true, false) > 0,
        Ask::Phrase(words) => weight(entry, words, false, false) > 0,
        Ask::Folder(folder) => {
            let lies = entry.key.rfind('/').map_or("", |at| &entry.key[..=at]);
            let lies: Vec<String> = lies.split_terminator('/').map(lower).collect();
            let asked: Vec<String> = folder.split_terminator('/').map(lower).collect();
            match folder.strip_prefix('/') {
                Some(_) => lies.len() + 1 >= asked.len() && lies[..asked.len() - 1] == asked[1..],
                None => lies.windows(asked.len()).any(|window| window == asked),
            }
        }
        Ask::Kind(code) => entry.kind == *code,
        Ask::Family(code) => entry.family == *code,
        Ask::Bucket(name) => entry.place == *name,
        Ask::From(name) => entry.source == *name,
        Ask::Stands(code) => entry.standing.code() == code,
        Ask::Label(name, value) => {
            let asked = words(value);
            entry
                .tags
                .iter()
                .any(|(of, value)| words(of) == words(name) && stand(&words(value), &asked, false) > 0)
        }
        Ask::HasLabel(name) => entry.tags.iter().any(|(of, _)| words(of) == words(name)),
        Ask::Column(name) => {
            entry.columns.iter().any(|column| stand(&words(column), &words(name), false) > 0)
        }
        Ask::Larger(mega) => entry.size_bytes > mega * 1_000_000,
        Ask::Smaller(mega) => entry.size_bytes < mega * 1_000_000,
        Ask::After(day) => entry.at_ms >= crate::made::DAY_0_MS + day * crate::made::DAY_MS,
        Ask::Before(day) => entry.at_ms < crate::made::DAY_0_MS + day * crate::made::DAY_MS,
        Ask::NeverRead => entry.read_ms.is_none(),
        Ask::Not(ask) => !holds(entry, ask, false),
    }
}

/// Entries in order with their score, and whether words were guessed.
pub fn search<'a>(entries: &[&'a Entry], asks: &[Ask], sort: Sort) -> (Vec<&'a Entry>, bool) {
    let found = matching(entries, asks, false);
    let is_plain = |ask: &Ask| matches!(ask, Ask::Word(word) | Ask::Begins(word) if words(word).len() == 1 && words(word)[0].len() >= 5);
    let (mut found, is_guessed) = if found.is_empty() && asks.iter().any(is_plain) {
        let found = matching(entries, asks, true);
        let is_guessed = !found.is_empty();
        (found, is_guessed)
    } else {
        (found, false)
    };
    found.sort_by(|(score, one), (than, other)| {
        let order = match sort {
            Sort::Relevance => than.cmp(score).then(other.at_ms.cmp(&one.at_ms)),
            Sort::Newest => other.at_ms.cmp(&one.at_ms),
            Sort::Largest => other.size_bytes.cmp(&one.size_bytes),
            Sort::Key => (&one.key, &one.place).cmp(&(&other.key, &other.place)),
        };
        order.then(one.id.cmp(&other.id))
    });
    (found.into_iter().map(|(_, entry)| entry).collect(), is_guessed)
}

fn matching<'a>(entries: &[&'a Entry], asks: &[Ask], is_guessing: bool) -> Vec<(u32, &'a Entry)> {
    let last = asks.iter().rposition(|ask| matches!(ask, Ask::Word(_) | Ask::Begins(_)));
    let mut found = Vec::new();
    'entries: for entry in entries {
        let mut score = 0;
        let mut either: BTreeMap<&str, bool> = BTreeMap::new();
        for (at, ask) in asks.iter().enumerate() {
            let is_long = |word: &str| words(word).len() > 1 || words(word)[0].len() >= 2;
            let begins = Some(at) == last && matches!(ask, Ask::Word(word) if is_long(word));
            let field = match ask {
                Ask::Kind(_) => "kind",
                Ask::Family(_) => "family",
                Ask::Bucket(_) => "bucket",
                Ask::From(_) => "from",
                Ask::Stands(_) => "stands",
                _ => "",
            };
            if !field.is_empty() {
                *either.entry(field).or_default() |= holds(entry, ask, false);
                continue;
            }
            let weighs = match ask {
                Ask::Word(word) => weight(entry, word, begins, is_guessing),
                Ask::Begins(word) => weight(entry, word, true, is_guessing),
                Ask::Phrase(words) => weight(entry, words, false, false),
                ask if holds(entry, ask, false) => continue,
                _ => 0,
            };
            if weighs == 0 {
                continue 'entries;
            }
            score += weighs;
        }
        if either.values().all(|holds| *holds) {
            found.push((score, *entry));
        }
    }
    found
}

pub fn shares<'a>(entries: &[&'a Entry], of: impl Fn(&'a Entry) -> &'a str) -> Shares {
    let mut by_name: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| !of(entry).is_empty()) {
        let sum = by_name.entry(of(entry)).or_default();
        *sum = (sum.0 + 1, sum.1 + entry.size_bytes);
    }
    let share = |(name, (objects, bytes)): (&str, (u64, u64))| Share { name: name.into(), objects, bytes };
    let mut largest: Vec<Share> = by_name.into_iter().map(share).collect();
    largest.sort_by(|one, other| other.objects.cmp(&one.objects).then(one.name.cmp(&other.name)));
    let is_cut = largest.len() > search::SHARES_MAX;
    largest.truncate(search::SHARES_MAX);
    Shares { largest, is_cut }
}
