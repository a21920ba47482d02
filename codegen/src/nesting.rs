//! The decision which fields end a chain of nested types.
//!
//! Whether a type is `Send` depends on all types in it. The compiler follows at most [128
//! steps](https://doc.rust-lang.org/reference/attributes/limits.html#the-recursion_limit-attribute), and the types of users
//! around emitted types take some of them. Therefore, a chain of emitted types takes at most [`LIMIT`] steps: a longer one is
//! cut by `kube_client_runtime::types::Nested`. Published fields do not change as long as they compile.

use crate::api::{Api, Field, Presence, Shape, Struct, TypeDef, TypeId, TypeRef};
use crate::boxing::{children_first, published};
use crate::lock::Lock;

/// The maximum number of steps of a chain: half of the compiler's limit.
const LIMIT: usize = 64;
/// The maximum number of steps of a published chain.
const PUBLISHED_LIMIT: usize = 100;

// The maximum number of steps through wrappers, measured with rustc 1.95.
const STRUCT: usize = 1;
const OPTION: usize = 1;
const POINTER: usize = 3;
const MAP: usize = 4;

/// Wraps the type of every field that ends a chain.
pub(crate) fn decide(api: &mut Api, lock: &Lock) {
    let mut steps = vec![0; api.types.len()];
    for index in children_first(&api.types) {
        let entry = published(&api.types[index], lock).map(|entry| lock.type_at(entry));
        let TypeDef { shape: Shape::Struct(structure), .. } = &mut api.types[index] else { continue };
        let limit = |field: &str| match entry {
            Some(entry) if entry.nested.iter().any(|nested| nested == field) => 0,
            Some(entry) if entry.members.contains_key(field) => PUBLISHED_LIMIT,
            _ => LIMIT,
        };
        steps[index] = STRUCT + cut(structure, &steps, limit);
    }
}

/// Cuts the chains of a struct's fields, and returns the steps of the longest.
fn cut(structure: &mut Struct, steps: &[usize], limit: impl Fn(&str) -> usize) -> usize {
    let of_field = |field: &mut Field| {
        let options = match field.presence {
            Presence::Required => 0,
            Presence::Optional | Presence::RequiredOrNull => OPTION,
            Presence::OptionalOrNull => 2 * OPTION,
        };
        // `boxing` runs later: any such value may be boxed.
        let pointer = if matches!(field.type_, TypeRef::Type(_)) { POINTER } else { 0 };
        let around = options + pointer;
        around + cut_below(&mut field.type_, steps, limit(&field.name), around)
    };
    let fields = structure.fields.iter_mut().map(of_field).max().unwrap_or_default();
    let rest = structure.rest.as_mut().map(|rest| MAP + cut_below(rest, steps, LIMIT, MAP));
    fields.max(rest.unwrap_or_default())
}

/// Cuts a chain after `before` steps, at an emitted type or in lists of lists, and returns the steps that remain.
fn cut_below(type_: &mut TypeRef, steps: &[usize], limit: usize, before: usize) -> usize {
    let (step, inner) = match type_ {
        TypeRef::Type(TypeId(id)) if steps[*id] > 0 && before + steps[*id] > limit => {
            nest(type_);
            return POINTER;
        }
        TypeRef::Type(TypeId(id)) => return steps[*id],
        TypeRef::List(inner) => (POINTER, inner),
        TypeRef::Map(inner) => (MAP, inner),
        TypeRef::Nullable(inner) | TypeRef::Sensitive(inner) => (OPTION, inner),
        _ => return STRUCT,
    };
    let below = cut_below(inner, steps, limit, before + step);
    if below <= limit.max(LIMIT) {
        return step + below;
    }
    nest(inner);
    step + POINTER
}

fn nest(type_: &mut TypeRef) {
    *type_ = TypeRef::Nested(Box::new(type_.clone()));
}
