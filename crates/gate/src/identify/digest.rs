//! The two headers that tie a body to its signature.
//!
//! `Content-Digest` (RFC 9530, SHA-256) for JSON bodies, and `Epic-Act`, which
//! carries the act's fields beside a streamed body. Both have one spelling.

use data_encoding::BASE64;
use seal::checksum::{Algorithm, checksum};
use words::Reason;
use words::limit::ACT_BODY_BYTES_MAX;

/// `Content-Digest` of a body.
pub fn content_digest(body: &[u8]) -> String {
    let digest = checksum(Algorithm::Sha256, body);
    format!("sha-256=:{}:", BASE64.encode(digest.as_bytes()))
}

/// Refuses a body that is not the one digested.
pub fn check(header: &str, body: &[u8]) -> Result<(), Reason> {
    if content_digest(body) == header {
        return Ok(());
    }
    Err(Reason::ChecksumWrong)
}

/// `Epic-Act`: the JSON of an act's fields as a header (RFC 8941 byte sequence).
pub fn write_act(json: &[u8]) -> String {
    format!(":{}:", BASE64.encode(json))
}

/// The JSON that an `Epic-Act` header carries.
pub fn read_act(header: &str) -> Result<Vec<u8>, Reason> {
    // WHY: base64 takes four characters for three bytes.
    if header.len() / 4 * 3 > ACT_BODY_BYTES_MAX {
        return Err(Reason::TooLarge);
    }
    let text = header.strip_prefix(':').and_then(|text| text.strip_suffix(':'));
    let text = text.ok_or(Reason::Invalid)?;
    seal::base64(text).ok_or(Reason::Invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // Oracle: RFC 9530, appendix B.1, `{"hello": "world"}` and a line's end.
    #[test]
    fn the_digest_is_that_of_the_rfc() {
        let digest = content_digest(b"{\"hello\": \"world\"}\n");
        assert_eq!(digest, "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
        assert_eq!(check(&digest, b"{\"hello\": \"world\"}\n"), Ok(()));
        assert_eq!(check(&digest, b"{\"hello\": \"World\"}\n"), Err(Reason::ChecksumWrong));
    }

    proptest! {
        // Goal: an act survives its header. Method: any bytes.
        #[test]
        fn acts_round_trip(json in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(read_act(&write_act(&json)), Ok(json));
        }

        // Goal: one spelling. Method: what reads, writes back the same.
        #[test]
        fn other_headers_are_refused(header in ".{0,40}") {
            if let Ok(json) = read_act(&header) {
                prop_assert_eq!(write_act(&json), header);
            }
        }
    }

    #[test]
    fn a_header_is_bounded() {
        let long = format!(":{}:", "A".repeat(ACT_BODY_BYTES_MAX / 3 * 4 + 8));
        assert_eq!(read_act(&long), Err(Reason::TooLarge));
    }
}
