//! Base64-encoded bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bytes that keep their base64 text: the API server also accepts text such as `QR==`, whose last bits are not zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(String);

/// An error for text that is not valid base64.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid base64: {0:?}")]
pub struct Base64Error(String);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Bytes {
    /// Encodes bytes.
    pub fn encode(bytes: impl AsRef<[u8]>) -> Self {
        let mut text = String::with_capacity(bytes.as_ref().len().div_ceil(3) * 4);
        for chunk in bytes.as_ref().chunks(3) {
            let mut block = [0; 3];
            block[..chunk.len()].copy_from_slice(chunk);
            let bits = u32::from_be_bytes([0, block[0], block[1], block[2]]);
            for digit in 0..4 {
                let used = digit <= chunk.len();
                text.push(if used { char::from(ALPHABET[(bits >> (18 - 6 * digit)) as usize & 63]) } else { '=' });
            }
        }
        Bytes(text)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Decodes the text as Go's `base64.StdEncoding` does: line breaks are skipped and trailing bits ignored.
    ///
    /// # Errors
    /// Returns an error if the text is not valid padded base64.
    pub fn decode(&self) -> Result<Vec<u8>, Base64Error> {
        let invalid = || Base64Error(self.0.clone());
        let digits: Vec<u8> = self.0.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        if !digits.len().is_multiple_of(4) {
            return Err(invalid());
        }
        let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
        let blocks = digits.len() / 4;
        for (index, block) in digits.chunks(4).enumerate() {
            let padding = block.iter().rev().take_while(|digit| **digit == b'=').count();
            if padding > 2 || (padding > 0 && index + 1 != blocks) {
                return Err(invalid());
            }
            let mut bits = 0;
            for digit in &block[..4 - padding] {
                let value = ALPHABET.iter().position(|known| known == digit).ok_or_else(invalid)?;
                bits = bits << 6 | u32::try_from(value).map_err(|_| invalid())?;
            }
            bits <<= 6 * padding;
            bytes.extend_from_slice(&bits.to_be_bytes()[1..4 - padding]);
        }
        Ok(bytes)
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::encode(bytes)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Bytes::encode(bytes)
    }
}

impl From<k8s_openapi::ByteString> for Bytes {
    fn from(bytes: k8s_openapi::ByteString) -> Self {
        Bytes::encode(bytes.0)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base64_decodes_and_keeps_its_text() {
        for (text, bytes) in [
            ("", b"".as_slice()),
            ("QQ==", b"A"),
            ("QR==", b"A"),
            ("aGVsbG8=", b"hello"),
            ("aGVs\nbG8=", b"hello"),
            ("////", b"\xff\xff\xff"),
        ] {
            let field: Bytes = serde_json::from_value(text.into()).unwrap();
            assert_eq!(field.decode().unwrap(), bytes, "{text}");
            assert_eq!(serde_json::to_value(&field).unwrap(), text);
        }
        for text in ["Q", "QQ=", "Q===", "QQ==QQ==", "a b=", "-_=="] {
            let field: Bytes = serde_json::from_value(text.into()).unwrap();
            assert!(field.decode().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn encoded_bytes_decode_to_the_same_bytes(bytes: Vec<u8>) {
            prop_assert_eq!(Bytes::encode(&bytes).decode().unwrap(), bytes);
        }
    }
}
