//! A document as a PDF: A4, tagged, for archives (PDF/A-2a, ISO 19005-2) and for everyone (PDF/UA-1, ISO 14289-1).
//!
//! People sign the digest of these bytes: the same document gives the same bytes, with the crates that are pinned. It must
//! never leave out a character: what cannot be shown stands as its code point, `[U+4E2D]`.

mod draw;
mod face;
mod flow;
mod sheet;
mod table;
mod tree;
mod wrap;

pub use sheet::FOOT_PT;

/// Bytes of text in a document. WHY: an agreement has some ten thousand; a hundred times that still takes only seconds.
pub const TEXT_BYTES_MAX: usize = 1 << 20;
/// Blocks, entries of lists and cells of tables together. WHY: each costs an object of the PDF, about a kilobyte.
pub const ENTRIES_MAX: usize = 20_000;
/// WHY: more columns than that leave no room for a word on a page 16 cm wide.
pub const COLUMNS_MAX: usize = 8;
/// WHY: what nobody reads, nobody should sign.
pub const PAGES_MAX: usize = 500;
/// WHY: one line below each page is a digest, two are a sentence more.
pub const FOOTER_LINES_MAX: usize = 2;

/// What to write. Texts are plain; `\n` ends a line, other control characters show as their code points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Shown by readers as the window's title.
    pub title: String,
    pub author: String,
    /// The program that made it.
    pub producer: String,
    /// Unix time in seconds, as the document's date of making (UTC).
    pub made_at: i64,
    /// Below every page, beside its number.
    pub footer: String,
    /// Each begins on a page of its own.
    pub parts: Vec<Part>,
}

/// What is written in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub language: Language,
    pub blocks: Vec<Block>,
}

/// A language, as BCP 47 writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Italian,
    English,
}

impl Language {
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Italian => "it",
            Self::English => "en",
        }
    }
}

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    Title(String),
    Heading(String),
    Paragraph(String),
    /// Terms and what they mean here.
    Pairs(Vec<(String, String)>),
    /// (a), (b), .. (z), (aa) ..
    Lettered(Vec<String>),
    /// Every row has as many cells as there are heads; heads come again on each page.
    Table {
        heads: Vec<String>,
        rows: Vec<Vec<String>>,
    },
    /// A digest or a key: fixed pitch, may break anywhere.
    Code(String),
}

/// Why no PDF could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the document has no title, no part or an empty part")]
    Empty,
    #[error("the document has more than {TEXT_BYTES_MAX} bytes of text")]
    TextTooLong,
    #[error("the document has more than {ENTRIES_MAX} paragraphs, entries and cells")]
    EntriesTooMany,
    #[error("a table of the document has no column or more than {COLUMNS_MAX}")]
    Columns,
    #[error("a row of a table has another number of cells than the table has columns")]
    Ragged,
    #[error("the document has more than {PAGES_MAX} pages")]
    PagesTooMany,
    #[error("the line below the pages is too long")]
    FooterTooLong,
    #[error("the date of the document is in no calendar")]
    Date,
    #[error("the document could not be written as a PDF for archives")]
    Unwritable,
}

/// The document as a PDF, 20 to 60 KB for most: fonts are embedded, each with only the glyphs that are used.
pub fn write(document: &Document) -> Result<Vec<u8>, Fault> {
    bound(document)?;
    let faces = face::Faces::new()?;
    let mut flow = flow::Flow::new(&faces);
    for part in &document.parts {
        flow.part(part)?;
    }
    let footer = wrap::lines(&faces.plain, &document.footer, sheet::FOOTER_PT, sheet::FOOTER_WIDTH_PT);
    if footer.len() > FOOTER_LINES_MAX {
        return Err(Fault::FooterTooLong);
    }
    draw::draw(document, &faces, flow.finish(), &footer)
}

fn bound(document: &Document) -> Result<(), Fault> {
    if document.title.is_empty() || document.parts.is_empty() {
        return Err(Fault::Empty);
    }
    let mut bytes =
        document.title.len() + document.author.len() + document.producer.len() + document.footer.len();
    let mut entries = 0;
    for part in &document.parts {
        if part.blocks.is_empty() {
            return Err(Fault::Empty);
        }
        for block in &part.blocks {
            let (more_bytes, more_entries) = size(block)?;
            bytes += more_bytes;
            entries += more_entries;
        }
    }
    match (bytes > TEXT_BYTES_MAX, entries > ENTRIES_MAX) {
        (true, _) => Err(Fault::TextTooLong),
        (_, true) => Err(Fault::EntriesTooMany),
        (false, false) => Ok(()),
    }
}

/// Bytes of text and entries of a block.
fn size(block: &Block) -> Result<(usize, usize), Fault> {
    let sum = |texts: &[String]| texts.iter().map(String::len).sum::<usize>();
    Ok(match block {
        Block::Title(text) | Block::Heading(text) | Block::Paragraph(text) | Block::Code(text) => {
            (text.len(), 1)
        }
        Block::Pairs(pairs) => {
            (pairs.iter().map(|(term, meaning)| term.len() + meaning.len()).sum(), pairs.len() * 2)
        }
        Block::Lettered(entries) => (sum(entries), entries.len() * 2),
        Block::Table { heads, rows } => {
            if heads.is_empty() || heads.len() > COLUMNS_MAX {
                return Err(Fault::Columns);
            }
            if rows.iter().any(|row| row.len() != heads.len()) {
                return Err(Fault::Ragged);
            }
            (sum(heads) + rows.iter().map(|row| sum(row)).sum::<usize>(), heads.len() * (rows.len() + 1))
        }
    })
}
