//! Merging of types with equal schemas.
//!
//! Two uses share a type if their API group, the last property of their path (in the singular) and their schemas except
//! descriptions are equal. A kind's spec and status are shared between its versions, never with another kind. Types with
//! different published names are never merged. If a published type splits, the uses with an unchanged schema keep the name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::api::{Api, Shape, Step, TypeDef, TypeId, TypeRef, Use};
use crate::lock::Lock;
use crate::name::words::singular;

/// Merges the types of an API from `lower`.
pub(crate) fn share(api: Api, lock: &Lock) -> Api {
    let heights = heights(&api.types);
    let mut class_of: Vec<Option<usize>> = vec![None; api.types.len()];
    let mut classes: Vec<Vec<usize>> = Vec::new();
    for height in 0..=heights.iter().copied().max().unwrap_or(0) {
        let mut by_key: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
        for index in (0..api.types.len()).filter(|index| heights[*index] == height) {
            by_key.entry(key(&api.types[index], &class_of)).or_default().push(index);
        }
        for members in by_key.into_values() {
            for part in partition(members, &api.types, lock) {
                for member in &part {
                    class_of[*member] = Some(classes.len());
                }
                classes.push(part);
            }
        }
    }
    rebuild(api, classes, &class_of)
}

/// Returns the height of each type: 0 if its fields have no emitted types. Each type is after the types of its fields.
fn heights(types: &[TypeDef]) -> Vec<usize> {
    let mut heights: Vec<usize> = Vec::with_capacity(types.len());
    for type_ in types {
        let below = below(type_).into_iter().map(|TypeId(id)| heights[id] + 1).max();
        heights.push(below.unwrap_or(0));
    }
    heights
}

fn below(type_: &TypeDef) -> Vec<TypeId> {
    let Shape::Struct(structure) = &type_.shape else { return Vec::new() };
    let innermost = structure.type_refs().map(TypeRef::innermost);
    innermost.filter_map(|type_| if let TypeRef::Type(id) = type_ { Some(*id) } else { None }).collect()
}

/// The properties of uses that share a type.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'t> {
    group: &'t str,
    /// The kind, for its spec and status.
    root_of: Option<&'t str>,
    segment: Cow<'t, str>,
    fingerprint: u128,
    below: Vec<Option<usize>>,
}

fn key<'t>(type_: &'t TypeDef, class_of: &[Option<usize>]) -> Key<'t> {
    let place = &type_.uses[0];
    let is_root = matches!(place.path.as_slice(), [Step::Property(name)] if name == "spec" || name == "status");
    Key {
        group: &place.group,
        root_of: is_root.then_some(&*place.kind),
        segment: segment(place),
        fingerprint: type_.fingerprint,
        below: below(type_).into_iter().map(|TypeId(id)| class_of[id]).collect(),
    }
}

/// Returns the last property; in the singular for items and values.
fn segment(place: &Use) -> Cow<'_, str> {
    match place.path.last() {
        Some(Step::Property(name)) => Cow::Borrowed(name),
        _ => Cow::Owned(singular(place.segment())),
    }
}

/// Splits uses with equal schemas by their published types. New uses are added to the largest part.
fn partition(members: Vec<usize>, types: &[TypeDef], lock: &Lock) -> Vec<Vec<usize>> {
    let mut published: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut new = Vec::new();
    for member in members {
        match lock.entry_of(&types[member].uses[0]) {
            Some(entry) => published.entry(entry).or_default().push(member),
            None => new.push(member),
        }
    }
    let mut parts: Vec<(usize, Vec<usize>)> = published.into_iter().collect();
    // max_by_key returns the last of equal elements: in reverse order, the first of the lock.
    let rest = match parts.iter_mut().rev().max_by_key(|(_, part)| part.len()) {
        Some((entry, largest)) => {
            let (joins, stays): (Vec<_>, Vec<_>) =
                new.into_iter().partition(|member| may_join(*member, largest, *entry, types, lock));
            largest.extend(joins);
            stays
        }
        None => new,
    };
    let parts = parts.into_iter().map(|(_, part)| part).chain([rest]);
    parts.filter(|part| !part.is_empty()).collect()
}

/// Returns whether a new use may be added to a published type. A type with uses in several versions moves from its
/// version's module to the module of shared types, with its name. This is not possible if two versions have different
/// types of that name.
fn may_join(new: usize, part: &[usize], entry: usize, types: &[TypeDef], lock: &Lock) -> bool {
    let home = |member: usize| (&types[member].uses[0].version, &types[member].uses[0].kind);
    lock.has_unique_name(entry) || part.iter().all(|member| home(*member) == home(new))
}

/// Creates one type per class, in the order of first uses. The first use provides the documentation.
fn rebuild(api: Api, mut classes: Vec<Vec<usize>>, class_of: &[Option<usize>]) -> Api {
    for class in &mut classes {
        class.sort_by(|one, other| api.types[*one].uses.cmp(&api.types[*other].uses));
    }
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by(|one, other| api.types[classes[*one][0]].uses.cmp(&api.types[classes[*other][0]].uses));
    let mut position = vec![0; classes.len()];
    for (new, old) in order.iter().enumerate() {
        position[*old] = new;
    }
    let replace = |TypeId(id): TypeId| TypeId(class_of[id].map_or(id, |class| position[class]));
    let mut members: Vec<Option<TypeDef>> = api.types.into_iter().map(Some).collect();
    let types = order.into_iter().filter_map(|class| merged(&classes[class], &mut members, &replace)).collect();
    let mut kinds = api.kinds;
    for kind in &mut kinds {
        kind.root.type_refs_mut().for_each(|type_| type_.map_types(&replace));
    }
    Api { kinds, types }
}

fn merged(class: &[usize], types: &mut [Option<TypeDef>], replace: &impl Fn(TypeId) -> TypeId) -> Option<TypeDef> {
    let mut members = class.iter().filter_map(|member| types[*member].take());
    let mut type_ = members.next()?;
    type_.uses.extend(members.flat_map(|member| member.uses));
    if let Shape::Struct(structure) = &mut type_.shape {
        structure.type_refs_mut().for_each(|type_| type_.map_types(replace));
    }
    Some(type_)
}
