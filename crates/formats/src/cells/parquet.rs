//! Parquet, cell by cell: column after column, row group after row group.
//!
//! It exists because what researchers store is Parquet more and more. It holds one page and one dictionary, whatever a header
//! claims. What it cannot unpack it says.
//!
//! SPEC: parquet-format 2.11, parquet.thrift.

use super::Teller;
use super::page::{self, Page, There};
use crate::input::u32_at;
use crate::limits::Limits;
use crate::report::tame;
use crate::rule::{self, Rule};
use crate::thrift::{self, Value};

/// One column as the schema has it.
#[derive(Debug, Clone, Default)]
pub struct Leaf {
    pub name: String,
    pub kind: i64,
    /// Of values of a fixed length.
    pub size: usize,
    pub shape: Shape,
    /// How deep a value stands when it is there.
    pub defined_max: u32,
    pub repeated_max: u32,
}

/// How a number is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Shape {
    #[default]
    Plain,
    Unsigned,
    Day,
    /// A moment; how many parts a second has.
    Moment(i64),
    /// A decimal; how many digits behind the point.
    Decimal(u32),
}

/// A member of the schema.
#[derive(Debug, Clone, Default)]
struct Member {
    name: String,
    kind: Option<i64>,
    size: i64,
    repetition: i64,
    children: i64,
    converted: Option<i64>,
    scale: i64,
    moment: Option<i64>,
    is_unsigned: bool,
}

/// A column of a row group.
#[derive(Debug, Clone, Default)]
pub struct Chunk {
    pub group: i64,
    pub column: i64,
    codec: i64,
    values: i64,
    packed: i64,
    start: Option<i64>,
}

#[derive(Default)]
pub struct Footer {
    members: Vec<Member>,
    /// Group after group, as they are written.
    pub chunks: Vec<Chunk>,
    max: usize,
    pub is_sealed: bool,
}

/// What a file says of itself, and its columns.
pub fn schema(bytes: &[u8], limits: &Limits) -> Result<(Footer, Vec<Leaf>), Rule> {
    let size = bytes.len().checked_sub(8).and_then(|at| u32_at(bytes, at)).ok_or(rule::PARQUET_FOOTER)?;
    let end = bytes.len() - 8;
    let footer = end.checked_sub(size as usize).and_then(|start| bytes.get(start..end));
    let mut read = Footer { max: limits.columns_max, ..Footer::default() };
    let whole = footer.and_then(|footer| thrift::walk(footer, &mut |way, value| read.take(way, value)));
    whole.ok_or(rule::PARQUET_FOOTER)?;
    if read.members.len() > read.max {
        return Err(rule::LIMIT_COLUMNS);
    }
    let leaves = leaves(&read.members).ok_or(rule::PARQUET_FOOTER)?;
    Ok((read, leaves))
}

/// Tells every cell. WHY column by column: who looks for people judges columns, and pages are so.
pub fn read(bytes: &[u8], teller: &mut Teller) -> Result<(), Rule> {
    let (footer, leaves) = schema(bytes, &teller.limits)?;
    let names: Vec<&str> = leaves.iter().map(|leaf| leaf.name.as_str()).collect();
    teller.table(&names)?;
    if footer.is_sealed {
        return Err(rule::LIMIT_UNREAD);
    }
    let memory = teller.limits.memory_bytes_max;
    let mut ended = Ok(());
    for chunk in &footer.chunks {
        let (column, leaf) = chunk.leaf(&leaves)?;
        let told = chunk.pages(bytes, leaf, memory).and_then(|mut pages| {
            while pages.next(&mut |_, _| Ok(()), &mut |cell| teller.cell(column, cell))? {}
            Ok(())
        });
        match told {
            // WHY: one chunk that is broken, or written in a way that is not read, does not hide the others.
            Err(rule) if [rule::PARQUET_PAGE, rule::LIMIT_UNREAD, rule::LIMIT_MEMORY].contains(&rule) => {
                ended = ended.and(Err(rule));
            }
            told => told?,
        }
    }
    ended
}

impl Chunk {
    /// The column that it is of, and what that is.
    pub fn leaf<'l>(&self, leaves: &'l [Leaf]) -> Result<(usize, &'l Leaf), Rule> {
        let column = usize::try_from(self.column).map_err(|_| rule::PARQUET_FOOTER)?;
        Ok((column, leaves.get(column).ok_or(rule::PARQUET_FOOTER)?))
    }

    /// Its pages, one after the other.
    pub fn pages<'a>(&self, bytes: &'a [u8], leaf: &'a Leaf, unpacked_max: usize) -> Result<Pages<'a>, Rule> {
        let start = self.start.and_then(|start| usize::try_from(start).ok()).ok_or(rule::PARQUET_PAGE)?;
        let size = usize::try_from(self.packed).map_err(|_| rule::PARQUET_PAGE)?;
        let end = start.checked_add(size).ok_or(rule::PARQUET_PAGE)?;
        let rest = bytes.get(start..end).ok_or(rule::PARQUET_PAGE)?;
        Ok(Pages { leaf, codec: self.codec, rest, left: self.values, dictionary: None, unpacked_max })
    }
}

/// The pages of a chunk that are left.
pub struct Pages<'a> {
    leaf: &'a Leaf,
    codec: i64,
    rest: &'a [u8],
    /// Values.
    left: i64,
    dictionary: Option<page::Dictionary>,
    unpacked_max: usize,
}

impl Pages<'_> {
    /// Tells the values of the next page, and where there are none; false: there is no page more.
    pub fn next(&mut self, there: There, each: page::Each) -> Result<bool, Rule> {
        if self.left <= 0 {
            return Ok(false);
        }
        let mut page = Page::default();
        let head =
            thrift::walk(self.rest, &mut |way, value| page.take(way, value)).ok_or(rule::PARQUET_PAGE)?;
        let body = usize::try_from(page.packed).ok().and_then(|size| head.checked_add(size));
        let (now, next) = body.and_then(|end| self.rest.split_at_checked(end)).ok_or(rule::PARQUET_PAGE)?;
        self.rest = next;
        let body = now.get(head..).unwrap_or_default();
        match page.kind {
            2 => {
                let told = page::dictionary(&page, body, self.codec, self.leaf, self.unpacked_max)?;
                self.dictionary = Some(told);
            }
            0 | 3 => {
                self.left = self
                    .left
                    .checked_sub(page.values)
                    .filter(|left| *left >= 0 && page.values >= 0)
                    .ok_or(rule::PARQUET_PAGE)?;
                let unpacked = page::unpack(&page, body, self.codec, self.unpacked_max)?;
                page::values(&page, &unpacked, self.leaf, self.dictionary.as_ref(), there, each)?;
            }
            _ => {}
        }
        Ok(true)
    }
}

impl Footer {
    fn take(&mut self, way: &[i64], value: Value) {
        match (way, value) {
            ([2, at, rest @ ..], value) => {
                let at = usize::try_from(*at).unwrap_or(usize::MAX);
                // WHY: a schema of more members than columns may be is not kept.
                if at <= self.max && at <= self.members.len() {
                    self.members.resize(self.members.len().max(at + 1), Member::default());
                    self.members.get_mut(at).into_iter().for_each(|member| member.take(rest, value));
                }
            }
            // SPEC: `ColumnCryptoMetaData`.
            ([4, _, 1, _, 8, ..], _) => self.is_sealed = true,
            ([4, group, 1, column, 3, rest @ ..], Value::Int(value)) => {
                if self.chunks.last().is_none_or(|last| (last.group, last.column) != (*group, *column)) {
                    self.chunks.push(Chunk { group: *group, column: *column, ..Chunk::default() });
                }
                let Some(chunk) = self.chunks.last_mut() else { return };
                match rest {
                    [4] => chunk.codec = value,
                    [5] => chunk.values = value,
                    [7] => chunk.packed = value,
                    // SPEC: a dictionary page comes before the data pages.
                    [9 | 11] => chunk.start = Some(chunk.start.map_or(value, |start| start.min(value))),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

impl Member {
    /// SPEC: `SchemaElement`, and `LogicalType` in its field 10.
    fn take(&mut self, way: &[i64], value: Value) {
        match (way, value) {
            ([4], Value::Bytes(name)) => self.name = tame(&String::from_utf8_lossy(name)),
            ([1], Value::Int(kind)) => self.kind = Some(kind),
            ([2], Value::Int(size)) => self.size = size,
            ([3], Value::Int(repetition)) => self.repetition = repetition,
            ([5], Value::Int(children)) => self.children = children,
            ([6], Value::Int(converted)) => self.converted = Some(converted),
            ([7], Value::Int(scale)) => self.scale = scale,
            ([10, 5, 1], Value::Int(scale)) => (self.converted, self.scale) = (Some(5), scale),
            ([10, 6], Value::Struct) => self.converted = Some(6),
            // SPEC: `TimestampType`: its unit is a union of three empty structures.
            ([10, 8, 2, unit], Value::Struct) => self.moment = Some(*unit),
            ([10, 10, 2], Value::Int(is_signed)) => self.is_unsigned = is_signed == 0,
            _ => {}
        }
    }

    fn shape(&self) -> Shape {
        match (self.moment, self.converted) {
            (Some(1), _) | (_, Some(9)) => Shape::Moment(1_000),
            (Some(2), _) | (_, Some(10)) => Shape::Moment(1_000_000),
            (Some(3), _) => Shape::Moment(1_000_000_000),
            (_, Some(6)) => Shape::Day,
            (_, Some(5)) => Shape::Decimal(u32::try_from(self.scale).unwrap_or_default()),
            (_, Some(11..=14)) => Shape::Unsigned,
            _ if self.is_unsigned => Shape::Unsigned,
            _ => Shape::Plain,
        }
    }
}

/// The leaves of the schema, with how deep they stand; none: it is no tree.
fn leaves(members: &[Member]) -> Option<Vec<Leaf>> {
    let (root, rest) = members.split_first()?;
    let mut open = vec![(root.children, 0_u32, 0_u32)];
    let mut leaves = Vec::new();
    for member in rest {
        while open.last().is_some_and(|(left, ..)| *left <= 0) {
            open.pop();
        }
        let (left, defined, repeated) = open.last_mut()?;
        *left -= 1;
        // SPEC: `FieldRepetitionType`: required, optional, repeated.
        let defined = *defined + u32::from(member.repetition != 0);
        let repeated = *repeated + u32::from(member.repetition == 2);
        match member.kind.filter(|_| member.children <= 0) {
            None => open.push((member.children, defined, repeated)),
            Some(kind) => leaves.push(Leaf {
                name: member.name.clone(),
                kind,
                size: usize::try_from(member.size).unwrap_or_default(),
                shape: member.shape(),
                defined_max: defined,
                repeated_max: repeated,
            }),
        }
    }
    Some(leaves)
}
