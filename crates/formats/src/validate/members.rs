//! A JSON object of any size whose one long list is read an element at a time.
//!
//! It exists because bundles and collections of features are as large as deliveries, and a tree of all of it is thirty times as
//! large. It keeps one element, and the members beside the list.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A reader that gives so much for one element, and no more.
struct Metered<R> {
    from: R,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.from.read(buffer)?;
        match self.left.get().checked_sub(size) {
            Some(left) => self.left.set(left),
            None => return Err(io::Error::from(io::ErrorKind::OutOfMemory)),
        }
        Ok(size)
    }
}

/// Reads an object; `each` gets the elements of its member `list`, from 1. The other members are the answer.
pub fn read(
    from: &mut dyn Read,
    list: &str,
    bytes_max: usize,
    each: &mut dyn FnMut(u64, Value),
) -> Result<Map<String, Value>, serde_json::Error> {
    let left = Rc::new(Cell::new(bytes_max));
    let from = Metered { from: BufReader::with_capacity(64 << 10, from), left: Rc::clone(&left) };
    let mut from = serde_json::Deserializer::from_reader(from);
    let members = Members { list, left: &left, bytes_max, each }.deserialize(&mut from)?;
    from.end()?;
    Ok(members)
}

struct Members<'a> {
    list: &'a str,
    left: &'a Cell<usize>,
    bytes_max: usize,
    each: &'a mut dyn FnMut(u64, Value),
}

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut rest = Map::new();
        self.left.set(self.bytes_max);
        while let Some(key) = map.next_key::<String>()? {
            if key == self.list {
                map.next_value_seed(Elements {
                    left: self.left,
                    bytes_max: self.bytes_max,
                    each: &mut *self.each,
                })?;
                rest.insert(key, Value::Array(Vec::new()));
                self.left.set(self.bytes_max);
            } else {
                rest.insert(key, map.next_value()?);
            }
        }
        Ok(rest)
    }
}

struct Elements<'a> {
    left: &'a Cell<usize>,
    bytes_max: usize,
    each: &'a mut dyn FnMut(u64, Value),
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut number = 0;
        loop {
            self.left.set(self.bytes_max);
            let Some(value) = list.next_element()? else { return Ok(()) };
            number += 1;
            (self.each)(number, value);
        }
    }
}
