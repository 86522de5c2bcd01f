//! AWS Signature Version 4 over a request without a body.
//!
//! For the few requests that the storage crate does not make: it knows no list
//! of uploads, and no key that is not a tidy path. SPEC: AWS SigV4, "Create a
//! signed request"; the test vector is Amazon's own.

use std::fmt::Write as _;

use seal::{hmac_sha256, sha256};
use words::{Secret, Timestamp};

/// A request to be signed; names of headers in lower case.
pub(super) struct Unsigned<'a> {
    pub(super) method: &'a str,
    /// As it is sent.
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'a str, &'a str)],
    pub(super) headers: &'a [(&'a str, &'a str)],
}

/// Who signs, for where.
pub(super) struct Signer<'a> {
    pub(super) id: &'a str,
    pub(super) secret: &'a Secret<String>,
    pub(super) region: &'a str,
}

/// `20130524T000000Z`
pub(super) fn stamp(now: Timestamp) -> String {
    let text = now.to_string();
    let plain: String = text.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    format!("{}Z", plain.split('.').next().unwrap_or_default())
}

/// The digest of no body.
pub(super) fn empty_digest() -> String {
    data_encoding::HEXLOWER.encode(&sha256(b""))
}

/// The `Authorization` header over all headers given, the time's among them.
pub(super) fn authorization(request: &Unsigned<'_>, signer: &Signer<'_>, stamp: &str) -> String {
    let mut headers = request.headers.to_vec();
    headers.sort_unstable();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let signed = names.join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let (method, path, query) = (request.method, request.path, query(request.query));
    let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{signed}\n{}", empty_digest());
    let date = stamp.get(..8).unwrap_or_default();
    let scope = format!("{date}/{}/s3/aws4_request", signer.region);
    let digest = data_encoding::HEXLOWER.encode(&sha256(canonical.as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}");
    let first = Secret::new(format!("AWS4{}", signer.secret.expose()));
    let steps = [date, signer.region, "s3", "aws4_request", &text];
    let key = first.expose().as_bytes().to_vec();
    let signature = steps.iter().fold(key, |key, step| hmac_sha256(&key, step.as_bytes()).to_vec());
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={signed},Signature={}",
        signer.id,
        data_encoding::HEXLOWER.encode(&signature)
    )
}

/// A query as it is signed and sent: sorted and escaped.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", escape(name, ""), escape(value, ""))).collect();
    pairs.sort_unstable();
    pairs.join("&")
}

/// Everything but letters, digits, `-._~` and what is spared, as `%XX`.
pub(super) fn escape(text: &str, spared: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_plain || spared.as_bytes().contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _written = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    // SPEC: "Examples of the complete Version 4 signing process", GET Bucket (List Objects).
    #[test]
    fn it_signs_as_amazon_does() {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned());
        let signer = Signer { id: "AKIAIOSFODNN7EXAMPLE", secret: &secret, region: "us-east-1" };
        let digest = empty_digest();
        let stamp = stamp("2013-05-24".parse().unwrap());
        assert_eq!(stamp, "20130524T000000Z");
        let headers = [
            ("x-amz-date", stamp.as_str()),
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-content-sha256", digest.as_str()),
        ];
        let query = [("prefix", "J"), ("max-keys", "2")];
        let request = Unsigned { method: "GET", path: "/", query: &query, headers: &headers };
        let signed = authorization(&request, &signer, &stamp);
        let expected = "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
        assert!(signed.ends_with(&format!("Signature={expected}")), "{signed}");
    }

    #[test]
    fn keys_are_escaped_byte_by_byte() {
        assert_eq!(escape("a b/ü+~%", "/"), "a%20b/%C3%BC%2B~%25");
        assert_eq!(query(&[("b", "x y"), ("a", "")]), "a=&b=x%20y");
    }
}
