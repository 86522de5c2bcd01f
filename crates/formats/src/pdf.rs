//! The words of a PDF: what its pages, forms, notes and fields say, in the order in which they are drawn.
//!
//! It exists because a letter that names a patient is a PDF, and because documents are found by their words. It renders
//! nothing, and says which pages show something that it cannot read.
//!
//! SPEC: ISO 32000-1, 7.7 (pages), 8.4 (state), 9.4 (text), 12.5 (notes).

mod font;
mod glyph;
mod map;
mod page;

use hayro_syntax::object::{Array, Dict, String as Text};
use hayro_syntax::{LoadPdfError, Pdf};

use crate::limits::Limits;
use crate::rule::{self, Rule};

/// WHY: a book has a thousand.
const PAGES_MAX: usize = 20_000;

/// How much was read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    pub pages: u64,
    /// Pages that show something and say nothing that can be read: scans, and fonts without letters.
    pub unread: u64,
    /// Files are attached, which nobody looks into.
    pub has_files: bool,
}

/// Takes text as it comes; whether more is wanted.
pub type Put<'p> = &'p mut dyn FnMut(&str) -> bool;

/// Tells the words of a document.
pub fn words(bytes: Vec<u8>, limits: &Limits, put: Put) -> Result<Read, Rule> {
    let pdf = Pdf::new(bytes).map_err(|error| match error {
        // WHY one answer: whether it is sealed or written in another way, nobody reads it here.
        LoadPdfError::Decryption(_) | LoadPdfError::Invalid => rule::LIMIT_UNREAD,
    })?;
    let pages = pdf.pages();
    if pages.len() > PAGES_MAX {
        return Err(rule::LIMIT_MEMORY);
    }
    let about = pdf.metadata();
    for text in [&about.title, &about.subject, &about.keywords].into_iter().flatten() {
        put(&plain(text));
        put("\n");
    }
    let mut reader = page::Reader::new(limits.memory_bytes_max, put);
    let mut read = Read { has_files: has_files(&pdf), ..Read::default() };
    for page in pages.iter() {
        read.pages += 1;
        read.unread += u64::from(!reader.page(page)?);
        if !reader.is_wanted {
            break;
        }
    }
    read.has_files |= reader.has_files;
    Ok(read)
}

/// Whether the document itself has files. SPEC: 7.7.4 (names), 7.9.6 (their tree), 7.11.4 (embedded files).
fn has_files(pdf: &Pdf) -> bool {
    let Some(root) = pdf.xref().get::<Dict>(pdf.xref().root_id()) else { return false };
    let tree = root.get::<Dict>(b"Names").and_then(|names| names.get::<Dict>(b"EmbeddedFiles"));
    let is_some =
        |tree: &Dict, key: &[u8]| tree.get::<Array>(key).is_some_and(|all| all.raw_iter().next().is_some());
    are_associated(&root) || tree.is_some_and(|tree| is_some(&tree, b"Names") || is_some(&tree, b"Kids"))
}

/// Whether files hang on a part of the document. SPEC: ISO 32000-2, 14.13.
fn are_associated(part: &Dict) -> bool {
    part.get::<Array>(b"AF").is_some_and(|all| all.raw_iter().next().is_some())
}

/// A text string. SPEC: 7.9.2.2: UTF-16 behind a mark, UTF-8 behind another (2.0), or a byte for a sign.
fn plain(bytes: &[u8]) -> String {
    if let Some(wide) = bytes.strip_prefix(&[0xfe, 0xff]) {
        let (pairs, _) = wide.as_chunks::<2>();
        return String::from_utf16_lossy(
            &pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect::<Vec<_>>(),
        );
    }
    if let Some(text) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return String::from_utf8_lossy(text).into_owned();
    }
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn plain_of(text: &Text) -> String {
    plain(text.as_bytes())
}
