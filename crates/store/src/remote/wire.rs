//! One connection to a server: TCP, and TLS over it unless it stays on this machine.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::place::Endpoint;
use crate::error::Cause;
use crate::limit::CONNECT_WAIT_MS_MAX;

/// Where this system keeps the certificates it trusts.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Makes connections to one endpoint and to no other.
#[derive(Clone)]
pub(super) struct Dial {
    endpoint: Arc<Endpoint>,
    tls: Option<TlsConnector>,
}

impl Dial {
    pub(super) fn new(endpoint: &Endpoint, roots: Option<&Path>) -> Result<Self, Cause> {
        let tls = endpoint.is_tls.then(|| connector(roots.unwrap_or(Path::new(SYSTEM_ROOTS))));
        Ok(Self { endpoint: Arc::new(endpoint.clone()), tls: tls.transpose()? })
    }

    async fn dial(self) -> io::Result<TokioIo<Wire>> {
        let address = (self.endpoint.host.as_str(), self.endpoint.port);
        let tcp = TcpStream::connect(address).await?;
        // A failure costs speed, nothing else.
        let _is_set = tcp.set_nodelay(true);
        let Some(tls) = self.tls else {
            return Ok(TokioIo::new(Wire::Plain(tcp)));
        };
        let name = ServerName::try_from(self.endpoint.host.clone()).map_err(io::Error::other)?;
        Ok(TokioIo::new(Wire::Tls(Box::new(tls.connect(name, tcp).await?))))
    }
}

fn connector(roots: &Path) -> Result<TlsConnector, Cause> {
    let mut trusted = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(roots)? {
        // WHY ignored: a system's bundle may hold one that this library does not take.
        let _is_taken = trusted.add(root?);
    }
    if trusted.is_empty() {
        return Err(format!("`{}` holds no certificate", roots.display()).into());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(trusted).with_no_client_auth())))
}

impl tower_service::Service<::http::Uri> for Dial {
    type Response = TokioIo<Wire>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<TokioIo<Wire>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// WHY the address is not asked: requests are made for this endpoint alone.
    fn call(&mut self, _: ::http::Uri) -> Self::Future {
        let dial = self.clone().dial();
        let wait = Duration::from_millis(CONNECT_WAIT_MS_MAX);
        Box::pin(async move { tokio::time::timeout(wait, dial).await.map_err(io::Error::from)? })
    }
}

/// Bytes to and from the server.
pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_read(context, into),
            Self::Tls(wire) => Pin::new(wire).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_write(context, bytes),
            Self::Tls(wire) => Pin::new(wire).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_flush(context),
            Self::Tls(wire) => Pin::new(wire).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_shutdown(context),
            Self::Tls(wire) => Pin::new(wire).poll_shutdown(context),
        }
    }
}
