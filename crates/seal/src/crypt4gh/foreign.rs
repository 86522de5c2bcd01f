//! Opens bodies that others made: any nonces, several data keys, an edit list.
//!
//! The format itself cannot tell when such a body was cut at a segment's edge or its
//! segments swapped; nothing read here may be called complete on this word alone.

use bytes::BytesMut;

use super::edit::Editor;
use super::{OpenError, OpenedHeader, SEALED_SEGMENT_BYTES};
use crate::aead::{Cipher, OVERHEAD_BYTES};
use crate::gather::append_opened;

/// Takes a foreign body in pieces of any size, gives the plain bytes that count.
pub struct ForeignOpener {
    ciphers: Vec<Cipher>,
    /// The key that opened the last segment is tried first.
    last: usize,
    editor: Option<Editor>,
    pending: BytesMut,
    plain: BytesMut,
    index: u64,
    /// The last segment's nonce, where one that comes again is refused.
    seen: Option<[u8; 12]>,
    refuses_repeats: bool,
}

impl ForeignOpener {
    pub fn new(header: &OpenedHeader) -> Result<Self, OpenError> {
        let ciphers = header.keys.iter().map(|key| Cipher::new(key.secret())).collect::<Result<_, _>>();
        Ok(Self {
            ciphers: ciphers.map_err(|_| OpenError::Refused)?,
            last: 0,
            editor: header.edit_list.as_ref().map(Editor::new),
            pending: BytesMut::new(),
            plain: BytesMut::new(),
            index: 0,
            seen: None,
            refuses_repeats: false,
        })
    }

    /// Refuses a segment that bears its predecessor's nonce: no honest writer seals two under one.
    pub fn without_repeats(self) -> Self {
        Self { refuses_repeats: true, ..self }
    }

    /// Appends the plain bytes of every segment that `sealed` completes.
    pub fn push(&mut self, mut sealed: &[u8], into: &mut BytesMut) -> Result<(), OpenError> {
        while !sealed.is_empty() {
            let missing = SEALED_SEGMENT_BYTES - self.pending.len();
            let (head, rest) = sealed.split_at(missing.min(sealed.len()));
            self.pending.extend_from_slice(head);
            sealed = rest;
            if self.pending.len() == SEALED_SEGMENT_BYTES {
                self.open(into)?;
            }
        }
        Ok(())
    }

    /// Opens the last, short segment.
    pub fn finish(mut self, into: &mut BytesMut) -> Result<(), OpenError> {
        if self.pending.is_empty() { Ok(()) } else { self.open(into) }
    }

    fn open(&mut self, into: &mut BytesMut) -> Result<(), OpenError> {
        if self.pending.len() < OVERHEAD_BYTES {
            return Err(OpenError::Truncated {
                index: self.index,
                expected_bytes: OVERHEAD_BYTES,
                found_bytes: self.pending.len(),
            });
        }
        let nonce = self.pending.first_chunk::<12>().copied();
        if self.refuses_repeats && nonce == self.seen {
            return Err(OpenError::Misplaced { index: self.index });
        }
        self.seen = nonce;
        let order = (self.last..self.ciphers.len()).chain(0..self.last);
        let mut found = None;
        for candidate in order {
            let Some(cipher) = self.ciphers.get(candidate) else {
                continue;
            };
            if append_opened(cipher, &[], &self.pending, &mut self.plain).is_some() {
                found = Some(candidate);
                break;
            }
        }
        self.last = found.ok_or(OpenError::Broken { index: self.index })?;
        self.pending.clear();
        self.index += 1;
        match &mut self.editor {
            Some(editor) => editor.push(&self.plain, into),
            None => into.extend_from_slice(&self.plain),
        }
        self.plain.clear();
        Ok(())
    }
}
