//! TLS of a door: one certificate and its key, read anew when their files change.
//!
//! It exists so that a door may be heard beyond this machine. Renewing (by an
//! ACME client or by hand) replaces two files; connections that are there go on.
//! A pair that cannot be used never takes the place of one that can.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::steady::Steady;

/// WHY: HTTP/1.1 is what both doors speak; a client that offers only others is told so in the handshake.
const PROTOCOL: &[u8] = b"http/1.1";

/// WHY: a chain of a few certificates is some kilobytes; what is larger is another file.
const PEM_BYTES_MAX: u64 = 1 << 20;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read `{file}`")]
    File {
        file: PathBuf,
        #[source]
        cause: io::Error,
    },
    #[error("`{file}` may be read by others (mode {mode:o})")]
    Loose { file: PathBuf, mode: u32 },
    #[error("`{file}` holds no {what} in PEM")]
    Empty { file: PathBuf, what: &'static str },
    #[error("`{certificate}` and `{key}` do not belong together")]
    Unpaired { certificate: PathBuf, key: PathBuf },
    #[error("`{file}` cannot be used")]
    Unfit {
        file: PathBuf,
        #[source]
        cause: rustls::Error,
    },
}

impl TlsError {
    /// What to do about it, for a person.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::File { .. } => "name the PEM files that your ACME client or `epic certificate make` wrote",
            Self::Loose { .. } => "make it yours alone: `chmod 600`",
            Self::Empty { .. } => {
                "a certificate begins with `-----BEGIN CERTIFICATE-----`, a key with `-----BEGIN PRIVATE KEY-----`"
            }
            Self::Unpaired { .. } => "name the key that the certificate was made for",
            Self::Unfit { .. } => "take an ECDSA, Ed25519 or RSA certificate for servers",
        }
    }
}

/// A certificate and its key; cheap to clone.
#[derive(Clone)]
pub struct Tls {
    files: Arc<Files>,
    acceptor: TlsAcceptor,
}

/// Where they lie, and what they held when they were last fit.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    now: RwLock<Pair>,
}

#[derive(Clone)]
struct Pair {
    /// What the files held, to see that they changed.
    digest: Vec<u8>,
    certified: Arc<CertifiedKey>,
}

impl Tls {
    /// Reads a chain (the server's certificate first) and its private key, both PEM.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let now = RwLock::new(Pair::read(certificate, key)?);
        let files = Arc::new(Files { certificate: certificate.into(), key: key.into(), now });
        let unfit = |cause| TlsError::Unfit { file: certificate.into(), cause };
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unfit)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&files) as _);
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Self { files, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// Takes what the files hold now; says whether that is something else than before.
    pub fn renew(&self) -> Result<bool, TlsError> {
        let fresh = Pair::read(&self.files.certificate, &self.files.key)?;
        let mut now = self.files.now.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = now.digest != fresh.digest;
        *now = fresh;
        Ok(is_other)
    }

    /// Whether the certificate speaks for this host, a name or an address without a port.
    pub fn speaks_for(&self, host: &str) -> bool {
        let Ok(name) = ServerName::try_from(host) else {
            return false;
        };
        let certified = self.files.certified();
        let Some(first) = certified.cert.first() else {
            return false;
        };
        ParsedCertificate::try_from(first).is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
    }

    /// Shakes hands with a peer; the caller bounds how long that may take.
    pub(crate) async fn accept(&self, stream: Steady<TcpStream>) -> io::Result<TlsStream<Steady<TcpStream>>> {
        self.acceptor.accept(stream).await
    }
}

impl Files {
    fn certified(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner).certified)
    }
}

impl std::fmt::Debug for Files {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Files { .. }")
    }
}

impl ResolvesServerCert for Files {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.certified())
    }
}

impl Pair {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        private(key)?;
        let (chain_pem, key_pem) = (read(certificate)?, read(key)?);
        let empty = |file: &Path, what| TlsError::Empty { file: file.into(), what };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&chain_pem)
            .collect::<Result<_, _>>()
            .map_err(|_| empty(certificate, "certificate"))?;
        if chain.is_empty() {
            return Err(empty(certificate, "certificate"));
        }
        let secret = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| empty(key, "private key"))?;
        let certified = CertifiedKey::from_der(chain, secret, &aws_lc_rs::default_provider());
        let certified = certified.map_err(|cause| match cause {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::Unpaired { certificate: certificate.into(), key: key.into() }
            }
            cause => TlsError::Unfit { file: certificate.into(), cause },
        })?;
        // The key's own bytes stay in no second place: the chain names its public half.
        Ok(Self { digest: chain_pem, certified: Arc::new(certified) })
    }
}

/// A key that others may read is no secret.
fn private(file: &Path) -> Result<(), TlsError> {
    let found = fs::metadata(file).map_err(|cause| TlsError::File { file: file.into(), cause })?;
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(TlsError::Loose { file: file.into(), mode }) }
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>, TlsError> {
    let wrong = |cause| TlsError::File { file: file.into(), cause };
    if fs::metadata(file).map_err(wrong)?.len() > PEM_BYTES_MAX {
        return Err(wrong(io::ErrorKind::FileTooLarge.into()));
    }
    fs::read(file).map_err(wrong)
}
