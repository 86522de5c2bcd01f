//! What a million entries cost. `cargo test --release -p search full_a_million -- --ignored --nocapture`; `EPIC_OBJECTS`
//! says another number.

use std::time::{Duration, Instant};

use search::{Bounds, Entry, Index, Query, Sort, Standing, Turn};

use crate::made::{DAY_0_MS, Numbers};

const BUCKETS: usize = 8;
const SYLLABLES: &[&str] = &[
    "ba", "ri", "fog", "gia", "lec", "ce", "ta", "ran", "to", "me", "di", "ca", "sto", "ria", "cli", "ni",
    "co", "se", "quen", "za", "ge", "no", "ma", "pro", "te", "ina", "va", "lo", "re", "tu",
];
const COLUMNS: &[&str] =
    &["age", "sex", "visit_date", "systolic", "diastolic", "hba1c", "site", "arm", "outcome", "bmi"];
const KINDS: &[(&str, &str)] = &[
    ("csv", "table"),
    ("vcf", "variants"),
    ("bam", "alignment"),
    ("fastq", "reads"),
    ("dcm", "image"),
    ("pdf", "text"),
    ("parquet", "table"),
    ("json", "tree"),
];

/// Words as a language has them: few are everywhere, most are rare.
fn word(numbers: &mut Numbers) -> String {
    let rank = 1_u64 << numbers.below(16);
    let mut word = Numbers(numbers.next() % rank);
    (0..2 + word.below(3)).map(|_| *word.one(SYLLABLES)).collect()
}

fn entry(number: u64, numbers: &mut Numbers) -> Entry {
    let (kind, family) = KINDS[numbers.below(KINDS.len())];
    let (year, month) = (2019 + numbers.below(8), 1 + numbers.below(12));
    let patient = numbers.below(50_000);
    let text: Vec<String> = (0..30).map(|_| word(numbers)).collect();
    let columns =
        if family == "table" { (0..6).map(|_| (*numbers.one(COLUMNS)).into()).collect() } else { Vec::new() };
    let site = ["bari", "foggia", "lecce"][numbers.below(3)];
    Entry {
        id: u128::from(number).to_be_bytes(),
        place: format!("bucket-{}", numbers.below(BUCKETS)),
        key: format!("{year}/{month:02}/{}_p{patient:05}_{number}.{kind}", word(numbers)),
        kind: kind.into(),
        family: family.into(),
        standing: Standing::ALL[numbers.below(6)],
        tags: vec![
            ("site".into(), site.into()),
            ("study".into(), word(numbers)),
            ("consent".into(), "broad".into()),
        ],
        columns,
        text: text.join(" "),
        size_bytes: numbers.next() % (1 << (10 + numbers.below(22))),
        at_ms: DAY_0_MS + number as i64 * 20_000,
        read_ms: (numbers.below(4) > 0).then_some(DAY_0_MS),
        source: format!("agreement-{}", numbers.below(20)),
    }
}

/// What the kernel says this process holds.
fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok()).unwrap_or(0) * 1024
}

/// What a search took: by the clock, and of the processor, which others do not lengthen.
#[derive(Clone, Copy)]
struct Taken {
    clock_ms: f64,
    processor_ms: f64,
}

fn take(act: impl FnOnce()) -> Taken {
    let (started, before) = (Instant::now(), processor_ms());
    act();
    Taken { clock_ms: started.elapsed().as_secs_f64() * 1e3, processor_ms: processor_ms() - before }
}

/// Of this thread, as the kernel counted it.
fn processor_ms() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    told.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

fn told(name: &str, taken: &[Taken]) {
    let at = |part: usize, of: fn(&Taken) -> f64| {
        let mut all: Vec<f64> = taken.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[(all.len() * part / 100).min(all.len() - 1)]
    };
    let (clock, processor) = (|taken: &Taken| taken.clock_ms, |taken: &Taken| taken.processor_ms);
    let clock = (at(50, clock), at(95, clock));
    let processor = (at(50, processor), at(95, processor));
    println!("| {name} | {:.1} | {:.1} | {:.1} | {:.1} |", clock.0, clock.1, processor.0, processor.1);
}

#[test]
#[ignore = "minutes; ./test --full"]
fn full_a_million() {
    let objects =
        std::env::var("EPIC_OBJECTS").ok().and_then(|number| number.parse().ok()).unwrap_or(1_000_000);
    let numbers = &mut Numbers(7);
    let before = resident_bytes();
    let index = Index::new(Bounds::default());
    let (started, mut making) = (Instant::now(), Duration::ZERO);
    for number in 0..objects {
        let at = Instant::now();
        let entry = entry(number, numbers);
        making += at.elapsed();
        index.put(entry).unwrap();
    }
    let put = started.elapsed() - making;
    let started = Instant::now();
    index.publish().unwrap();
    println!("{objects} entries: put in {put:.1?}, published in {:.1?}", started.elapsed());
    println!("memory {} MB, resident {} MB", index.memory_bytes() >> 20, (resident_bytes() - before) >> 20);
    let allowed: Vec<String> = (0..BUCKETS).map(|bucket| format!("bucket-{bucket}")).collect();
    let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
    searches(&index, &allowed, numbers);
    figures(&index, &allowed);
    changes(&index, numbers);
}

/// Makes what is typed.
type Typed = fn(&mut Numbers) -> String;

fn searches(index: &Index, allowed: &[&str], numbers: &mut Numbers) {
    let make: [(&str, Typed); 14] = [
        ("one word and a format", |numbers| format!("{} kind:csv", word(numbers))),
        ("two words", |numbers| format!("{} {}", word(numbers), word(numbers))),
        ("three words and fields", |numbers| {
            format!("{} {} {} site:bari larger:1MB", word(numbers), word(numbers), word(numbers))
        }),
        ("a beginning of three letters", |numbers| word(numbers)[..3].to_owned()),
        ("a beginning of two letters", |numbers| word(numbers)[..2].to_owned()),
        ("a phrase", |numbers| format!("\"{} {}\"", word(numbers), word(numbers))),
        ("a part of a key", |numbers| format!("p{:05}_", numbers.below(50_000))),
        ("a beginning behind a common word", |numbers| format!("2024_0{}", 1 + numbers.below(9))),
        ("a folder and a column", |numbers| format!("2024/0{}/ column:hba1c", 1 + numbers.below(9))),
        ("a label", |_| "site:bari read:never".into()),
        ("without a word", |numbers| format!("stands:apart -{}", word(numbers))),
        ("a slip", |numbers| format!("{}q", word(numbers))),
        ("everything", |_| String::new()),
        ("nothing", |numbers| format!("zzz{}", numbers.below(1_000))),
    ];
    println!("| | p50 ms | p95 ms | of the processor p50 | p95 |\n|---|---|---|---|---|");
    let mut all = Vec::new();
    for (name, make) in make {
        let mut taken = Vec::new();
        for round in 0..40 {
            let query = Query::parse(&make(numbers)).unwrap();
            let sort = [Sort::Relevance, Sort::Newest, Sort::Largest, Sort::Key][round % 4];
            taken.push(take(|| {
                drop(index.search(&query, allowed, &Turn { after: None, size: 50 }, sort).unwrap())
            }));
        }
        all.extend(taken.clone());
        told(name, &taken);
    }
    told("all of them, alike", &all);
}

fn figures(index: &Index, allowed: &[&str]) {
    for (name, prefix) in [("figures of everything", None), ("figures of a folder", Some("2024/0"))] {
        let taken: Vec<Taken> = (0..40).map(|_| take(|| drop(index.figures(allowed, prefix)))).collect();
        told(name, &taken);
    }
}

fn changes(index: &Index, numbers: &mut Numbers) {
    let taken = (0..400).map(|number| {
        let entry = entry(number * 7, numbers);
        take(|| {
            index.put(entry).unwrap();
            index.publish().unwrap();
        })
    });
    told("one entry replaced and published", &taken.collect::<Vec<_>>());
    let started = Instant::now();
    index.publish().unwrap();
    println!("nothing published: {:.1?}", started.elapsed());
}
