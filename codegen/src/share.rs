//! Each shape once: places with equal schemas use one type.
//!
//! Two places share a type when the API group, the last property of the path (in the singular) and everything in the
//! schema but descriptions are equal. A kind's spec and status are shared between its versions, never with another kind.
//! What the lock has published stays: types of two published names are never merged, and when a published type splits,
//! its name stays where the schema did not change.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::api::{Api, Shape, Step, TypeDef, TypeId, TypeRef, Use};
use crate::lock::Lock;
use crate::name::words::singular;

/// Shares the types of an API that `lower` made.
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

/// The maximum number of types below each type: 0 for none. Each type follows the types that it uses.
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

/// The key that two places need in common to share a type.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'t> {
    group: &'t str,
    /// The kind, where the place is a kind's spec or status.
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

/// The last property; in the singular if the path continues into its items or values.
fn segment(place: &Use) -> Cow<'_, str> {
    match place.path.last() {
        Some(Step::Property(name)) => Cow::Borrowed(name),
        _ => Cow::Owned(singular(place.segment())),
    }
}

/// Places with equal schemas, parted by the names that the lock has published for them. New places join the largest part.
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
    // max_by_key takes the last of equals; going backwards, that is the first of the lock.
    let apart = match parts.iter_mut().rev().max_by_key(|(_, part)| part.len()) {
        Some((entry, largest)) => {
            let (joins, stays): (Vec<_>, Vec<_>) =
                new.into_iter().partition(|member| may_join(*member, largest, *entry, types, lock));
            largest.extend(joins);
            stays
        }
        None => new,
    };
    let parts = parts.into_iter().map(|(_, part)| part).chain([apart]);
    parts.filter(|part| !part.is_empty()).collect()
}

/// A type that moves out of its version's module takes its name along. Where two versions have published that name, each
/// for a type of its own, neither can: then newcomers from elsewhere get a type of their own.
fn may_join(newcomer: usize, part: &[usize], entry: usize, types: &[TypeDef], lock: &Lock) -> bool {
    let home = |member: usize| (&types[member].uses[0].version, &types[member].uses[0].kind);
    lock.is_only_holder(entry) || part.iter().all(|member| home(*member) == home(newcomer))
}

/// One type per class, in path order of the first use, which also provides the documentation.
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
