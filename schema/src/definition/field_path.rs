//! Resolution of paths such as `.spec['a.b'].c` in a schema.
//!
//! Source: `ValidFieldPath` in `apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`.

use super::props::Props;

/// The result of resolving a path.
pub(super) struct Resolved<'d> {
    /// The path in the format of field errors: `spec[a.b].c`.
    pub(super) path: String,
    pub(super) schema: Option<Props<'d>>,
}

/// Resolves a path. `['name']` is an error unless `arrays` is set.
///
/// # Errors
/// Returns the API server's error for an invalid path.
pub(super) fn resolve<'d>(text: &str, schema: Option<Props<'d>>, arrays: bool) -> Result<Resolved<'d>, String> {
    let mut found = Resolved { path: String::new(), schema };
    let mut rest = text;
    while let Some(token) = token(&mut rest) {
        match token {
            "[" if !arrays => return Err("array notation is not allowed".to_owned()),
            "[" => {
                let name = self::token(&mut rest).ok_or(UNEXPECTED_END)?;
                let inner =
                    name.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\'')).filter(|_| name.len() > 1);
                let inner = inner.ok_or_else(|| format!("expected single quoted string but got {name}"))?;
                let inner = unescape(inner).ok_or("invalid string literal: invalid syntax")?;
                found.step(&inner)?;
                match self::token(&mut rest) {
                    None => return Err(UNEXPECTED_END.to_owned()),
                    Some("]") => {}
                    Some(other) => return Err(format!("expected ] but got {other}")),
                }
            }
            "." => {
                let name = self::token(&mut rest).ok_or(UNEXPECTED_END)?;
                found.step(name)?;
            }
            other => return Err(format!("expected [ or . but got: {other}")),
        }
    }
    Ok(found)
}

const UNEXPECTED_END: &str = "unexpected end of JSON path";
const NO_FIELD: &str = "does not refer to a valid field";

impl Resolved<'_> {
    fn step(&mut self, name: &str) -> Result<(), String> {
        let schema = self.schema.ok_or(NO_FIELD)?;
        if schema.map("properties").is_some() {
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(name);
            self.schema = Some(schema.property(name).ok_or(NO_FIELD)?);
        } else if schema.values().is_some() {
            self.path.push_str(&format!("[{name}]"));
            self.schema = schema.value_schema();
        } else {
            return Err(NO_FIELD.to_owned());
        }
        Ok(())
    }
}

/// Splits off the next token: `.`, `[`, `]`, a quoted string, or the text up to the next of `.`, `[` and `]`.
fn token<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let bytes = rest.as_bytes();
    let first = *bytes.first()?;
    let end = if first == b'\'' {
        let close = (1..bytes.len()).find(|&at| bytes[at] == b'\'' && bytes[at - 1] != b'\\');
        close.map_or(bytes.len(), |at| at + 1)
    } else if matches!(first, b'.' | b'[' | b']') {
        1
    } else {
        bytes.iter().position(|byte| matches!(byte, b'.' | b'[' | b']')).unwrap_or(bytes.len())
    };
    let (token, after) = rest.split_at(end);
    *rest = after;
    Some(token)
}

/// Unescapes the text of a quoted string.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            c @ ('\\' | '\'') => out.push(c),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_resolve_through_properties_and_maps() {
        let schema = json!({"properties": {"spec": {"properties": {
            "a.b": {"type": "string"}, "map": {"additionalProperties": {"type": "integer"}}}}}});
        let path = |text: &str| resolve(text, Some(Props(&schema)), true).map(|found| found.path);
        assert_eq!(path(".spec['a.b']"), Ok("spec.a.b".to_owned()));
        assert_eq!(path(".spec.map['x']"), Ok("spec.map[x]".to_owned()));
        assert_eq!(path(".spec.none"), Err(NO_FIELD.to_owned()));
        assert_eq!(path("spec"), Err("expected [ or . but got: spec".to_owned()));
        assert_eq!(path(".spec["), Err(UNEXPECTED_END.to_owned()));
        assert_eq!(path(".spec[0]"), Err("expected single quoted string but got 0".to_owned()));
        assert_eq!(path(".spec['a.b'"), Err(UNEXPECTED_END.to_owned()));
        let arrays = resolve(".spec['a.b']", Some(Props(&schema)), false).map(|found| found.path);
        assert_eq!(arrays, Err("array notation is not allowed".to_owned()));
    }
}
