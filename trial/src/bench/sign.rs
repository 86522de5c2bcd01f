//! Signature Version 4 over an unsigned payload: what an S3 client adds to its requests.
//!
//! Written from the specification and no faster than it must be: a load client
//! should spend its processor on bytes. It never sees a server's code.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use words::Timestamp;

/// The payload's hash is not said: bodies are streams.
pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
/// Headers under the signature, in order.
const SIGNED: &str = "host;x-amz-content-sha256;x-amz-date";

/// An S3 credential as a client holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Access {
    pub id: String,
    pub secret: String,
    pub region: String,
}

/// Signs for one day with a key derived once.
pub struct Signer {
    host: String,
    scope: String,
    credential: String,
    key: [u8; 32],
}

/// `20270131T120000Z`
pub fn stamp(at: Timestamp) -> String {
    let digits: String = at.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let (day, time) = digits.split_at(8.min(digits.len()));
    format!("{day}T{time}Z")
}

impl Signer {
    pub fn new(access: &Access, host: String, at: Timestamp) -> Self {
        let day: String = stamp(at).chars().take(8).collect();
        let scope = format!("{day}/{}/s3/aws4_request", access.region);
        let secret = format!("AWS4{}", access.secret);
        let parts = [day.as_bytes(), access.region.as_bytes(), b"s3", b"aws4_request"];
        let first = hmac(secret.as_bytes(), parts[0]);
        let key = parts.into_iter().skip(1).fold(first, |key, part| hmac(&key, part));
        Self { host, credential: format!("{}/{scope}", access.id), scope, key }
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// The authorization header of a request; `path` and `query` as on the wire, the query sorted.
    pub fn authorization(&self, method: &str, path: &str, query: &str, stamp: &str) -> String {
        let canonical = format!(
            "{method}\n{path}\n{query}\nhost:{}\nx-amz-content-sha256:{UNSIGNED}\nx-amz-date:{stamp}\n\n{SIGNED}\n{UNSIGNED}",
            self.host
        );
        let digest = HEXLOWER.encode(&Sha256::digest(canonical.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{}\n{digest}", self.scope);
        let signature = HEXLOWER.encode(&hmac(&self.key, text.as_bytes()));
        format!(
            "AWS4-HMAC-SHA256 Credential={}, SignedHeaders={SIGNED}, Signature={signature}",
            self.credential
        )
    }
}

/// SPEC: RFC 2104.
fn hmac(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    let hashed = (key.len() > block.len()).then(|| Sha256::digest(key));
    let key = hashed.as_ref().map_or(key, |hashed| hashed.as_slice());
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(bytes).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: the MAC is RFC 2104's. Method: the second case of RFC 4231, and a key longer than a block.
    #[test]
    fn it_is_hmac() {
        let short = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(
            HEXLOWER.encode(&short),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(
            HEXLOWER.encode(&long),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn a_stamp_is_the_time_without_its_signs() {
        assert_eq!(stamp(Timestamp::from_ms(1_800_000_000_123)), "20270115T080000Z");
    }
}
