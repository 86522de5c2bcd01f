//! Opaque texts: what a client carries for us and cannot read or make.
//!
//! Names of objects may tell of patients, and addresses of pages end up in
//! histories and logs of others. So a page names an object by a text that only
//! this region reads. It proves nothing: what is read from it is judged anew.

use data_encoding::BASE64URL_NOPAD;
use seal::{envelope, keys};
use words::{Reason, Refusal, Secret};

use crate::Region;

/// WHY: a session's ticket, with as many groups as may count, is the longest: some hundred bytes a dozen.
const TEXT_CHARS_MAX: usize = 16_384;

impl Region {
    /// Seals a text for one purpose.
    pub fn seal_text(&self, purpose: &str, plain: &[u8]) -> Result<String, Refusal> {
        let sealed = envelope::seal(&self.text_key(purpose)?, self.rand(), purpose.as_bytes(), plain);
        let sealed = sealed.map_err(|_| Refusal::new(Reason::Unavailable))?;
        Ok(BASE64URL_NOPAD.encode(&sealed))
    }

    /// What was sealed for this purpose; anything else is not there.
    pub fn open_text(&self, purpose: &str, text: &str) -> Result<Vec<u8>, Refusal> {
        let lost = || Refusal::with(Reason::NotFound, "what the address names was not made here");
        if text.len() > TEXT_CHARS_MAX {
            return Err(lost());
        }
        let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| lost())?;
        envelope::open(&self.text_key(purpose)?, purpose.as_bytes(), &sealed).map_err(|_| lost())
    }

    /// A key for one purpose of what clients carry.
    ///
    /// WHY of its own: secrets of access keys are MACs under the key that it is derived from.
    pub(crate) fn text_key(&self, purpose: &str) -> Result<Secret<[u8; keys::KEY_BYTES]>, Refusal> {
        keys::derive(&self.sigv4()?, purpose, b"").map_err(|_| Refusal::new(Reason::Unavailable))
    }
}
