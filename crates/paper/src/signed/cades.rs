//! A CMS around the document or beside it; and one around the other, as some programs add a signature.

use std::borrow::Cow;

use super::cms::{self, Naming};
use super::{Fault, SIGNATURES_MAX, Signer, Trust, ber};
use crate::armor;

/// Signatures inside first.
pub fn check(original: &[u8], signed: &[u8], trust: Trust<'_>) -> Result<Vec<Signer>, Fault> {
    let mut signers = Vec::new();
    let mut wrapped: Cow<'_, [u8]> = Cow::Borrowed(signed);
    for layer in 0..SIGNATURES_MAX {
        let der = armor::open(&wrapped, &["CMS", "PKCS7"]).ok_or(if layer == 0 {
            Fault::NotSigned
        } else {
            Fault::OtherDocument
        })?;
        let der = ber::definite(&der)?;
        let message = cms::read(&der)?;
        let content = match message.content {
            Some(content) => content,
            None if layer == 0 => original,
            None => return Err(Fault::Malformed),
        };
        let mut found = message.check(&[content], Naming::Required, trust)?;
        found.append(&mut signers);
        signers = found;
        match (signers.len() > SIGNATURES_MAX, content == original) {
            (true, _) => return Err(Fault::TooMany),
            (false, true) => return Ok(signers),
            (false, false) => wrapped = Cow::Owned(content.to_vec()),
        }
    }
    Err(Fault::TooMany)
}
