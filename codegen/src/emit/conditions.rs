//! The traits of kinds with conditions, and of their conditions.

use super::{Emitter, Item};
use crate::api::{Field, Kind, Presence, Repr, Shape, Step, Struct, TypeDef, TypeId, TypeRef};
use crate::name::{KindName, TypeName};
use crate::well_known::Known;

/// The fields of a condition, with the runtime's names for them.
const FIELDS: [(&str, &str); 6] = [
    ("lastTransitionTime", "last_transition_time"),
    ("message", "message"),
    ("observedGeneration", "observed_generation"),
    ("reason", "reason"),
    ("status", "status"),
    ("type", "type_"),
];

/// `has_conditions!` of a kind whose status has conditions.
pub(super) fn of_kind(emitter: &Emitter<'_>, kind: &Kind, name: &KindName) -> Option<Item> {
    let status = field(&kind.root, "status").filter(|field| field.presence == Presence::Optional && !field.boxed)?;
    let TypeRef::Type(id) = &status.type_ else { return None };
    let Shape::Struct(status) = &emitter.api.types[id.0].shape else { return None };
    let members = &emitter.names.types[id.0].members;
    let conditions = field(status, "conditions").filter(|field| presence(field).is_some() && !field.boxed)?;
    let TypeRef::List(items) = &conditions.type_ else { return None };
    let is_condition = match &**items {
        TypeRef::Known(Known::Condition, _) => true,
        TypeRef::Type(id) => is_condition(emitter, &emitter.api.types[id.0]),
        _ => false,
    };
    if !is_condition || name.members.get("status").is_none_or(|member| member != "status") {
        return None;
    }
    let mut entries = vec![format!("conditions: {}", members["conditions"])];
    let generation = field(status, "observedGeneration").filter(|field| is_integer(field));
    entries.extend(
        generation
            .and_then(|field| Some((presence(field)?, field)))
            .map(|(presence, field)| format!("observed_generation: {} {presence}", members[&field.name])),
    );
    Some(Item::call("has_conditions", &name.ident, entries))
}

/// `condition_entry!` of a type of conditions.
pub(super) fn of_type(emitter: &Emitter<'_>, type_: &TypeDef, structure: &Struct, name: &TypeName) -> Option<Item> {
    let is_used = type_.uses.iter().any(|of| {
        matches!(of.path.as_slice(), [Step::Property(status), Step::Property(conditions), Step::Item]
            if status == "status" && conditions == "conditions")
    });
    if !is_used || !is_condition(emitter, type_) {
        return None;
    }
    let entries = FIELDS.iter().filter_map(|(property, runtime)| {
        let field = field(structure, property).filter(|field| is_usable(emitter, field))?;
        Some(format!("{runtime}: {} {}", name.members[&field.name], presence(field)?))
    });
    Some(Item::call("condition_entry", &name.ident, entries.collect()))
}

/// A condition has at least a type and a status.
fn is_condition(emitter: &Emitter<'_>, type_: &TypeDef) -> bool {
    let Shape::Struct(structure) = &type_.shape else { return false };
    ["type", "status"].iter().all(|name| field(structure, name).is_some_and(|field| is_usable(emitter, field)))
}

fn is_usable(emitter: &Emitter<'_>, field: &Field) -> bool {
    let is_text = match &field.type_ {
        TypeRef::String | TypeRef::Timestamp => true,
        TypeRef::Type(TypeId(id)) => {
            matches!(&emitter.api.types[*id].shape, Shape::Enum(of) if of.repr == Repr::String)
        }
        _ => false,
    };
    let fits = if field.name == "observedGeneration" { is_integer(field) } else { is_text };
    fits && !field.boxed && presence(field).is_some()
}

fn is_integer(field: &Field) -> bool {
    matches!(field.type_, TypeRef::I32 | TypeRef::I64) && !field.boxed
}

fn presence(field: &Field) -> Option<&'static str> {
    match field.presence {
        Presence::Required => Some("required"),
        Presence::Optional => Some("optional"),
        Presence::RequiredOrNull | Presence::OptionalOrNull => None,
    }
}

fn field<'s>(structure: &'s Struct, name: &str) -> Option<&'s Field> {
    structure.fields.iter().find(|field| field.name == name)
}
