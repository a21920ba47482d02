//! The server's certificate.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::client_certificate::ClientCertificate;
use crate::User;

/// The certificate of a server and that of its authority.
pub(super) struct Certificate {
    pub(super) authority: Authority,
    pub(super) tls: Arc<ServerConfig>,
}

/// A certificate authority.
pub(super) struct Authority {
    certificate: rcgen::Certificate,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Returns the certificate as PEM.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// Creates a client certificate of a user.
    pub(super) fn client(&self, user: &User) -> io::Result<ClientCertificate> {
        ClientCertificate::new(self.certificate.der(), self.issuer.key(), user)
    }
}

impl Certificate {
    /// Creates a certificate for an address, for `localhost` and for the names of a cluster's API server.
    pub(super) fn new(address: IpAddr) -> io::Result<Self> {
        Self::create(address).map_err(|error| io::Error::other(format!("cannot create a certificate: {error}")))
    }

    fn create(address: IpAddr) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let key = KeyPair::generate()?;
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "kube-fake-apiserver authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let certificate = authority.self_signed(&key)?;
        let issuer = Issuer::new(authority, key);

        let names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
        let mut server = CertificateParams::new(names.map(str::to_owned))?;
        server.distinguished_name.push(DnType::CommonName, "kube-fake-apiserver");
        for ip in [IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), address] {
            let name = SanType::IpAddress(ip);
            if !server.subject_alt_names.contains(&name) {
                server.subject_alt_names.push(name);
            }
        }
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        let server_key = KeyPair::generate()?;
        let signed = server.signed_by(&server_key, &issuer)?;

        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let provider = Arc::new(ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone())?;
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let mut tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(clients.allow_unauthenticated().build()?)
            .with_single_cert(vec![signed.der().clone()], private)?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let authority = Authority { pem: certificate.pem(), certificate, issuer };
        Ok(Certificate { authority, tls: Arc::new(tls) })
    }
}
