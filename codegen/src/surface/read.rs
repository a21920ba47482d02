//! Reading of the public API from emitted files.

use std::collections::BTreeMap;
use std::fmt;

use quote::ToTokens;

use super::severity::Severity;
use super::text::{parent, rust};
use crate::render::Tree;

#[derive(Clone)]
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) docs: String,
    /// The severity of a change.
    pub(super) severity: Severity,
    /// Whether it is a required field, which is a breaking change if it is added to a struct.
    pub(super) is_required: bool,
}

pub(super) type Surface = BTreeMap<String, Entry>;

pub(super) fn surface(tree: &Tree) -> Surface {
    let mut surface = Surface::new();
    let mut reexports = Vec::new();
    for (path, text) in tree.iter().filter(|(path, _)| path.starts_with("src") && path.extension() == Some("rs")) {
        // Private modules for files do not count: the path of an item is that of the public module.
        let folder = path.parent().map(|parent| parent.as_str().trim_start_matches("src").trim_start_matches('/'));
        let module = folder.unwrap_or_default().replace('/', "::");
        let Ok(file) = syn::parse_file(text) else { continue };
        let file_module = joined(&module, path.file_stem().unwrap_or_default());
        // Items in `fake` have the same names as items of the root.
        let module = if file_module == "fake" { file_module.clone() } else { module };
        for item in &file.items {
            self::item(&module, item, &mut surface);
            inline_modules(&file_module, item, &mut surface);
            if let syn::Item::Use(one) = item
                && is_public(&one.vis)
            {
                add_reexports(&one.tree, &module, &module, &mut reexports);
            }
        }
    }
    for (alias, target) in reexports {
        let below = format!("{target}::");
        let is_of = |path: &String| *path == target || path.starts_with(&below);
        let entries: Vec<String> = surface.keys().filter(|path| is_of(path)).cloned().collect();
        for path in entries {
            let copy = surface[&path].clone();
            surface.entry(format!("{alias}{}", &path[target.len()..])).or_insert(copy);
        }
    }
    surface
}

/// Adds the paths of re-exports, and the paths of the items.
fn add_reexports(tree: &syn::UseTree, from: &str, module: &str, reexports: &mut Vec<(String, String)>) {
    match tree {
        syn::UseTree::Path(path) => {
            let below = match path.ident.to_string().as_str() {
                "self" => from.to_owned(),
                "super" => parent(from).to_owned(),
                name => joined(from, name),
            };
            add_reexports(&path.tree, &below, module, reexports);
        }
        syn::UseTree::Name(name) => reexports.push((joined(module, &name.ident), joined(from, &name.ident))),
        syn::UseTree::Rename(name) => reexports.push((joined(module, &name.rename), joined(from, &name.ident))),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| add_reexports(tree, from, module, reexports)),
        syn::UseTree::Glob(_) => {}
    }
}

/// Adds the items of `mod name { … }`.
fn inline_modules(module: &str, item: &syn::Item, surface: &mut Surface) {
    let syn::Item::Mod(one) = item else { return };
    let Some((_, items)) = one.content.as_ref().filter(|_| is_public(&one.vis)) else { return };
    let module = joined(module, &one.ident);
    for item in items {
        self::item(&module, item, surface);
        inline_modules(&module, item, surface);
    }
}

fn joined(module: &str, name: impl fmt::Display) -> String {
    if module.is_empty() { name.to_string() } else { format!("{module}::{name}") }
}

fn add(surface: &mut Surface, path: String, tokens: impl ToTokens, attributes: &[syn::Attribute]) {
    let text = rust(tokens.to_token_stream());
    let docs = attributes.iter().filter(|one| one.path().is_ident("doc")).map(|one| one.to_token_stream().to_string());
    let entry = Entry { text, docs: docs.collect(), severity: Severity::Breaking, is_required: false };
    surface.insert(path, entry);
}

fn is_public(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Public(_))
}

fn item(module: &str, item: &syn::Item, surface: &mut Surface) {
    match item {
        syn::Item::Struct(one) if is_public(&one.vis) => {
            let path = joined(module, &one.ident);
            add(surface, path.clone(), &one.generics, &one.attrs);
            for field in one.fields.iter().filter(|field| is_public(&field.vis)) {
                let Some(ident) = &field.ident else { continue };
                let at = joined(&path, ident);
                add(surface, at.clone(), &field.ty, &field.attrs);
                if let Some(entry) = surface.get_mut(&at) {
                    entry.is_required = !is_optional(&field.ty);
                }
            }
        }
        syn::Item::Enum(one) if is_public(&one.vis) => {
            let path = joined(module, &one.ident);
            add(surface, path.clone(), &one.generics, &one.attrs);
            for variant in &one.variants {
                add(surface, joined(&path, &variant.ident), &variant.fields, &variant.attrs);
            }
        }
        syn::Item::Impl(one) if one.trait_.is_none() => {
            let path = joined(module, rust(one.self_ty.to_token_stream()));
            for member in &one.items {
                if let syn::ImplItem::Fn(method) = member
                    && is_public(&method.vis)
                {
                    add(surface, joined(&path, format_args!("{}()", method.sig.ident)), &method.sig, &method.attrs);
                }
            }
        }
        syn::Item::Trait(one) if is_public(&one.vis) => {
            let path = joined(module, &one.ident);
            add(surface, path.clone(), "", &one.attrs);
            if let Some(entry) = surface.get_mut(&path) {
                entry.text = one.items.iter().map(signature).collect::<Vec<_>>().join("; ");
            }
        }
        syn::Item::Type(one) if is_public(&one.vis) => add(surface, joined(module, &one.ident), &one.ty, &one.attrs),
        syn::Item::Fn(one) if is_public(&one.vis) => {
            add(surface, joined(module, format_args!("{}()", one.sig.ident)), &one.sig, &one.attrs);
        }
        // The value of a constant is not a part of the API.
        syn::Item::Const(one) if is_public(&one.vis) => add(surface, joined(module, &one.ident), &one.ty, &one.attrs),
        syn::Item::Static(one) if is_public(&one.vis) => add(surface, joined(module, &one.ident), &one.ty, &one.attrs),
        syn::Item::Mod(one) if is_public(&one.vis) => {
            add(surface, joined(module, format_args!("mod {}", one.ident)), "", &[]);
        }
        syn::Item::Macro(one) => macro_call(module, &one.mac, surface),
        _ => {}
    }
}

fn signature(item: &syn::TraitItem) -> String {
    match item {
        syn::TraitItem::Fn(method) => rust(method.sig.to_token_stream()),
        other => rust(other.to_token_stream()),
    }
}

/// Adds the entries of a call of a macro of the runtime.
fn macro_call(module: &str, call: &syn::Macro, surface: &mut Surface) {
    let name = call.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    match name.as_str() {
        "resource" | "custom_kind" => resource(module, &call.tokens, surface),
        "open_enum" => open_enum(module, &call.tokens, surface),
        "apply_fields" | "apply_object" => apply_configuration(module, &call.tokens, surface),
        // Other macros contain only what the fields contain.
        _ => {}
    }
}

/// Returns the first token of a macro call, and its entries as names and values.
fn entries(tokens: &proc_macro2::TokenStream) -> Option<(String, Vec<(String, String)>)> {
    let mut trees = tokens.clone().into_iter();
    let head = trees.next()?.to_string();
    let body = trees.find_map(|tree| match tree {
        proc_macro2::TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace => Some(group),
        _ => None,
    })?;
    let mut entries = Vec::new();
    let mut name: Option<String> = None;
    let mut value = proc_macro2::TokenStream::new();
    for tree in body.stream() {
        match (&tree, &name) {
            (proc_macro2::TokenTree::Punct(end), Some(known)) if end.as_char() == ',' => {
                entries.push((known.clone(), rust(std::mem::take(&mut value))));
                name = None;
            }
            (tree, None) => name = Some(tree.to_string()),
            (proc_macro2::TokenTree::Punct(mark), Some(_))
                if value.is_empty() && matches!(mark.as_char(), ':' | '=') => {}
            (tree, Some(_)) => value.extend([tree.clone()]),
        }
    }
    entries.extend(name.map(|name| (name, rust(value))));
    Some((head, entries))
}

fn entry(text: &str, severity: Severity) -> Entry {
    Entry { text: text.trim().to_owned(), docs: String::new(), severity, is_required: false }
}

/// Adds the properties of a kind.
fn resource(module: &str, tokens: &proc_macro2::TokenStream, surface: &mut Surface) {
    let Some((head, entries)) = entries(tokens) else { return };
    for (name, value) in entries {
        let severity = match name.as_str() {
            "group" | "version" | "kind" | "plural" | "scope" | "subresources" => Severity::Breaking,
            // Contained in the struct.
            "crd" | "fields" | "spec" | "status" => continue,
            _ => Severity::Additive,
        };
        surface.insert(joined(&joined(module, &head), format_args!("<{name}>")), entry(&value, severity));
    }
}

/// Adds the serialized values of an enum.
fn open_enum(module: &str, tokens: &proc_macro2::TokenStream, surface: &mut Surface) {
    let Some((head, entries)) = entries(tokens) else { return };
    for (name, value) in entries {
        surface.insert(joined(&joined(module, &head), format_args!("{name}=")), entry(&value, Severity::Breaking));
    }
}

/// Adds an apply configuration, and its setters with the types of their arguments.
fn apply_configuration(module: &str, tokens: &proc_macro2::TokenStream, surface: &mut Surface) {
    let Some((head, entries)) = entries(tokens) else { return };
    let path = joined(module, &head);
    for (name, value) in entries {
        // How the API server merges a list does not affect the methods.
        let value = value.split(" as ").next().unwrap_or_default();
        surface.insert(joined(&path, format_args!("{name}()")), entry(value, Severity::Breaking));
    }
    surface.insert(path, entry("apply configuration", Severity::Breaking));
}

/// Returns whether a field of this type is optional.
fn is_optional(type_: &syn::Type) -> bool {
    let syn::Type::Path(path) = type_ else { return false };
    let last = path.path.segments.last().map(|segment| segment.ident.to_string());
    matches!(last.as_deref(), Some("Option" | "Vec" | "BTreeMap"))
}
