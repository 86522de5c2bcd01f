//! Words of office documents: paragraphs of texts, slides and sheets of the open kind, with headers, footers and notes.
//!
//! It exists because letters that name patients are written in offices. It knows no table: what stands in one is told as text.
//!
//! SPEC: ECMA-376 part 1, 17 and 21; OpenDocument 1.3 part 3.

use super::Teller;
use super::walk::{Part, walk};
use crate::rule::{self, Rule};
use crate::zipped::{self, Member};

/// Parts of a package that hold words, by how their paths begin.
const WORDS: [&str; 12] = [
    "word/document",
    "word/header",
    "word/footer",
    "word/footnotes",
    "word/endnotes",
    "word/comments",
    "word/glossary/document",
    "ppt/slides/slide",
    "ppt/notesSlides/",
    "ppt/comments/",
    "content.xml",
    "styles.xml",
];

/// Tells every paragraph.
pub fn read(bytes: &[u8], teller: &mut Teller) -> Result<(), Rule> {
    let members = zipped::members(bytes).ok_or(rule::ARCHIVE_DIRECTORY)?;
    let has_words = |member: &&Member| {
        member.path.ends_with(b".xml") && WORDS.iter().any(|start| member.path.starts_with(start.as_bytes()))
    };
    let mut is_read = false;
    for member in members.iter().filter(has_words) {
        paragraphs(member, teller)?;
        is_read = true;
    }
    if is_read { Ok(()) } else { Err(rule::LIMIT_UNREAD) }
}

/// Every paragraph of one part, on a line of its own.
pub fn paragraphs(member: &Member, teller: &mut Teller) -> Result<(), Rule> {
    let (limits, mut line) = (teller.limits.clone(), String::new());
    walk(member, &limits, &mut |part| {
        match part {
            Part::Text(text) => line.push_str(text),
            Part::End(b"p" | b"h" | b"text" | b"author") => teller.text(std::mem::take(&mut line).trim())?,
            Part::End(b"tab" | b"br" | b"cr" | b"s" | b"line-break") => line.push(' '),
            Part::Begin(..) | Part::End(_) => {}
        }
        if line.len() > limits.line_bytes_max { Err(rule::LIMIT_LINE) } else { Ok(()) }
    })
}
