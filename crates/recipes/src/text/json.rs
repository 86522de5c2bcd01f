//! The texts of JSON, value by value, whatever it holds; narratives of FHIR without their markup.
//!
//! It exists so that a document of any size is read without a tree of it. It keeps one text.

use std::fmt;
use std::io::{BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::markup::{Markup, Style};
use super::{Lost, Sink};
use crate::fault;

/// Reads values one after the other.
pub(super) fn read(from: &mut dyn Read, sink: &mut Sink) -> Result<(), Lost> {
    let mut from = serde_json::Deserializer::from_reader(BufReader::with_capacity(64 << 10, from));
    let mut is_any = false;
    loop {
        match (Texts { sink }).deserialize(&mut from) {
            Ok(()) => is_any = true,
            Err(_) if sink.is_full => return Ok(()),
            // WHY: where a value ended, the end is no mistake.
            Err(error) if error.is_eof() && is_any => return Ok(()),
            Err(error) if error.is_io() => return Err(Lost::Read(error.into())),
            Err(_) => return Err(Lost::Fault(fault::MALFORMED)),
        }
    }
}

struct Texts<'s> {
    sink: &'s mut Sink,
}

impl<'de> DeserializeSeed<'de> for Texts<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if text.trim_start().starts_with("<div") {
            let mut markup = Markup::new(Style::Page);
            markup.take(text, self.sink);
            markup.end(self.sink);
        } else {
            self.sink.put(text);
        }
        self.sink.end_line();
        if self.sink.is_full { Err(E::custom("enough")) } else { Ok(()) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Texts { sink: &mut *self.sink })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(Texts { sink: &mut *self.sink })?;
        }
        if self.sink.is_full { Err(A::Error::custom("enough")) } else { Ok(()) }
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}
