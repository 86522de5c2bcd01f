//! Base64 with exactly one spelling per value (RFC 4648, 3.5).
//!
//! The library's decoder accepts paddings in the middle, as of texts joined together;
//! what is signed or compared must not have two spellings.

use data_encoding::BASE64;

/// The bytes of `text` if it is what encoding them gives.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(text.as_bytes()).ok()?;
    (BASE64.encode(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn one_spelling() {
        assert_eq!(base64("AQI="), Some(vec![1, 2]));
        for other in ["AQI=AQID", "AQI", "AQ==AQ==", "AQJ=", "AQ==Ag==", "AQI=\n", "AQI=AQI=", "A", "AQI_"] {
            assert_eq!(base64(other), None, "{other}");
        }
    }
}
