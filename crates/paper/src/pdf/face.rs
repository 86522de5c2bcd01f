//! The faces of DejaVu that we embed: what glyph a character has and how wide it is.
//!
//! One glyph for each character, so no kerning and no ligatures; enough for Latin, Greek, Cyrillic, Armenian and Georgian.
//! Scripts that run from the right or join their letters would come out wrong, so they are told as code points.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};
use unicode_normalization::UnicodeNormalization;

use super::Fault;

/// A face with its measures.
pub struct Face {
    pub font: Font,
    charmap: skrifa::charmap::Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    units_per_em: f32,
}

/// Which face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    Bold,
    Fixed,
}

pub struct Faces {
    pub plain: Face,
    pub bold: Face,
    pub fixed: Face,
}

impl Faces {
    pub fn new() -> Result<Self, Fault> {
        Ok(Self {
            plain: Face::new(dejavu::sans_condensed::regular())?,
            bold: Face::new(dejavu::sans_condensed::bold())?,
            fixed: Face::new(dejavu::sans_mono::regular())?,
        })
    }

    pub const fn of(&self, style: Style) -> &Face {
        match style {
            Style::Plain => &self.plain,
            Style::Bold => &self.bold,
            Style::Fixed => &self.fixed,
        }
    }
}

impl Face {
    fn new(bytes: &'static [u8]) -> Result<Self, Fault> {
        let face = FontRef::new(bytes).map_err(|_| Fault::Unwritable)?;
        let font = Font::new(bytes.into(), 0).ok_or(Fault::Unwritable)?;
        let units_per_em = font.units_per_em();
        let metrics = face.glyph_metrics(Size::unscaled(), LocationRef::default());
        Ok(Self { font, charmap: face.charmap(), metrics, units_per_em })
    }

    /// The text with composed characters, and code points for what this face cannot show.
    pub fn shown(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for character in text.nfc() {
            match character {
                '\n' => shown.push('\n'),
                '\t' => shown.push(' '),
                _ if self.shows(character) => shown.push(character),
                _ => shown.push_str(&format!("[U+{:04X}]", u32::from(character))),
            }
        }
        shown
    }

    fn shows(&self, character: char) -> bool {
        !character.is_control() && !needs_shaping(character) && self.glyph(character).is_some()
    }

    fn glyph(&self, character: char) -> Option<(u32, f32)> {
        let glyph = self.charmap.map(character).filter(|glyph| glyph.to_u32() != 0)?;
        Some((glyph.to_u32(), self.metrics.advance_width(glyph)? / self.units_per_em))
    }

    /// In points at a size in points.
    pub fn width(&self, character: char, size_pt: f32) -> f32 {
        self.glyph(character).map_or(0.0, |(_, em)| em * size_pt)
    }

    pub fn text_width(&self, text: &str, size_pt: f32) -> f32 {
        text.chars().map(|character| self.width(character, size_pt)).sum()
    }

    /// Of a text that is `shown`.
    pub fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let placed = |(at, character): (usize, char)| {
            let (glyph, em) = self.glyph(character)?;
            let range = at..at + character.len_utf8();
            Some(KrillaGlyph::new(GlyphId::new(glyph), em, 0.0, 0.0, 0.0, range, None))
        };
        text.char_indices().filter_map(placed).collect()
    }
}

/// Scripts written from the right or joined (Hebrew to Arabic Extended-A, their presentation forms, Indic to Khmer), marks
/// that only steer direction or join, and code points without a meaning of their own: a reader would not see what a name
/// then says.
fn needs_shaping(character: char) -> bool {
    matches!(u32::from(character),
        0x0590..=0x109F | 0x1780..=0x17FF | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F
        | 0xE000..=0xF8FF | 0xFB1D..=0xFDFF | 0xFE00..=0xFE0F | 0xFE70..=0xFEFF | 0xFFF0..=0xFFFF | 0xF_0000..)
}
