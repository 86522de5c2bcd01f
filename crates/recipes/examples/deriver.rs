//! The process that derives, as a binary of its own; with a word, one that misbehaves, for tests.

use std::io::{BufRead, BufReader, Write, stdin, stdout};

fn main() {
    let how = std::env::args().nth(1);
    let code = match how.as_deref() {
        None => recipes::worker::main(&mut stdin(), &mut stdout()),
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
        "spin" => loop {
            std::hint::black_box(1_u64.wrapping_add(1));
        },
        "eat" => {
            let mut kept = Vec::new();
            loop {
                kept.push(vec![1_u8; 1 << 20]);
                std::hint::black_box(&kept);
            }
        }
        "panic" => {
            let none: Option<u8> = std::hint::black_box(None);
            i32::from(none.into_iter().collect::<Vec<u8>>()[0])
        }
        "die" => {
            say(b"D\0\0\0\x04half");
            std::process::abort()
        }
        // Data, and no last word.
        "half" => say(b"D\0\0\0\x04half"),
        "garbage" => say(b"{\"made\": 1}"),
        "flood" => loop {
            if say(&[&b"D\0\x01\0\0"[..], &[b' '; 65_536]].concat()) != 0 {
                return 8;
            }
        },
        // A last word that does not agree with the data.
        "sum" => last(&mut from, br#"{"bytes":4,"blake3":"00","counts":{}}"#),
        // A count that is a person.
        "name" => last(&mut from, br#"{"bytes":0,"blake3":"af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262","counts":{"Mario Rossi":1}}"#),
        "fault" => {
            let word = br#"{"code":"Mario Rossi","row":null,"column":null}"#;
            frame(b'F', word)
        }
        _ => 7,
    }
}

fn last(from: &mut dyn BufRead, word: &[u8]) -> i32 {
    let _ = from.read_to_end(&mut Vec::new());
    frame(b'M', word)
}

fn frame(sign: u8, word: &[u8]) -> i32 {
    let size = u32::try_from(word.len()).unwrap_or_default();
    say(&[&[sign], &size.to_be_bytes()[..], word].concat())
}

fn say(bytes: &[u8]) -> i32 {
    let mut to = stdout();
    if to.write_all(bytes).is_err() || to.flush().is_err() {
        return 8;
    }
    0
}
