//! Every identifier is decided here, once.

pub(crate) mod condition;
mod groups;
mod ident;
mod kinds;
mod names;
pub(crate) mod selectable;
mod types;
pub(crate) mod words;

use std::collections::BTreeMap;

pub(crate) use ident::is_keyword;
pub(crate) use names::{KindName, Names, TypeName};
use serde_json::Value;

use crate::api::{Api, Field, Shape, TypeDef};
use crate::config::Config;
use crate::error::Error;
use crate::lock::{Lock, LockedKind, LockedType, belong_to_one_kind};

/// Names everything.
pub(crate) fn name(api: &Api, config: &Config, lock: &Lock, errors: &mut Vec<Error>) -> Names {
    let kinds = kinds::name(api, config, lock, errors);
    let mut types = types::name(api, &kinds, config, lock, errors);
    for (type_, name) in api.types.iter().zip(&mut types) {
        members(type_, name, lock);
    }
    Names { types, kinds }
}

/// Fields of a struct, variants of an enum.
fn members(type_: &TypeDef, name: &mut TypeName, lock: &Lock) {
    let locked = type_.uses.iter().find_map(|place| lock.entry_of(place)).map(|entry| lock.type_at(entry));
    let published = locked.map(|locked| locked.members.clone()).unwrap_or_default();
    match &type_.shape {
        Shape::Struct(structure) => {
            let names: Vec<&str> = structure.fields.iter().map(|field| field.name.as_str()).collect();
            let other = structure.rest.as_ref().and(locked.and_then(|locked| locked.other.clone()));
            name.members = owned(ident::fields(&names, other.as_deref(), &published));
            name.other = other.unwrap_or_else(|| rest(&name.members));
        }
        Shape::Enum(of) => {
            let values: Vec<String> = of.values.iter().map(value_text).collect();
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let other = locked.and_then(|locked| locked.other.clone());
            let other = other.unwrap_or_else(|| {
                if values.contains(&"Unknown") { "Unrecognized".to_owned() } else { "Unknown".to_owned() }
            });
            let prefix = words::pascal_with_initialisms(&words::singular(type_.uses[0].segment()));
            let taken = std::collections::HashSet::from([other.clone()]);
            name.members = owned(ident::variants(&values, &prefix, taken, &published));
            name.other = other;
        }
    }
}

/// An identifier for properties that the schema does not name.
fn rest(members: &BTreeMap<String, String>) -> String {
    let mut rest = "rest".to_owned();
    while members.values().any(|member| *member == rest) {
        rest.insert_str(0, "other_");
    }
    rest
}

/// An enum's value as the text that names it.
pub(crate) fn value_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn owned(idents: BTreeMap<&str, String>) -> BTreeMap<String, String> {
    idents.into_iter().map(|(name, ident)| (name.to_owned(), ident)).collect()
}

/// The lock with the names of this client.
pub(crate) fn lock(api: &Api, names: &Names) -> Lock {
    let mut kinds: Vec<LockedKind> = Vec::new();
    for (kind, name) in api.kinds.iter().zip(&names.kinds) {
        kinds.push(LockedKind {
            group: kind.group.clone(),
            version: kind.version.clone(),
            kind: kind.kind.clone(),
            module: name.group.clone(),
            ident: name.ident.clone(),
            list: name.list.clone(),
            accessor: name.accessor.clone(),
            all_accessor: name.all_accessor.clone(),
            other: kind.root.rest.as_ref().map(|_| name.other.clone()),
            members: name.members.clone(),
        });
    }
    kinds.sort();
    let mut types: Vec<LockedType> =
        api.types.iter().zip(&names.types).map(|(type_, name)| locked_type(type_, name)).collect();
    types.sort_by(|one, other| (&one.group, &one.name, &one.uses).cmp(&(&other.group, &other.name, &other.uses)));
    Lock::of(kinds, types)
}

fn locked_type(type_: &TypeDef, name: &TypeName) -> LockedType {
    let fields = match &type_.shape {
        Shape::Struct(structure) => structure.fields.as_slice(),
        Shape::Enum(_) => &[],
    };
    let with =
        |has: fn(&Field) -> bool| fields.iter().filter(|field| has(field)).map(|field| field.name.clone()).collect();
    let has_other = match &type_.shape {
        Shape::Struct(structure) => structure.rest.is_some(),
        Shape::Enum(_) => true,
    };
    let uses: Vec<String> = type_.uses.iter().map(ToString::to_string).collect();
    LockedType {
        shared: name.version.is_none() && belong_to_one_kind(&uses),
        group: type_.uses[0].group.clone(),
        name: name.ident.clone(),
        fingerprint: format!("{:032x}", type_.fingerprint),
        boxed: with(|field| field.boxed),
        nested: with(|field| field.type_.is_nested()),
        other: has_other.then(|| name.other.clone()),
        uses,
        members: name.members.clone(),
    }
}
