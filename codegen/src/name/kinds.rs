//! Kinds: their types, lists and accessors.
//!
//! Published names stay, and a new kind climbs where one of them is in its way: kinds get theirs before lists, and lists
//! before the views over all namespaces.

use std::collections::{BTreeMap, BTreeSet};

use super::groups::{RESERVED, groups};
use super::ident;
use super::names::KindName;
use super::words::{pascal, snake, split};
use crate::api::{Api, Kind};
use crate::config::Config;
use crate::error::Error;
use crate::lock::Lock;
use crate::lower::condition_names::is_valid;

/// Names all kinds.
pub(super) fn name(api: &Api, config: &Config, lock: &Lock, errors: &mut Vec<Error>) -> Vec<KindName> {
    let groups = groups(api, config, lock);
    report_unused(api, config, errors);
    let words = words(api, config, lock, errors);
    let mut taken: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut names = Vec::new();
    for kind in &api.kinds {
        let version = ident::module(&kind.version);
        let file = free(ident::module(&kind.kind), |file| {
            taken.insert((kind.group.clone(), version.clone(), file.to_owned()))
        });
        let locked = lock.version(&kind.group, &kind.version, &kind.kind);
        let properties: Vec<&str> = kind.root.fields.iter().map(|field| field.name.as_str()).collect();
        let rest = kind.root.rest.as_ref().and(locked.and_then(|locked| locked.other.clone()));
        let published = locked.map(|locked| locked.members.clone()).unwrap_or_default();
        let members = super::owned(ident::fields(&properties, rest.as_deref(), &published));
        let other = rest.unwrap_or_else(|| super::rest(&members));
        let Words { ident, list, accessor, all_accessor } = words[&key(kind)].clone();
        let group = groups[&kind.group].clone();
        names.push(KindName { ident, list, group, version, file, accessor, all_accessor, members, other });
    }
    names
}

/// The names of one kind in all its versions.
#[derive(Clone, Default)]
struct Words {
    ident: String,
    list: String,
    accessor: String,
    all_accessor: String,
}

type Key<'a> = (&'a str, &'a str);

fn key(kind: &Kind) -> Key<'_> {
    (&kind.group, &kind.kind)
}

/// Decides the words of all kinds, the published ones first.
fn words<'a>(api: &'a Api, config: &Config, lock: &Lock, errors: &mut Vec<Error>) -> BTreeMap<Key<'a>, Words> {
    let mut words: BTreeMap<Key<'_>, Words> = BTreeMap::new();
    let mut taken = Taken::default();
    for kind in &api.kinds {
        let Some(locked) = lock.kind(&kind.group, &kind.kind) else { continue };
        let (ident, list) = (locked.ident.clone(), locked.list.clone());
        let (accessor, all_accessor) = (locked.accessor.clone(), locked.all_accessor.clone());
        for name in [&ident, &list, &accessor, &all_accessor] {
            taken.0.insert((&kind.group, name.clone()));
        }
        words.insert(key(kind), Words { ident, list, accessor, all_accessor });
    }
    let new: BTreeMap<Key<'_>, &Kind> = api.kinds.iter().map(|kind| (key(kind), kind)).collect();
    let new: Vec<&Kind> = new.into_iter().filter(|(key, _)| !words.contains_key(key)).map(|(_, kind)| kind).collect();
    for kind in &api.kinds {
        taken.0.extend(lock.type_names(&kind.group).map(|name| (kind.group.as_str(), name.to_owned())));
    }
    for kind in &new {
        let ident = taken.climb(&kind.group, pascal(&kind.kind), |ident| format!("{ident}Kind"));
        words.entry(key(kind)).or_default().ident = ident;
    }
    for kind in &new {
        let words = words.entry(key(kind)).or_default();
        words.list = taken.climb(&kind.group, format!("{}List", words.ident), |list| format!("{list}OfObjects"));
    }
    accessors(api, &new, config, &mut words, &mut taken, errors);
    words
}

/// The methods of the clientset: from codegen.toml, the lock or the plural.
fn accessors<'a>(
    api: &'a Api,
    new: &[&'a Kind],
    config: &Config,
    words: &mut BTreeMap<Key<'a>, Words>,
    taken: &mut Taken<'a>,
    errors: &mut Vec<Error>,
) {
    for kind in &api.kinds {
        let Some(accessor) = config.accessors.get(&kind.kind) else { continue };
        let words = words.entry(key(kind)).or_default();
        if words.accessor == *accessor {
            continue;
        }
        if !taken.0.insert((&kind.group, accessor.clone())) {
            let (path, reason) = (kind.kind.clone(), "another kind of the group has this accessor".to_owned());
            let setting = Box::new(config.setting("accessors", &path));
            errors.push(Error::InvalidName { setting, path, name: accessor.clone(), reason });
        }
        *words = Words { accessor: accessor.clone(), all_accessor: String::new(), ..words.clone() };
    }
    for kind in new {
        let words = words.entry(key(kind)).or_default();
        if words.accessor.is_empty() {
            words.accessor = taken.climb(&kind.group, accessor(kind), |accessor| format!("{accessor}_of_kind"));
        }
    }
    for kind in &api.kinds {
        let words = words.entry(key(kind)).or_default();
        if words.all_accessor.is_empty() {
            let all = format!("all_{}", words.accessor.trim_start_matches("r#"));
            words.all_accessor = taken.climb(&kind.group, all, |all| format!("{all}_of_kind"));
        }
    }
}

/// The used names of a group: types and methods, compared without case.
#[derive(Default)]
struct Taken<'a>(BTreeSet<(&'a str, String)>);

impl<'a> Taken<'a> {
    fn climb(&mut self, group: &'a str, name: String, longer: impl Fn(&str) -> String) -> String {
        let mut name = name;
        let is_type = name.starts_with(|first: char| first.is_ascii_uppercase());
        while (is_type && !ident::is_type_name(&name)) || !self.0.insert((group, name.clone())) {
            name = longer(&name);
        }
        name
    }
}

/// A file name of one's own: kinds may differ in nothing but case.
fn free(file: String, mut take: impl FnMut(&str) -> bool) -> String {
    let mut file = file;
    while !take(&file) {
        file.push('_');
    }
    file
}

/// `ai_gateway_routes`: the kind in snake case with the plural's ending, or the plural where the two share no stem.
fn accessor(kind: &Kind) -> String {
    let lower: String = kind.kind.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let plural: String = kind.plural.chars().filter(char::is_ascii_alphanumeric).collect();
    let stem = lower.bytes().zip(plural.bytes()).take_while(|(one, other)| one == other).count();
    let (ending, plural_ending) = (&lower[stem..], &plural[stem..]);
    let last_word = split(&kind.kind).last().map_or(0, |last| last.len());
    let name = if ending.len() <= 2 && ending.len() < last_word {
        let snake = snake(&kind.kind);
        format!("{}{plural_ending}", &snake[..snake.len() - ending.len()])
    } else {
        kind.plural.replace('-', "_")
    };
    ident::legal(name)
}

fn report_unused(api: &Api, config: &Config, errors: &mut Vec<Error>) {
    let kinds: BTreeSet<String> = api.kinds.iter().map(|kind| kind.kind.clone()).collect();
    let groups: BTreeSet<String> = api.kinds.iter().map(|kind| kind.group.clone()).collect();
    let accessors = config.accessors.keys().filter(|kind| !kinds.contains(*kind));
    errors.extend(accessors.map(|kind| config.unknown_path("accessors", kind, &kinds)));
    let modules = config.groups.keys().filter(|group| !groups.contains(*group));
    errors.extend(modules.map(|group| config.unknown_path("groups", group, &groups)));
    for (section, names) in [("conditions", &config.conditions), ("reasons", &config.reasons)] {
        errors.extend(
            names.keys().filter(|kind| !kinds.contains(*kind)).map(|kind| config.unknown_path(section, kind, &kinds)),
        );
        for (path, name) in names.iter().flat_map(|(path, names)| names.iter().map(move |name| (path, name))) {
            if !is_valid(name) {
                let reason = "must have the form of a type or reason of conditions, such as Ready or example.com/Ready"
                    .to_owned();
                let setting = Box::new(config.setting(section, path));
                errors.push(Error::InvalidName { setting, path: path.clone(), name: name.clone(), reason });
            }
        }
    }
    let modules: Vec<(&String, &String)> = config.groups.iter().collect();
    for (index, (group, module)) in modules.iter().enumerate() {
        if modules[..index].iter().any(|(_, other)| other == module) || RESERVED.contains(&module.as_str()) {
            let reason = "another group, or the crate itself, has a module of that name".to_owned();
            let setting = Box::new(config.setting("groups", group));
            errors.push(Error::InvalidName { setting, path: (*group).clone(), name: (*module).clone(), reason });
        }
    }
    let named = config
        .accessors
        .iter()
        .map(|(path, name)| ("accessors", path, name))
        .chain(config.groups.iter().map(|(path, name)| ("groups", path, name)));
    for (section, path, name) in named {
        if ident::legal(snake(name)) != *name {
            errors.push(Error::InvalidName {
                setting: Box::new(config.setting(section, path)),
                path: path.clone(),
                name: name.clone(),
                reason: "must be an identifier in snake_case".to_owned(),
            });
        }
    }
}
