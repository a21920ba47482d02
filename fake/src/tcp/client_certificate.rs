//! Client certificates: the common name is the name of a user, and the organizations are its groups.
//!
//! Source: `apiserver/pkg/authentication/request/x509/x509.go`, `CommonNameUserConversion`.

use std::fmt::Write as _;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use tokio_rustls::rustls::SupportedCipherSuite;
use tokio_rustls::rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;

use super::der::{Read, sequence, tag, value};
use crate::User;

const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
const ORGANIZATION: [u8; 3] = [0x55, 4, 10];
const ECDSA_WITH_SHA256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const KEY_USAGE: [u8; 3] = [0x55, 0x1d, 15];
const EXTENDED_KEY_USAGE: [u8; 3] = [0x55, 0x1d, 37];
const CLIENT_AUTH: [u8; 8] = [0x2b, 6, 1, 5, 5, 7, 3, 2];
/// The position of the subject among the parts of a certificate of version 3, and of those before it.
const VALIDITY: usize = 4;
const SUBJECT: usize = 5;

/// A client certificate and its key as PEM.
pub(super) struct ClientCertificate {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl ClientCertificate {
    /// Creates the certificate of a user, which is valid as long as that of the authority.
    pub(super) fn new(authority: &[u8], authority_key: &KeyPair, user: &User) -> io::Result<Self> {
        let failed = |reason: String| io::Error::other(format!("cannot create a certificate: {reason}"));
        let parts = parts(authority).ok_or_else(|| failed("the authority's cannot be read".to_owned()))?;
        let key = KeyPair::generate().map_err(|error| failed(error.to_string()))?;
        let algorithm = sequence(&[&value(tag::OID, &ECDSA_WITH_SHA256)]);
        // Positive and unique: a part of the public key.
        let public = key.subject_public_key_info();
        let serial = [&[1], &public[public.len().saturating_sub(15)..]].concat();
        let certificate = sequence(&[
            &value(tag::VERSION, &value(tag::INTEGER, &[2])),
            &value(tag::INTEGER, &serial),
            &algorithm,
            parts[SUBJECT].whole,
            parts[VALIDITY].whole,
            &subject(user),
            &public,
            &value(tag::EXTENSIONS, &extensions()),
        ]);
        let signature = authority_key.sign(&certificate).map_err(|error| failed(error.to_string()))?;
        let signature = value(tag::BIT_STRING, &[&[0], signature.as_slice()].concat());
        let signed = sequence(&[&certificate, &algorithm, &signature]);
        Ok(ClientCertificate { certificate: pem(&signed), key: key.serialize_pem() })
    }
}

fn extensions() -> Vec<u8> {
    let extension = |id: &[u8], content: &[u8]| sequence(&[&value(tag::OID, id), &value(tag::OCTET_STRING, content)]);
    sequence(&[
        // Digital signatures: the first bit of eight, of which seven are unused.
        &extension(&KEY_USAGE, &value(tag::BIT_STRING, &[7, 0x80])),
        &extension(&EXTENDED_KEY_USAGE, &sequence(&[&value(tag::OID, &CLIENT_AUTH)])),
    ])
}

fn subject(user: &User) -> Vec<u8> {
    let attribute =
        |id: &[u8], text: &str| value(tag::SET, &sequence(&[&value(tag::OID, id), &value(tag::UTF8, text.as_bytes())]));
    let groups = user.groups().iter().map(|group| attribute(&ORGANIZATION, group));
    let attributes: Vec<Vec<u8>> = groups.chain([attribute(&COMMON_NAME, user.name())]).collect();
    value(tag::SEQUENCE, &attributes.concat())
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// Returns the parts of a certificate of version 3.
fn parts(certificate: &[u8]) -> Option<Vec<Read<'_>>> {
    let (certificate, _) = Read::first(certificate)?;
    let parts = certificate.parts().first()?.parts();
    (parts.len() > SUBJECT && parts[0].tag == tag::VERSION).then_some(parts)
}

/// Returns the user of a verified client certificate. `None` if it has no common name.
pub(super) fn user_of(certificate: &[u8]) -> Option<User> {
    let attributes = parts(certificate)?[SUBJECT].parts().into_iter().flat_map(Read::parts);
    let (mut name, mut groups) = (None, Vec::new());
    for attribute in attributes.map(Read::parts) {
        let [id, text] = attribute.as_slice() else { continue };
        let text = || String::from_utf8_lossy(text.content).into_owned();
        match id.content {
            content if content == COMMON_NAME => name = Some(text()),
            content if content == ORGANIZATION => groups.push(text()),
            _ => {}
        }
    }
    let user = User::new(name.filter(|name| !name.is_empty())?);
    let user = groups.into_iter().fold(user, User::with_group);
    let id = fingerprint(certificate).map(|hash| format!("X509SHA256={hash}"));
    Some(user.with_extra("authentication.kubernetes.io/credential-id", id).authenticated())
}

/// Returns the SHA-256 hash of a certificate in hexadecimal.
fn fingerprint(certificate: &[u8]) -> Option<String> {
    let SupportedCipherSuite::Tls13(suite) = TLS13_AES_128_GCM_SHA256 else { return None };
    let hash = suite.common.hash_provider.hash(certificate);
    let mut text = String::new();
    for byte in hash.as_ref() {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}
