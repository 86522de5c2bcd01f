//! The other side: whom a client takes for the region, and how it reaches it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::tls::{TlsError, read};

/// Certificate authorities that a client believes; cheap to clone.
#[derive(Clone)]
pub struct Trust(TlsConnector);

impl Trust {
    /// Those of a PEM file; ones that cannot be read are passed over, but one must be left.
    pub fn read(file: &Path) -> Result<Self, TlsError> {
        let pem = read(file)?;
        let mut roots = RootCertStore::empty();
        let (taken, _passed_over) =
            roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok));
        if taken == 0 {
            return Err(TlsError::Empty { file: file.into(), what: "certificate" });
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|cause| TlsError::Unfit { file: file.into(), cause })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Shakes hands with whoever can prove to be `host`, a name or an address without a port.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|cause| io::Error::new(io::ErrorKind::InvalidInput, cause))?;
        self.0.connect(name, stream).await
    }
}
