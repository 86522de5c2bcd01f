//! What happens to the process that reads is a finding, never a failure of who asked.

use std::io::Read;
use std::process::Command;
use std::time::{Duration, Instant};

use formats::worker::{Answer, Bounds, Error, run};
use formats::{Rule, Verdict, rule};

/// The example `worker`, which cargo builds with the tests.
fn worker(how: &str) -> Command {
    let here = std::env::current_exe().unwrap();
    let mut command = Command::new(here.parent().unwrap().parent().unwrap().join("examples/worker"));
    if !how.is_empty() {
        command.arg(how);
    }
    command
}

fn bounds() -> Bounds {
    Bounds { cpu_seconds_max: 1, wall_ms_max: 20_000, memory_bytes_max: 256 << 20, ..Bounds::default() }
}

fn asked(how: &str, bytes: &[u8], bounds: &Bounds) -> Answer {
    run(&mut worker(how), &mut &*bytes, bounds).unwrap()
}

#[track_caller]
fn check(how: &str, expected: Rule) {
    let started = Instant::now();
    let answer = asked(how, b"id,weight\n1,50.5\n2,61.5\n", &bounds());
    assert_eq!(answer.report.verdict, Verdict::Unjudged, "{how}");
    assert_eq!(answer.report.count(expected), 1, "{how}: {:?}", answer.report.counts);
    assert!(started.elapsed() < Duration::from_secs(15), "{how} took {:?}", started.elapsed());
}

#[test]
fn an_honest_child_answers() {
    let answer = asked("", b"id,weight\n1,50.5\n2,61.5\n3,70.0\n", &Bounds::default());
    assert_eq!((answer.detected.code().as_str(), answer.report.verdict), ("csv", Verdict::Holds));
    assert_eq!(answer.report.facts.count("rows"), 3);
}

// Goal: also more than a head and a pipe hold. Method: 8 MB, and the same in a child as here.
#[test]
fn a_long_stream_goes_through() {
    let text: String = (0..400_000).map(|at| format!("{at};{}\n", at % 7)).collect();
    let here = formats::worker::answer(
        &mut text.as_bytes(),
        &formats::Limits::default(),
        &mut formats::watch::Nobody,
    )
    .unwrap();
    let wide = Bounds { cpu_seconds_max: 60, ..Bounds::default() };
    assert_eq!(asked("", text.as_bytes(), &wide), here);
}

#[test]
fn a_child_that_spins_is_stopped_by_its_processor_time() {
    check("spin", rule::WORKER_TIME);
}

#[test]
fn a_child_that_waits_for_ever_is_stopped_by_the_clock() {
    let short = Bounds { wall_ms_max: 300, ..bounds() };
    let answer = asked("deaf", &vec![b'a'; 1 << 20], &short);
    assert_eq!(answer.report.count(rule::WORKER_TIME), 1);
}

#[test]
fn a_child_that_eats_memory_is_stopped() {
    check("eat", rule::WORKER_MEMORY);
}

#[test]
fn a_child_that_panics_dies_or_talks_nonsense_is_a_finding() {
    check("panic", rule::WORKER_PANICKED);
    check("die", rule::WORKER_MEMORY);
    check("garbage", rule::WORKER_GARBAGE);
    check("nothing", rule::WORKER_GARBAGE);
}

#[test]
fn a_child_that_talks_for_ever_is_cut_off() {
    let answer = asked("flood", b"x", &Bounds { cpu_seconds_max: 30, ..bounds() });
    assert_ne!(answer.report.verdict, Verdict::Holds);
}

// Goal: no text of a file passes as a rule. Method: a true answer in which a rule's name is a person's.
#[test]
fn a_child_that_lies_is_not_believed() {
    let answer = asked("lie", b"", &bounds());
    assert_eq!(answer.report.count(rule::WORKER_GARBAGE), 1);
    assert!(!serde_json::to_string(&answer).unwrap().contains("Rossi"));
}

#[test]
fn a_child_killed_from_outside_is_a_finding() {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "kill -9 $$"]);
    let answer = run(&mut shell, &mut &b"x"[..], &bounds()).unwrap();
    assert_eq!(answer.report.count(rule::WORKER_KILLED), 1);
}

#[test]
fn a_child_that_does_not_start_and_a_reader_that_fails_are_errors() {
    let missing = run(&mut Command::new("/no/such/program"), &mut &b""[..], &bounds());
    assert!(matches!(missing, Err(Error::Start(_))));
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the store is away"))
        }
    }
    assert!(matches!(run(&mut worker(""), &mut Broken, &bounds()), Err(Error::Read(_))));
}
