use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;

const ORIGIN: &str = "https://region.example:9010";
const USED: Used<'_> = Used { origin: ORIGIN, challenge: "YXNrZWQ" };

fn text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn client(kind: &str) -> Value {
    json!({ "type": kind, "challenge": USED.challenge, "origin": ORIGIN, "crossOrigin": false })
}

fn data(host: &str, flags: u8, count: u32, id: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap();
    [&seal::sha256(host.as_bytes())[..], &[flags], &count.to_be_bytes(), &[0; 16], &length.to_be_bytes(), id]
        .concat()
}

/// An authenticator in a few lines.
struct Device(EcdsaKeyPair);

impl Device {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    fn make(&self, client: &Value, data: &[u8]) -> Made {
        let made = json!({
            "challenge": USED.challenge, "client_data": text(client.to_string().as_bytes()),
            "authenticator_data": text(data), "public_key": text(self.0.public_key().as_ref()), "algorithm": -7,
        });
        Made::read(&made.to_string()).unwrap()
    }

    fn show(&self, client: &Value, data: &[u8]) -> Shown {
        let said = client.to_string();
        let message = [data, &seal::sha256(said.as_bytes())].concat();
        let signature = self.0.sign(&SystemRandom::new(), &message).unwrap();
        let shown = json!({
            "challenge": USED.challenge, "id": text(b"id"), "client_data": text(said.as_bytes()),
            "authenticator_data": text(data), "signature": text(signature.as_ref()), "person": text(&[7; 16]),
        });
        Shown::read(&shown.to_string()).unwrap()
    }
}

const ALL: u8 = PRESENT | VERIFIED | HAS_KEY;

#[test]
fn a_passkey_is_made_and_used() {
    let device = Device::new();
    let made = device.make(&client("webauthn.create"), &data("region.example", ALL, 0, b"id"));
    let passkey = made.passkey(USED).unwrap();
    assert_eq!((&passkey.id[..], passkey.count), (&b"id"[..], 0));
    let shown = device.show(&client("webauthn.get"), &data("region.example", ALL, 5, b"")[..HEAD_BYTES]);
    assert_eq!(shown.verify(&passkey, USED), Ok(5));
    assert_eq!((shown.person(), shown.id().unwrap()), (Some([7; 16]), b"id".to_vec()));
    // One that counts goes on counting; one that never does is believed.
    let counted = Passkey { count: 5, ..passkey.clone() };
    assert!(shown.verify(&counted, USED).is_err());
    let still = device.show(&client("webauthn.get"), &data("region.example", ALL, 0, b"")[..HEAD_BYTES]);
    assert_eq!(still.verify(&passkey, USED), Ok(0));
}

// Goal: nothing but the person's own answer to this question on this page. Method: one thing bent at a time.
#[test]
fn what_is_bent_is_refused() {
    let (device, other) = (Device::new(), Device::new());
    let good = data("region.example", ALL, 1, b"id");
    let passkey = device.make(&client("webauthn.create"), &good).passkey(USED).unwrap();
    let bent = |name: &str, value: Value| {
        let mut client = client("webauthn.get");
        client[name] = value;
        client
    };
    let head = |host: &str, flags: u8| data(host, flags, 2, b"")[..HEAD_BYTES].to_vec();
    let fine = head("region.example", ALL);
    for (what, client, data) in [
        ("another kind", client("webauthn.create"), fine.clone()),
        ("another question", bent("challenge", json!("b3RoZXI")), fine.clone()),
        ("another page", bent("origin", json!("https://region.example.evil:9010")), fine.clone()),
        ("another port", bent("origin", json!("https://region.example")), fine.clone()),
        ("in a frame", bent("crossOrigin", json!(true)), fine.clone()),
        ("another host", client("webauthn.get"), head("example", ALL)),
        ("nobody there", client("webauthn.get"), head("region.example", VERIFIED)),
        ("nobody asked", client("webauthn.get"), head("region.example", PRESENT)),
        ("cut off", client("webauthn.get"), fine[..HEAD_BYTES - 1].to_vec()),
    ] {
        let refused = device.show(&client, &data).verify(&passkey, USED).unwrap_err();
        assert_eq!(refused.reason, Reason::ProofWrong, "{what}");
    }
    assert!(other.show(&client("webauthn.get"), &fine).verify(&passkey, USED).is_err(), "another's key");
    for flags in [PRESENT | VERIFIED, PRESENT | HAS_KEY, VERIFIED | HAS_KEY] {
        let data = data("region.example", flags, 0, b"id");
        assert!(device.make(&client("webauthn.create"), &data).passkey(USED).is_err(), "{flags}");
    }
    for cut in 0..good.len() {
        let made = device.make(&client("webauthn.create"), &good[..cut]);
        assert!(made.passkey(USED).is_err(), "{cut}");
    }
}

#[test]
fn the_host_is_read_from_the_origin() {
    for (origin, host) in [
        ("https://region.example:9010", Some("region.example")),
        ("https://region.example", Some("region.example")),
        ("http://localhost:9010", Some("localhost")),
        ("region.example", None),
        ("https://", None),
    ] {
        assert_eq!(host_of(origin), host);
    }
}
