//! Bytes in base64, as Go decodes and encodes them.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Go ignores trailing bits.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Decodes and encodes bytes.
///
/// # Errors
/// Returns Go's message if the text is not valid.
pub(crate) fn normalize(text: &str) -> Result<String, String> {
    decode(text).map(encode)
}

/// Decodes bytes.
///
/// # Errors
/// Returns Go's message if the text is not valid.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, String> {
    // Go skips line breaks.
    let bytes = BASE64.decode(text.replace(['\r', '\n'], ""));
    bytes.map_err(|error| format!("illegal base64 data at input byte {}", error_offset(&error, text)))
}

/// Encodes bytes.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64.encode(bytes)
}

fn error_offset(error: &base64::DecodeError, text: &str) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        // A missing end is reported at the start of the last group.
        _ => text.len() / 4 * 4,
    }
}
