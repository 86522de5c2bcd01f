use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeys, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use jsonwebtoken::{EncodingKey, encode};
use proptest::prelude::*;
use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);
const ISSUER: &str = "https://iam.example.org/";

/// A provider with a key: what it signs with, and what it publishes.
struct Provider {
    key: EncodingKey,
    algorithm: Algorithm,
    published: Value,
}

impl Provider {
    fn new(algorithm: Algorithm, key: EncodingKey, key_id: &str) -> Self {
        let mut published = serde_json::to_value(Jwk::from_encoding_key(&key, algorithm).unwrap()).unwrap();
        published["kid"] = json!(key_id);
        Self { key, algorithm, published }
    }

    fn ed(key_id: &str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let der = pair.to_pkcs8v1().unwrap();
        Self::new(Algorithm::EdDSA, EncodingKey::from_ed_der(der.as_ref()), key_id)
    }

    fn ec() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let der = pair.to_pkcs8v1().unwrap();
        Self::new(Algorithm::ES256, EncodingKey::from_ec_der(der.as_ref()), "ec")
    }

    fn rsa(size: KeySize, algorithm: Algorithm) -> Self {
        let pair = RsaKeys::generate(size).unwrap();
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        // The crate takes PKCS#1, which lies in the last octet string of PKCS#8.
        let pkcs1 = pkcs8.as_ref().get(26..).unwrap();
        Self::new(algorithm, EncodingKey::from_rsa_der(pkcs1), "rsa")
    }

    fn keys(&self) -> KeySet {
        KeySet::read(json!({ "keys": [self.published] }).to_string().as_bytes()).unwrap()
    }

    fn head(&self) -> Header {
        Header { kid: self.published["kid"].as_str().map(str::to_owned), ..Header::new(self.algorithm) }
    }

    fn token(&self, claims: &Value) -> String {
        encode(&self.head(), claims, &self.key).unwrap()
    }
}

fn claims() -> Value {
    let now = NOW.ms() / SECOND_MS;
    json!({ "iss": ISSUER, "sub": "7b1f", "aud": "epic", "iat": now, "exp": now + 300,
        "amr": ["pwd", "otp"], "wlcg.groups": ["/planet", "/planet/researchers"],
        "realm_access": { "roles": ["researcher"] }, "eduperson_entitlement": "urn:a urn:b" })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn check(token: &str, keys: &KeySet, expected: Result<(), Reason>) -> String {
    let audiences = ["epic".to_owned()];
    let believed = verify(token, keys, Expected { issuer: ISSUER, audiences: &audiences, now: NOW });
    let detail = believed.as_ref().err().map(|refusal| refusal.detail.clone()).unwrap_or_default();
    assert_eq!(believed.map(drop).map_err(|refusal| refusal.reason), expected, "{detail}");
    detail
}

// Goal: what providers sign with is taken. Method: a key of each kind, published as they do.
#[test]
fn a_token_of_each_kind_of_key_is_believed() {
    for provider in [
        Provider::ed("ed"),
        Provider::ec(),
        Provider::rsa(KeySize::Rsa2048, Algorithm::RS256),
        Provider::rsa(KeySize::Rsa2048, Algorithm::PS256),
    ] {
        let token = provider.token(&claims());
        check(&token, &provider.keys(), Ok(()));
        assert_eq!(peek(&token).unwrap().issuer, ISSUER);
        assert!(provider.keys().has(&peek(&token).unwrap()));
    }
}

// Goal: claims are found where providers put them.
#[test]
fn claims_are_read_as_providers_write_them() {
    let provider = Provider::ed("a");
    let audiences = ["epic".to_owned()];
    let expected = Expected { issuer: ISSUER, audiences: &audiences, now: NOW };
    let believed = verify(&provider.token(&claims()), &provider.keys(), expected).unwrap();
    assert_eq!(believed.subject, "7b1f");
    assert_eq!(believed.list("wlcg.groups"), ["/planet", "/planet/researchers"]);
    assert_eq!(believed.list("realm_access.roles"), ["researcher"]);
    assert_eq!(believed.list("eduperson_entitlement"), ["urn:a", "urn:b"]);
    assert_eq!(believed.ways(), ["pwd", "otp"]);
    assert!(believed.list("absent").is_empty() && believed.text("wlcg.groups").is_none());
}

// Goal: a claim that is wrong in one thing is refused for it. Method: each claim spoiled alone.
#[test]
fn a_spoiled_claim_is_refused() {
    let provider = Provider::ed("a");
    let now = NOW.ms() / SECOND_MS;
    let wrong = Err(Reason::TokenWrong);
    for (name, value, expected) in [
        ("iss", json!("https://iam.example.org"), wrong),
        ("iss", json!("https://evil.example/"), wrong),
        ("aud", json!("another"), wrong),
        ("aud", json!([]), wrong),
        ("aud", Value::Null, wrong),
        ("aud", json!(["another", "epic"]), Ok(())),
        ("exp", Value::Null, wrong),
        ("exp", json!("soon"), wrong),
        ("exp", json!(now - 61), Err(Reason::TokenEnded)),
        ("exp", json!(now - 59), Ok(())),
        ("exp", json!(1e300), wrong),
        ("exp", json!(now as f64 + 0.5), Ok(())),
        ("nbf", json!(now + 61), Err(Reason::TokenEnded)),
        ("iat", json!(now + 61), Err(Reason::TokenEnded)),
        ("nbf", json!(now + 59), Ok(())),
        ("iat", Value::Null, wrong),
        ("iat", json!("then"), wrong),
        ("sub", Value::Null, wrong),
        ("sub", json!(""), wrong),
        ("sub", json!("x".repeat(256)), wrong),
        ("sub", json!(7), wrong),
    ] {
        check(&provider.token(&with(name, value)), &provider.keys(), expected);
    }
    let mut others = with("aud", json!(["another", "epic"]));
    others["azp"] = json!("another");
    check(&provider.token(&others), &provider.keys(), wrong);
}

// Goal: nobody else's signature counts (RFC 8725, 2). Method: the known confusions.
#[test]
fn confused_signatures_are_refused() {
    let (ours, theirs) = (Provider::rsa(KeySize::Rsa2048, Algorithm::RS256), Provider::ed("rsa"));
    let keys = ours.keys();
    let wrong = Err(Reason::TokenWrong);
    // Another key under our key's name, and a key of another kind.
    check(&theirs.token(&claims()), &keys, wrong);
    // The public key taken for a shared secret.
    let modulus = ours.published["n"].as_str().unwrap();
    for secret in [modulus.as_bytes().to_vec(), BASE64URL_NOPAD.decode(modulus.as_bytes()).unwrap()] {
        let head = Header { kid: Some("rsa".to_owned()), ..Header::new(Algorithm::HS256) };
        let forged = encode(&head, &claims(), &EncodingKey::from_secret(&secret)).unwrap();
        check(&forged, &keys, wrong);
    }
    // A key that the token brings itself.
    let brought = serde_json::from_value(theirs.published.clone()).unwrap();
    let head = Header { jwk: Some(brought), ..theirs.head() };
    check(&encode(&head, &claims(), &theirs.key).unwrap(), &keys, wrong);
    // A shared secret that the provider publishes by mistake.
    let published = json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0", "kid": "s" }] });
    let keys_of_secret = KeySet::read(published.to_string().as_bytes()).unwrap();
    assert!(keys_of_secret.is_empty());
    // An algorithm other than the key's own.
    let other = Provider { algorithm: Algorithm::RS512, ..Provider::rsa(KeySize::Rsa2048, Algorithm::RS256) };
    check(&other.token(&claims()), &other.keys(), wrong);
}

// Goal: a head that asks for what we do not do is refused.
#[test]
fn a_strange_head_is_refused() {
    let provider = Provider::ed("a");
    let wrong = Err(Reason::TokenWrong);
    let told = |head: &Header| encode(head, &claims(), &provider.key).unwrap();
    for (head, expected) in [
        (Header { crit: Some(vec!["b64".to_owned()]), ..provider.head() }, wrong),
        (Header { typ: Some("logout+jwt".to_owned()), ..provider.head() }, wrong),
        (Header { typ: Some("at+JWT".to_owned()), ..provider.head() }, Ok(())),
        (Header { typ: None, ..provider.head() }, Ok(())),
        (Header { kid: Some("b".to_owned()), ..provider.head() }, wrong),
        (Header { kid: None, ..provider.head() }, Ok(())),
    ] {
        check(&told(&head), &provider.keys(), expected);
    }
    let none = format!("{}.{}.", BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#), part(&provider, 1));
    check(&none, &provider.keys(), wrong);
    let unsigned = format!("{}.{}.", part(&provider, 0), part(&provider, 1));
    check(&unsigned, &provider.keys(), wrong);
    check(&"a".repeat(TOKEN_CHARS_MAX + 1), &provider.keys(), wrong);
}

fn part(provider: &Provider, number: usize) -> String {
    provider.token(&claims()).split('.').nth(number).unwrap().to_owned()
}

// Goal: keys turn over without a restart: the new one is known by its name, the old one is gone.
#[test]
fn keys_turn_over() {
    let (old, new) = (Provider::ed("2026"), Provider::ed("2027"));
    let token = new.token(&claims());
    assert!(!old.keys().has(&peek(&token).unwrap()));
    check(&token, &old.keys(), Err(Reason::TokenWrong));
    check(&token, &new.keys(), Ok(()));
    check(&old.token(&claims()), &new.keys(), Err(Reason::TokenWrong));
}

// Goal: a short RSA key signs nothing here (NIST SP 800-131A).
#[test]
fn what_is_published_is_bounded_and_read_key_by_key() {
    let provider = Provider::ed("a");
    let odd = json!([{ "kty": "XX" }, 7, { "kty": "RSA" }, provider.published]);
    let keys = KeySet::read(json!({ "keys": odd }).to_string().as_bytes()).unwrap();
    check(&provider.token(&claims()), &keys, Ok(()));
    let mut sealing = provider.published.clone();
    sealing["use"] = json!("enc");
    assert!(KeySet::read(json!({ "keys": [sealing] }).to_string().as_bytes()).unwrap().is_empty());
    let endless = vec![json!({}); ISSUER_KEYS_MAX + 1];
    for set in [json!({ "keys": endless }), json!({}), json!([]), json!({ "keys": "none" })] {
        assert_eq!(KeySet::read(set.to_string().as_bytes()).err(), Some(KeySetError));
    }
}

proptest! {
    // Goal: no character of a token can be changed. Method: replace one, anywhere.
    #[test]
    fn a_changed_token_is_refused(at in 0.0..1.0_f64, by in "[A-Za-z0-9_.-]") {
        let provider = Provider::ed("a");
        let mut token = provider.token(&claims());
        let at = (at * token.len() as f64) as usize;
        prop_assume!(token[at..=at] != by);
        token.replace_range(at..=at, &by);
        let audiences = ["epic".to_owned()];
        let believed = verify(&token, &provider.keys(), Expected { issuer: ISSUER, audiences: &audiences, now: NOW });
        prop_assert!(believed.is_err());
    }

    // Goal: any text is answered. Method: text that no one signed.
    #[test]
    fn other_text_is_refused(text in ".{0,200}") {
        prop_assert!(peek(&text).is_err());
    }
}
