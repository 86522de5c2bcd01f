//! Workbooks of Excel: shared strings, which numbers are dates, sheets in their order, and notes.
//!
//! It exists because a spreadsheet is what lists of patients come in. Hidden sheets are read as others. It evaluates nothing.
//!
//! SPEC: ECMA-376 part 1, 12.3 and 18.

use std::collections::{BTreeMap, BTreeSet};

use super::walk::{Part, attribute, walk};
use super::{Teller, office, sheet};
use crate::limits::Limits;
use crate::rule::{self, Rule};
use crate::zipped::{self, Member};

/// What cells refer to.
#[derive(Default)]
pub struct Book {
    texts: String,
    /// Where each string ends.
    ends: Vec<u32>,
    /// Of each style of cells, whether it shows a date.
    pub dates: Vec<bool>,
    pub is_from_1904: bool,
}

impl Book {
    /// A shared string.
    pub fn text(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)? as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or_default());
        self.texts.get(start as usize..end)
    }
}

/// Tells every cell, sheet after sheet.
pub fn read(bytes: &[u8], teller: &mut Teller) -> Result<(), Rule> {
    let members = zipped::members(bytes).ok_or(rule::ARCHIVE_DIRECTORY)?;
    let find = |path: &str| members.iter().find(|member| is(member, path));
    let mut book = Book::default();
    if let Some(member) = find("xl/sharedStrings.xml") {
        strings(member, &mut book, &teller.limits)?;
    }
    if let Some(member) = find("xl/styles.xml") {
        book.dates = dates(member, &teller.limits)?;
    }
    let listed = match (find("xl/workbook.xml"), find("xl/_rels/workbook.xml.rels")) {
        (Some(sheets), Some(paths)) => listed(sheets, paths, &mut book, teller)?,
        _ => Vec::new(),
    };
    let mut read = BTreeSet::new();
    for path in &listed {
        if let Some(member) = find(path).filter(|member| read.insert(member.path)) {
            sheet::read(member, &book, teller)?;
        }
    }
    // WHY: a sheet that the workbook does not list is there nevertheless.
    for member in members.iter().filter(|member| starts(member, "xl/worksheets/sheet")) {
        if member.path.ends_with(b".xml") && read.insert(member.path) {
            sheet::read(member, &book, teller)?;
        }
    }
    let notes = ["xl/comments", "xl/threadedComments/", "xl/drawings/drawing"];
    for member in members.iter().filter(|member| notes.iter().any(|start| starts(member, start))) {
        office::paragraphs(member, teller)?;
    }
    // WHY: sheets in binary (xlsb) are no XML.
    let is_read = !read.is_empty() && !members.iter().any(|member| starts(member, "xl/worksheets/binary"));
    if is_read { Ok(()) } else { Err(rule::LIMIT_UNREAD) }
}

/// WHY without case: some writers write `xl/SharedStrings.xml`.
fn is(member: &Member, path: &str) -> bool {
    member.path.eq_ignore_ascii_case(path.as_bytes())
}

fn starts(member: &Member, start: &str) -> bool {
    member.path.get(..start.len()).is_some_and(|path| path.eq_ignore_ascii_case(start.as_bytes()))
}

/// SPEC: 18.4.8: runs of a string follow each other; how it is pronounced is no part of it.
fn strings(member: &Member, book: &mut Book, limits: &Limits) -> Result<(), Rule> {
    let (mut is_text, mut is_spoken) = (false, false);
    walk(member, limits, &mut |part| {
        match part {
            Part::Begin(b"t", _) => is_text = !is_spoken,
            Part::End(b"t") => is_text = false,
            Part::Begin(b"rPh", _) => is_spoken = true,
            Part::End(b"rPh") => is_spoken = false,
            Part::End(b"si") => {
                book.ends.push(u32::try_from(book.texts.len()).map_err(|_| rule::LIMIT_MEMORY)?)
            }
            Part::Text(text) if is_text => book.texts.push_str(text),
            Part::Begin(..) | Part::End(_) | Part::Text(_) => {}
        }
        let size = book.texts.len() + book.ends.len() * size_of::<u32>();
        if size > limits.memory_bytes_max { Err(rule::LIMIT_MEMORY) } else { Ok(()) }
    })
}

/// Which styles show a number as a date. SPEC: 18.8.30 (formats) and 18.8.10 (styles of cells).
fn dates(member: &Member, limits: &Limits) -> Result<Vec<bool>, Rule> {
    let (mut formats, mut styles, mut is_cells) = (BTreeMap::new(), Vec::new(), false);
    walk(member, limits, &mut |part| {
        match part {
            Part::Begin(b"numFmt", element) => {
                if let (Some(id), Some(code)) =
                    (attribute(element, "numFmtId"), attribute(element, "formatCode"))
                {
                    formats.insert(id, is_date(&code));
                }
            }
            Part::Begin(b"cellXfs", _) => is_cells = true,
            Part::End(b"cellXfs") => is_cells = false,
            Part::Begin(b"xf", element) if is_cells => {
                let id = attribute(element, "numFmtId").unwrap_or_default();
                let built_in = matches!(id.parse(), Ok(14..=22_u32 | 27..=36 | 45..=47 | 50..=58));
                styles.push(formats.get(&id).copied().unwrap_or(built_in));
            }
            Part::Begin(..) | Part::End(_) | Part::Text(_) => {}
        }
        // SPEC: Excel has at most 65,490 styles.
        if styles.len().max(formats.len()) > 100_000 { Err(rule::LIMIT_MEMORY) } else { Ok(()) }
    })?;
    Ok(styles)
}

/// Whether a format has parts of a date outside of quotes, brackets and escapes.
fn is_date(code: &str) -> bool {
    let (mut quote, mut is_escaped) = (None, false);
    code.chars().any(|sign| {
        if std::mem::take(&mut is_escaped) {
            return false;
        }
        match (quote, sign) {
            (Some(end), _) => {
                quote = Some(end).filter(|end| *end != sign);
                false
            }
            (None, '"') => {
                quote = Some('"');
                false
            }
            (None, '[') => {
                quote = Some(']');
                false
            }
            (None, '\\' | '_' | '*') => {
                is_escaped = true;
                false
            }
            (None, _) => matches!(sign.to_ascii_lowercase(), 'y' | 'd' | 'm' | 'h' | 's'),
        }
    })
}

/// Paths of the sheets in the order in which the workbook shows them; their names are told as text.
fn listed(
    sheets: &Member,
    paths: &Member,
    book: &mut Book,
    teller: &mut Teller,
) -> Result<Vec<String>, Rule> {
    let (limits, mut ids) = (teller.limits.clone(), Vec::new());
    walk(sheets, &limits, &mut |part| {
        match part {
            Part::Begin(b"workbookPr", element) => {
                book.is_from_1904 = matches!(attribute(element, "date1904").as_deref(), Some("1" | "true"));
            }
            Part::Begin(b"sheet", element) => {
                teller.text(&attribute(element, "name").unwrap_or_default())?;
                ids.extend(attribute(element, "id"));
            }
            Part::Begin(..) | Part::End(_) | Part::Text(_) => {}
        }
        if ids.len() as u64 > limits.entries_max { Err(rule::LIMIT_MEMORY) } else { Ok(()) }
    })?;
    let mut found = BTreeMap::new();
    walk(paths, &limits, &mut |part| {
        if let Part::Begin(b"Relationship", element) = part
            && attribute(element, "Type").is_some_and(|kind| kind.ends_with("/worksheet"))
            && let (Some(id), Some(path)) = (attribute(element, "Id"), attribute(element, "Target"))
        {
            let path = path.strip_prefix('/').map_or_else(|| format!("xl/{path}"), str::to_owned);
            found.insert(id, path);
        }
        if found.len() as u64 > limits.entries_max { Err(rule::LIMIT_MEMORY) } else { Ok(()) }
    })?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_dates_are_told_from_others() {
        for code in ["yyyy-mm-dd", "DD/MM/YYYY", "[$-410]d mmm yy;@", "h:mm", "m/d"] {
            assert!(is_date(code), "{code}");
        }
        for code in
            ["General", "0.00", "#,##0.00\\ \"days\"", "[Red]0", "0.00E+00", "@", "\\d0", "_-* #,##0_-"]
        {
            assert!(!is_date(code), "{code}");
        }
    }
}
