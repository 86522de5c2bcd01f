//! What notices are signed with, so that whoever gets one by a webhook can see that it is the region's.
//!
//! WHY a key of its own: what tokens are signed with signs tokens alone.
//! SPEC: JSON Web Signature (RFC 7515), detached (Appendix F); Ed25519 (RFC 8037); the key's name is its thumbprint
//! (RFC 7638).

use data_encoding::BASE64URL_NOPAD;
use seal::SigningKey;
use serde_json::{Value, json};
use words::{Reason, Refusal};

use crate::Region;

const LABEL: &str = "epic notices";
/// What tells such a signature from all others.
const TYPE: &str = "epic-notice+jws";

fn broken<E>(_: E) -> Refusal {
    Refusal::with(Reason::Unavailable, "the key of notices cannot be made")
}

impl Region {
    fn notice_key(&self) -> Result<SigningKey, Refusal> {
        SigningKey::from_seed(&self.text_key(LABEL)?).map_err(broken)
    }

    /// The public half, as anybody may read it (RFC 7517).
    pub fn notice_keys(&self) -> Result<Value, Refusal> {
        let x = BASE64URL_NOPAD.encode(&self.notice_key()?.public().to_bytes());
        let kid = name(&x);
        Ok(json!({ "keys": [
            { "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": "EdDSA", "use": "sig" },
        ] }))
    }

    /// `header..signature` over a body that travels beside it.
    pub fn sign_notice(&self, body: &[u8]) -> Result<String, Refusal> {
        let key = self.notice_key()?;
        let kid = name(&BASE64URL_NOPAD.encode(&key.public().to_bytes()));
        let header = json!({ "alg": "EdDSA", "kid": kid, "typ": TYPE }).to_string();
        let header = BASE64URL_NOPAD.encode(header.as_bytes());
        let signed = format!("{header}.{}", BASE64URL_NOPAD.encode(body));
        let signature = key.sign(signed.as_bytes()).map_err(broken)?;
        Ok(format!("{header}..{}", BASE64URL_NOPAD.encode(&signature)))
    }
}

/// SPEC: RFC 7638, 3; RFC 8037, 2: these members, in this order, without a space.
fn name(x: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64URL_NOPAD.encode(&seal::sha256(members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SPEC: RFC 8037, A.3.
    #[test]
    fn a_key_is_named_by_its_thumbprint() {
        let expected = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        assert_eq!(name("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"), expected);
    }
}
