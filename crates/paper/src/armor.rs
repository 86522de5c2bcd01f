//! The text forms in which DER is mailed: PEM (RFC 7468), or base64 alone.

use std::borrow::Cow;

use data_encoding::BASE64;

/// The DER inside; None if it is neither DER nor one PEM of such a label nor base64 throughout.
pub fn open<'a>(bytes: &'a [u8], labels: &[&str]) -> Option<Cow<'a, [u8]>> {
    if bytes.first() == Some(&0x30) {
        return Some(Cow::Borrowed(bytes));
    }
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let inside = match text.strip_prefix("-----BEGIN ") {
        None => text,
        Some(rest) => {
            let (label, rest) = rest.split_once("-----")?;
            let inside = rest.strip_suffix(&format!("-----END {label}-----"))?;
            labels.contains(&label).then_some(inside)?
        }
    };
    let packed: Vec<u8> = inside.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    BASE64.decode(&packed).ok().filter(|der| der.first() == Some(&0x30)).map(Cow::Owned)
}
