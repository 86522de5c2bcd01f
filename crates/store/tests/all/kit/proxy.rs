//! A proxy that fails as told, between the store and a real server.
//!
//! One request per connection, passed on as it is, so that signatures hold.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// What happens to one request.
#[allow(dead_code)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Pass,
    /// It arrives; its answer is lost.
    CutAfter,
    /// It never arrives.
    CutBefore,
    /// The first half of its body arrives.
    CutAmid,
    /// It arrives; its answer never comes.
    Hang,
    /// It never arrives, and is refused with this status and code.
    Refuse(u16, &'static str),
    /// It arrives, and is answered so all the same.
    RefuseAfter(u16, &'static str),
    /// It arrives; a no for a name that exists becomes a yes.
    Forgetful,
    /// It arrives; the answer says another year.
    LastYear,
    /// It arrives; the last byte of the answer is another.
    Flip,
    /// It arrives; half of the answer comes.
    Half,
}

/// The head of a request.
pub struct Asked<'a> {
    pub method: &'a str,
    pub path: &'a str,
}

type Judge = Box<dyn FnMut(&Asked<'_>) -> Fate + Send>;

pub struct Proxy {
    pub port: u16,
    judge: Arc<Mutex<Judge>>,
    /// Owns its tasks: dropping it ends them.
    _serving: JoinSet<()>,
}

impl Proxy {
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let judge: Arc<Mutex<Judge>> = Arc::new(Mutex::new(Box::new(|_| Fate::Pass)));
        let own = listener.local_addr().unwrap().port();
        let mut serving = JoinSet::new();
        let judged = Arc::clone(&judge);
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.spawn(serve(client, port, Arc::clone(&judged)));
            }
        });
        Self { port: own, judge, _serving: serving }
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn judge(&self, judge: impl FnMut(&Asked<'_>) -> Fate + Send + 'static) {
        *self.judge.lock().unwrap() = Box::new(judge);
    }
}

/// One request and its answer; then the connection ends, which a client must bear.
async fn serve(mut client: TcpStream, port: u16, judge: Arc<Mutex<Judge>>) {
    let Some((head, body)) = read(&mut client).await else { return };
    let fate = {
        let mut words = head.split_ascii_whitespace();
        let asked = Asked { method: words.next().unwrap(), path: words.next().unwrap() };
        (judge.lock().unwrap())(&asked)
    };
    let answer = match fate {
        Fate::CutBefore => return,
        Fate::Refuse(status, code) => refusal(status, code),
        Fate::CutAmid => {
            let half = &body[..body.len() / 2];
            let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let _sent = server.write_all(&[head.as_bytes(), half].concat()).await;
            return;
        }
        _ => ask(port, &head, &body).await,
    };
    let answer = match fate {
        Fate::CutAfter => return,
        Fate::RefuseAfter(status, code) => refusal(status, code),
        Fate::Forgetful if answer.starts_with(b"HTTP/1.1 412") => {
            b"HTTP/1.1 200 OK\r\netag: \"0\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec()
        }
        // It ends with the client's patience.
        Fate::Hang => return drop(client.read(&mut [0; 1]).await),
        Fate::LastYear => {
            String::from_utf8_lossy(&answer).replace("<LastModified>20", "<LastModified>19").into_bytes()
        }
        Fate::Flip => [&answer[..answer.len() - 1], &[!answer[answer.len() - 1]]].concat(),
        Fate::Half => answer[..answer.len() / 2].to_vec(),
        _ => answer,
    };
    let _sent = client.write_all(&answer).await;
    let _ended = client.shutdown().await;
}

fn refusal(status: u16, code: &str) -> Vec<u8> {
    let body = format!("<Error><Code>{code}</Code></Error>");
    let length = body.len();
    format!("HTTP/1.1 {status} No\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}

fn without(head: &str, name: &str) -> String {
    let kept = head.split_inclusive("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with(name));
    kept.collect()
}

/// The head with its last empty line, and the body.
async fn read(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let body = bytes.split_off(end);
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().filter_map(|line| line.split_once(':'));
    let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.map(|(_, value)| value.trim().parse().unwrap()).next().unwrap_or(0);
    let mut body = body;
    while body.len() < length {
        if client.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, body))
}

/// The server's whole answer, on a connection that ends with it.
async fn ask(port: u16, head: &str, body: &[u8]) -> Vec<u8> {
    let head = closing(head);
    let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    server.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut answer = Vec::new();
    let _read = server.read_to_end(&mut answer).await;
    match answer.windows(4).position(|four| four == b"\r\n\r\n") {
        Some(end) => {
            let body = answer.split_off(end + 4);
            [closing(&String::from_utf8(answer).unwrap()).into_bytes(), body].concat()
        }
        None => answer,
    }
}

/// A head that says that its connection ends with it.
fn closing(head: &str) -> String {
    let kept = without(head, "connection");
    format!("{}connection: close\r\n\r\n", &kept[..kept.len() - 2])
}
