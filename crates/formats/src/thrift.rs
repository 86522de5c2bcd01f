//! Thrift's compact protocol, as a walk over values with the way to each.
//!
//! It exists because the footer of Parquet is written in it. It goes into nothing by recursion, and keeps nothing.
//!
//! SPEC: Apache Thrift, compact protocol.

/// WHY: Parquet's footer is seven deep.
const DEPTH_MAX: usize = 24;

/// One value; lists are told by their members.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Int(i64),
    Bytes(&'a [u8]),
    /// A struct begins: an empty one is a value too.
    Struct,
}

#[derive(Debug, Clone, Copy)]
enum Open {
    Struct { last: i64 },
    List { kind: u8, left: u64, at: i64 },
}

struct Walk<'a> {
    rest: &'a [u8],
    open: Vec<Open>,
    way: Vec<i64>,
}

/// Walks a struct: each value with the field numbers (and places in lists) that lead to it. How many bytes it had.
pub fn walk<'a>(bytes: &'a [u8], each: &mut dyn FnMut(&[i64], Value<'a>)) -> Option<usize> {
    let mut walk = Walk { rest: bytes, open: vec![Open::Struct { last: 0 }], way: Vec::new() };
    while let Some(open) = walk.open.pop() {
        let kind = match open {
            Open::Struct { last } => {
                let head = walk.byte()?;
                if head == 0 {
                    walk.way.pop();
                    continue;
                }
                let step = i64::from(head >> 4);
                let id = if step == 0 { walk.zigzag()? } else { last.checked_add(step)? };
                walk.open.push(Open::Struct { last: id });
                walk.way.push(id);
                head & 15
            }
            Open::List { left: 0, .. } => {
                walk.way.pop();
                continue;
            }
            Open::List { kind, left, at } => {
                walk.open.push(Open::List { kind, left: left - 1, at: at + 1 });
                walk.way.push(at);
                kind
            }
        };
        let is_listed = matches!(walk.open.last(), Some(Open::List { .. }));
        walk.value(kind, is_listed, each)?;
    }
    Some(bytes.len() - walk.rest.len())
}

impl<'a> Walk<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for at in 0..10_u32 {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(7 * at)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn bytes(&mut self, size: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(size).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// One value; a container is opened, and its members come next.
    fn value(&mut self, kind: u8, is_listed: bool, each: &mut dyn FnMut(&[i64], Value<'a>)) -> Option<()> {
        let value = match kind {
            1 | 2 if is_listed => Value::Int(i64::from(self.byte()? == 1)),
            1 => Value::Int(1),
            2 => Value::Int(0),
            3 => Value::Int(i64::from(self.byte()? as i8)),
            4..=6 => Value::Int(self.zigzag()?),
            7 => Value::Bytes(self.bytes(8)?),
            8 => {
                let size = self.varint()?;
                Value::Bytes(self.bytes(size)?)
            }
            9 | 10 => {
                let head = self.byte()?;
                let left = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                // WHY: each element has a byte at least; more elements than bytes is a lie.
                (left <= self.rest.len() as u64).then_some(())?;
                return self.enter(Open::List { kind: head & 15, left, at: 0 });
            }
            12 => {
                each(&self.way, Value::Struct);
                return self.enter(Open::Struct { last: 0 });
            }
            _ => return None,
        };
        each(&self.way, value);
        self.way.pop();
        Some(())
    }

    fn enter(&mut self, open: Open) -> Option<()> {
        (self.open.len() < DEPTH_MAX).then_some(())?;
        self.open.push(open);
        Some(())
    }
}
