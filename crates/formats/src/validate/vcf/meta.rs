//! Meta lines: keys and values, plain or in angle brackets.
//!
//! It exists apart because half of what is wrong with VCF files is in their header.
//!
//! SPEC: VCFv4.3, 1.4; VCFv4.1 and 4.2, 1.2.

use super::super::Job;
use super::{Declared, Header, Minor, Number, Type, reserved};
use crate::report::Place;
use crate::rule;

/// One member of a structured line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    key: String,
    value: String,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Quoted,
    List,
}

/// Judges one line, without its `##`.
pub fn judge(job: &mut Job, header: &mut Header, body: &str, place: Place) {
    let Some((key, value)) = body.split_once('=').filter(|(key, value)| !key.is_empty() && !value.is_empty())
    else {
        job.findings.add(rule::VCF_META, place);
        return;
    };
    match key {
        "fileformat" => job.findings.add(rule::VCF_FILEFORMAT, place),
        "assembly" => job.findings.need(is_address(value), rule::VCF_META_URL, place),
        "pedigreeDB" => {
            let inside = value.strip_prefix('<').and_then(|value| value.strip_suffix('>')).unwrap_or(value);
            job.findings.need(!inside.is_empty() && is_address(inside), rule::VCF_META_URL, place);
        }
        "INFO" | "FORMAT" | "FILTER" | "ALT" | "contig" | "SAMPLE" | "PEDIGREE" | "META" => {
            match members(value) {
                Some(members) => structured(job, header, key, &members, place),
                None => job.findings.add(rule::VCF_META_FIELD, place),
            }
        }
        // SPEC: VCFv4.3, 1.4: what begins as a structured line ends as one.
        _ if value.starts_with('<') && header.minor >= 3 => {
            job.findings.need(value.ends_with('>'), rule::VCF_META_FIELD, place);
        }
        _ => {}
    }
}

/// Whether an address has a host that is one; what has no scheme is a name.
fn is_address(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return !value.contains(char::is_whitespace) };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let is_number = host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok());
    let is_name = host.contains(|sign: char| sign.is_ascii_alphabetic());
    !scheme.is_empty() && (is_number || is_name || scheme == "file") && !value.contains(char::is_whitespace)
}

/// The members of `<key=value,...>`; `None` if it is not whole.
fn members(value: &str) -> Option<Vec<Member>> {
    let mut rest = value.strip_prefix('<')?;
    let mut members = Vec::new();
    loop {
        let (key, after) = rest.split_once('=')?;
        let is_key = !key.is_empty() && !key.contains([',', '<', '>', '"', ' ']);
        let (form, taken, after) = match after.chars().next()? {
            '"' => {
                let end = closing(after)?;
                (Form::Quoted, after.get(1..end)?, after.get(end + 1..)?)
            }
            '[' => {
                let end = after.find(']')?;
                (Form::List, after.get(1..end)?, after.get(end + 1..)?)
            }
            _ => {
                let end = after.find([',', '>'])?;
                (Form::Plain, after.get(..end)?, after.get(end..)?)
            }
        };
        if !is_key || form == Form::Plain && taken.contains('<') {
            return None;
        }
        members.push(Member { key: key.to_owned(), value: taken.to_owned(), form });
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (after == ">").then_some(members),
        }
    }
}

/// Where the quote at the beginning closes.
fn closing(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, sign) in text.char_indices().skip(1) {
        match sign {
            '\\' if !is_escaped => is_escaped = true,
            '"' if !is_escaped => return Some(at),
            _ => is_escaped = false,
        }
    }
    None
}

fn structured(job: &mut Job, header: &mut Header, key: &str, members: &[Member], place: Place) {
    let minor = header.minor;
    let find = |name: &str| members.iter().find(|member| member.key == name);
    // SPEC: VCFv4.3, 1.4: ID is required but for older PEDIGREE lines.
    let Some(id) = find("ID").map(|id| id.value.as_str()) else {
        let may_lack = key == "PEDIGREE" && minor < 3;
        job.findings.need(may_lack, rule::VCF_META_ID, place);
        pedigree(job, key, members, place);
        return;
    };
    job.findings.need(is_id(key, id, minor), rule::VCF_META_ID, place);
    ordered(job, key, members, place);
    let number = find("Number").map(|member| number(&member.value, key, minor));
    let kind = find("Type").map(|member| kind(&member.value, key));
    job.findings.need(number != Some(None), rule::VCF_META_NUMBER, place);
    job.findings.need(kind != Some(None), rule::VCF_META_TYPE, place);
    description(job, key, find("Description"), minor, place);
    if key == "META" {
        let is_listed = find("Values").is_none_or(|values| values.form == Form::List);
        job.findings.need(is_listed, rule::VCF_META_FIELD, place);
    }
    pedigree(job, key, members, place);
    if let (Some(Some(number)), Some(Some(kind))) = (number, kind) {
        reserve(job, key, id, Declared { number, kind }, minor, place);
    }
    declare(job, header, key, id, (number.flatten(), kind.flatten()), place);
}

/// Which members a line must have, and in which order.
fn ordered(job: &mut Job, key: &str, members: &[Member], place: Place) {
    let order: &[&str] = match key {
        "INFO" | "FORMAT" | "ALT" | "FILTER" => &["ID", "Number", "Type", "Description"],
        "META" => &["ID", "Number", "Type", "Values"],
        _ => &["ID"],
    };
    let at: Vec<usize> =
        members.iter().filter_map(|member| order.iter().position(|name| *name == member.key)).collect();
    let is_first = members.first().is_some_and(|member| member.key == "ID");
    let is_ordered = at.windows(2).all(|pair| pair.first() < pair.last());
    job.findings.need(is_first && is_ordered, rule::VCF_META_FIELD, place);
    let needs: &[&str] = if matches!(key, "INFO" | "FORMAT") { &["Number", "Type"] } else { &[] };
    let has = |name: &&str| members.iter().any(|member| member.key == **name);
    job.findings.need(needs.iter().all(has), rule::VCF_META_FIELD, place);
}

/// SPEC: a description is quoted; VCFv4.4 no longer asks for one.
fn description(job: &mut Job, key: &str, found: Option<&Member>, minor: Minor, place: Place) {
    let is_asked = matches!(key, "INFO" | "FORMAT" | "FILTER" | "ALT") && minor < 4;
    let holds = found.map_or(!is_asked, |member| member.form == Form::Quoted);
    job.findings.need(holds, rule::VCF_META_FIELD, place);
}

/// SPEC: VCFv4.3, 1.4.9: names of samples.
fn pedigree(job: &mut Job, key: &str, members: &[Member], place: Place) {
    if key != "PEDIGREE" {
        return;
    }
    let is_name = |member: &Member| {
        let mut signs = member.value.chars();
        signs.all(|sign| sign.is_ascii_alphanumeric() || "_-.".contains(sign)) && !member.value.is_empty()
    };
    job.findings.need(members.iter().all(is_name), rule::VCF_META_FIELD, place);
}

/// Whether an ID has the signs that it may have.
fn is_id(key: &str, id: &str, minor: Minor) -> bool {
    let is_plain = !id.is_empty() && !id.contains([' ', '\t', ',', '<', '>']);
    match key {
        "ALT" => is_plain && is_symbol(id, minor),
        "contig" => is_plain && super::record::is_sequence(id, minor),
        "INFO" if minor >= 3 => id == "1000G" || is_key(id),
        "FORMAT" if minor >= 3 => is_key(id),
        // SPEC: VCFv4.3, 1.4.8 asks for no more; a sample's ID names a column.
        "SAMPLE" => is_plain && (minor < 3 || !id.contains('*')),
        _ => is_plain,
    }
}

/// SPEC: VCFv4.3, 1.6.1: `^([A-Za-z_][0-9A-Za-z_.]*|1000G)$`.
pub fn is_key(id: &str) -> bool {
    let mut signs = id.chars();
    signs.next().is_some_and(|sign| sign.is_ascii_alphabetic() || sign == '_')
        && signs.all(|sign| sign.is_ascii_alphanumeric() || "_.%".contains(sign))
}

/// What symbols of structural variants may be: known first parts; since 4.3 also any other name without parts.
pub fn is_symbol(id: &str, minor: Minor) -> bool {
    let first = id.split(':').next().unwrap_or_default();
    let is_known = match first {
        "DEL" | "INS" | "DUP" | "INV" | "CNV" => true,
        // SPEC: VCFv4.4 has breakends in their own notation alone.
        "BND" => minor < 4,
        // WHY: written by GATK and bcftools into files of all versions for "any other allele".
        "NON_REF" | "*" | "X" => true,
        _ => false,
    };
    is_known || minor >= 3 && !id.contains(':')
}

fn number(text: &str, key: &str, minor: Minor) -> Option<Number> {
    match text {
        "A" => Some(Number::A),
        "G" => Some(Number::G),
        "." => Some(Number::Any),
        "R" if minor >= 2 => Some(Number::R),
        "P" if minor >= 4 && key == "FORMAT" => Some(Number::P),
        "LA" | "LR" | "LG" | "M" if minor >= 5 && key == "FORMAT" => Some(Number::Local),
        // WHY: META lines of the specification's own examples write the word.
        "Number" if key == "META" => Some(Number::Any),
        _ => text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit())).map(Number::Count),
    }
}

fn kind(text: &str, key: &str) -> Option<Type> {
    match text {
        "Integer" => Some(Type::Integer),
        "Float" => Some(Type::Float),
        "Character" => Some(Type::Character),
        "String" => Some(Type::String),
        "Flag" if key != "FORMAT" => Some(Type::Flag),
        _ => None,
    }
}

fn reserve(job: &mut Job, key: &str, id: &str, declared: Declared, minor: Minor, place: Place) {
    let reserved = match key {
        "INFO" => reserved::info(id, minor),
        "FORMAT" => reserved::format(id, minor),
        _ => None,
    };
    let agrees = reserved.is_none_or(|reserved| reserved.agrees(declared));
    job.findings.need(agrees, rule::VCF_META_RESERVED, place);
}

type Said = (Option<Number>, Option<Type>);

fn declare(job: &mut Job, header: &mut Header, key: &str, id: &str, said: Said, place: Place) {
    if !header.has_room(id) {
        job.findings.add(rule::LIMIT_MEMORY, place);
        return;
    }
    let declared = Declared { number: said.0.unwrap_or(Number::Any), kind: said.1.unwrap_or(Type::String) };
    let id = id.to_owned();
    let is_new = match key {
        "INFO" => header.infos.insert(id, declared).is_none(),
        "FORMAT" => header.formats.insert(id, declared).is_none(),
        "FILTER" => header.filters.insert(id),
        "ALT" => header.alts.insert(id),
        // WHY: a sequence that is named twice does no harm, and real tools do.
        "contig" => {
            header.contigs.insert(id);
            true
        }
        _ => true,
    };
    job.findings.need(is_new, rule::VCF_META_DOUBLE, place);
}
