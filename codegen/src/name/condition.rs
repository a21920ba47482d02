//! Constants for types and reasons of conditions.

use std::collections::BTreeMap;

use super::ident::legal;
use super::selectable;
use super::words::snake;
use crate::api::Kind;

/// Returns the constants of a kind, with their values: `CONDITION_READY` for the type `Ready`, `REASON_DONE` for the reason
/// `Done`. Of several names with the same constant, the first one has it; so does a selectable field.
pub(crate) fn constants(kind: &Kind) -> BTreeMap<String, &str> {
    let fields = selectable::constants(&kind.selectable_fields);
    let types = kind.condition_names.types.iter().map(|name| ("CONDITION", name));
    let reasons = kind.condition_names.reasons.iter().map(|name| ("REASON", name));
    let mut constants = BTreeMap::new();
    for (prefix, name) in types.chain(reasons) {
        let words =
            name.split(|letter: char| !letter.is_alphanumeric()).map(|part| snake(part).trim_matches('_').to_owned());
        let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        let constant = legal(format!("{prefix}_{}", words.join("_")).to_uppercase());
        if !fields.contains_key(&constant) {
            constants.entry(constant).or_insert(name.as_str());
        }
    }
    constants
}
