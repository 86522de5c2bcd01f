#![allow(clippy::unwrap_used)]

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;

use super::*;

fn relay(port: u16, tls: RelayTls) -> Relay {
    Relay::new(("127.0.0.1".to_owned(), port), tls, "notices@epic.example", None).unwrap()
}

fn message() -> Message {
    let from: Mailbox = "notices@epic.example".parse().unwrap();
    Message::builder().from(from.clone()).to(from).body("Said.".to_owned()).unwrap()
}

/// A relay that says these lines, each after a line of ours, the first at once; gives what it heard.
async fn told(lines: &'static [&'static str], tls: RelayTls) -> (Result<(), Fault>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hearing = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        for line in lines {
            stream.write_all(line.as_bytes()).await.unwrap();
            let mut byte = [0];
            while stream.read(&mut byte).await.is_ok_and(|read| read == 1) {
                heard.push(byte[0]);
                if byte[0] == b'\n' {
                    break;
                }
            }
        }
        drop(stream);
        String::from_utf8_lossy(&heard).into_owned()
    });
    let sent = send(&relay(port, tls), None, &message()).await;
    (sent, hearing.await.unwrap())
}

// Goal: not a word of ours without TLS where TLS is asked for. Method: relays that offer none, refuse it, or are none.
#[tokio::test]
async fn without_tls_nothing_is_said() {
    for (lines, fault) in [
        (&["220 hello\r\n", "250-here\r\n250 SIZE 1000\r\n"][..], Fault::Clear),
        (&["220 hello\r\n", "250 XSTARTTLS\r\n"], Fault::Clear),
        (&["220 hello\r\n", "250-here\r\n250 STARTTLS\r\n", "454 not now\r\n"], Fault::Strange),
        (&["220 hello\r\n", "250 starttls\r\n250 put there\r\n", "220 go\r\n"], Fault::Strange),
        (&["220 hello\r\n", "250-here\r\n250 STARTTLS\r\n", "220 go\r\n250 AUTH PLAIN\r\n"], Fault::Unproven),
        (&["554 go away\r\n"], Fault::Strange),
        (&["HTTP/1.1 400 no\r\n\r\n"], Fault::Strange),
        (&[], Fault::Unreachable),
    ] {
        let (sent, heard) = told(lines, RelayTls::Starttls).await;
        assert_eq!(sent, Err(fault), "{lines:?}");
        let said: Vec<&str> = heard.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let harmless = ["EHLO epic.example", "STARTTLS"];
        assert!(said.iter().all(|line| harmless.contains(line)), "{lines:?}: {heard}");
    }
}

// Goal: what a relay says of one receiver is of them alone, what it says of itself is of all.
#[tokio::test]
async fn one_receiver_or_all() {
    const HELLO: [&str; 2] = ["220 hello\r\n", "250 here\r\n"];
    for (last, expected, is_of_one) in [
        ("550 no such user <rita@iss.example>\r\n", Fault::Refused(550), true),
        ("450 later\r\n", Fault::Busy(450), true),
        ("421 closing\r\n", Fault::Broken, false),
    ] {
        let lines: &'static [&'static str] = Box::leak(Box::new([HELLO[0], HELLO[1], "250 ok\r\n", last]));
        let (sent, heard) = told(lines, RelayTls::None).await;
        let fault = sent.unwrap_err();
        assert_eq!((fault, fault.is_of_one()), (expected, is_of_one), "{last}");
        assert!(!fault.is_of_relay(), "others may be served: {last}");
        assert!(!fault.to_string().contains("rita"), "{fault}");
        assert!(heard.contains("RCPT TO:<notices@epic.example>"), "{heard}");
    }
}

#[tokio::test]
async fn a_relay_that_is_not_there_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    assert_eq!(send(&relay(port, RelayTls::None), None, &message()).await, Err(Fault::Unreachable));
}

// Goal: what was taken was sent, though the relay never says goodbye; a refusal is told as fast.
#[tokio::test]
async fn nothing_waits_for_a_goodbye() {
    for (end, expected) in [("250 taken\r\n", Ok(())), ("554 no\r\n", Err(Fault::Refused(554)))] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let hearing = tokio::spawn(async move {
            let mut stream = BufReader::new(listener.accept().await.unwrap().0);
            stream.get_mut().write_all(b"220 hello\r\n").await.unwrap();
            let (mut heard, mut line) = (String::new(), String::new());
            while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                let answer = match line.trim_end() {
                    "." => end,
                    "DATA" => "354 go\r\n",
                    said if said.starts_with("EHLO ") => "250 here\r\n",
                    said if said.starts_with("MAIL FROM:") || said.starts_with("RCPT TO:") => "250 ok\r\n",
                    _ => "",
                };
                stream.get_mut().write_all(answer.as_bytes()).await.unwrap();
                heard += &line;
                line.clear();
            }
            heard
        });
        assert_eq!(send(&relay(port, RelayTls::None), None, &message()).await, expected);
        let heard = hearing.await.unwrap();
        assert!(
            heard.contains("Said.") && heard.contains("\r\n.\r\n") && heard.ends_with("QUIT\r\n"),
            "{heard}"
        );
    }
}
