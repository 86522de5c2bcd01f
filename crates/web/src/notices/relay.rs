//! The operator's mail relay, spoken to over TLS, or in clear on this machine alone.
//!
//! The library speaks SMTP; the line is ours, so that a relay is believed by the
//! same authorities as everybody else, and so that nothing that was said before
//! TLS is taken for said under it.
//! SPEC: RFC 5321; RFC 3207 (STARTTLS); RFC 8314 (TLS from the start); RFC 4954 (AUTH).

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::Message;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use listen::Trust;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use words::Secret;

use super::fault::Fault;
use super::mail::{MailError, sender};

/// WHY: a relay that takes longer is down; whoever is next is not kept waiting.
const STEP_WAIT: Duration = Duration::from_secs(30);
/// SPEC: RFC 5321, 4.5.3.2.6: it is judged and stored before it is said to be taken, and who gives up sends it twice.
const TAKEN_WAIT: Duration = Duration::from_secs(120);
/// WHY so short: nothing depends on a goodbye.
const CLOSE_WAIT: Duration = Duration::from_secs(1);
/// SPEC: RFC 5321, 4.5.3.1.5: a line of an answer has 512 octets; servers offer two dozen things.
const ANSWER_BYTES_MAX: usize = 16 * 1_024;
/// SPEC: RFC 5321, 4.2.1: service not available, the connection is closed.
const CLOSING: u16 = 421;
/// What the library is told in the place of the greeting that was read before TLS.
const GREETING: &[u8] = b"220 TLS\r\n";

/// How a relay is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayTls {
    /// In clear until TLS begins, and not a word of ours without it.
    Starttls,
    /// From the first byte on.
    Implicit,
    /// Never; on this machine alone.
    None,
}

impl RelayTls {
    pub const ALL: [Self; 3] = [Self::Starttls, Self::Implicit, Self::None];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Implicit => "implicit",
            Self::None => "none",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tls| tls.text() == text)
    }
}

/// Who we are at a relay.
#[derive(Clone)]
pub struct Login {
    pub name: String,
    pub password: Secret<String>,
}

/// A relay, and in whose name it sends.
#[derive(Clone)]
pub struct Relay {
    host: String,
    port: u16,
    tls: RelayTls,
    pub(super) from: Mailbox,
    login: Option<Login>,
}

impl Relay {
    pub fn new(
        (host, port): (String, u16),
        tls: RelayTls,
        from: &str,
        login: Option<Login>,
    ) -> Result<Self, MailError> {
        Ok(Self { host, port, tls, from: sender(from)?, login })
    }

    /// What we say that we are called: RFC 5321, 4.1.4. WHY not the machine's name: it tells of the house's inside.
    fn hello(&self) -> ClientId {
        let domain = self.from.email.domain();
        match domain.parse::<IpAddr>().is_err() && !domain.starts_with('[') {
            true => ClientId::Domain(domain.to_owned()),
            false => ClientId::Ipv4(Ipv4Addr::LOCALHOST),
        }
    }
}

/// Hands one message over.
pub(super) async fn send(relay: &Relay, trust: Option<&Trust>, message: &Message) -> Result<(), Fault> {
    let mut connection = in_time(STEP_WAIT, Fault::Late, begin(relay, trust)).await?;
    let sent = hand(&mut connection, message).await;
    // INVARIANT: what was taken stays taken, whatever comes of the goodbye.
    let _closed = tokio::time::timeout(CLOSE_WAIT, connection.abort()).await;
    sent
}

async fn in_time<T>(
    wait: Duration,
    late: Fault,
    step: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    tokio::time::timeout(wait, step).await.unwrap_or(Err(late))
}

/// Until the relay would take a message.
async fn begin(relay: &Relay, trust: Option<&Trust>) -> Result<AsyncSmtpConnection, Fault> {
    let hello = relay.hello();
    let line = line(relay, trust, &hello).await?;
    let begun = AsyncSmtpConnection::connect_with_transport(Box::new(line), &hello).await;
    let mut connection = begun.map_err(|_| Fault::Strange)?;
    if let Some(login) = &relay.login {
        let known = Credentials::new(login.name.clone(), login.password.expose().clone());
        connection.auth(DEFAULT_MECHANISMS, &known).await.map_err(|_| Fault::Login)?;
    }
    Ok(connection)
}

/// WHY step by step: the library's own way says goodbye to whoever refuses, and waits for the answer without end.
async fn hand(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), Fault> {
    let envelope = message.envelope();
    command(connection, Mail::new(envelope.from().cloned(), Vec::new())).await?;
    for to in envelope.to() {
        command(connection, Rcpt::new(to.clone(), Vec::new())).await?;
    }
    command(connection, Data).await?;
    let message = message.formatted();
    let taken = async { connection.message(&message).await.map(drop).map_err(|error| over_message(&error)) };
    in_time(TAKEN_WAIT, Fault::Broken, taken).await
}

async fn command(connection: &mut AsyncSmtpConnection, command: impl fmt::Display) -> Result<(), Fault> {
    let said = async { connection.command(command).await.map(drop).map_err(|error| over_message(&error)) };
    in_time(STEP_WAIT, Fault::Broken, said).await
}

fn over_message(error: &lettre::transport::smtp::Error) -> Fault {
    match error.status().map(u16::from) {
        Some(code) if error.is_permanent() => Fault::Refused(code),
        Some(CLOSING) | None => Fault::Broken,
        Some(code) => Fault::Busy(code),
    }
}

async fn line(relay: &Relay, trust: Option<&Trust>, hello: &ClientId) -> Result<Line, Fault> {
    let mut stream =
        TcpStream::connect((relay.host.as_str(), relay.port)).await.map_err(|_| Fault::Unreachable)?;
    let peer = stream.peer_addr().map_err(|_| Fault::Unreachable)?;
    let greeting: &[u8] = match relay.tls {
        RelayTls::None => return Ok(Line { stream: Box::new(stream), greeting: &[], peer }),
        RelayTls::Implicit => &[],
        RelayTls::Starttls => {
            begin_tls(&mut stream, hello).await?;
            GREETING
        }
    };
    let trust = trust.ok_or(Fault::Unproven)?;
    let stream = trust.connect(&relay.host, stream).await.map_err(|_| Fault::Unproven)?;
    Ok(Line { stream: Box::new(stream), greeting, peer })
}

/// Has the relay begin TLS, or gives up before anything was said that matters.
async fn begin_tls(stream: &mut TcpStream, hello: &ClientId) -> Result<(), Fault> {
    expect(stream, 220).await?;
    say(stream, &format!("EHLO {hello}\r\n")).await?;
    let offered = expect(stream, 250).await?;
    let is_offered =
        |line: &str| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"));
    if !offered.lines().any(is_offered) {
        return Err(Fault::Clear);
    }
    say(stream, "STARTTLS\r\n").await?;
    expect(stream, 220).await.map(drop)
}

async fn say(stream: &mut TcpStream, line: &str) -> Result<(), Fault> {
    stream.write_all(line.as_bytes()).await.map_err(|_| Fault::Unreachable)
}

/// An answer, whole. WHY byte by byte: what stands behind it belongs to TLS, or was put there by somebody else.
async fn expect(stream: &mut TcpStream, code: u16) -> Result<String, Fault> {
    let (mut answer, mut line) = (String::new(), Vec::new());
    while answer.len() + line.len() < ANSWER_BYTES_MAX {
        line.push(stream.read_u8().await.map_err(|_| Fault::Unreachable)?);
        if !line.ends_with(b"\n") {
            continue;
        }
        let text = std::str::from_utf8(&line).map_err(|_| Fault::Strange)?;
        let is_last = text.as_bytes().get(3) != Some(&b'-');
        let said = text.get(..3).and_then(|said| said.parse::<u16>().ok());
        if said != Some(code) {
            return Err(Fault::Strange);
        }
        answer += text;
        line.clear();
        if is_last {
            return Ok(answer);
        }
    }
    Err(Fault::Strange)
}

trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// A line to the relay as the library takes it.
struct Line {
    stream: Box<dyn Stream>,
    /// What is read first.
    greeting: &'static [u8],
    peer: SocketAddr,
}

impl fmt::Debug for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Line")
    }
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.greeting.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let (now, later) = self.greeting.split_at(self.greeting.len().min(into.remaining()));
        into.put_slice(now);
        self.greeting = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
