//! Colour for people: four meanings, none where it is not wanted.
//!
//! Colour never says anything that words do not say too.

/// Paints, or does not.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    is_on: bool,
}

impl Paint {
    pub const fn new(is_on: bool) -> Self {
        Self { is_on }
    }

    pub fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }

    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    pub fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    pub fn warn(self, text: &str) -> String {
        self.with("33", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.is_on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
