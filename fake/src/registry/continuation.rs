//! Continue tokens of lists.
//!
//! Source: `apiserver/pkg/storage/continue.go`.

use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, NO_PAD};
use base64::{DecodeError, Engine as _};
use kube_structural_schema::object::go;
use serde_json::{Value, json};

use crate::json;

const VERSION: &str = "meta.k8s.io/v1";
/// Go ignores trailing bits.
const CONFIG: GeneralPurposeConfig = NO_PAD.with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIG);

/// Creates a token from the first key of the next page and the revision; -1 is the current revision.
pub(super) fn token(revision: i64, from: &str) -> String {
    BASE64.encode(format!(r#"{{"v":"{VERSION}","rv":{revision},"start":{}}}"#, json!(format!("/{from}"))))
}

/// Decodes a token: the revision unless it is the current one, and the first key of the page.
pub(super) fn decode(token: &str) -> Result<(Option<u64>, String), String> {
    let invalid = |reason: &str| format!("continue key is not valid: {reason}");
    let bytes = BASE64.decode(token).map_err(|error| invalid(&base64_error(token, &error)))?;
    let (token, _) = json::read(&bytes)
        .map_err(|error| invalid(&json::syntax_error(&bytes).unwrap_or_else(|| error.to_string())))?;
    let (version, revision, from) = fields(&token).map_err(|reason| invalid(&reason))?;
    match (version, revision, from) {
        (VERSION, 0, _) => Err(invalid("incorrect encoded start resourceVersion (version meta.k8s.io/v1)")),
        (VERSION, _, "") => Err(invalid("encoded start key empty (version meta.k8s.io/v1)")),
        (VERSION, _, from) if !is_clean(from) => Err(invalid(from)),
        (VERSION, revision, from) => {
            let from = from.strip_prefix('/').unwrap_or(from);
            Ok((u64::try_from(revision).ok(), from.to_owned()))
        }
        (other, ..) => Err(invalid(&format!("server does not recognize this encoded version {other}"))),
    }
}

fn base64_error(token: &str, error: &DecodeError) -> String {
    let at = match error {
        DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => *at,
        // A single trailing character.
        DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => token.len().saturating_sub(1),
    };
    format!("illegal base64 data at input byte {at}")
}

fn fields(token: &Value) -> Result<(&str, i64, &str), String> {
    let mismatch = |value: &Value, location: &str, type_: &str| {
        format!("json: cannot unmarshal {} into Go {location} of type {type_}", go::json_kind(value, ""))
    };
    if !token.is_object() && !token.is_null() {
        return Err(mismatch(token, "value", "storage.continueToken"));
    }
    let field = |name: &str| token.get(name).filter(|value| !value.is_null());
    let location = |name: &str| format!("struct field continueToken.{name}");
    let text = |name: &str| {
        let Some(value) = field(name) else { return Ok("") };
        value.as_str().ok_or_else(|| mismatch(value, &location(name), "string"))
    };
    let revision = match field("rv") {
        Some(value) => value.as_i64().ok_or_else(|| mismatch(value, &location("rv"), "int64"))?,
        None => 0,
    };
    Ok((text("v")?, revision, text("start")?))
}

/// Whether a key has no empty, `.` or `..` segments.
fn is_clean(key: &str) -> bool {
    let key = key.strip_prefix('/').unwrap_or(key);
    key.is_empty() || key.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use serde_json::json;

    use super::{BASE64, decode, token};

    #[test]
    fn invalid_tokens_have_messages_of_the_api_server() {
        assert_eq!(decode(&token(7, "a/b\0")), Ok((Some(7), "a/b\0".to_owned())));
        assert_eq!(decode(&token(-1, "b")), Ok((None, "b".to_owned())));
        let of = |value: serde_json::Value| BASE64.encode(value.to_string());
        for (token, reason) in [
            ("abc".to_owned(), "invalid character 'i' looking for beginning of value"),
            ("\0".to_owned(), "illegal base64 data at input byte 0"),
            ("ab=".to_owned(), "illegal base64 data at input byte 2"),
            (token(0, "a"), "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"),
            (of(json!({"v": "meta.k8s.io/v1", "rv": 1})), "encoded start key empty (version meta.k8s.io/v1)"),
            (token(1, "../b"), "/../b"),
            (token(1, "a//b"), "/a//b"),
            (of(json!({"v": "wrong"})), "server does not recognize this encoded version wrong"),
            (of(json!({})), "server does not recognize this encoded version "),
            (of(json!([])), "json: cannot unmarshal array into Go value of type storage.continueToken"),
            (
                of(json!({"v": "meta.k8s.io/v1", "rv": "1"})),
                "json: cannot unmarshal string into Go struct field continueToken.rv of type int64",
            ),
        ] {
            assert_eq!(decode(&token), Err(format!("continue key is not valid: {reason}")), "{token:?}");
        }
    }
}
