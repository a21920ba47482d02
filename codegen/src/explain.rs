//! Explanations of names.

use std::collections::BTreeMap;
use std::fmt;

use crate::api::{Api, Kind, Shape, TypeDef};
use crate::config::Config;
use crate::lock::Lock;
use crate::name::{KindName, Names, TypeName};

/// The name of a type of the emitted crate, its uses, and the reason for the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The type's name.
    pub name: String,
    /// The API group.
    pub group: String,
    /// Its path in the crate.
    pub path: String,
    /// The places of the schemas that use it, as codegen.toml writes them, each after its version and a slash.
    pub uses: Vec<String>,
    /// Why it is called so.
    pub why: String,
    /// The name of each field or variant, and its property or value.
    pub members: Vec<(String, String)>,
}

impl Explanation {
    /// Whether a question is about this type: its name, its path, or a schema path that uses it, with or without a version.
    pub fn is_about(&self, question: &str) -> bool {
        let is_use =
            |place: &String| place == question || place.split_once('/').is_some_and(|(_, path)| path == question);
        self.name == question || self.path == question || self.uses.iter().any(is_use)
    }

    /// The member that a schema path below the type names, if it is one of this type's.
    pub fn member(&self, question: &str) -> Option<&(String, String)> {
        let (owner, property) = question.rsplit_once('.')?;
        let member = self.members.iter().find(|(_, name)| name == property)?;
        self.is_about(owner).then_some(member)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}\n  name: {}", self.path, self.why)?;
        writeln!(out, "  used by:")?;
        self.uses.iter().try_for_each(|place| writeln!(out, "    {place}"))?;
        if !self.members.is_empty() {
            writeln!(out, "  members:")?;
            self.members.iter().try_for_each(|(ident, name)| writeln!(out, "    {ident} is {name:?}"))?;
        }
        Ok(())
    }
}

/// Explains every type of an API, kinds first.
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
            why: why(type_, name, unlocked.as_ref().and_then(|names| names.types.get(index)), config, lock),
            members: members(&name.members),
        }
    });
    kinds.chain(types).collect()
}

fn members(members: &BTreeMap<String, String>) -> Vec<(String, String)> {
    members.iter().map(|(name, ident)| (ident.clone(), name.clone())).collect()
}

/// The names that the same API would have without a lock; `None` where they are the names that it has.
fn unlocked(api: &Api, config: &Config, lock: &Lock) -> Option<Names> {
    if *lock == Lock::default() {
        return None;
    }
    // Errors of names were reported with the lock.
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
        why: format!("the kind {} of {}/{}{kept}", kind.kind, kind.group, kind.version),
        members: members(&name.members),
    }
}

/// Why a type has its name; `unlocked` is its name without the lock.
fn why(type_: &TypeDef, name: &TypeName, unlocked: Option<&TypeName>, config: &Config, lock: &Lock) -> String {
    let given = type_.uses.iter().map(crate::api::Use::schema_path).find(|path| config.names.contains_key(path));
    if let Some(path) = given {
        return format!("codegen.toml gives it, in [names], for {path}");
    }
    let published = type_.uses.iter().find_map(|place| lock.entry_of(place)).map(|entry| lock.type_at(entry));
    let is_published = published.is_some_and(|locked| locked.name == name.ident);
    let reason = reason(type_);
    match unlocked {
        Some(unlocked) if is_published && unlocked.ident != name.ident => {
            format!("codegen.lock keeps it; without the lock it would be {}: {reason}", unlocked.ident)
        }
        _ if is_published => format!("{reason}{KEPT}"),
        _ => reason,
    }
}

/// How a name follows from the places that use the type.
fn reason(type_: &TypeDef) -> String {
    let what = if matches!(type_.shape, Shape::Enum(_)) { "values" } else { "shape" };
    match type_.uses.as_slice() {
        [only] => format!("the kind and the way to its only use, {only}, without spec and what is not needed"),
        [first, rest @ ..] => {
            format!(
                "the end that the paths of its {} uses share; they have the same {what}, beginning with {first}",
                rest.len() + 1
            )
        }
        [] => String::new(),
    }
}
