//! Texts in addresses and forms, as everybody reads them.

use data_encoding::HEXLOWER;
use region::expected::Digest;

/// A text with everything but RFC 3986's unreserved characters escaped.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let each = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(each).collect()
}

/// Names and values: the query of an address, or the body of a form.
pub fn pairs(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> =
        pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

/// What is to stand beside a thing that is decided upon, as it was told: 64 hexadecimal digits.
pub fn digest(text: &str) -> Option<Digest> {
    HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok())
}
