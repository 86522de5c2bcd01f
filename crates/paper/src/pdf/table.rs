//! Tables: columns as wide as their texts ask, rows that go on over pages, heads on each of them.

use krilla::tagging::{TableHeaderScope, Tag, TagKind};

use super::face::{Face, Style};
use super::flow::Flow;
use super::sheet::{BOTTOM_PT, CELL, LEFT_PT, PAD_PT, RIGHT_PT, TOP_PT};
use super::tree::Group;
use super::{Fault, wrap};

/// A column: where it begins and how wide its text may be, in points.
#[derive(Clone, Copy)]
struct Column {
    left_pt: f32,
    width_pt: f32,
}

/// A row, wrapped.
struct Row {
    cells: Vec<Vec<String>>,
    style: Style,
    groups: Vec<Option<Group>>,
}

pub fn table(flow: &mut Flow, part: Group, heads: &[String], rows: &[Vec<String>]) -> Result<(), Fault> {
    let columns = columns(flow, heads, rows);
    let table = flow.tree.add(Some(part), Tag::Table);
    let head_group = flow.tree.add(Some(table), Tag::THead);
    let scope = || Tag::TH(TableHeaderScope::Column).into();
    let mut head = row(flow, head_group, heads, Style::Bold, &columns, scope);
    if flow.y_pt > TOP_PT {
        flow.down(CELL.above_pt);
    }
    let body_group = (!rows.is_empty()).then(|| flow.tree.add(Some(table), Tag::TBody));
    let mut is_first = true;
    for cells in rows {
        let group = body_group.unwrap_or(table);
        let body = row(flow, group, cells, Style::Plain, &columns, || Tag::TD.into());
        let needed_pt = height_pt(&body).min(CELL.lead_pt * 3.0 + 2.0 * PAD_PT);
        let head_pt = if is_first { height_pt(&head) } else { 0.0 };
        if !fits_whole(flow, &body, &head, head_pt) && !flow.fits(head_pt + needed_pt) || !flow.fits(head_pt)
        {
            flow.turn()?;
            is_first = true;
        }
        if is_first {
            place_head(flow, &mut head, &columns)?;
            is_first = false;
        }
        place(flow, &body, &columns, Some(&mut head))?;
    }
    if rows.is_empty() {
        if !flow.fits(height_pt(&head)) {
            flow.turn()?;
        }
        place_head(flow, &mut head, &columns)?;
    }
    Ok(())
}

/// Whether the row fits here; one that would fit on a page of its own is not torn.
fn fits_whole(flow: &Flow, body: &Row, head: &Row, head_pt: f32) -> bool {
    let fits_alone = TOP_PT + height_pt(head) + height_pt(body) <= BOTTOM_PT;
    flow.fits(head_pt + height_pt(body)) || !fits_alone
}

fn row(
    flow: &mut Flow,
    parent: Group,
    texts: &[String],
    style: Style,
    columns: &[Column],
    tag: impl Fn() -> TagKind,
) -> Row {
    let group = flow.tree.add(Some(parent), Tag::TR);
    let groups = texts.iter().map(|_| Some(flow.tree.add(Some(group), tag()))).collect();
    let face = flow.faces.of(style);
    let lines = |(text, column): (&String, &Column)| wrap::lines(face, text, CELL.size_pt, column.width_pt);
    Row { cells: texts.iter().zip(columns).map(lines).collect(), style, groups }
}

fn height_pt(row: &Row) -> f32 {
    row.cells.iter().map(Vec::len).max().unwrap_or(0) as f32 * CELL.lead_pt + 2.0 * PAD_PT
}

/// The heads, and from then on as a repetition.
fn place_head(flow: &mut Flow, head: &mut Row, columns: &[Column]) -> Result<(), Fault> {
    flow.rule(LEFT_PT, RIGHT_PT, true);
    place(flow, head, columns, None)?;
    head.groups.iter_mut().for_each(|group| *group = None);
    Ok(())
}

/// A row, line by line; where the page ends, it goes on below the heads of the next.
fn place(flow: &mut Flow, row: &Row, columns: &[Column], mut head: Option<&mut Row>) -> Result<(), Fault> {
    let lines = row.cells.iter().map(Vec::len).max().unwrap_or(0);
    flow.down(PAD_PT);
    for at in 0..lines {
        if !flow.fits(CELL.lead_pt + PAD_PT)
            && let Some(head) = head.as_deref_mut()
        {
            flow.turn()?;
            place_head(flow, head, columns)?;
            flow.down(PAD_PT);
        }
        for ((cell, column), group) in row.cells.iter().zip(columns).zip(&row.groups) {
            if let Some(text) = cell.get(at) {
                flow.place(text.clone(), column.left_pt, CELL, row.style, *group);
            }
        }
        flow.down(CELL.lead_pt);
    }
    flow.down(PAD_PT);
    flow.rule(LEFT_PT, RIGHT_PT, head.is_none());
    Ok(())
}

/// Every column gets its longest word if that is possible, and of the rest what its texts would like to have.
fn columns(flow: &Flow, heads: &[String], rows: &[Vec<String>]) -> Vec<Column> {
    let total_pt = RIGHT_PT - LEFT_PT;
    let pads_pt = 2.0 * PAD_PT;
    let fair_pt = total_pt / heads.len() as f32;
    let measure = |at: usize, of: fn(&Face, &str, f32) -> f32| {
        let texts = rows.iter().filter_map(|row| row.get(at));
        let widest = texts.map(|text| of(&flow.faces.plain, text, CELL.size_pt)).fold(0.0, f32::max);
        widest.max(of(&flow.faces.bold, &heads[at], CELL.size_pt)) + pads_pt
    };
    let least: Vec<f32> = (0..heads.len()).map(|at| measure(at, wrap::word_width).min(fair_pt)).collect();
    let liked: Vec<f32> = (0..heads.len()).map(|at| measure(at, natural).min(total_pt)).collect();
    let rest_pt = total_pt - least.iter().sum::<f32>();
    let wishes: Vec<f32> = liked.iter().zip(&least).map(|(liked, least)| (liked - least).max(1.0)).collect();
    let wished_pt: f32 = wishes.iter().sum();
    let mut left_pt = LEFT_PT;
    let mut columns = Vec::with_capacity(heads.len());
    for (least, wish) in least.iter().zip(&wishes) {
        let width_pt = least + rest_pt * wish / wished_pt;
        // WHY a little more: sums of widths round, and a word just as wide as its column must not break.
        columns.push(Column { left_pt: left_pt + PAD_PT, width_pt: width_pt - pads_pt + 0.01 });
        left_pt += width_pt;
    }
    columns
}

fn natural(face: &Face, text: &str, size_pt: f32) -> f32 {
    face.shown(text).split('\n').map(|line| face.text_width(line, size_pt)).fold(0.0, f32::max)
}
