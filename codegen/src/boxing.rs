//! The decision which fields are boxed.
//!
//! A struct in an optional field is boxed if its size on a 64-bit machine is more than [`LIMIT`] bytes. Published fields do
//! not change. A kind's spec and status are never boxed.

use crate::api::{Api, Field, Presence, Repr, Shape, Struct, TypeDef, TypeId, TypeRef};
use crate::lock::Lock;
use crate::well_known;

/// The largest size of an optional struct that is not boxed: two cache lines.
const LIMIT: usize = 128;

/// Sets `boxed` of every field.
pub(crate) fn decide(api: &mut Api, lock: &Lock) {
    let mut sizes = vec![0; api.types.len()];
    for index in children_first(&api.types) {
        let published = published(&api.types[index], lock);
        let type_ = &mut api.types[index];
        if let Shape::Struct(structure) = &mut type_.shape {
            for field in &mut structure.fields {
                field.boxed = match published.and_then(|entry| boxed(entry, &field.name, lock)) {
                    Some(boxed) => boxed && matches!(field.type_, TypeRef::Type(_) | TypeRef::Known(..)),
                    None => is_large(field, &sizes),
                };
            }
        }
        sizes[index] = size_of(type_, &sizes);
    }
}

/// Returns the index of the published type: that of the first use in the lock.
pub(crate) fn published(type_: &TypeDef, lock: &Lock) -> Option<usize> {
    type_.uses.iter().find_map(|place| lock.entry_of(place))
}

/// Returns whether a published field is boxed; `None` for a new field.
fn boxed(entry: usize, field: &str, lock: &Lock) -> Option<bool> {
    let locked = lock.type_at(entry);
    locked.members.contains_key(field).then(|| locked.boxed.iter().any(|boxed| boxed == field))
}

fn is_large(field: &Field, sizes: &[usize]) -> bool {
    let optional = matches!(field.presence, Presence::Optional | Presence::OptionalOrNull | Presence::RequiredOrNull);
    let structure = matches!(field.type_, TypeRef::Type(_) | TypeRef::Known(..));
    optional && structure && size_of_ref(&field.type_, sizes) > LIMIT
}

/// Returns the types in an order in which each is after the types of its fields.
pub(crate) fn children_first(types: &[TypeDef]) -> Vec<usize> {
    let mut order = Vec::with_capacity(types.len());
    let mut done = vec![false; types.len()];
    for index in 0..types.len() {
        visit(index, types, &mut done, &mut order);
    }
    order
}

fn visit(index: usize, types: &[TypeDef], done: &mut [bool], order: &mut Vec<usize>) {
    if std::mem::replace(&mut done[index], true) {
        return;
    }
    if let Shape::Struct(structure) = &types[index].shape {
        for type_ in structure.type_refs() {
            if let TypeRef::Type(TypeId(below)) = type_.innermost() {
                visit(*below, types, done, order);
            }
        }
    }
    order.push(index);
}

fn size_of(type_: &TypeDef, sizes: &[usize]) -> usize {
    match &type_.shape {
        Shape::Struct(structure) => size_of_struct(structure, sizes),
        Shape::Enum(of) if of.repr == Repr::String => 24,
        Shape::Enum(_) => 16,
    }
}

fn size_of_struct(structure: &Struct, sizes: &[usize]) -> usize {
    let fields: usize = structure.fields.iter().map(|field| size_of_field(field, sizes)).sum();
    (fields + if structure.rest.is_some() { 24 } else { 0 }).next_multiple_of(8)
}

fn size_of_field(field: &Field, sizes: &[usize]) -> usize {
    if field.boxed {
        return 8;
    }
    let optional = field.presence != Presence::Required;
    match &field.type_ {
        TypeRef::Boolean => 1,
        TypeRef::I32 => 4 + if optional { 4 } else { 0 },
        TypeRef::I64 => 8 + if optional { 8 } else { 0 },
        other => size_of_ref(other, sizes),
    }
}

fn size_of_ref(type_: &TypeRef, sizes: &[usize]) -> usize {
    match type_ {
        TypeRef::Boolean => 1,
        TypeRef::I32 => 4,
        TypeRef::I64 => 8,
        TypeRef::Number => well_known::NUMBER.size,
        TypeRef::Nested(_) => well_known::NESTED.size,
        TypeRef::Json => well_known::JSON.size,
        TypeRef::Nullable(inner) | TypeRef::Sensitive(inner) => size_of_ref(inner, sizes),
        TypeRef::Known(known, _) => known.size(),
        TypeRef::Type(TypeId(id)) => sizes[*id],
        TypeRef::Timestamp => well_known::TIMESTAMP.size,
        TypeRef::Bytes => well_known::BYTES.size,
        TypeRef::IntOrString => well_known::INT_OR_STRING.size,
        TypeRef::Map(_) => well_known::MAP.size,
        TypeRef::String | TypeRef::List(_) | TypeRef::External(..) => 24,
    }
}
