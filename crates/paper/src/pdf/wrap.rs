//! Texts as lines that fit a width.

use super::face::Face;

/// The lines of a text, none wider than `width_pt`. A line that ends at a space keeps it, for those who read the text out
/// of the file (ISO 19005-2, 6.2.11.7 and PDF/UA: words end visibly). An empty text is one empty line.
pub fn lines(face: &Face, text: &str, size_pt: f32, width_pt: f32) -> Vec<String> {
    let shown = face.shown(text);
    shown.split('\n').flat_map(|paragraph| wrapped(face, paragraph, size_pt, width_pt)).collect()
}

/// The same for what has no words: broken wherever the line is full.
pub fn anywhere(face: &Face, text: &str, size_pt: f32, width_pt: f32) -> Vec<String> {
    let shown = face.shown(text);
    shown.split('\n').flat_map(|line| pieces(face, line, size_pt, width_pt)).collect()
}

/// How wide the widest word is, in points.
pub fn word_width(face: &Face, text: &str, size_pt: f32) -> f32 {
    let shown = face.shown(text);
    shown.split([' ', '\n']).map(|word| face.text_width(word, size_pt)).fold(0.0, f32::max)
}

fn wrapped(face: &Face, paragraph: &str, size_pt: f32, width_pt: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used_pt = 0.0;
    for word in paragraph.split_inclusive(' ') {
        let bare_pt = face.text_width(word.trim_end_matches(' '), size_pt);
        if used_pt + bare_pt > width_pt && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            used_pt = 0.0;
        }
        if bare_pt <= width_pt {
            line.push_str(word);
            used_pt += face.text_width(word, size_pt);
            continue;
        }
        let mut pieces = pieces(face, word, size_pt, width_pt);
        line = pieces.pop().unwrap_or_default();
        used_pt = face.text_width(&line, size_pt);
        lines.append(&mut pieces);
    }
    lines.push(line);
    lines
}

fn pieces(face: &Face, text: &str, size_pt: f32, width_pt: f32) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut used_pt = 0.0;
    for character in text.chars() {
        let more_pt = face.width(character, size_pt);
        if used_pt + more_pt > width_pt && !piece.is_empty() && character != ' ' {
            pieces.push(std::mem::take(&mut piece));
            used_pt = 0.0;
        }
        piece.push(character);
        used_pt += more_pt;
    }
    pieces.push(piece);
    pieces
}
