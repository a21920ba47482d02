//! The origin of names.

use std::collections::BTreeMap;
use std::fmt;

use crate::api::{Api, Kind, Shape, TypeDef};
use crate::config::Config;
use crate::lock::Lock;
use crate::name::{KindName, Names, TypeName};

/// The name of an emitted type, with its origin and uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The name.
    pub name: String,
    /// The API group.
    pub group: String,
    /// The path in the crate.
    pub path: String,
    /// The schema paths that use it, each with its version: `v1/Widget.spec.parts[]`.
    pub uses: Vec<String>,
    /// The origin of the name.
    pub reason: String,
    /// The identifier of each field or variant, with its property or value.
    pub members: Vec<(String, String)>,
}

impl Explanation {
    /// Returns whether a query matches this type: its name, its path, or a schema path that uses it, with or without a
    /// version.
    pub fn matches(&self, query: &str) -> bool {
        let is_use = |place: &String| place == query || place.split_once('/').is_some_and(|(_, path)| path == query);
        self.name == query || self.path == query || self.uses.iter().any(is_use)
    }

    /// Returns the member of this type with a schema path.
    pub fn member(&self, query: &str) -> Option<&(String, String)> {
        let (owner, property) = query.rsplit_once('.')?;
        let member = self.members.iter().find(|(_, name)| name == property)?;
        self.matches(owner).then_some(member)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}\n  name: {}", self.path, self.reason)?;
        writeln!(out, "  used by:")?;
        self.uses.iter().try_for_each(|place| writeln!(out, "    {place}"))?;
        if !self.members.is_empty() {
            writeln!(out, "  members:")?;
            self.members.iter().try_for_each(|(ident, name)| writeln!(out, "    {ident} is {name:?}"))?;
        }
        Ok(())
    }
}

/// Returns the origin of every name of an API, kinds first.
pub(crate) fn all(api: &Api, names: &Names, config: &Config, lock: &Lock) -> Vec<Explanation> {
    let unlocked = unlocked(api, config, lock);
    let kinds = api.kinds.iter().zip(&names.kinds).map(|(kind, name)| of_kind(kind, name, lock));
    let modules: BTreeMap<(&str, &str), (&str, &str)> = api
        .kinds
        .iter()
        .zip(&names.kinds)
        .map(|(kind, name)| {
            ((kind.group.as_str(), kind.version.as_str()), (name.group.as_str(), name.version.as_str()))
        })
        .collect();
    let types = api.types.iter().zip(&names.types).enumerate().map(|(index, (type_, name))| {
        let first = &type_.uses[0];
        let (group, version) = modules.get(&(&*first.group, &*first.version)).copied().unwrap_or_default();
        let module = if name.version.is_some() { version } else { "types" };
        Explanation {
            name: name.ident.clone(),
            group: first.group.clone(),
            path: format!("{group}::{module}::{}", name.ident),
            uses: type_.uses.iter().map(ToString::to_string).collect(),
            reason: reason(type_, name, unlocked.as_ref().and_then(|names| names.types.get(index)), config, lock),
            members: members(&name.members),
        }
    });
    kinds.chain(types).collect()
}

fn members(members: &BTreeMap<String, String>) -> Vec<(String, String)> {
    members.iter().map(|(name, ident)| (ident.clone(), name.clone())).collect()
}

/// Returns the names of the API without the lock; `None` if the lock is empty.
fn unlocked(api: &Api, config: &Config, lock: &Lock) -> Option<Names> {
    if *lock == Lock::default() {
        return None;
    }
    // The overrides were checked with the lock; errors here concern names that are not used.
    Some(crate::name::name(api, config, &Lock::default(), &mut Vec::new()))
}

const KEPT: &str = "; codegen.lock keeps it";

fn of_kind(kind: &Kind, name: &KindName, lock: &Lock) -> Explanation {
    let is_published = lock.version(&kind.group, &kind.version, &kind.kind).is_some();
    let kept = if is_published { KEPT } else { "" };
    Explanation {
        name: name.ident.clone(),
        group: kind.group.clone(),
        path: format!("{}::{}::{}", name.group, name.version, name.ident),
        uses: vec![format!("{}/{}", kind.version, kind.kind)],
        reason: format!("the kind {} of {}/{}{kept}", kind.kind, kind.group, kind.version),
        members: members(&name.members),
    }
}

/// Returns the origin of a type's name; `unlocked` is its name without the lock.
fn reason(type_: &TypeDef, name: &TypeName, unlocked: Option<&TypeName>, config: &Config, lock: &Lock) -> String {
    let given = type_.uses.iter().map(crate::api::Use::schema_path).find(|path| config.names.contains_key(path));
    if let Some(path) = given {
        return format!("set in codegen.toml, [names], for {path}");
    }
    let published = type_.uses.iter().find_map(|place| lock.entry_of(place)).map(|entry| lock.type_at(entry));
    let is_published = published.is_some_and(|locked| locked.name == name.ident);
    let reason = derivation(type_);
    match unlocked {
        Some(unlocked) if is_published && unlocked.ident != name.ident => {
            format!("codegen.lock keeps it; without the lock it would be {}: {reason}", unlocked.ident)
        }
        _ if is_published => format!("{reason}{KEPT}"),
        _ => reason,
    }
}

/// Describes how a name is derived from the uses of the type.
fn derivation(type_: &TypeDef) -> String {
    let what = if matches!(type_.shape, Shape::Enum(_)) { "values" } else { "shape" };
    match type_.uses.as_slice() {
        [only] => format!(
            "derived from its only use, {only}: the kind and the properties of the path, without `spec` and properties that are not needed for a unique name"
        ),
        [first, rest @ ..] => {
            format!(
                "derived from the last properties that the paths of its {} uses share; all have the same {what}, the first is {first}",
                rest.len() + 1
            )
        }
        [] => String::new(),
    }
}
