//! What the region asks of providers, and what it does not let them make it ask.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

use super::Institute;
use crate::kit::{Door, now};

/// WHY: what the region asks for at most, and more than it reads.
const ENDLESS_BYTES: usize = 4 << 20;

/// A server that says what it is told to say, and keeps what it was asked.
struct False {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl False {
    fn new(answer: impl Fn(&str) -> Option<Vec<u8>> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (at, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                let path = path(&stream);
                seen.lock().unwrap().push(path.clone());
                match answer(&path) {
                    // The asker may have gone.
                    Some(bytes) => drop((&stream).write_all(&bytes)),
                    None => silent.push(stream),
                }
            }
        });
        Self { at, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn path(stream: &TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    first.split(' ').nth(1).unwrap_or_default().to_owned()
}

fn said(status: &str, head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{head}\r\n{body}")
        .into_bytes()
}

// Goal: what a provider answers leads nowhere but to its own keys. Method: each way of leading astray, and a second server that must hear nothing.
#[test]
fn a_provider_leads_nowhere_but_to_its_own_keys() {
    let Some(institute) = Institute::new() else { return };
    let within = False::new(|_| Some(said("200 OK", "", "{\"keys\":[]}")));
    let inner = within.at;
    let own = Arc::new(Mutex::new(String::new()));
    let base = Arc::clone(&own);
    let provider = False::new(move |path| {
        let base = base.lock().unwrap().clone();
        let configuration = |issuer: &str, keys: &str| {
            said("200 OK", "", &json!({ "issuer": issuer, "jwks_uri": keys }).to_string())
        };
        match path.split('/').nth(1).unwrap_or_default() {
            "redirect" => Some(said("302 Found", &format!("location: http://{inner}/\r\n"), "")),
            "origin" => Some(configuration(&format!("{base}/origin"), &format!("http://{inner}/keys"))),
            "other" => Some(configuration("https://iam.example.org/", &format!("{base}/keys"))),
            "endless" => Some(said("200 OK", "", &"a".repeat(ENDLESS_BYTES))),
            "silent" => None,
            _ => Some(said("404 Not Found", "", "")),
        }
    });
    *own.lock().unwrap() = format!("http://{}", provider.at);
    let cases = ["redirect", "origin", "other", "endless", "silent"];
    for case in cases {
        let url = format!("http://{}/{case}", provider.at);
        institute.house.done("olga", &["issuer", "trust", case, "--url", &url, "--audiences", "epic"]);
    }
    for case in cases {
        let part = |value: serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let claims = json!({ "iss": format!("http://{}/{case}", provider.at), "sub": "rita", "aud": "epic",
            "exp": now().ms() / 1_000 + 300 });
        let token = format!("{}.{}.AAAA", part(json!({ "alg": "EdDSA", "kid": "a" })), part(claims));
        let began = std::time::Instant::now();
        let answer = institute.session(Door::Inside, &token);
        assert_eq!(answer.header("x-epic-reason"), Some("unavailable"), "{case}: {}", answer.text());
        assert!(began.elapsed() < Duration::from_secs(8), "{case} keeps people waiting");
        let wanted = format!("/{case}/.well-known/openid-configuration");
        assert!(provider.asked().contains(&wanted), "{case}: {:?}", provider.asked());
    }
    assert_eq!(within.asked(), Vec::<String>::new(), "something inside was asked");
    assert!(
        provider.asked().iter().all(|path| path.ends_with("openid-configuration")),
        "{:?}",
        provider.asked()
    );
}
