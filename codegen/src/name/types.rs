//! Names of types.
//!
//! A kind has its own name; its spec and status are `KSpec` and `KStatus`. A type that one kind uses in one place is called
//! by the kind and the way down to it, without `spec`. A type with several uses is called by the end that their paths
//! share. Names that are taken climb: one more word of the path to the left, the whole path, the path spelled out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::ident;
use super::names::{KindName, TypeName};
use super::words::{pascal, pascal_with_initialisms, singular, split};
use crate::api::{Api, Shape, Step, TypeDef, TypeId, TypeRef, Use};
use crate::config::Config;
use crate::error::Error;
use crate::lock::Lock;
use crate::well_known;

/// Names that the code around a type needs: of the prelude, of serde, and of the crate itself. The types of the runtime are
/// reserved, too.
const RESERVED: [&str; 23] = [
    "Box",
    "Clientset",
    "Default",
    "Deserialize",
    "Err",
    "From",
    "Into",
    "IntoIterator",
    "Iterator",
    "None",
    "Nullable",
    "Ok",
    "Option",
    "Resource",
    "Result",
    "Scheme",
    "Self",
    "Serialize",
    "SharedInformerFactory",
    "Some",
    "String",
    "Value",
    "Vec",
];

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || well_known::names().any(|known| known == name)
}

/// Names all types, by [`TypeId`].
pub(super) fn name(
    api: &Api,
    kinds: &[KindName],
    config: &Config,
    lock: &Lock,
    errors: &mut Vec<Error>,
) -> Vec<TypeName> {
    let mut namer = Namer {
        api,
        config,
        settled: HashSet::new(),
        taken: HashMap::new(),
        given: HashMap::new(),
        idents: vec![None; api.types.len()],
        words: Words::default(),
    };
    namer.reserve_kinds(kinds);
    namer.overrides(errors);
    namer.published(lock);
    namer.specs_and_statuses();
    for index in 0..api.types.len() {
        namer.climb(index);
    }
    let homes: Vec<Option<String>> = (0..api.types.len()).map(|index| namer.home(index)).collect();
    let idents: Vec<String> = namer.idents.into_iter().map(Option::unwrap_or_default).collect();
    let files = files(api, kinds, &idents);
    idents
        .into_iter()
        .zip(files)
        .zip(homes)
        .map(|((ident, file), version)| TypeName { ident, version, file, ..TypeName::default() })
        .collect()
}

/// The version of a type that one kind in one version uses; other types belong to the group.
fn home(type_: &TypeDef) -> Option<String> {
    let first = &type_.uses[0];
    let alone = type_.uses.iter().all(|place| place.version == first.version && place.kind == first.kind);
    alone.then(|| first.version.clone())
}

/// A group and a version of it, or no version: the group's shared types.
type Scope<'a> = (&'a str, &'a str);

struct Namer<'a> {
    api: &'a Api,
    config: &'a Config,
    /// The owners of names by scope.
    taken: HashMap<Scope<'a>, HashMap<String, Option<usize>>>,
    /// Names from codegen.toml, by every use of the type.
    given: HashMap<Use, String>,
    idents: Vec<Option<String>>,
    words: Words<'a>,
    /// Types that were published among the shared types of the group, and stay there.
    settled: HashSet<usize>,
}

impl<'a> Namer<'a> {
    fn home(&self, index: usize) -> Option<String> {
        if self.settled.contains(&index) { None } else { home(&self.api.types[index]) }
    }

    /// All scopes in which a type can be seen.
    fn scopes(&self, index: usize) -> BTreeSet<Scope<'a>> {
        let api = self.api;
        let uses = &api.types[index].uses;
        let mut scopes: BTreeSet<Scope<'a>> =
            uses.iter().map(|place| (place.group.as_str(), place.version.as_str())).collect();
        if self.home(index).is_none() {
            scopes.insert((&uses[0].group, ""));
        }
        scopes
    }

    /// The owner of a name in a scope.
    fn holder(&self, scope: Scope<'a>, name: &str) -> Option<&Option<usize>> {
        self.taken.get(&scope)?.get(name)
    }

    fn is_free(&self, index: usize, name: &str) -> bool {
        let is_free = |scope: Scope<'a>| self.holder(scope, name).is_none();
        ident::is_type_name(name) && !is_reserved(name) && self.scopes(index).into_iter().all(is_free)
    }

    fn take(&mut self, index: usize, name: &str) {
        for scope in self.scopes(index) {
            self.taken.entry(scope).or_default().insert(name.to_owned(), Some(index));
        }
        self.idents[index] = Some(name.to_owned());
    }

    /// Kinds, their lists and their endings keep their names in every scope of the group.
    fn reserve_kinds(&mut self, kinds: &[KindName]) {
        let api = self.api;
        for (kind, named) in api.kinds.iter().zip(kinds) {
            let versions =
                api.kinds.iter().filter(|other| other.group == kind.group).map(|other| other.version.as_str());
            for version in versions.chain([""]) {
                let scope = self.taken.entry((&kind.group, version)).or_default();
                for name in [&named.ident, &named.list] {
                    scope.insert(name.clone(), None);
                }
            }
        }
    }

    fn overrides(&mut self, errors: &mut Vec<Error>) {
        let mut by_path: HashMap<String, Vec<usize>> = HashMap::new();
        if !self.config.names.is_empty() {
            for (index, type_) in self.api.types.iter().enumerate() {
                for path in type_.uses.iter().map(Use::schema_path).collect::<HashSet<_>>() {
                    by_path.entry(path).or_default().push(index);
                }
            }
        }
        for (path, name) in &self.config.names {
            let found = by_path.get(path).cloned().unwrap_or_default();
            if found.is_empty() {
                errors.push(self.config.unknown_path("names", path, &by_path.keys().cloned().collect()));
            }
            for index in found {
                self.override_one(index, path, name, errors);
            }
        }
    }

    fn override_one(&mut self, index: usize, path: &str, name: &str, errors: &mut Vec<Error>) {
        if self.idents[index].as_deref() == Some(name) {
            return;
        }
        let bad = |reason: &str| Error::InvalidName {
            setting: Box::new(self.config.setting("names", path)),
            path: path.to_owned(),
            name: name.to_owned(),
            reason: reason.to_owned(),
        };
        let holder = self.scopes(index).into_iter().find_map(|scope| self.holder(scope, name)).copied();
        let reserved = self.api.kinds.iter().any(|kind| {
            let kind = pascal(&kind.kind);
            [format!("{kind}Spec"), format!("{kind}Status")].iter().any(|reserved| reserved == name)
        });
        if reserved {
            errors.push(bad("is the name of a kind's spec or status"));
        } else if let Some(other) = &self.idents[index] {
            errors.push(bad(&format!("this type is called {other} by another line")));
        } else if !ident::is_type_name(name) || is_reserved(name) {
            errors.push(bad("must be a type name in PascalCase that Rust and this crate do not use themselves"));
        } else if let Some(Some(other)) = holder {
            let (first, second) =
                (self.api.types[other].uses[0].to_string(), self.api.types[index].uses[0].to_string());
            let setting = Box::new(self.config.setting("names", path));
            errors.push(Error::DuplicateName { setting, name: name.to_owned(), first, second });
        } else if holder.is_some() {
            errors.push(bad("is the name of a kind or of its list"));
        } else {
            self.take(index, name);
            let uses = self.api.types[index].uses.iter();
            self.given.extend(uses.map(|place| (place.clone(), name.to_owned())));
        }
    }

    /// Keeps published names. If a published type has split, the part with the unchanged schema keeps the name.
    fn published(&mut self, lock: &Lock) {
        let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, type_) in self.api.types.iter().enumerate() {
            if let Some(entry) = type_.uses.iter().find_map(|place| lock.entry_of(place)) {
                parts.entry(entry).or_default().push(index);
            }
        }
        let mut others = Vec::new();
        for (entry, parts) in parts {
            let locked = lock.type_at(entry);
            let weight = |index: &usize| {
                let type_ = &self.api.types[*index];
                let unchanged = format!("{:032x}", type_.fingerprint) == locked.fingerprint;
                let uses = type_.uses.iter().filter(|place| lock.entry_of(place) == Some(entry)).count();
                (unchanged, uses, std::cmp::Reverse(*index))
            };
            let heir = parts.iter().copied().max_by_key(weight);
            others.extend(parts.into_iter().filter(|index| Some(*index) != heir).map(|index| (index, &locked.name)));
            let Some(heir) = heir else { continue };
            if locked.is_shared() {
                self.settled.insert(heir);
            }
            self.take_if_free(heir, &locked.name);
        }
        // In a version's module, the other parts keep the name as well.
        for (index, name) in others {
            self.take_if_free(index, name);
        }
    }

    fn take_if_free(&mut self, index: usize, name: &str) {
        if self.idents[index].is_none() && self.is_free(index, name) {
            self.take(index, name);
        }
    }

    fn specs_and_statuses(&mut self) {
        for index in 0..self.api.types.len() {
            let place = &self.api.types[index].uses[0];
            let suffix = match place.path.as_slice() {
                [Step::Property(name)] if name == "spec" => "Spec",
                [Step::Property(name)] if name == "status" => "Status",
                _ => continue,
            };
            let name = format!("{}{suffix}", pascal(&place.kind));
            if self.idents[index].is_none() && self.is_free(index, &name) {
                self.take(index, &name);
            }
        }
    }

    fn climb(&mut self, index: usize) {
        if self.idents[index].is_some() {
            return;
        }
        let api = self.api;
        let uses = &api.types[index].uses;
        let rungs = rungs(uses, &self.given, &mut self.words);
        let free = rungs.iter().find(|name| self.is_free(index, name)).cloned();
        let name = free.unwrap_or_else(|| {
            let mut name = format!("{}{}", pascal(&uses[0].version), rungs.last().map_or("", String::as_str));
            while !self.is_free(index, &name) {
                name.push_str("Type");
            }
            name
        });
        self.take(index, &name);
    }
}

/// Names to try, shortest first.
fn rungs<'a>(uses: &'a [Use], given: &HashMap<Use, String>, words: &mut Words<'a>) -> Vec<String> {
    let first = words.of(&uses[0], 0);
    let one_kind = uses.iter().all(|place| place.kind == uses[0].kind);
    let mut shared = first.len();
    for place in &uses[1..] {
        let words = words.of(place, 0);
        shared = shared.min(first.iter().rev().zip(words.iter().rev()).take_while(|(one, other)| one == other).count());
    }
    // One plain word (`Type`, `Header`) is too general for a name that several kinds use.
    let too_plain = !one_kind && shared == 1 && first.len() > 1 && split(&first[first.len() - 1]).len() == 1;
    let kind = pascal(&uses[0].kind);
    let mut rungs: Vec<String> = below_given(uses, given, words).into_iter().collect();
    for count in shared.max(1) + usize::from(too_plain)..=first.len() {
        let end: String = first[first.len() - count..].concat();
        rungs.push(if one_kind { format!("{kind}{end}") } else { end });
    }
    rungs.push(format!("{kind}{}", first.concat()));
    let whole: String = uses[0]
        .path
        .iter()
        .filter_map(|step| if let Step::Property(name) = step { Some(ident::spelled_pascal(name)) } else { None })
        .collect();
    rungs.push(format!("{kind}{whole}"));
    rungs
}

/// The name of a type below one that codegen.toml names: that name and the path from there, if it is the same for all uses.
fn below_given<'a>(uses: &'a [Use], given: &HashMap<Use, String>, words: &mut Words<'a>) -> Option<String> {
    if given.is_empty() {
        return None;
    }
    let mut found = None;
    for place in uses {
        let above = (1..place.path.len()).rev().find_map(|length| {
            let above = Use { path: place.path[..length].to_vec(), ..place.clone() };
            given.get(&above).map(|name| format!("{name}{}", words.of(place, length).concat()))
        })?;
        if found.get_or_insert_with(|| above.clone()) != &above {
            return None;
        }
    }
    found
}

/// The words of properties, each by the property and whether it is in the singular.
#[derive(Default)]
struct Words<'a>(HashMap<(&'a str, bool), Rc<str>>);

impl<'a> Words<'a> {
    /// The words of a path: properties in Pascal case, in the singular where the path continues into items or values; without
    /// the root's `spec`, and without the first `from` steps.
    fn of(&mut self, place: &'a Use, from: usize) -> Vec<Rc<str>> {
        let mut words = Vec::with_capacity(place.path.len());
        for (index, step) in place.path.iter().enumerate().skip(from) {
            let Step::Property(name) = step else { continue };
            if index == 0 && name == "spec" && place.path.len() > 1 {
                continue;
            }
            let goes_on = matches!(place.path.get(index + 1), Some(Step::Item | Step::Value));
            let word = self.0.entry((name, goes_on)).or_insert_with(|| word(name, goes_on).into());
            words.push(Rc::clone(word));
        }
        words
    }
}

fn word(name: &str, is_singular: bool) -> String {
    let name_of_one = if is_singular { Cow::Owned(singular(name)) } else { Cow::Borrowed(name) };
    let word = pascal_with_initialisms(&name_of_one);
    if word.is_empty() { ident::spelled_pascal(name) } else { word }
}

/// The file of each type: the kind's, where one kind alone uses it; else that of the outermost type around it that several
/// kinds share.
fn files(api: &Api, kinds: &[KindName], idents: &[String]) -> Vec<String> {
    let mut parent: Vec<Option<usize>> = vec![None; api.types.len()];
    for (index, type_) in api.types.iter().enumerate() {
        let Shape::Struct(structure) = &type_.shape else { continue };
        for below in structure.type_refs() {
            if let TypeRef::Type(TypeId(id)) = below.innermost() {
                parent[*id].get_or_insert(index);
            }
        }
    }
    let shared = |index: usize| api.types[index].uses.iter().any(|place| place.kind != api.types[index].uses[0].kind);
    let file = |index: usize| {
        if !shared(index) {
            let place = &api.types[index].uses[0];
            let kind = api
                .kinds
                .iter()
                .position(|kind| kind.group == place.group && kind.kind == place.kind && kind.version == place.version);
            return kind.map_or_else(|| ident::module(&place.kind), |kind| kinds[kind].file.clone());
        }
        let mut outermost = index;
        while let Some(up) = parent[outermost].filter(|up| shared(*up)) {
            outermost = up;
        }
        ident::module(&idents[outermost])
    };
    (0..api.types.len()).map(file).collect()
}
