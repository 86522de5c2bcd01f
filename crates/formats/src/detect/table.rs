//! Tables of text: their delimiter, quotes, header and numbers.
//!
//! It exists so that every table is read as it was written. A text is a table only where lines agree on their number of
//! fields; it never guesses types beyond what a header needs.

use std::collections::{BTreeMap, BTreeSet};

use super::text::Text;
use super::{Detected, Dialect};
use crate::kind::Kind;
use crate::omop;
use crate::shape::{Shape, shape_of};

/// WHY: tab first: a text with tabs between fields rarely means anything else by them.
const DELIMITERS: [char; 4] = ['\t', ',', ';', '|'];
/// WHY: rows that agree; a broken file has a few that do not, and prose never so many.
const SHARE_MIN: f64 = 0.85;
/// WHY: a table that is broken throughout, or of several parts, if its rows are many fields wide.
const SHARE_WIDE_MIN: f64 = 0.6;

/// How rows look under one delimiter.
struct Split<'a> {
    delimiter: char,
    rows: Vec<Vec<&'a str>>,
    columns: usize,
    share: f64,
    has_quotes: bool,
}

/// The table that a text is.
pub fn find(text: &Text, lines: &[&str]) -> Option<Detected> {
    let comments = lines.iter().take_while(|line| line.starts_with('#') || line.trim().is_empty()).count();
    // WHY: `#sample<TAB>depth` is a header, `# made by` a comment; the last one before the rows is looked at again.
    let is_header = comments > 0 && lines.get(comments - 1).is_some_and(|line| line.starts_with('#'));
    let with = find_below(text, lines, comments.saturating_sub(usize::from(is_header)));
    with.filter(|found| comments == 0 || is_consistent(found, lines, comments))
        .or_else(|| find_below(text, lines, comments))
}

/// Whether the last comment has as many fields as the rows.
fn is_consistent(found: &Detected, lines: &[&str], comments: usize) -> bool {
    let dialect = found.dialect.as_ref();
    let header = lines.get(comments - 1).copied().unwrap_or_default();
    dialect.is_some_and(|dialect| header.split(dialect.delimiter).count() == dialect.columns)
}

fn find_below(text: &Text, lines: &[&str], preamble_lines: usize) -> Option<Detected> {
    let body = lines.get(preamble_lines..)?;
    let is_markdown = body
        .iter()
        .any(|line| line.len() > 2 && line.contains("--") && line.chars().all(|sign| "|-: ".contains(sign)));
    let splits =
        DELIMITERS.iter().filter(|sign| **sign != '|' || !is_markdown).map(|sign| split(body, *sign));
    let best = splits.filter(is_table).max_by(|a, b| score(a).total_cmp(&score(b)))?;
    let dialect = Dialect {
        delimiter: best.delimiter,
        quote: best.has_quotes.then_some('"'),
        has_header: has_header(&best),
        has_decimal_comma: has_decimal_comma(&best),
        encoding: text.encoding,
        preamble_lines,
        columns: best.columns,
    };
    let kind = if best.delimiter == '\t' { Kind::Tsv } else { Kind::Csv };
    let why = if best.share > 0.999 {
        "every row has as many fields"
    } else if best.share >= SHARE_MIN {
        "nearly every row has as many fields"
    } else {
        "most rows have several fields, but not as many each"
    };
    let mut found =
        if best.share >= SHARE_MIN { Detected::strong(kind, why) } else { Detected::likely(kind, why) };
    if let Some(table) =
        dialect.has_header.then(|| best.rows.first().and_then(|names| omop::table(names))).flatten()
    {
        found =
            Detected::strong(Kind::OmopTable, "has the columns of a table of OMOP CDM").with("table", table);
    }
    found.dialect = Some(dialect);
    Some(found)
}

fn score(split: &Split) -> f64 {
    // WHY: where two delimiters do as well, the tab was meant.
    let bonus = if split.delimiter == '\t' { 0.25 } else { 0.0 };
    split.share * 4.0 + (split.columns as f64).log2().min(6.0) / 2.0 + bonus
}

fn is_table(split: &Split) -> bool {
    let cells = || split.rows.iter().flatten();
    let mean = cells().map(|cell| cell.len()).sum::<usize>() as f64 / cells().count().max(1) as f64;
    // WHY: sentences between commas are longer than cells of tables, but for free text in wide tables.
    let is_short = mean < 24.0 || split.delimiter == '\t';
    if is_prose(split) {
        return false;
    }
    match split.rows.len() {
        0 => false,
        1 => {
            split.columns >= 2
                && cells().all(|cell| is_name(cell))
                && (split.columns >= 3 || split.delimiter != ',')
        }
        2 => split.columns >= 2 && split.share > 0.999 && is_short,
        _ => {
            split.columns >= 2 && split.share >= SHARE_MIN && (is_short || split.columns >= 4)
                || split.columns >= 3 && split.share >= SHARE_WIDE_MIN && is_short
                || is_of_parts(split) && is_short
        }
    }
}

/// A few lines with a space behind each comma: sentences and programs are written so, small tables are not.
fn is_prose(split: &Split) -> bool {
    let behind = || split.rows.iter().flat_map(|row| row.iter().skip(1));
    // WHY: lines of programs end in a semicolon; that is no second column.
    if split.columns == 2 && behind().all(|cell| cell.trim().is_empty()) {
        return true;
    }
    let spaced = behind().filter(|cell| cell.starts_with(' ')).count();
    split.delimiter == ',' && split.columns <= 3 && split.rows.len() < 10 && spaced * 2 > behind().count()
}

/// Several small tables below each other: most rows are wide, and rows of a kind follow each other.
fn is_of_parts(split: &Split) -> bool {
    let wide = split.rows.iter().filter(|row| row.len() >= 4).count();
    let changes = split.rows.windows(2).filter(|pair| pair[0].len() != pair[1].len()).count();
    wide * 10 >= split.rows.len() * 6 && changes * 2 <= split.rows.len()
}

/// What a name of a column looks like.
fn is_name(cell: &str) -> bool {
    let plain = cell.trim().trim_matches('"');
    !plain.is_empty()
        && plain.len() <= 64
        && plain.split(' ').count() <= 5
        && plain.chars().any(char::is_alphabetic)
        && !plain.ends_with('.')
}

fn split<'a>(lines: &[&'a str], delimiter: char) -> Split<'a> {
    let filled = lines.iter().filter(|line| !line.trim().is_empty() && !line.starts_with("##"));
    let mut has_quotes = false;
    let mut rows: Vec<Vec<&str>> = Vec::new();
    let mut is_open = false;
    for line in filled {
        // WHY: a quoted field may go on over lines; the lines inside are no rows.
        let quotes = line.matches('"').count();
        let was_open = is_open;
        is_open ^= quotes % 2 == 1 && (has_quoted(line, delimiter) || was_open);
        if was_open {
            continue;
        }
        has_quotes |= has_quoted(line, delimiter);
        rows.push(fields(line, delimiter));
    }
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    rows.iter().for_each(|row| *counts.entry(row.len()).or_default() += 1);
    let (columns, most) =
        counts.iter().max_by_key(|(_, count)| **count).map_or((0, 0), |(at, count)| (*at, *count));
    let share = most as f64 / rows.len().max(1) as f64;
    Split { delimiter, rows, columns, share, has_quotes }
}

/// Whether a field of the line begins with a quote.
fn has_quoted(line: &str, delimiter: char) -> bool {
    line.starts_with('"')
        || line
            .match_indices(delimiter)
            .any(|(at, sign)| line.get(at + sign.len()..).is_some_and(|rest| rest.starts_with('"')))
}

/// The fields of one line, quotes left on.
fn fields(line: &str, delimiter: char) -> Vec<&str> {
    let (mut fields, mut start, mut is_quoted, mut is_start) = (Vec::new(), 0, false, true);
    for (at, sign) in line.char_indices() {
        if sign == '"' && (is_start || is_quoted) {
            is_quoted = !is_quoted;
            is_start = true;
        } else if sign == delimiter && !is_quoted {
            fields.extend(line.get(start..at));
            start = at + sign.len_utf8();
            is_start = true;
        } else {
            is_start = false;
        }
    }
    fields.extend(line.get(start..));
    fields
}

fn bare(cell: &str) -> &str {
    cell.trim().trim_matches('"')
}

/// Whether the first row names columns: all different, none a number, and unlike what stands below.
fn has_header(split: &Split) -> bool {
    let Some((first, rest)) = split.rows.split_first() else { return false };
    let names: Vec<&str> = first.iter().map(|cell| bare(cell)).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    let is_word = |name: &&str| matches!(shape_of(name, false), Shape::Text) || name.is_empty();
    let empty = names.iter().filter(|name| name.is_empty()).count();
    if empty * 2 > names.len() || !names.iter().all(is_word) {
        return false;
    }
    let is_distinct = distinct.len() + empty.saturating_sub(1) >= names.len();
    if rest.is_empty() {
        return is_distinct;
    }
    let below = |at: usize| rest.iter().filter_map(move |row| row.get(at)).map(|cell| bare(cell));
    let is_typed = (0..names.len()).any(|at| {
        let shapes = || below(at).map(|cell| shape_of(cell, false)).filter(|shape| *shape != Shape::Missing);
        shapes().count() > 0 && shapes().all(|shape| shape != Shape::Text)
    });
    // WHY: a column of words alone: what stands above is its name if it is a name and does not come again.
    let is_named = names.iter().all(|name| name.is_empty() || is_identifier(name));
    let comes_again = names.iter().enumerate().any(|(at, name)| below(at).any(|cell| cell == *name));
    // WHY: names that come twice are a fault to be told, where what stands below shows that they are names.
    is_typed || is_distinct && is_named && !comes_again && has_long_rows(rest, &names)
}

fn is_identifier(name: &str) -> bool {
    name.chars().all(|sign| sign.is_alphanumeric() || "_-. ()#/%".contains(sign))
        && name.starts_with(|sign: char| sign.is_alphabetic() || sign == '#')
}

/// Whether cells below are unlike names: longer, or with signs that names do not have.
fn has_long_rows(rest: &[Vec<&str>], names: &[&str]) -> bool {
    let longest = names.iter().map(|name| name.len()).max().unwrap_or_default();
    let is_unlike = |cell: &&str| {
        cell.len() > longest
            || cell.contains([':', '/', '@', '|'])
            || cell.chars().any(|sign| sign.is_ascii_digit())
    };
    names.iter().all(|name| name.contains('_') || name.chars().all(|sign| !sign.is_lowercase()))
        || rest.iter().take(50).all(|row| row.iter().any(is_unlike))
}

/// Whether numbers have their comma where others have a point.
fn has_decimal_comma(split: &Split) -> bool {
    if split.delimiter == ',' {
        return false;
    }
    let is_comma = |cell: &str| {
        let digits = |part: &str| !part.is_empty() && part.chars().all(|sign| sign.is_ascii_digit());
        bare(cell)
            .trim_start_matches(['-', '+'])
            .split_once(',')
            .is_some_and(|(whole, part)| digits(whole) && digits(part))
    };
    let is_point = |cell: &str| bare(cell).contains('.') && shape_of(bare(cell), false) == Shape::Number;
    let count = |is: &dyn Fn(&str) -> bool| split.rows.iter().flatten().filter(|cell| is(cell)).count();
    let commas = count(&is_comma);
    commas >= 2 && commas > count(&is_point)
}
