//! Buffers that are used again.
//!
//! WHY: bodies pass in pieces of a mebibyte that one thread fills and another lets go. An allocator keeps what was
//! let go for the thread that asked for it, so that a busy region held hundreds of mebibytes that nobody used.
//! It must never hand out what somebody can still read, and what it hands out is empty.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

use crate::limit::{BUFFER_BYTES, BUFFERED_BYTES_MIN, BUFFERS_KEPT_MAX};

/// The buffers of a region. Cheap to clone.
#[derive(Clone, Default)]
pub struct Buffers(Arc<Mutex<Vec<BytesMut>>>);

impl Buffers {
    /// An empty buffer with room for so many bytes.
    pub fn take(&self, bytes: usize) -> BytesMut {
        if !(BUFFERED_BYTES_MIN..=BUFFER_BYTES).contains(&bytes) {
            return BytesMut::with_capacity(bytes);
        }
        self.returned().unwrap_or_else(|| BytesMut::with_capacity(BUFFER_BYTES))
    }

    /// Makes room for so many more bytes behind those that are there.
    pub fn reserve(&self, buffer: &mut BytesMut, more_bytes: usize) {
        if buffer.capacity() - buffer.len() >= more_bytes {
            return;
        }
        let mut larger = self.take(buffer.len() + more_bytes);
        larger.extend_from_slice(buffer);
        *buffer = larger;
    }

    /// What is in a buffer. Once nobody holds it any more, the buffer is used again.
    pub fn filled(&self, mut buffer: BytesMut) -> Bytes {
        let is_ours = buffer.capacity() >= BUFFER_BYTES;
        let bytes = buffer.split().freeze();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_ours && kept.len() < BUFFERS_KEPT_MAX {
            kept.push(buffer);
        }
        bytes
    }

    /// One that nobody holds. WHY the latest first: it is still in the processor's memory.
    fn returned(&self) -> Option<BytesMut> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter_mut().rposition(|buffer| buffer.try_reclaim(BUFFER_BYTES))?;
        Some(kept.swap_remove(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(buffers: &Buffers, bytes: &[u8]) -> Bytes {
        let mut buffer = buffers.take(BUFFER_BYTES);
        buffer.extend_from_slice(bytes);
        buffers.filled(buffer)
    }

    #[test]
    fn what_was_let_go_is_used_again_and_empty() {
        let buffers = Buffers::default();
        let first = filled(&buffers, b"first");
        let place = first.as_ptr();
        drop(first);
        let again = buffers.take(BUFFERED_BYTES_MIN);
        assert!(again.is_empty());
        assert_eq!(again.as_ptr(), place);
        assert_eq!(again.capacity(), BUFFER_BYTES);
    }

    #[test]
    fn what_somebody_holds_is_not_handed_out() {
        let buffers = Buffers::default();
        let held: Vec<_> = (0..40_u8).map(|mark| filled(&buffers, &[mark; 9])).collect();
        // A part of it is held too.
        let part = held[7].slice(3..5);
        let more: Vec<_> = (100..140_u8).map(|mark| filled(&buffers, &[mark; 9])).collect();
        for (bytes, mark) in held.iter().zip(0..).chain(more.iter().zip(100..)) {
            assert_eq!(bytes[..], [mark; 9]);
        }
        drop(held);
        drop(more);
        let taken: Vec<_> = (200..=255_u8).map(|mark| filled(&buffers, &[mark; 9])).collect();
        assert_eq!(part[..], [7; 2]);
        assert!(taken.iter().zip(200..=255_u8).all(|(bytes, mark)| bytes[..] == [mark; 9]));
    }

    #[test]
    fn small_and_large_ones_are_not_kept() {
        let buffers = Buffers::default();
        for bytes in [0, 1, BUFFERED_BYTES_MIN - 1, BUFFER_BYTES + 1] {
            let mut buffer = buffers.take(bytes);
            assert!(buffer.capacity() >= bytes);
            buffer.extend_from_slice(&vec![1; bytes]);
            assert_eq!(buffers.filled(buffer).len(), bytes);
        }
        // The largest was no smaller than ours, and may serve.
        assert!(buffers.0.lock().unwrap().len() <= 1);
    }

    #[test]
    fn no_more_are_kept_than_may_be() {
        let buffers = Buffers::default();
        let held: Vec<_> = (0..BUFFERS_KEPT_MAX + 9).map(|_| filled(&buffers, b"held")).collect();
        drop(held);
        assert_eq!(buffers.0.lock().unwrap().len(), BUFFERS_KEPT_MAX);
    }

    #[test]
    fn room_is_made_behind_what_is_there() {
        let buffers = Buffers::default();
        let mut buffer = BytesMut::from(&b"there"[..]);
        buffers.reserve(&mut buffer, BUFFERED_BYTES_MIN);
        assert_eq!((&buffer[..], buffer.capacity()), (&b"there"[..], BUFFER_BYTES));
        let place = buffer.as_ptr();
        buffers.reserve(&mut buffer, 1_000);
        assert_eq!(buffer.as_ptr(), place);
    }
}
