//! Lists of what a copy holds, as `sha256sum --check` reads them.

use data_encoding::HEXLOWER;

use super::{Item, NotAnItem};

/// WHY: a list is read whole; this many lines are some ten mebibytes.
pub const LIST_LINES_MAX: usize = 65_536;

/// One thing and the SHA-256 of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub item: Item,
    pub digest: [u8; 32],
}

/// Lines on their way into lists.
#[derive(Debug, Default)]
pub struct Lines(String, usize);

impl Lines {
    pub fn push(&mut self, line: Line) {
        // SPEC: GNU coreutils: the digest, two spaces, the name.
        self.0 += &format!("{}  {}\n", HEXLOWER.encode(&line.digest), line.item);
        self.1 += 1;
    }

    pub const fn is_full(&self) -> bool {
        self.1 >= LIST_LINES_MAX
    }

    /// What was gathered, if anything was; the next list begins empty.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        let text = std::mem::take(&mut self.0);
        self.1 = 0;
        (!text.is_empty()).then(|| text.into_bytes())
    }

    /// Every line of a list; a line that is none says which.
    pub fn read(bytes: &[u8]) -> Result<Vec<Line>, NotAnItem> {
        let wrong = |line: &str| NotAnItem(line.chars().take(200).collect());
        let text = std::str::from_utf8(bytes).map_err(|_| wrong("bytes that are no text"))?;
        text.lines()
            .map(|line| {
                let (digest, name) = line.split_once("  ").ok_or_else(|| wrong(line))?;
                let digest = HEXLOWER.decode(digest.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
                Ok(Line { item: name.parse()?, digest: digest.ok_or_else(|| wrong(line))? })
            })
            .collect()
    }
}
