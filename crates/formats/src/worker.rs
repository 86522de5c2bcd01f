//! Detection and judgement in a process of its own, under limits.
//!
//! It exists because parsers of outside bytes are where a region is attacked: what loops, eats memory, dies or lies there is a
//! finding about the file, never a failure of who asked. The caller believes nothing of the child but a bounded report whose
//! rules it knows. It starts no thread that it does not join, and knows no file: bytes come by a reader.
//!
//! The child's standard input is the limits as one line of JSON, then the bytes; its standard output one [`Answer`] as JSON.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process_group, nice, setrlimit};
use serde::{Deserialize, Serialize};

use crate::detect::{self, Detected, detect_bytes};
use crate::kind::Kind;
use crate::limits::Limits;
use crate::report::Report;
use crate::rule::{self, Rule};
use crate::validate::validate_before;
use crate::watch::{Nobody, Watch};

/// WHY: a report of a table with 20,000 columns has a few megabytes; more is not a report.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// WHY: limits are a dozen numbers.
const LIMITS_BYTES_MAX: u64 = 4 << 10;
/// WHY: a pipe's usual size: each write is one wake-up.
const CHUNK_BYTES: usize = 64 << 10;
/// What the child exits with when it cannot read, and when an allocation failed in it.
pub const EXIT_UNREAD: i32 = 3;

/// What the child's process may take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Address space, beside what the program has mapped when it starts.
    pub memory_bytes_max: u64,
    /// Of the processor.
    pub cpu_seconds_max: u64,
    /// By the clock, from start to answer.
    pub wall_ms_max: u64,
    /// How far it stands back for others who want the processor: 0 not at all, 19 for everybody. SPEC: nice(2).
    pub niceness: i32,
    /// How far a file is read.
    pub limits: Limits,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            // WHY: twice what documents may take in memory, and room for a program's own pages and its decoders.
            memory_bytes_max: 1 << 30,
            // WHY: a gigabyte of FASTQ takes seconds; minutes are for what never ends.
            cpu_seconds_max: 120,
            wall_ms_max: 600_000,
            // WHY: who stores something waits to see how it stands.
            niceness: 0,
            limits: Limits::default(),
        }
    }
}

/// What a child says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub detected: Detected,
    pub report: Report,
}

impl Answer {
    /// Of a file that was not judged, and why.
    fn unjudged(rule: Rule) -> Self {
        let detected = detect_bytes(&[0], false);
        Self {
            detected: Detected { why: String::new(), ..detected },
            report: Report::only(Kind::Unknown, rule),
        }
    }
}

/// Why nothing can be said, which is not about the file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot start the process that reads what arrived")]
    Start(#[source] io::Error),
    #[error("cannot read what is to be judged")]
    Read(#[source] io::Error),
}

/// What a child does: takes its limits, bounds itself, reads, answers. What it returns it exits with.
pub fn main(from: &mut dyn Read, to: &mut dyn Write) -> i32 {
    let mut from = BufReader::new(from);
    let Some(bounds) = bounded(&mut from) else { return EXIT_UNREAD };
    let Ok(answer) = answer(&mut from, &bounds.limits, &mut Nobody) else { return EXIT_UNREAD };
    say(&answer, to)
}

/// Says an answer to whoever asked; what it returns the child exits with.
pub fn say(answer: &impl Serialize, to: &mut dyn Write) -> i32 {
    let told = serde_json::to_vec(answer).ok().map(|bytes| to.write_all(&bytes).and_then(|()| to.flush()));
    if matches!(told, Some(Ok(()))) { 0 } else { EXIT_UNREAD }
}

/// Takes the limits from the first line, and bounds this process by them.
pub fn bounded(from: &mut dyn BufRead) -> Option<Bounds> {
    let mut line = Vec::new();
    from.take(LIMITS_BYTES_MAX).read_until(b'\n', &mut line).ok()?;
    let bounds: Bounds = serde_json::from_slice(&line).ok()?;
    bound(&bounds);
    Some(bounds)
}

/// Address space that the program itself has mapped, allocators' reserves among it.
fn mapped_bytes() -> u64 {
    // SPEC: proc(5): pages, of 4 KiB on the machines that this is built for.
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    pages
        .and_then(|pages| pages.split(' ').next()?.parse::<u64>().ok())
        .unwrap_or_default()
        .saturating_mul(4_096)
}

/// Bounds this process for good: its turn, address space, processor time, no new files of any size, no cores, no children.
fn bound(bounds: &Bounds) {
    // WHY: whoever may not stand back stands where it is.
    let _ = nice(bounds.niceness.clamp(0, 19));
    let limits = [
        (Resource::As, bounds.memory_bytes_max.saturating_add(mapped_bytes())),
        (Resource::Cpu, bounds.cpu_seconds_max),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nproc, 0),
        // WHY none: what is open stays so, and what was closed is not opened as something else.
        (Resource::Nofile, 0),
    ];
    for (resource, value) in limits {
        let current = getrlimit(resource).maximum.map_or(value, |maximum| maximum.min(value));
        // SPEC: setrlimit(2): at the soft limit of processor time comes SIGXCPU, which tells why, at the hard one SIGKILL.
        let maximum = if resource == Resource::Cpu { current.saturating_add(1) } else { current };
        let limit = Rlimit { current: Some(current), maximum: Some(maximum) };
        // WHY: a limit that cannot be set is one that is lower already.
        let _ = setrlimit(resource, limit);
    }
}

/// Detects by the head, and judges head and rest before the eyes of a watch.
pub fn answer(
    from: &mut dyn Read,
    limits: &Limits,
    watch: &mut dyn Watch,
) -> Result<Answer, crate::validate::Error> {
    let (detected, mut whole) = detected(from).map_err(crate::validate::Error::Read)?;
    let report = validate_before(&detected, &mut whole, limits, watch)?;
    Ok(Answer { detected, report })
}

/// What it is, and all of it. WHY both: what was read to detect is read again by who judges.
pub fn detected(from: &mut dyn Read) -> io::Result<(Detected, impl Read)> {
    let mut seen = Seen { from, kept: Vec::new() };
    let detected = detect::detect(&mut seen)?;
    Ok((detected, io::Cursor::new(seen.kept).chain(seen.from)))
}

/// A reader that keeps what it gave.
struct Seen<'a> {
    from: &'a mut dyn Read,
    kept: Vec<u8>,
}

impl Read for Seen<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.from.read(buffer)?;
        self.kept.extend_from_slice(buffer.get(..size).unwrap_or_default());
        Ok(size)
    }
}

/// How feeding a child ended.
enum Fed {
    All,
    /// The child closed its input before the end; it may have had enough.
    Early,
    Unread(io::Error),
}

/// How a child ended.
pub enum Ended {
    /// By itself; what it said, which nobody has looked at.
    Said(Vec<u8>),
    /// In a way that is a finding about the file.
    Fault(Rule),
}

/// Runs a child, feeds it, and takes its answer; whatever happens to the child is in the answer.
pub fn run(command: &mut Command, from: &mut (dyn Read + Send), bounds: &Bounds) -> Result<Answer, Error> {
    let is_sound = |answer: &Answer| answer.report.is_sound(&bounds.limits) && answer.detected.is_bounded();
    Ok(match ended(command, from, bounds)? {
        Ended::Fault(rule) => Answer::unjudged(rule),
        Ended::Said(said) => serde_json::from_slice::<Answer>(&said)
            .ok()
            .filter(is_sound)
            .unwrap_or_else(|| Answer::unjudged(rule::WORKER_GARBAGE)),
    })
}

/// Runs a child of any tongue, and feeds it.
pub fn ended(command: &mut Command, from: &mut (dyn Read + Send), bounds: &Bounds) -> Result<Ended, Error> {
    let talk = talk(command, bounds.wall_ms_max, |input| feed(input, from, bounds), read)?;
    match talk.fed {
        Some(Fed::Unread(error)) => return Err(Error::Read(error)),
        Some(Fed::All | Fed::Early) | None => {}
    }
    Ok(match (talk.fault, talk.heard.flatten()) {
        (Some(rule), _) => Ended::Fault(rule),
        (None, Some(said)) => Ended::Said(said),
        (None, None) => Ended::Fault(rule::WORKER_GARBAGE),
    })
}

/// How a conversation with a child went.
pub struct Talk<F, H> {
    /// What came of feeding it; none if that never began.
    pub fed: Option<F>,
    /// What came of hearing it; none if that never began.
    pub heard: Option<H>,
    /// How it ended, if not by itself; whatever was heard is then not to be believed.
    pub fault: Option<Rule>,
}

/// Runs a child of any tongue: `feed` writes its input and `hear` reads its output, at once. Both come to an end, because a
/// child whose time is up is ended and its pipes break.
pub fn talk<F: Send, H: Send>(
    command: &mut Command,
    wall_ms_max: u64,
    feed: impl FnOnce(ChildStdin) -> F + Send,
    hear: impl FnOnce(ChildStdout) -> H + Send,
) -> Result<Talk<F, H>, Error> {
    // WHY: a group of its own, so that whatever a child starts ends with it.
    let started = command
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .env_clear()
        .spawn();
    let mut child = started.map_err(Error::Start)?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        end(&mut child);
        return Ok(Talk { fed: None, heard: None, fault: Some(rule::WORKER_GARBAGE) });
    };
    let (fed, heard, status) = thread::scope(|scope| {
        let (tell, told) = channel();
        let hearer = scope.spawn(move || {
            let heard = hear(output);
            // WHY: nobody listens any more where the time was up.
            let _ = tell.send(());
            heard
        });
        let feeder = scope.spawn(move || feed(input));
        // WHY: the answer ends when the child closes its output, by itself or because it was ended.
        let is_late = told.recv_timeout(Duration::from_millis(wall_ms_max)) == Err(RecvTimeoutError::Timeout);
        if is_late {
            end(&mut child);
        }
        let heard = hearer.join().ok();
        // WHY: a child that answered early reads no more; ended, its input breaks, and feeding with it.
        let status = if is_late { None } else { Some(finish(&mut child)) };
        (feeder.join().ok(), heard, status)
    });
    Ok(Talk { fed, heard, fault: fault_of(status) })
}

/// Waits for a child that has closed its output; it has no reason to stay.
fn finish(child: &mut Child) -> Option<ExitStatus> {
    /// WHY: an exit takes no time; a child that stays behind a closed output is ended.
    const WAITS: u32 = 200;
    for _ in 0..WAITS {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(_) => break,
        }
    }
    end(child);
    None
}

/// Ends a child and takes it off the list of processes.
fn end(child: &mut Child) {
    // WHY: these fail only if it has ended already.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    let _ = child.kill();
    let _ = child.wait();
}

fn feed(mut input: ChildStdin, from: &mut dyn Read, bounds: &Bounds) -> Fed {
    let line = serde_json::to_vec(bounds).unwrap_or_default();
    if input.write_all(&[line.as_slice(), b"\n"].concat()).is_err() {
        return Fed::Early;
    }
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Fed::All,
            Ok(size) => {
                if input.write_all(buffer.get(..size).unwrap_or_default()).is_err() {
                    return Fed::Early;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Fed::Unread(error),
        }
    }
}

/// What a child says, up to the bound; more is read by nobody, and breaks the child's pipe.
fn read(mut output: ChildStdout) -> Option<Vec<u8>> {
    crate::input::whole(&mut output, ANSWER_BYTES_MAX).ok().flatten()
}

/// What to believe of how a child ended.
fn fault_of(status: Option<Option<ExitStatus>>) -> Option<Rule> {
    let Some(status) = status else { return Some(rule::WORKER_TIME) };
    match (status.and_then(|status| status.signal()), status.and_then(|status| status.code())) {
        // SPEC: setrlimit(2): SIGXCPU at the processor's limit, SIGKILL soon after.
        (Some(24), _) => Some(rule::WORKER_TIME),
        // WHY: Rust aborts where memory is not to be had; nothing else of ours aborts.
        (Some(6), _) => Some(rule::WORKER_MEMORY),
        (Some(_), _) => Some(rule::WORKER_KILLED),
        (None, Some(101)) => Some(rule::WORKER_PANICKED),
        (None, Some(EXIT_UNREAD)) => Some(rule::WORKER_UNREAD),
        (None, _) => None,
    }
}
