//! Whoever looks at content while it is judged, in the same process and pass.
//!
//! It exists so that what needs values need not parse again. It is told values; a report never is.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::kind::Kind;

/// Looks at what is read; whatever it leaves out is passed over.
pub trait Watch {
    /// A table begins: the names of its columns, empty ones where it has no header.
    fn columns(&mut self, names: &[&str]) {
        let _ = names;
    }

    /// A cell of a row, without quotes; columns count from 0.
    fn cell(&mut self, column: usize, cell: &[u8]) {
        let _ = (column, cell);
    }

    /// A row of it ends, where the table is kept by rows.
    fn row(&mut self) {}

    /// The next bytes of a text, unpacked, in pieces of any size.
    fn text(&mut self, bytes: &[u8]) {
        let _ = bytes;
    }

    /// A field of a header: a DICOM keyword, or `sample`.
    fn field(&mut self, path: &str, value: &[u8]) {
        let _ = (path, value);
    }
}

/// Looks at nothing.
pub struct Nobody;

impl Watch for Nobody {}

/// A watch that a reader and a judge share.
pub(crate) type Shared<'a> = Rc<RefCell<&'a mut dyn Watch>>;

/// A reader of a text, whose watch sees what passes.
pub(crate) struct Shown<'a, R> {
    pub inside: R,
    /// None: it is no text.
    pub watch: Option<Shared<'a>>,
    /// It has two bytes for each sign.
    pub is_wide: bool,
}

impl<R: Read> Read for Shown<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.inside.read(buffer)?;
        if let Some(watch) = &self.watch {
            let read = buffer.get(..size).unwrap_or_default();
            match self.is_wide {
                // WHY without zeros: words of European languages in UTF-16 are so, but for their accents, what they are.
                true => watch
                    .borrow_mut()
                    .text(&read.iter().copied().filter(|byte| *byte != 0).collect::<Vec<_>>()),
                false => watch.borrow_mut().text(read),
            }
        }
        Ok(size)
    }
}

/// Whether a kind is read as a text: it has no cells, and its bytes are words.
pub(crate) fn is_text(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Text
            | Kind::Json
            | Kind::Ndjson
            | Kind::Xml
            | Kind::Html
            | Kind::Yaml
            | Kind::Rtf
            | Kind::GeoJson
            | Kind::Svg
            | Kind::FhirJson
            | Kind::FhirNdjson
            | Kind::FhirXml
            | Kind::Hl7v2
            | Kind::Phenopacket
            | Kind::SampleSheet
            | Kind::Manifest
    )
}
