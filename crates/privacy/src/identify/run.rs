//! Letters and digits that belong together although spaces or hyphens stand between them.
//!
//! It exists because people group numbers as they like. It never holds more than an identifier has.

use super::scan::View;
use super::token::Class;

/// WHY: an IBAN has 34 characters at most.
const SIGNS_MAX: usize = 40;
/// WHY: an IBAN in groups of four has nine.
const PIECES_MAX: usize = 10;

/// Capitals and digits from a place on, and where its pieces end.
#[derive(Debug)]
pub(super) struct Run {
    signs: [u8; SIGNS_MAX],
    size: usize,
    /// Of each piece: how many signs end with it, and its token.
    stops: [(usize, usize); PIECES_MAX],
    pieces: usize,
}

/// What may stand between pieces besides one space.
pub(super) type Between = &'static [u8];

impl Run {
    /// From `at` on, pieces of these classes.
    pub fn of(view: &View<'_>, at: usize, classes: &[Class], between: Between) -> Self {
        let mut run = Self { signs: [0; SIGNS_MAX], size: 0, stops: [(0, 0); PIECES_MAX], pieces: 0 };
        let mut next = at;
        while run.pieces < PIECES_MAX && view.get(next).is_some_and(|token| classes.contains(&token.class)) {
            let bytes = view.bytes(next);
            if run.size + bytes.len() > SIGNS_MAX || !bytes.is_ascii() {
                break;
            }
            for byte in bytes {
                run.signs[run.size] = byte.to_ascii_uppercase();
                run.size += 1;
            }
            run.stops[run.pieces] = (run.size, next);
            run.pieces += 1;
            let is_marked = view.is_joined(next)
                && view.is_joined(next + 1)
                && between.iter().any(|mark| view.is_mark(next + 1, *mark));
            match view.gap(next) {
                _ if is_marked => next += 2,
                Some(0 | 1) => next += 1,
                _ => break,
            }
        }
        run
    }

    /// The first `size` signs and their last token, where a piece ends there.
    pub fn first(&self, size: usize) -> Option<(&[u8], usize)> {
        let (size, token) = *self.stops[..self.pieces].iter().find(|(signs, _)| *signs == size)?;
        Some((&self.signs[..size], token))
    }

    /// Each beginning that ends with a piece, longest first: its signs, its pieces and its last token.
    pub fn beginnings(&self) -> impl Iterator<Item = (&[u8], usize, usize)> {
        let stops = self.stops[..self.pieces].iter().enumerate().rev();
        stops.map(|(at, (size, token))| (&self.signs[..*size], at + 1, *token))
    }
}
