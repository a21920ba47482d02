//! `scheme.rs`: all kinds, registered.

use super::uses::Uses;
use super::{Code, Emitter, Item, Module};

/// `scheme.rs`
pub(super) fn module(emitter: &Emitter<'_>) -> Module {
    let mut uses = Uses::default();
    uses.add("kube_client_runtime::scheme", "Scheme");
    for (group, versions) in emitter.groups() {
        uses.add_if(emitter.gate(versions.values().flatten().copied()), "super", group);
    }
    let mut code = "let mut scheme = Scheme::default();\n".to_owned();
    for (kind, name) in emitter.kinds() {
        if let Some(gate) = emitter.gate([(kind, name)]) {
            code.push_str(&format!("#[cfg({gate})]\n"));
        }
        code.push_str(&format!("scheme.register::<{}::{}::{}>();\n", name.group, name.version, name.ident));
    }
    code.push_str("scheme");
    let mut scheme = Item::function("pub fn scheme", &[], "Scheme", Code::Text(code)).docs(
        "Returns a scheme with every kind of this crate in every version that the enabled features include.\n\n\
        It is inlined into its caller, because it pulls in the serde code of all kinds.",
    );
    scheme.attributes.push("inline".to_owned());
    if let Some(any) = emitter.gate(emitter.kinds()) {
        scheme.attributes.push(format!("cfg_attr(not({any}), allow(unused_mut))"));
    }
    let mut items = uses.items();
    items.push(scheme);
    let docs = "The kinds of this crate, and how to decode any of them.".to_owned();
    Module { path: "src/scheme.rs".into(), docs, items }
}
