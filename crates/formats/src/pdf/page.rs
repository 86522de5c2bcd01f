//! One page of a PDF, operator by operator.
//!
//! It exists so that letters that are drawn one by one become words and lines again. A form that is drawn on many pages is
//! read once, so that nothing goes round and nothing swells.
//!
//! SPEC: ISO 32000-1, 8.2 (operators), 8.10 (forms), 9.3 and 9.4 (text).

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use hayro_syntax::content::{Instruction, UntypedIter};
use hayro_syntax::object::{Array, Dict, Name, Number, Object, ObjectIdentifier, Stream, String as Text};
use hayro_syntax::page::{Page, Resources};

use super::font::Font;
use super::glyph::Glyphs;
use super::{Put, are_associated, plain_of};
use crate::rule::{self, Rule};

/// SPEC: annex C: 28 are what a reader must follow.
const STATES_MAX: usize = 256;
/// WHY: a document has some hundred forms, fonts and notes.
const OBJECTS_MAX: usize = 100_000;
/// WHY: kerning moves letters by a tenth, words are a fifth and more apart. In parts of the size of letters.
const WORD_GAP: f64 = 0.15;
/// WHY: a third is how high an exponent stands.
const LINE_GAP: f64 = 0.45;
/// WHY: whoever looks at words needs none that are longer.
const LINE_BYTES_MAX: usize = 256 << 10;
/// WHY: a stamp on a scan has a few letters.
const LETTERS_MIN: u64 = 20;

type Matrix = [f64; 6];
const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

fn times(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

/// SPEC: 8.4.1 and 9.3.1.
#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    letters: f64,
    words: f64,
    scale: f64,
    leading: f64,
    rise: f64,
}

impl State {
    fn new(matrix: Matrix) -> Self {
        Self { matrix, font: None, size: 0.0, letters: 0.0, words: 0.0, scale: 1.0, leading: 0.0, rise: 0.0 }
    }
}

/// A form that waits to be read.
struct Form<'a> {
    stream: Stream<'a>,
    matrix: Matrix,
    /// Of whoever draws it, where it has none of its own.
    resources: Option<Resources<'a>>,
}

/// What a page was found to have.
#[derive(Default)]
struct Seen {
    letters: u64,
    /// Letters of which nobody says what they stand for.
    lost: u64,
    has_picture: bool,
    has_paint: bool,
}

/// Reads pages one after the other.
pub struct Reader<'p> {
    put: Put<'p>,
    pub is_wanted: bool,
    /// A note has a file.
    pub has_files: bool,
    left: usize,
    glyphs: Glyphs,
    fonts: HashMap<ObjectIdentifier, Rc<Font>>,
    forms: HashSet<ObjectIdentifier>,
    line: String,
    /// Whether a line ended in the middle of a word, as far as a hyphen tells.
    is_broken: bool,
    /// Where the last letter ended, and how large it was.
    pen: Option<(f64, f64, f64)>,
    seen: Seen,
}

impl<'p> Reader<'p> {
    pub fn new(bytes_max: usize, put: Put<'p>) -> Self {
        Self {
            put,
            is_wanted: true,
            has_files: false,
            left: bytes_max,
            glyphs: Glyphs::new(),
            fonts: HashMap::new(),
            forms: HashSet::new(),
            line: String::new(),
            is_broken: false,
            pen: None,
            seen: Seen::default(),
        }
    }

    /// Tells the words of a page; false: it shows something that is not read.
    pub fn page(&mut self, page: &Page) -> Result<bool, Rule> {
        self.seen = Seen::default();
        let mut forms = VecDeque::new();
        let is_empty = page.page_stream().is_none() && page.raw().contains_key(b"Contents");
        self.content(page.page_stream().unwrap_or_default(), page.resources(), IDENTITY, &mut forms)?;
        self.notes(page.raw(), &mut forms)?;
        while let Some(form) = forms.pop_front().filter(|_| self.is_wanted) {
            let Ok(content) = form.stream.decoded_data() else { continue };
            let own = form.stream.dict().get::<Dict>(b"Resources").map(Resources::new).or(form.resources);
            self.content(
                &content,
                &own.unwrap_or_else(|| Resources::new(Dict::empty())),
                form.matrix,
                &mut forms,
            )?;
        }
        self.end_line()?;
        let Seen { letters, lost, has_picture, has_paint } = self.seen;
        let is_scan = letters < LETTERS_MIN && has_picture || letters == 0 && has_paint;
        Ok(!is_empty && !is_scan && lost * 10 <= letters)
    }

    /// Notes and fields of a form: what they hold, and what they show.
    fn notes<'a>(&mut self, page: &Dict<'a>, forms: &mut VecDeque<Form<'a>>) -> Result<(), Rule> {
        self.has_files |= are_associated(page);
        let notes = page.get::<Array>(b"Annots");
        for note in notes.into_iter().flat_map(|notes| notes.iter::<Dict>()).take(OBJECTS_MAX) {
            // SPEC: 12.5.6.15: a file that hangs at a place of the page.
            self.has_files |= note.contains_key(b"FS") || are_associated(&note);
            for key in [&b"Contents"[..], b"V"] {
                if let Some(text) = note.get::<Text>(key) {
                    self.end_line()?;
                    self.line.push_str(&plain_of(&text));
                    self.end_line()?;
                }
            }
            let shown = note.get::<Dict>(b"AP").and_then(|shown| shown.get::<Stream>(b"N"));
            if let Some(stream) = shown.filter(|stream| self.forms.insert(stream.obj_id())) {
                forms.push_back(Form { stream, matrix: IDENTITY, resources: None });
            }
        }
        Ok(())
    }

    fn content<'a>(
        &mut self,
        content: &[u8],
        resources: &Resources<'a>,
        matrix: Matrix,
        forms: &mut VecDeque<Form<'a>>,
    ) -> Result<(), Rule> {
        let (mut states, mut state) = (Vec::new(), State::new(matrix));
        let (mut line, mut place) = (IDENTITY, IDENTITY);
        let mut operators = UntypedIter::new(content);
        self.pen = None;
        while let Some(operator) = operators.next().filter(|_| self.is_wanted) {
            let numbers = Numbers::of(&operator);
            let mut go = |x: f64, y: f64| {
                line = times([1.0, 0.0, 0.0, 1.0, x, y], line);
                line
            };
            match &**operator.operator {
                b"q" if states.len() < STATES_MAX => states.push(state.clone()),
                b"Q" => state = states.pop().unwrap_or(state),
                b"cm" => state.matrix = times(numbers.matrix(), state.matrix),
                b"BT" => (line, place) = (IDENTITY, IDENTITY),
                b"Tf" => {
                    state.size = numbers.last();
                    state.font = operator.operands().next().and_then(|name| self.font(name, resources));
                }
                b"Tc" => state.letters = numbers.last(),
                b"Tw" => state.words = numbers.last(),
                b"Tz" => state.scale = numbers.last() / 100.0,
                b"TL" => state.leading = numbers.last(),
                b"Ts" => state.rise = numbers.last(),
                b"Td" => place = go(numbers.at(0), numbers.at(1)),
                b"TD" => {
                    state.leading = -numbers.at(1);
                    place = go(numbers.at(0), numbers.at(1));
                }
                b"Tm" => {
                    line = numbers.matrix();
                    place = line;
                }
                b"T*" => place = go(0.0, -state.leading),
                b"'" | b"\"" => {
                    place = go(0.0, -state.leading);
                    self.show(&operator, &state, &mut place)?;
                }
                b"Tj" | b"TJ" => self.show(&operator, &state, &mut place)?,
                b"Do" => self.draw(&operator, resources, &state, forms),
                b"BI" | b"EI" => self.seen.has_picture = true,
                b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" | b"S" | b"s" | b"sh" => {
                    self.seen.has_paint = true
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn font(&mut self, name: &Object, resources: &Resources) -> Option<Rc<Font>> {
        let Object::Name(name) = name else { return None };
        let dict = resources.get_font(name)?;
        let id = dict.obj_id();
        if let Some(font) = id.and_then(|id| self.fonts.get(&id)) {
            return Some(Rc::clone(font));
        }
        let font = Rc::new(Font::read(&dict, &self.glyphs));
        if let Some(id) = id.filter(|_| self.fonts.len() < OBJECTS_MAX) {
            self.fonts.insert(id, Rc::clone(&font));
        }
        Some(font)
    }

    /// SPEC: 8.8: a form, or a picture.
    fn draw<'a>(
        &mut self,
        operator: &Instruction,
        resources: &Resources<'a>,
        state: &State,
        forms: &mut VecDeque<Form<'a>>,
    ) {
        let Some(Object::Name(name)) = operator.operands().next() else { return };
        let Some(stream) = resources.get_x_object(name) else { return };
        let is_form = stream.dict().get::<Name>(b"Subtype").is_some_and(|kind| &*kind == b"Form");
        if !is_form {
            self.seen.has_picture = true;
            return;
        }
        if self.forms.len() < OBJECTS_MAX && self.forms.insert(stream.obj_id()) {
            let list =
                stream.dict().get::<Array>(b"Matrix").into_iter().flat_map(|list| list.iter::<Number>());
            let own: Vec<f64> = list.take(6).map(|number| number.as_f64()).collect();
            let own = Matrix::try_from(own).unwrap_or(IDENTITY);
            let matrix = times(own, state.matrix);
            forms.push_back(Form { stream, matrix, resources: Some(resources.clone()) });
        } else {
            // WHY: its words were told, on the page that drew it first.
            self.seen.letters += LETTERS_MIN;
        }
    }

    /// SPEC: 9.4.3: texts, and between them how far to go back.
    fn show(&mut self, operator: &Instruction, state: &State, place: &mut Matrix) -> Result<(), Rule> {
        match operator.operands().last() {
            Some(Object::String(text)) => self.text(text.as_bytes(), state, place),
            Some(Object::Array(parts)) => {
                for part in parts.iter::<Object>() {
                    match part {
                        Object::String(text) => self.text(text.as_bytes(), state, place)?,
                        Object::Number(back) => {
                            let by = -back.as_f64() / 1_000.0 * state.size * state.scale;
                            *place = times([1.0, 0.0, 0.0, 1.0, by, 0.0], *place);
                        }
                        _ => {}
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &[u8], state: &State, place: &mut Matrix) -> Result<(), Rule> {
        let Some(font) = state.font.clone() else {
            self.seen.letters += text.len() as u64;
            self.seen.lost += text.len() as u64;
            return Ok(());
        };
        let mut ended = Ok(());
        font.glyphs(text, &mut |glyph| {
            let size = [state.size * state.scale, 0.0, 0.0, state.size, 0.0, state.rise];
            let drawn = times(times(size, *place), state.matrix);
            let is_blank = glyph.text.as_deref().is_some_and(|text| text.trim().is_empty());
            let gap = if is_blank { Ok(()) } else { self.gap(&drawn) };
            match glyph.text.as_deref() {
                Some(text) => text.chars().for_each(|sign| self.sign(sign)),
                None => self.seen.lost += 1,
            }
            self.seen.letters += u64::from(!is_blank);
            let spacing = state.letters + if glyph.is_blank { state.words } else { 0.0 };
            let by = (glyph.width * state.size + spacing) * state.scale;
            *place = times([1.0, 0.0, 0.0, 1.0, by, 0.0], *place);
            let end = times(times(size, *place), state.matrix);
            self.pen = Some((end[4], end[5], drawn[2].hypot(drawn[3])));
            if ended.is_ok() {
                ended = gap;
            }
        });
        ended
    }

    /// Ends a word or a line where a letter stands apart from the one before.
    fn gap(&mut self, drawn: &Matrix) -> Result<(), Rule> {
        if self.line.len() > LINE_BYTES_MAX {
            return self.end_line();
        }
        let Some((x, y, before)) = self.pen else { return self.end_line() };
        let (along, size) = (drawn[0].hypot(drawn[1]), before.max(drawn[2].hypot(drawn[3])));
        // WHY: of a text without a direction or a size nothing can be said.
        if along <= 0.0 || size <= 0.0 || !size.is_finite() {
            return Ok(());
        }
        let (ahead, aside) = ((drawn[4] - x, drawn[5] - y), (drawn[0] / along, drawn[1] / along));
        let across = (ahead.0 * aside.1 - ahead.1 * aside.0).abs();
        let forward = ahead.0 * aside.0 + ahead.1 * aside.1;
        if across > LINE_GAP * size {
            let mut last = self.line.chars().rev();
            self.is_broken = last.next() == Some('-') && last.next().is_some_and(char::is_alphabetic);
            return if self.is_broken { Ok(()) } else { self.end_line() };
        }
        if (forward > WORD_GAP * size || forward < -size) && !self.line.ends_with(char::is_whitespace) {
            self.line.push(' ');
        }
        Ok(())
    }

    /// SPEC: Unicode 15, FB00 to FB06: letters that are drawn as one are several.
    fn sign(&mut self, sign: char) {
        if std::mem::take(&mut self.is_broken) {
            // WHY: a word that goes on is one word to whoever looks for it.
            if sign.is_lowercase() {
                self.line.pop();
            } else {
                self.line.push('\n');
            }
        }
        match sign {
            '\u{fb00}' => self.line.push_str("ff"),
            '\u{fb01}' => self.line.push_str("fi"),
            '\u{fb02}' => self.line.push_str("fl"),
            '\u{fb03}' => self.line.push_str("ffi"),
            '\u{fb04}' => self.line.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => self.line.push_str("st"),
            '\u{a0}' => self.line.push(' '),
            '\u{ad}' => self.line.push('-'),
            _ if sign.is_control() => {}
            _ => self.line.push(sign),
        }
    }

    fn end_line(&mut self) -> Result<(), Rule> {
        self.is_broken = false;
        if !self.line.is_empty() {
            self.left = self.left.checked_sub(self.line.len()).ok_or(rule::LIMIT_MEMORY)?;
            self.line.push('\n');
            self.is_wanted &= (self.put)(&self.line);
            self.line.clear();
        }
        Ok(())
    }
}

/// Operands that are numbers.
struct Numbers(Vec<f64>);

impl Numbers {
    fn of(operator: &Instruction) -> Self {
        let numbers = operator.operands().filter_map(|operand| match operand {
            Object::Number(number) => Some(number.as_f64()),
            _ => None,
        });
        Self(numbers.collect())
    }

    fn at(&self, at: usize) -> f64 {
        self.0.get(at).copied().unwrap_or_default()
    }

    fn last(&self) -> f64 {
        self.0.last().copied().unwrap_or_default()
    }

    fn matrix(&self) -> Matrix {
        [self.at(0), self.at(1), self.at(2), self.at(3), self.at(4), self.at(5)]
    }
}
