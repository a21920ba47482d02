//! `fake.rs`: a clientset over an in-memory API server that serves the CRDs of the crate.

use super::crds;
use super::uses::Uses;
use super::{Code, Emitter, Item, Module};

/// `fake.rs`
pub(super) fn module(emitter: &Emitter<'_>) -> Module {
    let mut uses = Uses::default();
    for name in ["BuildError", "Builder", "FakeApiServer", "FakeClientset", "ServedCrds"] {
        uses.add("kube_fake_apiserver", name);
    }
    uses.add("super", "clientset");
    uses.add("super", "crds");
    let mut items = uses.items();
    items.push(Item::line("pub type Clientset = FakeClientset<clientset::Clientset>").docs(
        "A clientset and the in-memory API server behind it.\n\n\
        `Clientset::new(objects)` starts a server with the CRDs of this crate and these objects.",
    ));
    items.push(
        Item::function(
            "pub fn server",
            &[],
            "Result<FakeApiServer, BuildError>",
            Code::Text("builder().build()".to_owned()),
        )
        .docs("Starts a server with the CRDs of this crate and without objects.\n\n# Errors\nIf a CRD is rejected."),
    );
    items.push(builder(emitter));
    let trait_method = Item::function("fn builder", &[], "Builder", Code::Text("builder()".to_owned()));
    items.push(Item::methods("ServedCrds for clientset::Clientset", vec![trait_method]));
    let docs = "A clientset for tests, over an in-memory API server that serves the CRDs of this crate.";
    Module { path: "src/fake.rs".into(), docs: docs.to_owned(), items }
}

fn builder(emitter: &Emitter<'_>) -> Item {
    let mut code = "FakeApiServer::builder().any_namespace()".to_owned();
    for name in crds::constants(emitter).keys() {
        code.push_str(&format!(".crds_yaml(crds::{name})"));
    }
    Item::function("pub fn builder", &[], "Builder", Code::Text(code)).docs(
        "Returns the builder of a server with the CRDs of this crate.\n\n\
        Objects may be created in every namespace, whether or not the namespace exists.",
    )
}
