//! Pages as PDF.

use krilla::color::luma;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};
use krilla::{Document as Pdf, SerializeSettings};
use time::OffsetDateTime;

use super::face::{Faces, Style};
use super::flow::{Laid, Line, Mark, Page, Rule};
use super::sheet::{self, FOOTER_BASE_PT, FOOTER_PT, HEIGHT_PT, LEFT_PT, RIGHT_PT, TOP_PT, WIDTH_PT};
use super::tree::Group;
use super::{Document, Fault};

pub fn draw(document: &Document, faces: &Faces, laid: Laid, footer: &[String]) -> Result<Vec<u8>, Fault> {
    let mut pdf = Pdf::new_with(settings()?);
    pdf.set_metadata(metadata(document)?);
    let count = laid.pages.len();
    let mut drawn = Vec::new();
    for (at, page) in laid.pages.iter().enumerate() {
        let mut sheet = pdf.start_page_with(page_settings(page)?);
        let mut surface = sheet.surface();
        page.rules.iter().for_each(|rule| draw_rule(&mut surface, rule));
        drawn.extend(page.lines.iter().filter_map(|line| draw_line(&mut surface, faces, line)));
        draw_footer(&mut surface, faces, footer, &format!("{} / {count}", at + 1));
        surface.finish();
        sheet.finish();
    }
    pdf.set_outline(outline(&laid.marks));
    pdf.set_tag_tree(laid.tree.finish(drawn).with_lang(language(document)));
    pdf.finish().map_err(|_| Fault::Unwritable)
}

fn settings() -> Result<SerializeSettings, Fault> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| Fault::Unwritable)?;
    Ok(SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() })
}

fn language(document: &Document) -> Option<String> {
    document.parts.first().map(|part| part.language.tag().to_owned())
}

fn metadata(document: &Document) -> Result<Metadata, Fault> {
    let made = OffsetDateTime::from_unix_timestamp(document.made_at).map_err(|_| Fault::Date)?;
    let date = DateTime::new(u16::try_from(made.year()).map_err(|_| Fault::Date)?)
        .month(made.month().into())
        .day(made.day())
        .hour(made.hour())
        .minute(made.minute())
        .second(made.second())
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    let metadata = Metadata::new()
        .title(plain(&document.title))
        .authors(vec![plain(&document.author)])
        .producer(plain(&document.producer))
        .creation_date(date);
    Ok(match language(document) {
        Some(language) => metadata.language(language),
        None => metadata,
    })
}

/// WHY: control characters are not allowed in the XML of the metadata.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// INVARIANT: the art box holds all text above the footer; what is stamped on a page stays outside (`signed`).
fn page_settings(page: &Page) -> Result<PageSettings, Fault> {
    let art = Rect::from_ltrb(LEFT_PT, TOP_PT, RIGHT_PT, page.lowest_pt + 1.0).ok_or(Fault::Unwritable)?;
    let settings = PageSettings::from_wh(WIDTH_PT, HEIGHT_PT).ok_or(Fault::Unwritable)?;
    Ok(settings.with_art_box(Some(art)))
}

fn draw_line(surface: &mut Surface, faces: &Faces, line: &Line) -> Option<(Group, Identifier)> {
    let tag = match line.group {
        Some(_) => ContentTag::Span(SpanTag::empty()),
        None => ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)),
    };
    let identifier = surface.start_tagged(tag);
    draw_text(surface, faces, line);
    surface.end_tagged();
    line.group.map(|group| (group, identifier))
}

fn draw_text(surface: &mut Surface, faces: &Faces, line: &Line) {
    let face = faces.of(line.style);
    let start = Point::from_xy(line.x_pt, line.base_pt);
    surface.draw_glyphs(start, &face.glyphs(&line.text), face.font.clone(), &line.text, line.size_pt, false);
}

fn draw_rule(surface: &mut Surface, rule: &Rule) {
    let height_pt = if rule.is_strong { 0.8 } else { 0.4 };
    let mut path = PathBuilder::new();
    if let Some(rect) = Rect::from_ltrb(rule.left_pt, rule.y_pt, rule.right_pt, rule.y_pt + height_pt) {
        path.push_rect(rect);
    }
    let Some(path) = path.finish() else { return };
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    surface.set_fill(Some(gray(if rule.is_strong { 60 } else { 150 })));
    surface.draw_path(&path);
    surface.set_fill(None);
    surface.end_tagged();
}

fn draw_footer(surface: &mut Surface, faces: &Faces, footer: &[String], number: &str) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
    surface.set_fill(Some(gray(90)));
    let number_pt = RIGHT_PT - faces.plain.text_width(number, sheet::BODY.size_pt - 1.5);
    let mut place = |text: &str, x_pt, base_pt, size_pt| {
        let line = Line { x_pt, base_pt, size_pt, style: Style::Plain, text: text.to_owned(), group: None };
        draw_text(surface, faces, &line);
    };
    place(number, number_pt, FOOTER_BASE_PT, sheet::BODY.size_pt - 1.5);
    for (at, text) in footer.iter().enumerate() {
        place(text, LEFT_PT, FOOTER_BASE_PT + at as f32 * FOOTER_PT * 1.4, FOOTER_PT);
    }
    surface.set_fill(None);
    surface.end_tagged();
}

fn gray(level: u8) -> Fill {
    Fill { paint: luma::Color::new(level).into(), opacity: NormalizedF32::ONE, rule: Default::default() }
}

/// Headings below the title that they follow.
fn outline(marks: &[Mark]) -> Outline {
    let node = |mark: &Mark| {
        let place = XyzDestination::new(mark.page, Point::from_xy(LEFT_PT, mark.top_pt - 8.0));
        OutlineNode::new(plain(&mark.text), place).with_open(true)
    };
    let mut nodes: Vec<OutlineNode> = Vec::new();
    for mark in marks {
        match nodes.last_mut().filter(|_| !mark.is_title) {
            Some(above) => above.push_child(node(mark)),
            None => nodes.push(node(mark)),
        }
    }
    let mut outline = Outline::new();
    nodes.into_iter().for_each(|node| outline.push_child(node));
    outline
}
