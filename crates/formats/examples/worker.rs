//! The process that reads what arrived, as a binary of its own; with a word, one that misbehaves, for tests.

use std::io::{BufRead, BufReader, Write, stdin, stdout};

fn main() {
    let how = std::env::args().nth(1);
    let code = match how.as_deref() {
        None => formats::worker::main(&mut stdin(), &mut stdout()),
        Some(how) => misbehave(how),
    };
    std::process::exit(code);
}

fn misbehave(how: &str) -> i32 {
    let mut from = BufReader::new(stdin());
    if how == "deaf" {
        loop {
            std::thread::park();
        }
    }
    let Some(_) = formats::worker::bounded(&mut from) else { return 9 };
    match how {
        "spin" => spin(),
        "eat" => eat(),
        "panic" => {
            let none: Option<u8> = std::hint::black_box(None);
            i32::from(none.into_iter().collect::<Vec<u8>>()[0])
        }
        "die" => {
            let _ = std::process::Command::new("/bin/true").status();
            std::process::abort()
        }
        "garbage" => say(b"{\"detected\": 1}"),
        "flood" => loop {
            say(&[b' '; 65_536]);
        },
        "lie" => lie(&mut from),
        _ => 7,
    }
}

fn spin() -> i32 {
    let mut number = 0_u64;
    loop {
        number = std::hint::black_box(number.wrapping_add(1));
    }
}

fn eat() -> i32 {
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1_u8; 1 << 20]);
        std::hint::black_box(&kept);
    }
}

fn say(bytes: &[u8]) -> i32 {
    if stdout().write_all(bytes).is_err() {
        return 8;
    }
    0
}

/// A true answer with a rule that does not exist.
fn lie(from: &mut dyn BufRead) -> i32 {
    let mut bytes = Vec::new();
    let _ = from.read_to_end(&mut bytes);
    let Ok(answer) = formats::worker::answer(
        &mut bytes.as_slice(),
        &formats::Limits::default(),
        &mut formats::watch::Nobody,
    ) else {
        return 6;
    };
    let text = serde_json::to_string(&answer).unwrap_or_default();
    say(text.replace("file.empty", "Mario Rossi").as_bytes())
}
