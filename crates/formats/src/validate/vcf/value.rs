//! Values of keys: whether one is of its type, and how many there must be.
//!
//! It exists because INFO and samples are judged alike. It never keeps one.

use super::{Number, Type};

/// Whether a value is of a type; a point is of each.
pub fn is_of(kind: Type, value: &str) -> bool {
    value == "."
        || match kind {
            Type::Integer => is_integer(value),
            Type::Float => is_float(value),
            Type::Character => value.chars().count() == 1 || value.len() == 3 && value.starts_with('%'),
            Type::Flag => value == "0" || value == "1",
            Type::String => true,
        }
}

pub fn is_integer(value: &str) -> bool {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// SPEC: VCFv4.3, 1.3: `^[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?$`, and INF or INFINITY or NAN in any letters.
pub fn is_float(value: &str) -> bool {
    let body = value.strip_prefix(['-', '+']).unwrap_or(value);
    let is_word = ["inf", "infinity", "nan"].iter().any(|word| body.eq_ignore_ascii_case(word));
    let is_number = body.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'.')
        && body.parse::<f64>().is_ok();
    is_word || is_number
}

/// Whether a number is below zero.
pub fn is_negative(value: &str) -> bool {
    value.strip_prefix('-').is_some_and(|rest| rest.bytes().any(|byte| matches!(byte, b'1'..=b'9')))
}

/// How many values a key must have; `None` where that is not fixed.
pub fn wanted(number: Number, alternatives: usize, ploidy: Option<usize>) -> Option<usize> {
    match number {
        Number::Count(count) => Some(count as usize),
        // WHY: without an alternative nobody agrees how many there are.
        Number::A => (alternatives > 0).then_some(alternatives),
        Number::R => Some(alternatives + 1),
        Number::G => genotypes(alternatives + 1, ploidy?),
        Number::P => ploidy,
        Number::Local | Number::Any => None,
    }
}

/// SPEC: VCFv4.3, 1.6.2: as many genotypes as multisets of alleles.
fn genotypes(alleles: usize, ploidy: usize) -> Option<usize> {
    let mut count = 1_usize;
    for at in 0..ploidy {
        count = count.checked_mul(alleles.checked_add(at)?)? / (at + 1);
    }
    Some(count)
}

/// SPEC: SAM 1.6, 1.4.6: numbers and operations. WHY a number may be missing in none: the whole is a list of both.
pub fn is_cigar(value: &str) -> bool {
    let (mut digits, mut parts) = (0, 0);
    for byte in value.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'M' | b'I' | b'D' | b'N' | b'S' | b'H' | b'P' | b'X' | b'=' if digits > 0 => {
                (digits, parts) = (0, parts + 1)
            }
            _ => return false,
        }
    }
    parts > 0 && digits == 0
}
