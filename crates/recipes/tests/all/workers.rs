//! What happens to the process that derives is a fault, never a failure of who asked, and never something made.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use recipes::{Bounds, Error, Fault, Made, fault, run};

use crate::made::{recipe, worker};

const TABLE: &[u8] = b"id;weight\n1;50.5\n2;61.5\n3;70.0\n";

fn bounds() -> Bounds {
    let mut bounds = Bounds::default();
    bounds.process.cpu_seconds_max = 1;
    bounds.process.wall_ms_max = 20_000;
    bounds.process.memory_bytes_max = 256 << 20;
    bounds.output_bytes_max = 1 << 20;
    bounds
}

fn asked(how: &str, bounds: &Bounds) -> Result<Result<Made, Fault>, Error> {
    let mut open = || Ok(Box::new(TABLE) as Box<dyn Read + Send>);
    let recipe = recipe(r#"{"step":"table"}"#);
    run(&mut worker(how), &recipe, None, TABLE.len() as u64, &mut open, &mut Vec::new(), bounds)
}

#[track_caller]
fn check(how: &str, expected: Fault) {
    let started = Instant::now();
    let fault = asked(how, &bounds()).unwrap().unwrap_err();
    assert_eq!(fault.code(), expected.code(), "{how}");
    assert!(started.elapsed() < Duration::from_secs(15), "{how} took {:?}", started.elapsed());
}

#[test]
fn an_honest_child_makes_something() {
    let made = asked("", &Bounds::default()).unwrap().unwrap();
    assert_eq!((made.counts["rows"], made.counts["columns"]), (3, 2));
    assert_eq!(made.media_type, "application/vnd.apache.parquet");
}

#[test]
fn children_that_loop_eat_or_fail_are_faults() {
    check("spin", fault::LIMIT_TIME);
    check("eat", fault::LIMIT_MEMORY);
    check("panic", fault::WORKER_PANICKED);
}

#[test]
fn a_child_that_waits_for_ever_is_stopped_by_the_clock() {
    let mut short = bounds();
    short.process.wall_ms_max = 300;
    assert_eq!(asked("deaf", &short).unwrap().unwrap_err(), fault::LIMIT_TIME);
}

// Goal: a child that dies in the middle is never taken for one that finished. Method: data without a last word, or with a wrong one.
#[test]
fn children_that_end_early_or_lie_are_faults() {
    check("die", fault::LIMIT_MEMORY);
    check("half", fault::WORKER_GARBAGE);
    check("garbage", fault::WORKER_GARBAGE);
    check("sum", fault::WORKER_GARBAGE);
    check("name", fault::WORKER_GARBAGE);
    check("fault", fault::WORKER_GARBAGE);
    check("nothing", fault::WORKER_GARBAGE);
}

#[test]
fn a_child_that_talks_for_ever_is_cut_off() {
    check("flood", fault::LIMIT_OUTPUT);
}

#[test]
fn readers_and_writers_that_fail_are_errors() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the store is away"))
        }
    }
    impl io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("the store is full"))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let recipe = recipe(r#"{"step":"table"}"#);
    let size = TABLE.len() as u64;
    let mut broken = || Ok(Box::new(Broken) as Box<dyn Read + Send>);
    let unread = run(&mut worker(""), &recipe, None, size, &mut broken, &mut Vec::new(), &bounds());
    assert!(matches!(unread, Err(Error::Read(_))));
    let mut open = || Ok(Box::new(TABLE) as Box<dyn Read + Send>);
    let short = run(&mut worker(""), &recipe, None, size + 1, &mut open, &mut Vec::new(), &bounds());
    assert!(matches!(short, Err(Error::Read(_))), "fewer bytes than were said");
    let unwritten = run(&mut worker(""), &recipe, None, size, &mut open, &mut Broken, &bounds());
    assert!(matches!(unwritten, Err(Error::Write(_))));
}
