//! JSON, a document or a line at a time, and GeoJSON.
//!
//! It exists so that a document of any size is judged byte by byte, and what must be understood as a whole only where it fits
//! into memory. It goes into nothing by recursion.
//!
//! SPEC: RFC 8259; RFC 7946.

use std::io::{self, Read};

use serde_json::Value;

use super::{Job, fhir};
use crate::input::{End, Lines};
use crate::kind::Kind;
use crate::report::Place;
use crate::rule;

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
    let is_understood = matches!(job.detected.kind, Kind::FhirJson | Kind::GeoJson | Kind::Phenopacket);
    let mut kept = Vec::new();
    let mut scan = Scan::new(job.limits.depth_max);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut offset = 0_u64;
    let mut left_mark = 3_usize;
    loop {
        let size = crate::input::fill(from, &mut buffer)?;
        let read = buffer.get(..size).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        for byte in read {
            // WHY: RFC 8259, 8.1 lets a reader pass over a byte order mark.
            let is_mark = left_mark > 0
                && [0xbf, 0xbb, 0xef].get(left_mark - 1) == Some(byte)
                && offset + left_mark as u64 == 3;
            left_mark = if is_mark { left_mark - 1 } else { 0 };
            if let Some(fault) = (!is_mark).then(|| scan.take(*byte).err()).flatten() {
                let rule = if fault == Fault::Depth { rule::LIMIT_DEPTH } else { rule::JSON_SYNTAX };
                job.findings.add(rule, Place::byte(offset));
                return Ok(());
            }
            offset += 1;
        }
        if is_understood && kept.len() <= job.limits.memory_bytes_max {
            kept.extend_from_slice(read);
        }
    }
    job.findings.need(scan.is_done(), rule::JSON_SYNTAX, Place::byte(offset));
    job.facts.number("values", scan.values);
    job.facts.number("depth", scan.depth as u64);
    if is_understood {
        whole(job, &kept);
    }
    Ok(())
}

/// What must be understood as a whole.
fn whole(job: &mut Job, bytes: &[u8]) {
    if bytes.len() > job.limits.memory_bytes_max {
        job.findings.add(rule::LIMIT_MEMORY, Place::WHOLE);
        return;
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        let is_text = std::str::from_utf8(bytes).is_ok();
        let rule = if is_text { rule::JSON_SYNTAX } else { rule::TEXT_ENCODING };
        job.findings.add(rule, Place::WHOLE);
        return;
    };
    match job.detected.kind {
        Kind::FhirJson => fhir::resource(job, &value, Place::WHOLE),
        Kind::GeoJson => geo(job, &value),
        _ => {}
    }
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
        match serde_json::from_slice::<Value>(line.bytes) {
            Err(error) => job
                .findings
                .add(rule::JSON_LINE, Place { offset: Some(line.offset + error.column() as u64), ..place }),
            Ok(value) if job.detected.kind == Kind::FhirNdjson => fhir::resource(job, &value, place),
            Ok(_) => {}
        }
    }
    job.findings.need(end != End::Nothing, rule::TEXT_NO_END, Place::WHOLE);
    job.facts.number("rows", count);
    Ok(())
}

/// SPEC: RFC 7946, 3.
fn geo(job: &mut Job, value: &Value) {
    let empty = Vec::new();
    let features = match value["type"].as_str() {
        Some("FeatureCollection") => value["features"].as_array().unwrap_or(&empty).iter().collect(),
        _ => vec![value],
    };
    let is_collection = value["type"] == "FeatureCollection";
    job.findings.need(!is_collection || value["features"].is_array(), rule::GEOJSON_SHAPE, Place::WHOLE);
    for (at, feature) in features.iter().enumerate() {
        let is_feature = feature["type"] == "Feature";
        let geometry = if is_feature { &feature["geometry"] } else { *feature };
        let has_members =
            !is_feature || feature.get("properties").is_some() && feature.get("geometry").is_some();
        let holds = has_members && (is_feature || !is_collection) && is_geometry(geometry);
        job.findings.need(holds, rule::GEOJSON_SHAPE, Place { line: Some(at as u64 + 1), ..Place::WHOLE });
    }
    job.facts.number("features", features.len() as u64);
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
