//! The chain of objects that a route needs, from the route to the keys of Secrets.

use std::fmt;

use serde_json::Value;

use crate::inventory::{Inventory, Key, Object, Origin, field};
use crate::kinds::GATEWAY_API;
use crate::output::{Tone, paint, visible};
use crate::references::{Reference, granted, grants_of_route, references, resolve};
use crate::routing::policies;

/// A step of the chain.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) state: State,
}

/// The state of a step.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// It works.
    Ok,
    /// Nothing is known.
    Unknown(String),
    /// It does not work.
    Broken { cause: String, remedy: String },
}

/// `ok       name`
impl fmt::Display for Link {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Ok => writeln!(out, "{}       {}", paint(Tone::Good, "ok"), visible(&self.name)),
            State::Unknown(reason) => {
                writeln!(out, "{}  {}: {}", paint(Tone::Doubtful, "unknown"), visible(&self.name), visible(reason))
            }
            State::Broken { cause, .. } => {
                writeln!(out, "{}   {}: {}", paint(Tone::Bad, "broken"), visible(&self.name), visible(cause))
            }
        }
    }
}

fn broken(cause: impl Into<String>, remedy: impl Into<String>) -> State {
    State::Broken { cause: cause.into(), remedy: remedy.into() }
}

/// Returns the steps, in the order in which they depend on each other.
pub(crate) fn links(inventory: &Inventory, route: &Object) -> Vec<Link> {
    let mut links = vec![accepted(route)];
    let references = references(route);
    let (parents, backends): (Vec<_>, Vec<_>) =
        references.into_iter().partition(|found| found.field.starts_with("spec.parentRefs"));
    if parents.is_empty() {
        let remedy = "add the Gateway to spec.parentRefs";
        links.push(Link { name: "parentRefs".to_owned(), state: broken("the route has no Gateway", remedy) });
    }
    for parent in &parents {
        links.push(reference(inventory, parent));
        links.extend(inventory.find(&parent.target).map(programmed));
    }
    links.extend(http_route(inventory, route));
    for (field, grant) in grants_of_route(inventory, route) {
        if !granted(inventory, &grant) {
            let remedy = format!("create the ReferenceGrant:\n{}", grant.yaml());
            let is_known = inventory.knows(GATEWAY_API, "ReferenceGrant");
            let unknown = || State::Unknown(format!("the input contains no ReferenceGrant: {grant}"));
            let state = if is_known { broken(grant.to_string(), remedy) } else { unknown() };
            links.push(Link { name: field, state });
        }
    }
    for backend in &backends {
        links.push(reference(inventory, backend));
        links.extend(inventory.find(&backend.target).into_iter().flat_map(|found| of_backend(inventory, found)));
    }
    links
}

/// The conditions of AI Gateway: Accepted, or NotAccepted instead of it.
fn accepted(object: &Object) -> Link {
    let conditions = "/status/conditions";
    let is_true = |type_: &str| object.condition(conditions, type_).filter(|found| found["status"] == "True");
    let state = match (is_true("NotAccepted"), is_true("Accepted")) {
        (Some(found), _) => {
            broken(field(found, "message"), format!("fix {}; the controller then accepts it", object.key))
        }
        (None, Some(_)) => State::Ok,
        (None, None) => absent(object, "the AI Gateway controller has set no condition: check that it runs"),
    };
    Link { name: format!("{} Accepted", object.key), state }
}

/// A missing status: objects of files have none.
fn absent(object: &Object, remedy: &str) -> State {
    match object.origin {
        Origin::File { .. } => State::Unknown("manifests have no status".to_owned()),
        Origin::Cluster => broken("there is no condition", remedy),
    }
}

fn programmed(gateway: &Object) -> Link {
    let state = match gateway.condition("/status/conditions", "Programmed") {
        Some(found) if found["status"] == "True" => State::Ok,
        Some(found) => broken(field(found, "message"), "check the listeners and the infrastructure of the Gateway"),
        None => absent(gateway, "Envoy Gateway has set no condition: check that it runs, and the GatewayClass"),
    };
    Link { name: format!("{} Programmed", gateway.key), state }
}

/// The HTTPRoute that the controller creates for a route.
fn http_route(inventory: &Inventory, route: &Object) -> Vec<Link> {
    let key = Key { group: GATEWAY_API.to_owned(), kind: "HTTPRoute".to_owned(), ..route.key.clone() };
    let Some(found) = inventory.find(&key) else {
        let state = match route.origin {
            Origin::File { .. } => State::Unknown("the controller creates it".to_owned()),
            Origin::Cluster if inventory.knows(GATEWAY_API, "HTTPRoute") => {
                broken("it does not exist", "the AI Gateway controller creates it: check that it runs, and its logs")
            }
            Origin::Cluster => State::Unknown("HTTPRoutes cannot be listed".to_owned()),
        };
        return vec![Link { name: key.to_string(), state }];
    };
    let owned = found.list("/metadata/ownerReferences").iter().any(|owner| owner["kind"] == "AIGatewayRoute");
    let mut links = Vec::new();
    if !owned {
        let remedy = "rename the route or the HTTPRoute: the controller overwrites an HTTPRoute of the same name";
        links.push(Link { name: key.to_string(), state: broken("it does not belong to the route", remedy) });
    }
    let parents = found.list("/status/parents");
    if parents.is_empty() {
        let state = absent(found, "Envoy Gateway has not processed the HTTPRoute: check that it runs");
        links.push(Link { name: format!("{key} Accepted"), state });
    }
    links.extend(parents.iter().flat_map(|parent| parent_conditions(&key, parent)));
    links
}

fn parent_conditions(key: &Key, parent: &Value) -> Vec<Link> {
    let link = |type_: &str| {
        let conditions = parent["conditions"].as_array().into_iter().flatten();
        let state = match conditions.into_iter().find(|found| found["type"] == type_) {
            Some(found) if found["status"] == "True" => State::Ok,
            Some(found) => broken(field(found, "message"), "fix what the message of Envoy Gateway says"),
            None => State::Unknown("there is no condition".to_owned()),
        };
        Link { name: format!("{key} {type_} by Gateway {}", field(&parent["parentRef"], "name")), state }
    };
    ["Accepted", "ResolvedRefs"].map(link).into()
}

fn reference(inventory: &Inventory, reference: &Reference) -> Link {
    let resolution = resolve(inventory, reference);
    let state = match resolution.problem(reference) {
        None => State::Ok,
        Some((reason, false)) => State::Unknown(reason),
        Some((cause, true)) => {
            let prefix = format!("{}: ", reference.field);
            broken(cause.strip_prefix(&prefix).unwrap_or(&cause), resolution.remedy(reference))
        }
    };
    Link { name: format!("{} -> {}", reference.field, reference.target), state }
}

/// A backend, its policies and their Secrets.
fn of_backend(inventory: &Inventory, backend: &Object) -> Vec<Link> {
    let mut links = Vec::new();
    if backend.key.kind != "AIServiceBackend" {
        return links;
    }
    links.push(accepted(backend));
    links.extend(references(backend).iter().map(|found| reference(inventory, found)));
    for kind in ["BackendSecurityPolicy", "QuotaPolicy"] {
        for policy in policies(inventory, kind, &backend.key) {
            links.push(accepted(policy));
            let secrets = references(policy).into_iter().filter(|found| found.target.kind == "Secret");
            links.extend(secrets.map(|found| reference(inventory, &found)));
        }
    }
    links
}
