//! Checks of updates and deletions.

use super::Problem;
use crate::inventory::{Inventory, Object, Origin, field};
use crate::kinds::{AIGATEWAY, FINALIZER, GATEWAY_API, OWN};

fn own_objects(inventory: &Inventory) -> impl Iterator<Item = &Object> {
    OWN.iter().flat_map(|kind| inventory.of_kind(kind.group, kind.kind))
}

/// HTTPRoutes with the name of an AIGatewayRoute that the controller has not created.
pub(super) fn overwritten_http_route(inventory: &Inventory) -> Vec<Problem<'_>> {
    let overwritten = |route: &&Object| {
        let key = crate::inventory::Key {
            group: AIGATEWAY.to_owned(),
            kind: "AIGatewayRoute".to_owned(),
            ..route.key.clone()
        };
        let is_owned =
            route.list("/metadata/ownerReferences").iter().any(|owner| field(owner, "kind") == "AIGatewayRoute");
        inventory.find(&key).is_some() && !is_owned
    };
    let routes = inventory.of_kind(GATEWAY_API, "HTTPRoute").filter(overwritten);
    let message =
        "an AIGatewayRoute has the same name, and the controller overwrites this HTTPRoute: rename one of them";
    routes.map(|route| Problem::new(route, "metadata.name", message)).collect()
}

/// Objects that are being deleted and have the finalizer of the controller.
pub(super) fn stuck_finalizer(inventory: &Inventory) -> Vec<Problem<'_>> {
    let is_stuck = |object: &&Object| {
        let finalizers = object.list("/metadata/finalizers");
        !object.text("/metadata/deletionTimestamp").is_empty() && finalizers.iter().any(|name| name == FINALIZER)
    };
    let message = |object: &Object| {
        let since = object.text("/metadata/deletionTimestamp");
        format!("deleted at {since}, and the finalizer {FINALIZER} remains: check that the AI Gateway controller runs")
    };
    own_objects(inventory)
        .filter(is_stuck)
        .map(|object| Problem::new(object, "metadata.finalizers", message(object)))
        .collect()
}

/// Manifests in v1alpha1, and objects that were changed through it, of kinds that have v1beta1.
pub(super) fn old_version(inventory: &Inventory) -> Vec<Problem<'_>> {
    let old = |version: &str| version.ends_with("/v1alpha1");
    let mut problems = Vec::new();
    for object in own_objects(inventory).filter(|object| object.key.kind != "QuotaPolicy") {
        let loss =
            if object.key.kind == "BackendSecurityPolicy" { ", which deletes spec.credentialOverride" } else { "" };
        if old(&object.api_version) && matches!(object.origin, Origin::File { .. }) {
            let message = format!("the manifest is in the deprecated version v1alpha1{loss}: use v1beta1");
            problems.push(Problem::new(object, "apiVersion", message));
        }
        // The status belongs to the controller.
        let managers = object.list("/metadata/managedFields").iter();
        let mut managers = managers.filter(|entry| field(entry, "subresource").is_empty());
        if let Some(manager) = managers.find(|entry| old(field(entry, "apiVersion"))) {
            let name = field(manager, "manager");
            let message = format!("field manager {name:?} writes the object through v1alpha1{loss}: use v1beta1");
            problems.push(Problem::new(object, "metadata.managedFields", message));
        }
    }
    problems
}
