//! An enum of the values that a schema names, open for those of a newer one.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Emitter, Item, docs, ident, literal};
use crate::api::{Enum, Repr, TypeDef};
use crate::name::{TypeName, value_text};

/// All items of an enum type.
pub(super) fn items(emitter: &mut Emitter<'_>, type_: &TypeDef, of: &Enum, name: &TypeName) -> Vec<Item> {
    let docs = docs::attributes(&docs::text(&type_.docs, &format!("`{}`.", type_.uses[0].schema_path())));
    let type_ident = ident(&name.ident);
    let mut variants: Vec<TokenStream> = Vec::new();
    let mut entries = Vec::new();
    for value in &of.values {
        let text = value_text(value);
        let variant = &name.members[&text];
        let doc = if text.is_empty() {
            " An empty string.".to_owned()
        } else {
            format!(" {}", docs::visible(&crate::markdown::code(&text)))
        };
        let variant_ident = ident(variant);
        variants.push(quote!(#[doc = #doc] #variant_ident));
        let value = if of.repr == Repr::String { literal(&text) } else { text };
        entries.push(format!("{variant} = {value}"));
    }
    let (repr, repr_text) = match of.repr {
        Repr::String => (emitter.std("String"), "String"),
        Repr::Integer => ("i64", "i64"),
        Repr::Boolean => ("bool", "bool"),
    };
    let repr: TokenStream = repr.parse().unwrap_or_default();
    let other = ident(&name.other);
    let whole = quote! {
        #docs
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum #type_ident {
            #(#variants,)*
            #[doc = " A value that this version of the schema does not name."]
            #other(#repr)
        }
    };
    let head = format!("{}: {repr_text}, {}", name.ident, name.other);
    let mut items: Vec<Item> = emitter.item(&name.ident, whole).into_iter().collect();
    items.push(Item::Macro { name: "open_enum", head, entries });
    items
}
