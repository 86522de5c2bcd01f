//! JSON, XML, HTML, YAML, and what is written in them.
//!
//! It exists so that names of schemas are looked for in one place. It reads a head that may break off anywhere, so it counts
//! signs and never parses a whole.

use super::text::Text;
use super::{Detected, clinical};
use crate::kind::Kind;

/// WHY: a page's mark comes after comments and declarations, not further.
const ROOT_WITHIN: usize = 4_096;

/// What a marked-up text is.
pub fn find(text: &Text, lines: &[&str]) -> Option<Detected> {
    let begin = text.text.trim_start();
    match begin.chars().next()? {
        '{' | '[' => json(begin, lines),
        '<' => xml(begin),
        _ => None,
    }
}

/// Strings that are keys at the top of a JSON object, or of the first object of an array, as far as the head goes.
pub(super) fn keys(begin: &str) -> Vec<&str> {
    let bytes = begin.as_bytes();
    let (mut keys, mut depth, mut at) = (Vec::new(), 0_usize, 0);
    let top = if bytes.first() == Some(&b'[') { 2 } else { 1 };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth < top && top == 2 {
                    break;
                }
            }
            b'"' => {
                let Some(end) = string_end(bytes, at) else { break };
                let after = bytes.get(end + 1..).unwrap_or_default();
                let is_key = after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                if depth == top && is_key {
                    keys.extend(begin.get(at + 1..end));
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    keys
}

/// Where the string that begins here ends.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
}

/// The string that a key has as its value, the first time it is there.
pub(super) fn value_of<'a>(begin: &'a str, key: &str) -> Option<&'a str> {
    let mark = format!("\"{key}\"");
    let after = begin.get(begin.find(&mark)? + mark.len()..)?.trim_start().strip_prefix(':')?.trim_start();
    let inside = after.strip_prefix('"')?;
    inside.get(..inside.find('"')?)
}

fn json(begin: &str, lines: &[&str]) -> Option<Detected> {
    let keys = keys(begin);
    let has = |key: &str| keys.contains(&key);
    let is_object = begin.starts_with('{');
    // WHY: prose and INI files may begin with a bracket; JSON goes on with a value.
    let next = begin.get(1..)?.trim_start().chars().next();
    let goes_on = if is_object {
        matches!(next, Some('"' | '}'))
    } else {
        matches!(next, Some('"' | '{' | '[' | ']' | '-' | '0'..='9' | 't' | 'f' | 'n'))
    };
    if !goes_on
        || begin.starts_with('[')
            && begin.lines().next().is_some_and(|line| {
                line.trim_end().ends_with(']')
                    && line.contains(char::is_alphabetic)
                    && !line.contains('"')
                    && lines.len() > 1
            })
    {
        return None;
    }
    if is_lines(lines) {
        let fhir = clinical::fhir(begin, &keys).map(|kind| {
            Detected::strong(Kind::FhirNdjson, "a FHIR resource per line").with("resource", kind)
        });
        return Some(fhir.unwrap_or_else(|| Detected::strong(Kind::Ndjson, "a JSON object per line")));
    }
    if let Some(resource) = is_object.then(|| clinical::fhir(begin, &keys)).flatten() {
        return Some(
            Detected::strong(Kind::FhirJson, "an object with resourceType").with("resource", resource),
        );
    }
    let kind = value_of(begin, "type");
    let shapes = [
        "FeatureCollection",
        "Feature",
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    ];
    let is_geo = has("type")
        && kind.is_some_and(|kind| shapes.contains(&kind))
        && (has("features") || has("geometry") || has("coordinates") || has("geometries"));
    if is_object && is_geo {
        return Some(Detected::strong(Kind::GeoJson, "an object with a type of RFC 7946 and its members"));
    }
    if is_object && clinical::is_phenopacket(&keys) {
        return Some(Detected::strong(Kind::Phenopacket, "an object with the members of a phenopacket"));
    }
    Some(Detected::strong(Kind::Json, "begins as JSON does"))
}

/// Whether each line is an object of its own, and there is more than one.
fn is_lines(lines: &[&str]) -> bool {
    let filled: Vec<&str> = lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    let is_object = |line: &&str| line.starts_with('{') && line.ends_with('}');
    filled.len() > 1 && filled.iter().all(is_object)
}

fn xml(begin: &str) -> Option<Detected> {
    let near: String = begin.chars().take(ROOT_WITHIN).collect();
    let lower = near.to_lowercase();
    let root = root(&near);
    if lower.starts_with("<!doctype html") || root.is_some_and(|root| root.eq_ignore_ascii_case("html")) {
        return Some(Detected::strong(Kind::Html, "says it is HTML"));
    }
    let name = root?;
    let local = name.rsplit(':').next().unwrap_or(name);
    if local == "svg" {
        return Some(Detected::strong(Kind::Svg, "XML whose root is svg"));
    }
    if near.contains("\"http://hl7.org/fhir\"") || near.contains("'http://hl7.org/fhir'") {
        return Some(Detected::strong(Kind::FhirXml, "XML in the namespace of FHIR").with("resource", local));
    }
    let is_declared = begin.starts_with("<?xml");
    let is_tag = name.chars().all(|sign| sign.is_alphanumeric() || "_-.:".contains(sign));
    let why = if is_declared { "an XML declaration" } else { "begins with an element" };
    let confidence = if is_declared { Detected::certain } else { Detected::likely };
    let is_xml = is_declared || is_tag && (begin.contains("</") || begin.contains("/>"));
    is_xml.then(|| confidence(Kind::Xml, why))
}

/// The name of the first element.
fn root(near: &str) -> Option<&str> {
    let mut rest = near;
    loop {
        rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.get(comment.find("-->")? + 3..)?;
        } else if rest.starts_with("<?") || rest.starts_with("<!") {
            rest = rest.get(rest.find('>')? + 1..)?;
        } else {
            let name = rest.strip_prefix('<')?;
            let end = name.find(|sign: char| sign.is_whitespace() || sign == '>' || sign == '/')?;
            return name
                .get(..end)
                .filter(|name| name.starts_with(|sign: char| sign.is_alphabetic() || sign == '_'));
        }
    }
}

/// YAML by its looks: nearly every line is a key, an item or further in than the one before.
pub fn yaml(lines: &[&str]) -> Option<Detected> {
    let filled: Vec<&&str> =
        lines.iter().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')).collect();
    let is_marked = filled.first().is_some_and(|line| line.trim_end() == "---");
    let keyed = filled.iter().filter(|line| is_keyed(line)).count();
    // WHY: two spaces behind a colon are columns that somebody aligned, not YAML.
    let is_aligned = filled.iter().any(|line| line.contains(":  "));
    let is_one = filled.len() >= 2 && keyed * 10 >= filled.len() * 9 && !is_aligned;
    (is_one || is_marked && keyed * 2 > filled.len())
        .then(|| Detected::likely(Kind::Yaml, "lines are keys and items"))
}

fn is_keyed(line: &str) -> bool {
    let body = line.trim_start().trim_start_matches("- ").trim_end();
    let key = body.split_once(": ").map(|(key, _)| key).or_else(|| body.strip_suffix(':'));
    let is_key = key.is_some_and(|key| {
        let plain = key.trim_matches(['"', '\'']);
        !plain.is_empty()
            && plain.len() <= 60
            && plain.split(' ').count() <= 4
            && !plain.contains([',', ';', '(', '\t'])
    });
    is_key || line.trim_start().starts_with("- ")
}
