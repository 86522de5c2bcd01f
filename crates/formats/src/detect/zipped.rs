//! Zip files, and the documents that are zip files.
//!
//! It exists because half of what people drop is one. It reads names of entries in the head, and never unpacks.

use super::{Detected, Head};
use crate::input::u16_at;
use crate::kind::Kind;

const NAMES_MAX: usize = 200;

/// What a zip file is, by the names in its head.
pub fn find(head: Head) -> Option<Detected> {
    if head.starts(b"PK\x05\x06") {
        return Some(Detected::certain(Kind::Zip, "the end of a zip file without entries"));
    }
    if !head.starts(b"PK\x03\x04") && !head.starts(b"PK\x07\x08PK\x03\x04") {
        return None;
    }
    let names = names(head.bytes);
    let has = |start: &str| names.iter().any(|name| name.starts_with(start.as_bytes()));
    let is = |whole: &str| names.contains(&whole.as_bytes());
    let strong = |kind, why| Some(Detected::strong(kind, why));
    if names.iter().any(|name| name.ends_with(b"vbaProject.bin")) {
        return strong(Kind::Macros, "an Office document with macros");
    }
    // SPEC: OpenDocument 1.2 part 3, 3.3: the first entry is `mimetype`, stored.
    if head.has(30, b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet") {
        return strong(Kind::Ods, "says it is an OpenDocument spreadsheet");
    }
    if head.has(30, b"mimetypeapplication/vnd.oasis.opendocument.text") {
        return strong(Kind::Odt, "says it is an OpenDocument text");
    }
    if has("xl/") && (is("[Content_Types].xml") || is("_rels/.rels") || has("docProps/")) {
        return strong(Kind::Xlsx, "an Office package with a workbook");
    }
    if has("word/") {
        return strong(Kind::Docx, "an Office package with a text");
    }
    if has("ppt/") {
        return strong(Kind::Pptx, "an Office package with slides");
    }
    let found = Detected::certain(Kind::Zip, "begins with a zip entry");
    Some(found.with("entries-seen", &names.len().to_string()))
}

/// Names of the local headers in it.
fn names(bytes: &[u8]) -> Vec<&[u8]> {
    let starts = memchr::memmem::find_iter(bytes, b"PK\x03\x04").take(NAMES_MAX);
    let names = starts.filter_map(|at| {
        let size = usize::from(u16_at(bytes, at + 26)?);
        bytes.get(at + 30..at + 30 + size)
    });
    names.filter(|name| !name.is_empty()).collect()
}
