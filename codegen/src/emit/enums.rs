//! An enum of the values that a schema lists, open for the values of a newer schema.

use super::{Emitter, Item, Member, literal};
use crate::api::{Enum, Repr, TypeDef};
use crate::name::{TypeName, value_text};

/// All items of an enum type.
pub(super) fn items(emitter: &Emitter<'_>, type_: &TypeDef, of: &Enum, name: &TypeName) -> [Item; 2] {
    let mut members = Vec::new();
    let mut entries = Vec::new();
    for value in &of.values {
        let text = value_text(value);
        let variant = &name.members[&text];
        let docs = if text.is_empty() { "An empty string.".to_owned() } else { crate::markdown::value(&text) };
        members.push(Member { docs, serde: String::new(), code: variant.clone() });
        let value = if of.repr == Repr::String { literal(&text) } else { text };
        entries.push(format!("{variant} = {value}"));
    }
    let (repr, repr_text) = match of.repr {
        Repr::String => (emitter.std("String"), "String"),
        Repr::Integer => ("i64", "i64"),
        Repr::Boolean => ("bool", "bool"),
    };
    members.push(Member {
        docs: "A value that this version of the schema does not list.".to_owned(),
        serde: String::new(),
        code: format!("{}({repr})", name.other),
    });
    let definition = Item::type_(format!("enum {}", name.ident), members)
        .docs(emitter.docs(&type_.docs, || format!("`{}`.", type_.uses[0].schema_path())))
        .attribute("derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)")
        .attribute("non_exhaustive");
    let head = format!("{}: {repr_text}, {}", name.ident, name.other);
    [definition, Item::call("open_enum", head, entries)]
}
