//! JSON, a document or a line at a time, and GeoJSON.
//!
//! It exists so that a document of any size is judged byte by byte, and what must be understood as a whole only where it fits
//! into memory. It goes into nothing by recursion.
//!
//! SPEC: RFC 8259; RFC 7946.

use std::io::{self, Read};

use serde_json::Value;

use super::{Job, fhir, members};
use crate::input::{End, Line, Lines};
use crate::kind::Kind;
use crate::report::Place;
use crate::rule::{self, Rule};

const BUFFER_BYTES: usize = 64 << 10;

/// What may come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    /// Behind `[`: a value or the end.
    FirstValue,
    /// Behind `{`: a key or the end.
    FirstKey,
    Key,
    Colon,
    /// Behind a value: a comma or an end.
    More,
    Text,
    Escape,
    Hex(u8),
    Word(&'static [u8]),
    Minus,
    Zero,
    Whole,
    Point,
    Part,
    Exponent,
    Sign,
    Power,
    Done,
}

/// Why a byte may not stand where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Syntax,
    Depth,
}

/// A document while it is read.
pub struct Scan {
    state: State,
    /// Open objects (true) and arrays.
    open: Vec<bool>,
    is_key: bool,
    depth_max: usize,
    pub depth: usize,
    pub values: u64,
}

impl Scan {
    pub fn new(depth_max: usize) -> Self {
        Self { state: State::Value, open: Vec::new(), is_key: false, depth_max, depth: 0, values: 0 }
    }

    /// Takes one byte.
    pub fn take(&mut self, byte: u8) -> Result<(), Fault> {
        if self.number(byte) {
            return Ok(());
        }
        let is_space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.state = match (self.state, byte) {
            (State::Text, b'"') if self.is_key => State::Colon,
            (State::Text, b'"') => self.after(),
            (State::Text, b'\\') => State::Escape,
            (State::Text, 0x20..) => State::Text,
            (State::Escape, b'u') => State::Hex(4),
            (State::Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => State::Text,
            (State::Hex(1), _) if byte.is_ascii_hexdigit() => State::Text,
            (State::Hex(left), _) if byte.is_ascii_hexdigit() => State::Hex(left - 1),
            (State::Word([last]), _) if byte == *last => self.after(),
            (State::Word([next, rest @ ..]), _) if byte == *next => State::Word(rest),
            (state, _)
                if is_space
                    && !matches!(state, State::Text | State::Escape | State::Hex(_) | State::Word(_)) =>
            {
                state
            }
            (State::Value | State::FirstValue, _) if byte != b']' => self.begin(byte)?,
            (State::FirstValue, b']') | (State::FirstKey, b'}') => self.close(),
            (State::FirstKey | State::Key, b'"') => {
                self.is_key = true;
                State::Text
            }
            (State::Colon, b':') => State::Value,
            (State::More, b',') => {
                if self.open.last() == Some(&true) {
                    State::Key
                } else {
                    State::Value
                }
            }
            (State::More, b'}') if self.open.last() == Some(&true) => self.close(),
            (State::More, b']') if self.open.last() == Some(&false) => self.close(),
            _ => return Err(Fault::Syntax),
        };
        Ok(())
    }

    fn begin(&mut self, byte: u8) -> Result<State, Fault> {
        self.values += 1;
        Ok(match byte {
            b'"' => {
                self.is_key = false;
                State::Text
            }
            b'{' | b'[' => {
                if self.open.len() >= self.depth_max {
                    return Err(Fault::Depth);
                }
                self.open.push(byte == b'{');
                self.depth = self.depth.max(self.open.len());
                if byte == b'{' { State::FirstKey } else { State::FirstValue }
            }
            b't' => State::Word(b"rue"),
            b'f' => State::Word(b"alse"),
            b'n' => State::Word(b"ull"),
            b'-' => State::Minus,
            b'0' => State::Zero,
            b'1'..=b'9' => State::Whole,
            _ => return Err(Fault::Syntax),
        })
    }

    fn after(&self) -> State {
        if self.open.is_empty() { State::Done } else { State::More }
    }

    fn close(&mut self) -> State {
        self.open.pop();
        self.after()
    }

    /// Goes on in a number; false if the byte is none of it. A number that may end has ended then.
    fn number(&mut self, byte: u8) -> bool {
        let next = match (self.state, byte) {
            (State::Minus, b'0') => State::Zero,
            (State::Minus, b'1'..=b'9') | (State::Whole, b'0'..=b'9') => State::Whole,
            (State::Zero | State::Whole, b'.') => State::Point,
            (State::Zero | State::Whole | State::Part, b'e' | b'E') => State::Exponent,
            (State::Point | State::Part, b'0'..=b'9') => State::Part,
            (State::Exponent, b'+' | b'-') => State::Sign,
            (State::Exponent | State::Sign | State::Power, b'0'..=b'9') => State::Power,
            (State::Zero | State::Whole | State::Part | State::Power, _) => {
                self.state = self.after();
                return false;
            }
            _ => return false,
        };
        self.state = next;
        true
    }

    /// Whether it may end here.
    pub fn is_done(&self) -> bool {
        let is_number = matches!(self.state, State::Zero | State::Whole | State::Part | State::Power);
        self.open.is_empty() && (self.state == State::Done || is_number)
    }
}

/// Judges a document.
pub fn judge(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut scan = Scan::new(job.limits.depth_max);
    let mut buffer = vec![0; BUFFER_BYTES];
    let (mut offset, mut is_begun) = (0_u64, false);
    loop {
        let size = crate::input::fill(from, &mut buffer)?;
        let read = buffer.get(..size).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        // WHY: RFC 8259, 8.1 lets a reader pass over a byte order mark.
        let mark = if is_begun || !read.starts_with(&MARK) { 0 } else { MARK.len() };
        is_begun = true;
        offset += mark as u64;
        for byte in read.iter().skip(mark) {
            if let Err(fault) = scan.take(*byte) {
                job.findings.add(rule_of(fault), Place::byte(offset));
                return Ok(());
            }
            offset += 1;
        }
    }
    job.findings.need(scan.is_done(), rule::JSON_SYNTAX, Place::byte(offset));
    job.facts.number("values", scan.values);
    job.facts.number("depth", scan.depth as u64);
    Ok(())
}

const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

fn rule_of(fault: Fault) -> Rule {
    match fault {
        Fault::Depth => rule::LIMIT_DEPTH,
        Fault::Syntax => rule::JSON_SYNTAX,
    }
}

/// What is read, without a byte order mark.
fn unmarked(from: &mut dyn Read) -> io::Result<impl Read> {
    let mut first = [0; MARK.len()];
    let size = crate::input::fill(from, &mut first)?;
    let first = first.get(..size).filter(|first| *first != MARK).unwrap_or_default().to_vec();
    Ok(io::Cursor::new(first).chain(from))
}

/// WHY: a tree of tiny objects takes thirty times its text.
fn tree_max(job: &Job) -> usize {
    job.limits.memory_bytes_max / 4
}

/// Judges a resource of FHIR, or a bundle entry by entry.
pub fn fhir(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let max = tree_max(job);
    let mut bundle = fhir::Bundle::default();
    let read = members::read(&mut unmarked(from)?, "entry", max, &mut |number, entry| {
        bundle.entry(job, number, &entry)
    });
    match read {
        Ok(rest) => bundle.whole(job, Value::Object(rest)),
        Err(error) => unread(job, error, rule::FHIR_TYPE)?,
    }
    Ok(())
}

/// Judges GeoJSON, feature by feature.
pub fn geojson(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let max = tree_max(job);
    let mut count = 0;
    let read = members::read(&mut unmarked(from)?, "features", max, &mut |number, feature| {
        count = number;
        geo(job, &feature, number, true);
    });
    match read {
        Ok(rest) => {
            let is_collection = rest.get("type").is_some_and(|kind| kind == "FeatureCollection");
            job.findings.need(
                is_collection == rest.contains_key("features"),
                rule::GEOJSON_SHAPE,
                Place::WHOLE,
            );
            if !is_collection {
                count = 1;
                geo(job, &Value::Object(rest), 1, false);
            }
        }
        Err(error) => unread(job, error, rule::GEOJSON_SHAPE)?,
    }
    job.facts.number("features", count);
    Ok(())
}

/// What an error of reading JSON means: none of ours is kept from the caller.
fn unread(job: &mut Job, error: serde_json::Error, shape: Rule) -> io::Result<()> {
    let column = u32::try_from(error.column()).ok();
    let place = Place { line: Some(error.line() as u64), column, offset: None };
    match (error.io_error_kind(), error.is_data()) {
        (Some(io::ErrorKind::OutOfMemory), _) => job.findings.add(rule::LIMIT_MEMORY, place),
        (Some(_), _) => return Err(error.into()),
        (None, true) => job.findings.add(shape, place),
        (None, false) => job.findings.add(rule::JSON_SYNTAX, place),
    }
    Ok(())
}

/// Judges a document per line.
pub fn lines(job: &mut Job, from: &mut dyn Read) -> io::Result<()> {
    let mut lines = Lines::new(from, job.limits.line_bytes_max);
    let (mut count, mut end) = (0_u64, End::Lf);
    while let Some(line) = lines.next()? {
        let place = line.place();
        end = line.end;
        if line.is_cut {
            job.findings.add(rule::LIMIT_LINE, place);
            continue;
        }
        if line.bytes.trim_ascii().is_empty() {
            continue;
        }
        count += 1;
        if job.detected.kind == Kind::FhirNdjson {
            resource(job, &line);
            continue;
        }
        let mut scan = Scan::new(job.limits.depth_max);
        let wrong = line.bytes.iter().position(|byte| scan.take(*byte).is_err());
        let wrong = wrong.or((!scan.is_done()).then_some(line.bytes.len()));
        if let Some(at) = wrong {
            job.findings.add(rule::JSON_LINE, Place { offset: Some(line.offset + at as u64), ..place });
        }
    }
    job.findings.need(end != End::Nothing, rule::TEXT_NO_END, Place::WHOLE);
    job.facts.number("rows", count);
    Ok(())
}

fn resource(job: &mut Job, line: &Line) {
    let place = line.place();
    if line.bytes.len() > tree_max(job) {
        job.findings.add(rule::LIMIT_MEMORY, place);
        return;
    }
    match serde_json::from_slice::<Value>(line.bytes) {
        Ok(value) => fhir::resource(job, &value, place),
        Err(error) => {
            let offset = Some(line.offset + error.column() as u64);
            job.findings.add(rule::JSON_LINE, Place { offset, ..place });
        }
    }
}

/// SPEC: RFC 7946, 3.
fn geo(job: &mut Job, feature: &Value, number: u64, is_member: bool) {
    let is_feature = feature["type"] == "Feature";
    let geometry = if is_feature { &feature["geometry"] } else { feature };
    let has_members = !is_feature || feature.get("properties").is_some() && feature.get("geometry").is_some();
    let holds = has_members && (is_feature || !is_member) && is_geometry(geometry);
    job.findings.need(holds, rule::GEOJSON_SHAPE, Place { line: Some(number), ..Place::WHOLE });
}

fn is_geometry(geometry: &Value) -> bool {
    let depth = match geometry["type"].as_str() {
        None => return geometry.is_null(),
        Some("Point") => 0,
        Some("MultiPoint" | "LineString") => 1,
        Some("MultiLineString" | "Polygon") => 2,
        Some("MultiPolygon") => 3,
        Some("GeometryCollection") => {
            let parts = geometry["geometries"].as_array();
            return parts.is_some_and(|parts| parts.iter().all(|part| part["type"].is_string()));
        }
        Some(_) => return false,
    };
    let mut level = vec![&geometry["coordinates"]];
    for _ in 0..depth {
        let Some(next) = level.iter().map(|value| value.as_array()).collect::<Option<Vec<_>>>() else {
            return false;
        };
        level = next.into_iter().flatten().collect();
    }
    level.iter().all(|place| {
        let numbers: Option<Vec<f64>> =
            place.as_array().and_then(|place| place.iter().map(Value::as_f64).collect());
        numbers.is_some_and(|numbers| {
            let [x, y] = numbers.get(..2).unwrap_or_default() else { return false };
            (-180.0..=180.0).contains(x) && (-90.0..=90.0).contains(y)
        })
    })
}
