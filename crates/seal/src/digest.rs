//! SHA-256 of bytes that come piece by piece.

use sha2::Digest;

/// A SHA-256 in the making (FIPS 180-4).
#[derive(Debug, Clone, Default)]
pub struct Sha256(sha2::Sha256);

impl Sha256 {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_the_digest_of_the_whole() {
        let mut pieces = Sha256::new();
        b"a secure region".chunks(4).for_each(|piece| pieces.update(piece));
        assert_eq!(pieces.finish(), crate::sha256(b"a secure region"));
    }
}
