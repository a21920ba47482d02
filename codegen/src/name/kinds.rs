//! Groups, versions, kinds and accessors.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{pascal, snake, split};
use super::{KindName, ident};
use crate::api::{Api, Kind};
use crate::config::Config;
use crate::error::Error;
use crate::lock::Lock;

/// Names all kinds.
pub(super) fn name(api: &Api, config: &Config, lock: &Lock, errors: &mut Vec<Error>) -> Vec<KindName> {
    let groups = groups(api, config, lock);
    report_unused(api, config, errors);
    let mut taken: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut names = Vec::new();
    let idents = idents(api);
    for kind in &api.kinds {
        let version = ident::module(&kind.version);
        let file = free(ident::module(&kind.kind), |file| {
            taken.insert((kind.group.clone(), version.clone(), file.to_owned()))
        });
        let properties: Vec<&str> = kind.root.fields.iter().map(|field| field.name.as_str()).collect();
        let members = super::owned(ident::fields(&properties, &BTreeMap::new()));
        let other = super::rest(&members);
        names.push(KindName {
            ident: idents[&(kind.group.as_str(), kind.kind.as_str())].clone(),
            list: String::new(),
            group: groups[&kind.group].clone(),
            version,
            file,
            accessor: accessor(kind, config, lock),
            all_accessor: String::new(),
            members,
            other,
        });
    }
    for index in 0..names.len() {
        names[index].list = list(&names[index], &names);
        names[index].all_accessor = all_accessor(&names[index], &names);
    }
    names
}

/// Each kind's identifier: the kind in Pascal case, with `Kind` behind it where that is taken or a keyword.
fn idents(api: &Api) -> BTreeMap<(&str, &str), String> {
    let mut idents: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for kind in &api.kinds {
        let key = (kind.group.as_str(), kind.kind.as_str());
        if idents.contains_key(&key) {
            continue;
        }
        let taken = |ident: &str| idents.iter().any(|((group, _), other)| *group == key.0 && other == ident);
        let mut ident = pascal(&kind.kind);
        while !ident::is_type_name(&ident) || taken(&ident) {
            ident.push_str("Kind");
        }
        idents.insert(key, ident);
    }
    idents
}

/// The name of a kind's list, unless that is a kind itself.
fn list(name: &KindName, names: &[KindName]) -> String {
    let mut list = format!("{}List", name.ident);
    while names.iter().any(|other| other.group == name.group && other.ident == list) {
        list = format!("{}ObjectList", name.ident);
        if names.iter().any(|other| other.group == name.group && other.ident == list) {
            list.push_str("OfObjects");
            break;
        }
    }
    list
}

/// `all_widgets`, unless a kind is called so.
fn all_accessor(name: &KindName, names: &[KindName]) -> String {
    let plain = name.accessor.trim_start_matches("r#");
    let all = format!("all_{plain}");
    let taken = names.iter().any(|other| other.group == name.group && other.accessor == all);
    if taken { format!("{plain}_of_all_namespaces") } else { all }
}

/// A file name of one's own: kinds may differ in nothing but case.
fn free(file: String, mut take: impl FnMut(&str) -> bool) -> String {
    let mut file = file;
    while !take(&file) {
        file.push('_');
    }
    file
}

/// Each group's module: its first label, more labels where groups clash; published ones stay.
fn groups(api: &Api, config: &Config, lock: &Lock) -> BTreeMap<String, String> {
    let all: BTreeSet<&String> = api.kinds.iter().map(|kind| &kind.group).collect();
    let published = |group: &String| {
        api.kinds
            .iter()
            .filter(|kind| kind.group == *group)
            .find_map(|kind| lock.kind(group, &kind.kind))
            .map(|kind| kind.module.clone())
    };
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    for group in &all {
        if let Some(module) = config.groups.get(*group).cloned().or_else(|| published(group)) {
            modules.insert((*group).clone(), module);
        }
    }
    for group in all {
        if modules.contains_key(group) {
            continue;
        }
        let labels: Vec<&str> = group.split('.').collect();
        let rungs = (1..=labels.len()).map(|count| group_module(&labels[..count]));
        let clash =
            |module: &String| modules.values().any(|other| other == module) || RESERVED.contains(&module.as_str());
        let module = rungs
            .into_iter()
            .find(|module| !clash(module))
            .unwrap_or_else(|| format!("{}_group", group_module(&labels)));
        modules.insert(group.clone(), module);
    }
    modules
}

fn group_module(labels: &[&str]) -> String {
    ident::legal(labels.iter().map(|label| label.replace('-', "_")).collect::<Vec<_>>().join("_"))
}

/// Modules that every emitted crate has.
const RESERVED: [&str; 3] = ["clientset", "crds", "scheme"];

/// `ai_gateway_routes`: the kind in snake case with the plural's ending, or the plural where the two share no stem.
fn accessor(kind: &Kind, config: &Config, lock: &Lock) -> String {
    if let Some(accessor) = config.accessors.get(&kind.kind) {
        return accessor.clone();
    }
    if let Some(locked) = lock.kind(&kind.group, &kind.kind) {
        return locked.accessor.clone();
    }
    let lower: String = kind.kind.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let plural: String = kind.plural.chars().filter(char::is_ascii_alphanumeric).collect();
    let stem = lower.bytes().zip(plural.bytes()).take_while(|(one, other)| one == other).count();
    let (ending, plural_ending) = (&lower[stem..], &plural[stem..]);
    let last_word = split(&kind.kind).last().map_or(0, String::len);
    let name = if ending.len() <= 2 && ending.len() < last_word {
        let snake = snake(&kind.kind);
        format!("{}{plural_ending}", &snake[..snake.len() - ending.len()])
    } else {
        kind.plural.replace('-', "_")
    };
    ident::legal(name)
}

fn report_unused(api: &Api, config: &Config, errors: &mut Vec<Error>) {
    let no_such = |section, path: &String| Error::NoSuchPath { section, path: path.clone(), hint: String::new() };
    for kind in config.accessors.keys().filter(|kind| api.kinds.iter().all(|known| known.kind != **kind)) {
        errors.push(no_such("accessors", kind));
    }
    for group in config.groups.keys().filter(|group| api.kinds.iter().all(|kind| kind.group != **group)) {
        errors.push(no_such("groups", group));
    }
    let modules: Vec<(&String, &String)> = config.groups.iter().collect();
    for (index, (group, module)) in modules.iter().enumerate() {
        if modules[..index].iter().any(|(_, other)| other == module) || RESERVED.contains(&module.as_str()) {
            let why = "another group, or the crate itself, has a module of that name".to_owned();
            errors.push(Error::BadName { section: "groups", path: (*group).clone(), name: (*module).clone(), why });
        }
    }
    let named = config
        .accessors
        .iter()
        .map(|(path, name)| ("accessors", path, name))
        .chain(config.groups.iter().map(|(path, name)| ("groups", path, name)));
    for (section, path, name) in named {
        if ident::legal(snake(name)) != *name {
            errors.push(Error::BadName {
                section,
                path: path.clone(),
                name: name.clone(),
                why: "must be an identifier in snake_case".to_owned(),
            });
        }
    }
}
