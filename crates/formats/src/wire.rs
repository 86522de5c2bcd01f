//! Fields of protocol buffers, as far as ONNX needs them.
//!
//! It exists because a model's graph is not needed to say what it is. It never allocates by a length that is claimed.
//!
//! SPEC: Protocol Buffers, encoding.

/// One field at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    pub number: u64,
    pub wire: u8,
    /// Of a number, or of a length.
    pub value: u64,
    /// As far as it is there.
    pub bytes: &'a [u8],
    /// Whether more bytes are claimed than are there.
    pub is_cut: bool,
}

/// Fields one after the other; ends where bytes end or are no field.
#[derive(Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
    /// Whether it ended on what is no field.
    pub is_broken: bool,
}

impl<'a> Fields<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, is_broken: false }
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for at in 0..10 {
            let byte = *self.rest.get(at)?;
            value |= u64::from(byte & 0x7f).checked_shl(7 * at as u32)?;
            if byte & 0x80 == 0 {
                self.rest = self.rest.get(at + 1..)?;
                return Some(value);
            }
        }
        None
    }

    fn read(&mut self) -> Option<Field<'a>> {
        let tag = self.varint()?;
        let (number, wire) = (tag >> 3, (tag & 7) as u8);
        let value = match wire {
            0 | 2 => self.varint()?,
            1 => 8,
            5 => 4,
            _ => return None,
        };
        let size = if wire == 0 { 0 } else { usize::try_from(value).ok()? };
        let kept = size.min(self.rest.len());
        let (bytes, rest) = self.rest.split_at(kept);
        self.rest = rest;
        (number > 0).then_some(Field { number, wire, value, bytes, is_cut: kept < size })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_none() {
            self.is_broken = true;
            self.rest = &[];
        }
        field
    }
}
