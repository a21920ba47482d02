//! A struct, its constructor, its setters and its defaults.

use proc_macro2::TokenStream;
use quote::quote;

use super::typeref::{Imports, TYPES, is_json};
use super::{Emitter, Item, docs, ident, literal};
use crate::api::{Defaults, Field, Presence, Shape, Struct, TypeDef, TypeId, TypeRef};
use crate::name::TypeName;
use crate::name::words::serde_camel;

/// Methods that a setter may not hide.
const METHODS: [&str; 6] = ["clone", "default", "new", "with_defaults", "into", "eq"];

/// All items of a struct type.
pub(super) fn items(
    emitter: &mut Emitter<'_>,
    type_: &TypeDef,
    structure: &Struct,
    name: &TypeName,
    imports: &mut Imports,
) -> Vec<Item> {
    let docs = docs::attributes(&docs::text(&type_.docs, &format!("`{}`.", type_.uses[0].schema_path())));
    let type_ident = ident(&name.ident);
    let camel = structure
        .fields
        .iter()
        .any(|field| renames(field, name) && serde_camel(&name.members[&field.name]) == field.name);
    let rename_all = camel.then(|| quote!(#[serde(rename_all = "camelCase")]));
    let mut fields: Vec<TokenStream> =
        structure.fields.iter().filter_map(|field| field_tokens(emitter, field, name, camel, imports)).collect();
    fields.extend(rest(emitter, structure, name, imports));
    let [serialize, deserialize] = ["Serialize", "Deserialize"].map(|name| emitter.serde(name));
    let whole = quote! {
        #docs
        #[derive(Clone, Debug, Default, PartialEq, #serialize, #deserialize)]
        #rename_all
        pub struct #type_ident { #(#fields),* }
    };
    let mut items = Vec::new();
    items.extend(emitter.item(&name.ident, whole));
    items.extend(constructor(emitter, structure, name, imports));
    items.extend(setters(emitter, structure, name, imports));
    items.extend(defaults(emitter, structure, &name.ident));
    items
}

/// Whether the identifier and the JSON name differ.
fn renames(field: &Field, name: &TypeName) -> bool {
    name.members[&field.name].trim_start_matches("r#") != field.name
}

/// A field with its documentation and serde's attributes.
fn field_tokens(
    emitter: &mut Emitter<'_>,
    field: &Field,
    name: &TypeName,
    camel: bool,
    imports: &mut Imports,
) -> Option<TokenStream> {
    let member = &name.members[&field.name];
    let docs = docs::attributes(&docs::text(&field.docs, &format!("{}.", crate::markdown::code(&field.name))));
    let field_ident = ident(member);
    let type_text = emitter.field_type(field, imports);
    let type_ = tokens(emitter, &name.ident, &type_text)?;
    let mut attributes: Vec<TokenStream> = Vec::new();
    let by_rule = if camel { serde_camel(member) } else { member.trim_start_matches("r#").to_owned() };
    if by_rule != field.name {
        let json = super::literal_token(&field.name);
        attributes.push(quote!(rename = #json));
    }
    let is_none = format!("{}::is_none", emitter.std("Option"));
    match field.presence {
        Presence::Optional => attributes.push(quote!(skip_serializing_if = #is_none)),
        Presence::OptionalOrNull => {
            let present = format!("{TYPES}::present");
            attributes.push(quote!(default, deserialize_with = #present, skip_serializing_if = #is_none));
        }
        Presence::Required | Presence::RequiredOrNull => {}
    }
    let serde = (!attributes.is_empty()).then(|| quote!(#[serde(#(#attributes),*)]));
    Some(quote!(#docs #serde pub #field_ident: #type_))
}

/// The field for what the properties do not name.
fn rest(emitter: &mut Emitter<'_>, structure: &Struct, name: &TypeName, imports: &mut Imports) -> Option<TokenStream> {
    let rest = structure.rest.as_ref()?;
    let map = emitter.type_text(&TypeRef::Map(Box::new(rest.clone())), imports);
    let type_ = tokens(emitter, &name.ident, &map)?;
    let field = ident(&name.other);
    let with = format!("{TYPES}::rest");
    let serde =
        if *rest == TypeRef::Json { quote!(#[serde(flatten)]) } else { quote!(#[serde(flatten, with = #with)]) };
    Some(quote!(#[doc = " What the properties above do not name."] #serde pub #field: #type_))
}

/// `new` with everything that must be there.
fn constructor(emitter: &mut Emitter<'_>, structure: &Struct, name: &TypeName, imports: &mut Imports) -> Option<Item> {
    let required: Vec<&Field> = structure
        .fields
        .iter()
        .filter(|field| matches!(field.presence, Presence::Required | Presence::RequiredOrNull))
        .collect();
    if required.is_empty() {
        return None;
    }
    let mut parameters = Vec::new();
    let mut values = Vec::new();
    for field in &required {
        let member = ident(&name.members[&field.name]);
        let (type_, value) = parameter(emitter, field, &name.members[&field.name], imports);
        let type_ = tokens(emitter, &name.ident, &type_)?;
        parameters.push(quote!(#member: #type_));
        values.push(tokens(emitter, &name.ident, &value)?);
    }
    let optional = structure.fields.len() > required.len() || structure.rest.is_some();
    let others = optional.then(|| quote!(..::core::default::Default::default()));
    let many = (required.len() > 7).then(|| quote!(#[allow(clippy::too_many_arguments)]));
    let type_ident = ident(&name.ident);
    let doc = format!(" `{}` with what it must have.", name.ident);
    emitter.item(
        &name.ident,
        quote! {
            impl #type_ident {
                #[doc = #doc]
                #many
                pub fn new(#(#parameters),*) -> Self {
                    Self { #(#values,)* #others }
                }
            }
        },
    )
}

/// A constructor's parameter, and the field's value made of it.
pub(super) fn parameter(emitter: &Emitter<'_>, field: &Field, member: &str, imports: &mut Imports) -> (String, String) {
    let nullable = field.presence == Presence::RequiredOrNull;
    match &field.type_ {
        TypeRef::List(items) if !nullable => {
            let item = emitter.type_text(items, imports);
            (
                format!("impl {}<Item = impl {}<{item}>>", emitter.std("IntoIterator"), emitter.std("Into")),
                format!("{member}: {member}.into_iter().map(::core::convert::Into::into).collect()"),
            )
        }
        TypeRef::Boolean | TypeRef::I32 | TypeRef::I64 | TypeRef::Map(_) if !nullable => {
            (emitter.type_text(&field.type_, imports), member.to_owned())
        }
        _ => (
            format!("impl {}<{}>", emitter.std("Into"), emitter.field_type(field, imports)),
            format!("{member}: {member}.into()"),
        ),
    }
}

/// One setter per field that need not be there.
fn setters(emitter: &mut Emitter<'_>, structure: &Struct, name: &TypeName, imports: &mut Imports) -> Option<Item> {
    let mut entries = Vec::new();
    for field in
        structure.fields.iter().filter(|field| matches!(field.presence, Presence::Optional | Presence::OptionalOrNull))
    {
        let member = &name.members[&field.name];
        let setter =
            if METHODS.contains(&member.as_str()) { format!("{member} as set_{member}") } else { member.clone() };
        let mut text = |type_: &TypeRef| emitter.type_text(type_, imports);
        let mode = match (&field.type_, field.presence) {
            (type_, Presence::OptionalOrNull) if field.boxed => format!("nullable_box({})", text(type_)),
            (type_, _) if field.boxed => format!("boxed({})", text(type_)),
            (type_, Presence::OptionalOrNull) if !is_json(type_) => format!("nullable({})", text(type_)),
            (TypeRef::List(items), _) => format!("list({})", text(items)),
            (TypeRef::Map(values), _) => format!("map({})", text(values)),
            (type_, _) => format!("value({})", text(type_)),
        };
        entries.push(format!("{setter}: {mode}"));
    }
    (!entries.is_empty()).then(|| Item::Macro { name: "setters", head: name.ident.clone(), entries })
}

/// What the API server fills in, for structs that have such a thing anywhere below.
pub(super) fn defaults(emitter: &Emitter<'_>, structure: &Struct, ident: &str) -> Option<Item> {
    let mut entries = Vec::new();
    for field in &structure.fields {
        let default =
            field.default.as_ref().filter(|default| !default.is_null()).map(|default| literal(&default.to_string()));
        let below = emitter.defaulted(&field.type_).then(|| emitter.below(&field.type_));
        entries.extend(entry(&literal(&field.name), default, below));
    }
    let rest = structure.rest.as_ref().filter(|rest| emitter.defaulted(rest));
    entries.extend(rest.and_then(|rest| entry("_", None, Some(emitter.below(rest)))));
    (!entries.is_empty()).then(|| Item::Macro { name: "defaults", head: ident.to_owned(), entries })
}

/// A property as `defaults!` writes it, if the API server fills in anything.
fn entry(name: &str, default: Option<String>, below: Option<String>) -> Option<String> {
    match (default, below) {
        (Some(default), Some(below)) => Some(format!("{name}: {default}, {below}")),
        (Some(default), None) => Some(format!("{name}: {default}")),
        (None, Some(below)) => Some(format!("{name}: _, {below}")),
        (None, None) => None,
    }
}

/// Defaults that no type says itself, in parentheses.
fn spelled_out(defaults: &Defaults) -> String {
    match defaults {
        Defaults::Nothing => "()".to_owned(),
        Defaults::Items(below) => format!("[{}]", spelled_out(below)),
        Defaults::Values(below) => format!("{{{}}}", spelled_out(below)),
        Defaults::Object(defaults) => {
            let entries = defaults.iter().filter_map(|default| {
                let name = default.name.as_deref().map_or_else(|| "_".to_owned(), literal);
                let below = (default.below != Defaults::Nothing).then(|| spelled_out(&default.below));
                entry(&name, default.value.as_deref().map(literal), below)
            });
            format!("({})", entries.map(|entry| format!("{entry};")).collect::<Vec<_>>().join(" "))
        }
    }
}

impl Emitter<'_> {
    /// Whether the API server fills in anything inside a value.
    pub(super) fn defaulted(&self, type_: &TypeRef) -> bool {
        match type_.innermost() {
            TypeRef::Type(TypeId(id)) => match &self.api.types[*id].shape {
                Shape::Struct(structure) => self.has_defaults(structure),
                Shape::Enum(_) => false,
            },
            TypeRef::Known(_, defaults) | TypeRef::External(_, defaults) => *defaults != Defaults::Nothing,
            _ => false,
        }
    }

    /// Where defaults go on, as `defaults!` writes it: `T`, `[T]` for a list, `{T}` for a map.
    fn below(&self, type_: &TypeRef) -> String {
        match type_ {
            TypeRef::List(items) => format!("[{}]", self.below(items)),
            TypeRef::Map(values) => format!("{{{}}}", self.below(values)),
            TypeRef::Nullable(inner) | TypeRef::Sensitive(inner) => self.below(inner),
            TypeRef::Type(TypeId(id)) => self.names.types[*id].ident.clone(),
            TypeRef::Known(_, defaults) | TypeRef::External(_, defaults) => spelled_out(defaults),
            _ => "_".to_owned(),
        }
    }

    pub(super) fn has_defaults(&self, structure: &Struct) -> bool {
        structure.fields.iter().any(|field| field.default.as_ref().is_some_and(|default| !default.is_null()))
            || structure.type_refs().any(|type_| self.defaulted(type_))
    }
}

/// Text of Rust as tokens; the item around them is checked as a whole.
fn tokens(emitter: &mut Emitter<'_>, module: &str, text: &str) -> Option<TokenStream> {
    match text.parse() {
        Ok(tokens) => Some(tokens),
        Err(error) => {
            emitter.errors.push(crate::Error::NoRust { module: module.to_owned(), why: format!("{text}: {error}") });
            None
        }
    }
}
