//! Blocks onto pages: what stands where, before anything is drawn.

use std::num::NonZeroU16;

use krilla::tagging::{ListNumbering, Tag};

use super::face::{Faces, Style};
use super::sheet::{self, BOTTOM_PT, LEFT_PT, RIGHT_PT, Set, TOP_PT};
use super::tree::{Group, Tree};
use super::{Block, Fault, PAGES_MAX, Part, table, wrap};

/// A text at its place: left end of its base line, in points from the top left of its page.
pub struct Line {
    pub x_pt: f32,
    pub base_pt: f32,
    pub size_pt: f32,
    pub style: Style,
    pub text: String,
    /// None: repeats what was said already.
    pub group: Option<Group>,
}

/// A horizontal rule.
pub struct Rule {
    pub left_pt: f32,
    pub right_pt: f32,
    pub y_pt: f32,
    pub is_strong: bool,
}

#[derive(Default)]
pub struct Page {
    pub lines: Vec<Line>,
    pub rules: Vec<Rule>,
    /// The lowest that something reaches.
    pub lowest_pt: f32,
}

/// A heading for the bookmarks.
pub struct Mark {
    pub text: String,
    pub page: usize,
    pub top_pt: f32,
    pub is_title: bool,
}

/// What `Flow` leaves behind.
pub struct Laid {
    pub pages: Vec<Page>,
    pub tree: Tree,
    pub marks: Vec<Mark>,
}

/// Where the next block goes.
pub struct Flow<'faces> {
    pub faces: &'faces Faces,
    pub tree: Tree,
    pages: Vec<Page>,
    marks: Vec<Mark>,
    /// From the top of the page.
    pub y_pt: f32,
}

impl<'faces> Flow<'faces> {
    pub fn new(faces: &'faces Faces) -> Self {
        Self { faces, tree: Tree::default(), pages: Vec::new(), marks: Vec::new(), y_pt: TOP_PT }
    }

    pub fn finish(self) -> Laid {
        Laid { pages: self.pages, tree: self.tree, marks: self.marks }
    }

    pub fn part(&mut self, part: &Part) -> Result<(), Fault> {
        self.turn()?;
        let tag = Tag::Section.with_lang(Some(part.language.tag().to_owned()));
        let group = self.tree.add(None, tag);
        part.blocks.iter().try_for_each(|block| self.block(group, block))
    }

    fn block(&mut self, part: Group, block: &Block) -> Result<(), Fault> {
        match block {
            Block::Title(text) => self.heading(part, text, true),
            Block::Heading(text) => self.heading(part, text, false),
            Block::Paragraph(text) => {
                let group = self.tree.add(Some(part), Tag::P);
                self.above(sheet::BODY, 2)?;
                let lines = wrap::lines(&self.faces.plain, text, sheet::BODY.size_pt, RIGHT_PT - LEFT_PT);
                self.lines(lines, LEFT_PT, sheet::BODY, Style::Plain, group)
            }
            Block::Code(text) => {
                let paragraph = self.tree.add(Some(part), Tag::P);
                let group = self.tree.add(Some(paragraph), Tag::Code);
                self.above(sheet::CODE, 1)?;
                let lines = wrap::anywhere(&self.faces.fixed, text, sheet::CODE.size_pt, RIGHT_PT - LEFT_PT);
                self.lines(lines, LEFT_PT, sheet::CODE, Style::Fixed, group)
            }
            Block::Pairs(pairs) => self.pairs(part, pairs),
            Block::Lettered(entries) => self.lettered(part, entries),
            Block::Table { heads, rows } => table::table(self, part, heads, rows),
        }
    }

    fn heading(&mut self, part: Group, text: &str, is_title: bool) -> Result<(), Fault> {
        let (set, level) = if is_title { (sheet::TITLE, 1) } else { (sheet::HEADING, 2) };
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        // SPEC: ISO 14289-1: every heading has a title; a blank one for a heading without words.
        let title = if text.is_empty() { " " } else { text };
        let group = self.tree.add(Some(part), Tag::Hn(level, Some(title.to_owned())));
        let lines = wrap::lines(&self.faces.bold, text, set.size_pt, RIGHT_PT - LEFT_PT);
        // A heading stays with two lines of what it is about.
        self.above(set, lines.len() + 4)?;
        let page = self.pages.len().saturating_sub(1);
        self.marks.push(Mark { text: text.to_owned(), page, top_pt: self.y_pt, is_title });
        self.lines(lines, LEFT_PT, set, Style::Bold, group)
    }

    fn pairs(&mut self, part: Group, pairs: &[(String, String)]) -> Result<(), Fault> {
        let list = self.tree.add(Some(part), Tag::L(ListNumbering::None));
        let (term_pt, size_pt) = (sheet::TERM_PT, sheet::ENTRY.size_pt);
        let left_pt = LEFT_PT + term_pt + sheet::GAP_PT;
        for (term, meaning) in pairs {
            let terms = wrap::lines(&self.faces.bold, term, size_pt, term_pt);
            let meanings = wrap::lines(&self.faces.plain, meaning, size_pt, RIGHT_PT - left_pt);
            self.entry(list, (terms, Style::Bold), meanings, left_pt)?;
        }
        Ok(())
    }

    fn lettered(&mut self, part: Group, entries: &[String]) -> Result<(), Fault> {
        let list = self.tree.add(Some(part), Tag::L(ListNumbering::LowerAlpha));
        let left_pt = LEFT_PT + sheet::LABEL_PT;
        for (at, entry) in entries.iter().enumerate() {
            let lines = wrap::lines(&self.faces.plain, entry, sheet::ENTRY.size_pt, RIGHT_PT - left_pt);
            self.entry(list, (vec![format!("({})", letters(at))], Style::Plain), lines, left_pt)?;
        }
        Ok(())
    }

    /// A label and, beside it, a text.
    fn entry(
        &mut self,
        list: Group,
        (label, style): (Vec<String>, Style),
        lines: Vec<String>,
        left_pt: f32,
    ) -> Result<(), Fault> {
        let entry = self.tree.add(Some(list), Tag::LI);
        let label_group = self.tree.add(Some(entry), Tag::Lbl);
        let body_group = self.tree.add(Some(entry), Tag::LBody);
        self.above(sheet::ENTRY, label.len().max(2))?;
        for at in 0..label.len().max(lines.len()) {
            self.room(sheet::ENTRY.lead_pt)?;
            for (lines, x_pt, style, group) in
                [(&label, LEFT_PT, style, label_group), (&lines, left_pt, Style::Plain, body_group)]
            {
                if let Some(text) = lines.get(at) {
                    self.place(text.clone(), x_pt, sheet::ENTRY, style, Some(group));
                }
            }
            self.down(sheet::ENTRY.lead_pt);
        }
        Ok(())
    }

    fn lines(
        &mut self,
        lines: Vec<String>,
        x_pt: f32,
        set: Set,
        style: Style,
        group: Group,
    ) -> Result<(), Fault> {
        for text in lines {
            self.room(set.lead_pt)?;
            self.place(text, x_pt, set, style, Some(group));
            self.down(set.lead_pt);
        }
        Ok(())
    }

    /// A text whose line begins at the present height.
    pub fn place(&mut self, text: String, x_pt: f32, set: Set, style: Style, group: Option<Group>) {
        // The base line, so that ascenders and descenders (0.93 and 0.24 em in DejaVu) share what the lead leaves.
        let base_pt = self.y_pt + (set.lead_pt + 0.69 * set.size_pt) / 2.0;
        // An empty cell is a cell still.
        let text = if text.is_empty() { " ".to_owned() } else { text };
        if let Some(page) = self.pages.last_mut() {
            page.lines.push(Line { x_pt, base_pt, size_pt: set.size_pt, style, text, group });
        }
    }

    pub fn rule(&mut self, left_pt: f32, right_pt: f32, is_strong: bool) {
        let y_pt = self.y_pt;
        if let Some(page) = self.pages.last_mut() {
            page.rules.push(Rule { left_pt, right_pt, y_pt, is_strong });
        }
    }

    /// Space above a block of so many lines that stay together.
    fn above(&mut self, set: Set, lines: usize) -> Result<(), Fault> {
        if self.y_pt > TOP_PT {
            self.y_pt += set.above_pt;
        }
        self.room(set.lead_pt * lines as f32)
    }

    pub fn down(&mut self, by_pt: f32) {
        self.y_pt += by_pt;
        let y_pt = self.y_pt;
        if let Some(page) = self.pages.last_mut() {
            page.lowest_pt = page.lowest_pt.max(y_pt);
        }
    }

    /// Whether so much still fits on the page.
    pub fn fits(&self, height_pt: f32) -> bool {
        self.y_pt + height_pt <= BOTTOM_PT
    }

    fn room(&mut self, height_pt: f32) -> Result<(), Fault> {
        if self.fits(height_pt) || self.y_pt <= TOP_PT { Ok(()) } else { self.turn() }
    }

    /// A new page.
    pub fn turn(&mut self) -> Result<(), Fault> {
        if self.pages.len() == PAGES_MAX {
            return Err(Fault::PagesTooMany);
        }
        self.pages.push(Page { lowest_pt: TOP_PT, ..Page::default() });
        self.y_pt = TOP_PT;
        Ok(())
    }
}

/// a .. z, aa .. zz, aaa ..
fn letters(at: usize) -> String {
    let letter = char::from(b"abcdefghijklmnopqrstuvwxyz"[at % 26]);
    std::iter::repeat_n(letter, at / 26 + 1).collect()
}
