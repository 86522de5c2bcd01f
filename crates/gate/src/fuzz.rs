//! One entry per parser of outside bytes, for fuzzing and for replaying its corpus.
//!
//! None may panic or hang, whatever the bytes; what reads must write back the same.

use seal::SigningKey;
use words::{Reason, Secret, Timestamp};

use crate::identify::passkey::{Made, Passkey, Shown, Used};
use crate::identify::signed::{Headers, Message, sign, verify};
use crate::identify::token::{self, Expected, KeySet};
use crate::identify::{AccessKey, Replay, digest, key_text};

/// The corpus holds access keys made under this key, and requests signed with it.
pub const KEY: [u8; 32] = [7; 32];
/// When the corpus' requests were signed.
pub const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

/// SPEC: RFC 8037, A.2: a public key whose secret half is not used here.
const KEYS: &str =
    r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"}]}"#;
/// Says what it should, under a signature that nobody made.
const TOKEN: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImEifQ.eyJpc3MiOiJodHRwczovL2lhbS5leGFtcGxlLm9yZy8iLCJzdWIiOiI3YjFmIiwiYXVkIjoiZXBpYyIsImV4cCI6MTgwMDAwMDMwMH0.AAAA";

/// One target: its name is its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 7] = [
    ("access-key", fuzz_access_key),
    ("epic-act", fuzz_epic_act),
    ("issuer-keys", fuzz_issuer_keys),
    ("key-text", fuzz_key_text),
    ("passkey", fuzz_passkey),
    ("signature", fuzz_signature),
    ("token", fuzz_token),
];

pub fn fuzz_access_key(bytes: &[u8]) {
    let key = Secret::new(KEY);
    let text = String::from_utf8_lossy(bytes);
    if let Ok(access) = AccessKey::parse(&text, &key) {
        assert_eq!(access.text(&key), Ok(text.into_owned()));
    }
}

pub fn fuzz_epic_act(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(json) = digest::read_act(&text) {
        assert_eq!(digest::write_act(&json), text);
    }
}

pub fn fuzz_key_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(key) = key_text::read_public(&text) {
        assert_eq!(key_text::public_text(key), text.to_lowercase());
    }
    if let Ok(seed) = key_text::read_key_file(&text) {
        let again = key_text::key_file(&seed).ok();
        let again = again.and_then(|file| key_text::read_key_file(file.expose()).ok());
        assert!(again.is_some_and(|again| again == seed));
    }
}

/// What a browser made, or what it showed: a key that was made fits the bounds, and one that nobody has signs nothing.
pub fn fuzz_passkey(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let used = Used { origin: "https://region.example:9010", challenge: "YXNrZWQ" };
    if let Ok(passkey) = Made::read(&text).and_then(|made| made.passkey(used)) {
        assert!(!passkey.id.is_empty() && !passkey.key.is_empty());
    }
    let algorithm = seal::es256::PasskeyAlgorithm::Es256;
    let nobodys = Passkey { id: vec![1], algorithm, key: vec![4; 65], count: 0 };
    assert!(!Shown::read(&text).is_ok_and(|shown| shown.verify(&nobodys, used).is_ok()));
}

pub fn fuzz_issuer_keys(bytes: &[u8]) {
    if let Ok(keys) = KeySet::read(bytes) {
        believes_nothing(TOKEN, &keys);
    }
}

/// A token of a key that nobody published: whatever it looks like, it is not believed.
pub fn fuzz_token(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let keys = KeySet::read(KEYS.as_bytes()).unwrap_or_default();
    assert!(!keys.is_empty());
    believes_nothing(&text, &keys);
    // It may be peeked at, and says what it likes.
    let _whoever = token::peek(&text);
}

fn believes_nothing(text: &str, keys: &KeySet) {
    let audiences = ["epic".to_owned()];
    let expected = Expected { issuer: "https://iam.example.org/", audiences: &audiences, now: NOW };
    assert!(token::verify(text, keys, expected).is_err());
}

/// Two lines: `Signature-Input`, then `Signature`.
///
/// A signature over the same message is the same text, so the only headers that
/// verify are those that signing writes.
pub fn fuzz_signature(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (input, signature) = text.split_once('\n').unwrap_or((&text, ""));
    let headers = Headers { input: input.to_owned(), signature: signature.trim_end().to_owned() };
    let Ok(key) = verify(&message(), &headers, NOW, &mut Replay::new()) else {
        return;
    };
    assert!(signing_key().is_some_and(|own| own.public() == key));
}

/// The request of the corpus.
fn message() -> Message<'static> {
    Message {
        method: "POST",
        authority: "localhost:8443",
        path: "/act/project.show",
        query: "",
        content_digest: Some("sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"),
        epic_act: None,
    }
}

fn signing_key() -> Option<SigningKey> {
    SigningKey::from_seed(&Secret::new(KEY)).ok()
}

/// Good inputs, one per target, from which fuzzing starts and which replay must accept.
pub fn seeds() -> Result<Vec<(&'static str, Vec<u8>)>, Reason> {
    let fault = |_| Reason::Unavailable;
    let key = Secret::new(KEY);
    let own = SigningKey::from_seed(&key).map_err(fault)?;
    let access =
        AccessKey { kind: crate::identify::AccessKind::Delivery, credential: words::Id::from_bytes([9; 16]) };
    let headers = sign(&own, &message(), NOW, [5; 16]).map_err(fault)?;
    let file = key_text::key_file(&key).map_err(fault)?;
    Ok(vec![
        ("access-key", access.text(&key).map_err(fault)?.into_bytes()),
        ("epic-act", digest::write_act(b"{\"project\":\"planet\"}").into_bytes()),
        ("key-text", key_text::public_text(own.public()).into_bytes()),
        ("key-text", file.expose().clone().into_bytes()),
        ("signature", format!("{}\n{}\n", headers.input, headers.signature).into_bytes()),
    ])
}
