//! Where types nest so deep that the compiler must not look through them.
//!
//! Whether a type is `Send` depends on all types in it. The compiler follows that through [128
//! steps](https://doc.rust-lang.org/reference/attributes/limits.html#the-recursion_limit-attribute), and users' code has types
//! of its own around ours. So no chain of emitted types takes more than [`LIMIT`] steps: where one would,
//! `kube_client_runtime::types::Nested` cuts it. What the lock has published stays as it is, as long as it compiles.

use crate::api::{Api, Field, Presence, Shape, Struct, TypeDef, TypeId, TypeRef};
use crate::boxing::{children_first, published};
use crate::lock::Lock;

/// The maximum number of steps through a chain of types: half of the compiler's limit.
const LIMIT: usize = 64;
/// How many steps a published chain may take before it is cut after all.
const PUBLISHED_LIMIT: usize = 100;

// Steps through the wrappers at most, measured with rustc 1.95.
const STRUCT: usize = 1;
const OPTION: usize = 1;
const POINTER: usize = 3;
const MAP: usize = 4;

/// Decides for every field.
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

/// Cuts the chains below a struct; how many steps the longest takes then.
fn cut(structure: &mut Struct, steps: &[usize], limit: impl Fn(&str) -> usize) -> usize {
    let of_field = |field: &mut Field| {
        let options = match field.presence {
            Presence::Required => 0,
            Presence::Optional | Presence::RequiredOrNull => OPTION,
            Presence::OptionalOrNull => 2 * OPTION,
        };
        // Whether such a value is boxed is decided later.
        let pointer = if matches!(field.type_, TypeRef::Type(_)) { POINTER } else { 0 };
        let around = options + pointer;
        around + cut_below(&mut field.type_, steps, limit(&field.name), around)
    };
    let fields = structure.fields.iter_mut().map(of_field).max().unwrap_or_default();
    let rest = structure.rest.as_mut().map(|rest| MAP + cut_below(rest, steps, LIMIT, MAP));
    fields.max(rest.unwrap_or_default())
}

/// Cuts a chain that has taken some steps already; how many it takes from here. It is cut at a type of this API, or within
/// lists of lists.
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
