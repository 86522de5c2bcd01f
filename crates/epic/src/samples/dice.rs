//! Chance from a seed: the same throw every time.

/// A row of throws (SplitMix64); for samples only, never for anything secret.
pub struct Dice(u64);

impl Dice {
    /// A seed and a name, so that files of one seed differ.
    pub fn new(seed: u64, name: &str) -> Self {
        let hash = seal::sha256(&[&seed.to_be_bytes(), name.as_bytes()].concat());
        Self(hash.iter().take(8).fold(0, |state, byte| (state << 8) | u64::from(*byte)))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number of `0..below`.
    pub fn below(&mut self, below: u64) -> u64 {
        self.next() % below.max(1)
    }

    /// A number of `from..=to`.
    pub fn within(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    /// Around the middle of `from..=to`, as most things that are measured.
    pub fn about(&mut self, from: u64, to: u64) -> u64 {
        (self.within(from, to) + self.within(from, to) + self.within(from, to)) / 3
    }

    /// Whether something of so many in a hundred happened.
    pub fn happens(&mut self, of_hundred: u64) -> bool {
        self.below(100) < of_hundred
    }

    pub fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        let at = usize::try_from(self.below(of.len() as u64)).unwrap_or(0);
        of.get(at).copied().unwrap_or_default()
    }
}
