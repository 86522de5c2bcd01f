//! A small S3 client of its own: raw HTTP, and Signature Version 4 from its specification.

use std::net::SocketAddr;

use data_encoding::HEXLOWER;
use region::twin::Access;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use words::Timestamp;

pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

#[derive(Clone)]
pub struct Call {
    pub method: String,
    /// As on the wire, query included.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// What is said of the body's hash; none: its SHA-256.
    pub payload: Option<String>,
    pub at: Timestamp,
    /// Headers sent but left out of the signature.
    pub unsigned: Vec<String>,
    pub length: Option<usize>,
}

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

pub fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// SPEC: RFC 2104.
pub fn hmac(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    let key = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block[..key.len()].copy_from_slice(&key);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(bytes).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

pub fn stamp(at: Timestamp) -> String {
    let digits: String = at.to_string().chars().filter(char::is_ascii_digit).collect();
    format!("{}T{}Z", &digits[..8], &digits[8..14])
}

pub fn signing_key(secret: &str, day: &str) -> Vec<u8> {
    key_for(secret, day, "s3")
}

fn key_for(secret: &str, day: &str, service: &str) -> Vec<u8> {
    let key = hmac(format!("AWS4{secret}").as_bytes(), day.as_bytes());
    let key = hmac(&key, b"us-east-1");
    let key = hmac(&key, service.as_bytes());
    hmac(&key, b"aws4_request")
}

fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    pairs.sort_unstable();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

impl Call {
    pub fn new(method: &str, target: &str, body: &[u8]) -> Self {
        Self {
            method: method.into(),
            target: target.into(),
            headers: Vec::new(),
            body: body.to_vec(),
            payload: None,
            at: super::now(),
            unsigned: Vec::new(),
            length: None,
        }
    }

    pub fn get(target: &str) -> Self {
        Self::new("GET", target, b"")
    }

    pub fn head(target: &str) -> Self {
        Self::new("HEAD", target, b"")
    }

    pub fn put(target: &str, body: &[u8]) -> Self {
        Self::new("PUT", target, body)
    }

    pub fn post(target: &str, body: &[u8]) -> Self {
        Self::new("POST", target, body)
    }

    pub fn delete(target: &str) -> Self {
        Self::new("DELETE", target, b"")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// A header that is sent outside the signature.
    pub fn with_unsigned(mut self, name: &str, value: &str) -> Self {
        self.unsigned.push(name.into());
        self.with(name, value)
    }

    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = at;
        self
    }

    pub fn payload(mut self, payload: &str) -> Self {
        self.payload = Some(payload.into());
        self
    }

    /// Announces another length than the body has.
    pub fn length(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(own, _)| own == name)
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        if !self.has(name) {
            self.headers.push((name.into(), value.into()));
        }
        self
    }

    /// A form to the door itself asks for a session.
    fn service(&self) -> &'static str {
        if self.method == "POST" && self.target == "/" { "sts" } else { "s3" }
    }

    fn scope(&self) -> String {
        format!("{}/us-east-1/{}/aws4_request", &stamp(self.at)[..8], self.service())
    }

    fn signature(&self, access: &Access, query: &str, signed: &[(String, String)], payload: &str) -> String {
        let path = self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path);
        let lines: String = signed.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let names = names(signed);
        let canonical =
            format!("{}\n{path}\n{}\n{lines}\n{names}\n{payload}", self.method, canonical_query(query));
        let text = format!(
            "AWS4-HMAC-SHA256\n{}\n{}\n{}",
            stamp(self.at),
            self.scope(),
            sha256(canonical.as_bytes())
        );
        let key = key_for(&access.secret, &stamp(self.at)[..8], self.service());
        HEXLOWER.encode(&hmac(&key, text.as_bytes()))
    }

    /// The headers to sign, with the host as it will be sent.
    fn covered(&self) -> Vec<(String, String)> {
        let own = self.headers.iter().filter(|(name, _)| !self.unsigned.contains(name));
        let mut signed: Vec<_> = own.map(|(name, value)| (name.to_lowercase(), value.clone())).collect();
        signed.sort();
        signed
    }

    pub fn signed(self, access: &Access) -> Self {
        let payload = self.payload.clone().unwrap_or_else(|| sha256(&self.body));
        let call = self.header("host", "epic.test").header("x-amz-content-sha256", &payload);
        let date = stamp(call.at);
        let mut call = call.header("x-amz-date", &date);
        let signed = call.covered();
        let query = call.target.split_once('?').map_or("", |(_, query)| query).to_owned();
        let signature = call.signature(access, &query, &signed, &payload);
        let credential = format!("{}/{}", access.id, call.scope());
        let text = format!(
            "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={}, Signature={signature}",
            names(&signed)
        );
        call.headers.push(("authorization".into(), text));
        call
    }

    pub fn presigned(self, access: &Access, seconds: u64) -> Self {
        let mut call = self.header("host", "epic.test");
        let signed = call.covered();
        let credential = format!("{}%2F{}", access.id, call.scope().replace('/', "%2F"));
        let names = names(&signed).replace(';', "%3B");
        let own = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders={names}",
            stamp(call.at)
        );
        let (path, query) = call
            .target
            .split_once('?')
            .map_or((call.target.clone(), String::new()), |(path, query)| (path.into(), format!("{query}&")));
        let query = format!("{query}{own}");
        let signature = call.signature(access, &query, &signed, UNSIGNED);
        call.target = format!("{path}?{query}&X-Amz-Signature={signature}");
        call
    }

    /// The request as bytes, body included.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        if !self.has("host") {
            out.push_str("host: epic.test\r\n");
        }
        for (name, value) in &self.headers {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = self.length.unwrap_or(self.body.len());
        if !self.has("transfer-encoding") && (length > 0 || self.method == "PUT" || self.method == "POST") {
            out.push_str(&format!("content-length: {length}\r\n"));
        }
        out.push_str("\r\n");
        [out.as_bytes(), &self.body].concat()
    }

    pub async fn send(self, to: SocketAddr) -> Answer {
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(&self.bytes()).await.unwrap();
        Answer::read(&mut stream, self.method == "HEAD").await
    }

    /// The same from an address of this machine's own.
    pub async fn send_from(self, from: SocketAddr, to: SocketAddr) -> Answer {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(from).unwrap();
        let mut stream = socket.connect(to).await.unwrap();
        stream.write_all(&self.bytes()).await.unwrap();
        Answer::read(&mut stream, self.method == "HEAD").await
    }

    /// The same with a region that may be gone at any moment; half an answer is none.
    pub async fn try_send(self, to: SocketAddr) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(&self.bytes()).await?;
        let (answer, length) = Answer::receive(&mut stream, self.method == "HEAD").await?;
        if answer.body.len() < length {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(answer)
    }

    /// Sends all there is, then says that nothing more comes.
    pub async fn send_cut(self, to: SocketAddr) -> Answer {
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(&self.bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        Answer::read(&mut stream, false).await
    }
}

fn names(signed: &[(String, String)]) -> String {
    signed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";")
}

impl Answer {
    pub async fn read(stream: &mut TcpStream, is_head: bool) -> Self {
        Self::receive(stream, is_head).await.unwrap().0
    }

    /// What came, and how long its body was said to be.
    async fn receive(stream: &mut TcpStream, is_head: bool) -> std::io::Result<(Self, usize)> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                let is_interim = bytes.starts_with(b"HTTP/1.1 100");
                if !is_interim {
                    break end;
                }
                bytes.drain(..end + 4);
                continue;
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                let says = "the connection was closed without an answer";
                return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, says));
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.into()))
            .collect();
        let mut answer = Self { status, headers, body: bytes.split_off(end + 4) };
        let length = if is_head || status == 304 || status == 204 {
            0
        } else {
            answer.header("content-length").map_or(0, |length| length.parse().unwrap())
        };
        while answer.body.len() < length && stream.read_buf(&mut answer.body).await? > 0 {}
        Ok((answer, length))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn reason(&self) -> &str {
        self.header("x-epic-reason").unwrap_or("")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The content of every element of this name.
    pub fn all(&self, name: &str) -> Vec<String> {
        let text = self.text();
        let (start, end) = (format!("<{name}>"), format!("</{name}>"));
        let inner = text.split(&start).skip(1);
        inner.map(|rest| rest.split(&end).next().unwrap().to_owned()).collect()
    }

    pub fn code(&self) -> String {
        self.all("Code").first().cloned().unwrap_or_default()
    }
}

/// Undoes percent-encoding, for names known to be well formed.
pub fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

/// Percent-encodes every byte that is not plainly safe.
pub fn escape(text: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes()
        .map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
