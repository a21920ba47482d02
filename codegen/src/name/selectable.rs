//! Constants for selectable fields.

use std::collections::BTreeMap;

use super::ident::legal;
use super::words::snake;

/// Returns the constant of each selectable field, with its path: `SPEC_CLASS` for `.spec.class`. Of several fields with the
/// same constant, the first one in the CRD has it; the others have none.
pub(crate) fn constants(fields: &[String]) -> BTreeMap<String, &str> {
    let mut constants = BTreeMap::new();
    for field in fields {
        let path = field.trim_start_matches('.');
        let words = |part: &str| snake(part).trim_matches('_').to_owned();
        let parts: Vec<String> = path.split(|letter: char| !letter.is_alphanumeric()).map(words).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        constants.entry(legal(parts.join("_").to_uppercase())).or_insert(path);
    }
    constants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_of_a_field_is_its_path() {
        let fields = [".spec.class", ".spec.backendRef.name", ".spec.HTTPPort", ".spec.backend_ref.name"];
        let fields = fields.map(str::to_owned);
        let expected = [
            ("SPEC_BACKEND_REF_NAME", "spec.backendRef.name"),
            ("SPEC_CLASS", "spec.class"),
            ("SPEC_HTTP_PORT", "spec.HTTPPort"),
        ];
        assert_eq!(
            constants(&fields).into_iter().collect::<Vec<_>>(),
            expected.map(|(name, path)| (name.to_owned(), path))
        );
    }
}
