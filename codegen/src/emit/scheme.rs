//! `scheme.rs`: all kinds, registered.

use quote::quote;

use super::{Emitter, Module, ident};

/// `scheme.rs`
pub(super) fn module(emitter: &mut Emitter<'_>) -> Module {
    let mut statements = Vec::new();
    for (kind, name) in emitter.kinds() {
        let gate = emitter.gate([(kind, name)]);
        let (group, version, type_) = (ident(&name.group), ident(&name.version), ident(&name.ident));
        statements.push(quote!(#gate scheme.register::<super::#group::#version::#type_>();));
    }
    let some = emitter.condition(emitter.kinds());
    let unused = some.map(|some| quote!(#[cfg_attr(not(#some), allow(unused_mut))]));
    let mut items = Vec::new();
    items.extend(emitter.item(
        "scheme",
        quote!(
            use kube_client_runtime::scheme::Scheme;
        ),
    ));
    items.extend(emitter.item(
        "scheme",
        quote! {
            #[doc = " Every kind of this crate in every version that its features include."]
            #[doc = ""]
            #[doc = " It is compiled where it is called, because it brings the serde of all kinds with it."]
            #[inline]
            #unused
            pub fn scheme() -> Scheme {
                let mut scheme = Scheme::default();
                #(#statements)*
                scheme
            }
        },
    ));
    Module {
        path: "src/scheme.rs".into(),
        docs: "What kinds there are, and how to read any of them.".to_owned(),
        items,
    }
}
