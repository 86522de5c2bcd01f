//! An agreement on paper: its words as a document, and what a signed one tells.

use data_encoding::HEXLOWER;
use minicbor::bytes::ByteArray;
use paper::pdf;
use paper::signed::{Kind, Signed};
use words::Timestamp;

use super::wording::{Block, Part, Section, WordingRow};

/// How a party signed outside; numbers are stored.
pub const PADES: u8 = 1;
pub const CADES: u8 = 2;
pub const PAPER: u8 = 3;

/// In words.
pub const fn kind_text(kind: u8) -> &'static str {
    match kind {
        PADES => "pades",
        CADES => "cades",
        _ => "paper",
    }
}

pub const fn kind(signed: &Signed) -> u8 {
    match signed.kind {
        Kind::Pades => PADES,
        Kind::Cades => CADES,
    }
}

/// Who signed, by their certificates: for people to read.
pub fn says(signed: &Signed) -> Vec<String> {
    let said = |signer: &paper::signed::Signer| {
        let organisation = signer.organisation.as_deref().map_or(String::new(), |of| format!(", {of}"));
        let mark = HEXLOWER.encode(&signer.certificate_sha256);
        format!("{}{organisation} ({}; {mark})", signer.name, signer.issuer)
    };
    signed.signatures.iter().map(said).collect()
}

/// The certificates that signed, by their digests.
pub fn certificates(signed: &Signed) -> Vec<ByteArray<32>> {
    signed.signatures.iter().map(|signer| signer.certificate_sha256.into()).collect()
}

/// Whether bytes begin as a scan does.
pub fn is_picture(bytes: &[u8]) -> bool {
    [&b"%PDF-"[..], &[0xff, 0xd8, 0xff], b"\x89PNG\r\n\x1a\n"].iter().any(|start| bytes.starts_with(start))
}

/// The words as a document, with the digest that is signed; the same words give the same bytes.
pub fn document(wording: &WordingRow, digest: &str, made_at: Timestamp) -> pdf::Document {
    let parts = wording.parts.iter().map(|part| printed(part, digest)).collect();
    let title = wording.parts.first().map(|part| part.title.clone()).unwrap_or_default();
    pdf::Document {
        title,
        author: String::new(),
        producer: "EPIC".to_owned(),
        made_at: made_at.ms().div_euclid(1_000),
        footer: format!("SHA-256 {digest}"),
        parts,
    }
}

fn printed(part: &Part, digest: &str) -> pdf::Part {
    let mut blocks = vec![pdf::Block::Title(part.title.clone())];
    part.sections.iter().chain([&part.digest]).for_each(|section| blocks.extend(section_of(section)));
    blocks.push(pdf::Block::Code(digest.to_owned()));
    let language = if part.language == "it" { pdf::Language::Italian } else { pdf::Language::English };
    pdf::Part { language, blocks }
}

fn section_of(section: &Section) -> impl Iterator<Item = pdf::Block> {
    let heading = pdf::Block::Heading(section.title.clone());
    [heading].into_iter().chain(section.blocks.iter().map(|block| match block.clone() {
        Block::Text(text) => pdf::Block::Paragraph(text),
        Block::Pairs(pairs) => pdf::Block::Pairs(pairs),
        Block::Letters(letters) => pdf::Block::Lettered(letters),
        Block::Grid(heads, rows) => pdf::Block::Table { heads, rows },
    }))
}
