//! The type `kubernetes.Semver`.

use semver::Version;

/// Parses a version; with `lenient` it may have a prefix `v`, missing parts or leading zeros.
pub(in crate::cel) fn parse(text: &str, lenient: bool) -> std::result::Result<Version, String> {
    let text = if lenient { normalize(text)? } else { text.to_owned() };
    Version::parse(&text).map_err(|error| error.to_string())
}

fn normalize(text: &str) -> std::result::Result<String, String> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(without_zeros).collect();
    if parts.len() < 3 && parts.last().is_some_and(|last| last.contains(['+', '-'])) {
        return Err("short version cannot contain PreRelease/Build meta data".to_owned());
    }
    parts.resize(3, "0".to_owned());
    Ok(parts.join("."))
}

fn without_zeros(part: &str) -> String {
    if part.len() < 2 {
        return part.to_owned();
    }
    let trimmed = part.trim_start_matches('0');
    if trimmed.starts_with(|c: char| c.is_ascii_digit()) { trimmed.to_owned() } else { format!("0{trimmed}") }
}
