#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;
use seal::keys::KEY_BYTES;
use words::Secret;

const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_123);

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&Secret::new([number; KEY_BYTES])).unwrap()
}

const MESSAGE: Message<'_> = Message {
    method: "POST",
    authority: "localhost:8443",
    path: "/act/agreement.sign",
    query: "",
    content_digest: Some("sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"),
    epic_act: None,
};

fn check(message: &Message<'_>, headers: &Headers, now: Timestamp) -> Result<VerifyingKey, Reason> {
    verify(message, headers, now, &mut Replay::new())
}

// Goal: our base is the RFC's. Oracle: RFC 9421, B.2.6, with its key and its signature.
#[test]
fn the_base_is_that_of_the_rfc() {
    let components = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("@method", "POST"),
        ("@path", "/foo"),
        ("@authority", "example.com"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let parameters = r#"("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;
    let base = signature_base(&components, parameters).unwrap();
    let public = BASE64.decode(b"JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=").unwrap();
    let signature =
        b"wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    let public = VerifyingKey::from_bytes(public.try_into().unwrap());
    assert!(public.verify(base.as_bytes(), &BASE64.decode(signature).unwrap()).is_ok());
}

#[test]
fn the_headers_are_as_documented() {
    let headers = sign(&key(1), &MESSAGE, NOW, [2; NONCE_BYTES]).unwrap();
    let public = key_text::public_text(key(1).public());
    assert_eq!(
        headers.input,
        format!(
            "epic=(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\");created=1800000000;\
             nonce=\"AgICAgICAgICAgICAgICAg\";keyid=\"{public}\";alg=\"ed25519\""
        )
    );
    assert_eq!(check(&MESSAGE, &headers, NOW), Ok(key(1).public()));
}

// Goal: no part of what is covered can be changed. Method: change each in turn.
#[test]
fn every_component_is_covered() {
    let headers = sign(&key(1), &MESSAGE, NOW, [2; NONCE_BYTES]).unwrap();
    let changed = [
        Message { method: "PUT", ..MESSAGE },
        Message { authority: "localhost:8444", ..MESSAGE },
        Message { path: "/act/agreement.end", ..MESSAGE },
        Message { query: "a=b", ..MESSAGE },
        Message { content_digest: Some("sha-256=:AAAA:"), ..MESSAGE },
    ];
    for message in changed {
        assert_eq!(check(&message, &headers, NOW), Err(Reason::SignatureWrong), "{message:?}");
    }
    let more = Message { epic_act: Some(":e30=:"), ..MESSAGE };
    assert_eq!(check(&more, &headers, NOW), Err(Reason::Unauthenticated));
    let less = Message { content_digest: None, ..MESSAGE };
    assert_eq!(check(&less, &headers, NOW), Err(Reason::Unauthenticated));
}

#[test]
fn a_body_that_nothing_covers_is_not_signed() {
    let bare = Message { content_digest: None, ..MESSAGE };
    assert!(sign(&key(1), &bare, NOW, [2; NONCE_BYTES]).is_err());
    let forged = Message { path: "/a\n\"@query\": ?x", ..MESSAGE };
    assert!(sign(&key(1), &forged, NOW, [2; NONCE_BYTES]).is_err());
}

#[test]
fn another_s_key_id_does_not_lend_their_name() {
    let mut headers = sign(&key(1), &MESSAGE, NOW, [2; NONCE_BYTES]).unwrap();
    let (mine, theirs) = (key_text::public_text(key(1).public()), key_text::public_text(key(3).public()));
    headers.input = headers.input.replace(&mine, &theirs);
    assert_eq!(check(&MESSAGE, &headers, NOW), Err(Reason::SignatureWrong));
}

#[test]
fn one_minute_of_skew_and_no_more() {
    let at = Timestamp::from_ms(1_800_000_000_000);
    let headers = sign(&key(1), &MESSAGE, at, [2; NONCE_BYTES]).unwrap();
    for skew in [-SIGNED_SKEW_MS_MAX, SIGNED_SKEW_MS_MAX] {
        assert!(check(&MESSAGE, &headers, at.plus_ms(skew)).is_ok());
        let past = at.plus_ms(skew + skew.signum());
        assert_eq!(check(&MESSAGE, &headers, past), Err(Reason::ClockSkewed));
    }
}

#[test]
fn a_request_is_taken_once() {
    let headers = sign(&key(1), &MESSAGE, NOW, [2; NONCE_BYTES]).unwrap();
    let mut replay = Replay::new();
    assert!(verify(&MESSAGE, &headers, NOW, &mut replay).is_ok());
    assert_eq!(verify(&MESSAGE, &headers, NOW, &mut replay), Err(Reason::AlreadyDone));
}

#[test]
fn a_wrong_signature_is_not_remembered() {
    let mut headers = sign(&key(1), &MESSAGE, NOW, [2; NONCE_BYTES]).unwrap();
    headers.signature = sign(&key(3), &MESSAGE, NOW, [2; NONCE_BYTES]).unwrap().signature;
    let mut replay = Replay::new();
    assert_eq!(verify(&MESSAGE, &headers, NOW, &mut replay), Err(Reason::SignatureWrong));
    assert!(replay.is_empty());
}

proptest! {
    // Goal: there is one way to write a header. Method: change any byte of either.
    #[test]
    fn any_change_of_a_header_is_refused(at in 0..300_usize, by in 0x20..0x7f_u8, in_input: bool) {
        let good = sign(&key(1), &MESSAGE, NOW, [2; NONCE_BYTES]).unwrap();
        let mut headers = good.clone();
        let text = if in_input { &mut headers.input } else { &mut headers.signature };
        let at = at % text.len();
        text.replace_range(at..=at, &char::from(by).to_string());
        prop_assume!(headers != good);
        prop_assert!(check(&MESSAGE, &headers, NOW).is_err());
    }

    // Goal: whatever was signed verifies. Method: any parts that a request can have.
    #[test]
    fn what_was_signed_verifies(
        path in "/[!-~]{0,40}",
        query in "[!-~]{0,40}",
        digest in prop::option::of("[!-~]{1,40}"),
        nonce: [u8; NONCE_BYTES],
    ) {
        let message = Message {
            path: &path, query: &query, content_digest: digest.as_deref(), epic_act: Some(":e30=:"), ..MESSAGE
        };
        let headers = sign(&key(1), &message, NOW, nonce).unwrap();
        prop_assert_eq!(check(&message, &headers, NOW), Ok(key(1).public()));
    }
}
