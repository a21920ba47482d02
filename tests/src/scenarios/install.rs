//! Installation of CRDs. Each scenario uses its own CRD, so that other kinds are not affected.

use std::time::Duration;

use aigateway_client::Clientset;
use aigateway_client::crds::{InstallError, InstallOptions, install};
use aigateway_client::runtime::CustomResourceDefinition;
use serde_json::json;
use testkit::crds::{definition_with, version};

fn crd(group: &str, versions: &[&str], description: &str) -> CustomResourceDefinition {
    let schema = json!({"type": "object", "description": description});
    let versions = versions.iter().enumerate().map(|(index, name)| version(name, index == 0, schema.clone())).collect();
    let names = json!({"kind": "Widget", "listKind": "WidgetList", "plural": "widgets", "singular": "widget"});
    serde_json::from_value(definition_with(group, names, versions)).expect("a CRD")
}

async fn remove(clients: &Clientset, group: &str) {
    clients
        .client()
        .cluster::<CustomResourceDefinition>()
        .delete(&format!("widgets.{group}"))
        .await
        .expect("the CRD is deleted");
}

fn options(manager: &str) -> InstallOptions {
    InstallOptions { field_manager: manager.to_owned(), timeout: Duration::from_secs(60), dry_run: false }
}

/// Verifies that a repeated installation changes nothing.
///
/// # Panics
/// If it changes the CRD.
pub async fn repeated_installation_changes_nothing(clients: Clientset, group: &str) {
    let crds = [crd(group, &["v1"], "a widget")];
    let first = install(clients.client(), &crds, &options("installer")).await.unwrap();
    assert!(first[0].created);
    let second = install(clients.client(), &crds, &options("installer")).await.unwrap();
    assert!(!second[0].created);
    let again = clients.client().cluster::<CustomResourceDefinition>().get(&first[0].name).await.unwrap();
    assert_eq!(again.metadata.generation, Some(1));
    remove(&clients, group).await;
}

/// Verifies that fields of another manager cause a conflict that names it.
///
/// # Panics
/// If the fields are overwritten, or the manager is not named.
pub async fn installation_conflict_names_the_manager(clients: Clientset, group: &str) {
    install(clients.client(), &[crd(group, &["v1"], "theirs")], &options("platform-team")).await.unwrap();
    let refused = install(clients.client(), &[crd(group, &["v1"], "ours")], &options("installer")).await.unwrap_err();
    let InstallError::Conflict { managers, fields, .. } = &refused else { panic!("{refused}") };
    assert_eq!(managers, &["platform-team"]);
    assert!(fields.iter().any(|field| field.contains("versions")), "{fields:?}");
    remove(&clients, group).await;
}

/// Verifies that a CRD whose names another CRD uses is an error with the message of the API server.
///
/// # Panics
/// If the CRD is reported as installed.
pub async fn refused_names_are_an_error(clients: Clientset, group: &str) {
    install(clients.client(), &[crd(group, &["v1"], "a widget")], &options("installer")).await.unwrap();
    let names = json!({"kind": "Widget", "listKind": "WidgetList", "plural": "gadgets", "singular": "gadget"});
    let schema = json!({"type": "object"});
    let other = definition_with(group, names, vec![version("v1", true, schema)]);
    let other: CustomResourceDefinition = serde_json::from_value(other).expect("a CRD");
    let refused = install(clients.client(), &[other], &options("installer")).await.unwrap_err();
    let InstallError::NamesNotAccepted { crd, message } = &refused else { panic!("{refused}") };
    assert_eq!(crd, &format!("gadgets.{group}"));
    assert!(message.contains("is already in use"), "{message}");
    clients.client().cluster::<CustomResourceDefinition>().delete(crd).await.expect("the CRD is deleted");
    remove(&clients, group).await;
}

/// Verifies that a stored version cannot be removed until its objects are migrated.
///
/// # Panics
/// If it is removed.
pub async fn stored_version_is_not_removed(clients: Clientset, group: &str) {
    install(clients.client(), &[crd(group, &["v1alpha1"], "old")], &options("installer")).await.unwrap();
    let both = [crd(group, &["v1", "v1alpha1"], "new")];
    install(clients.client(), &both, &options("installer")).await.unwrap();
    let refused = install(clients.client(), &[crd(group, &["v1"], "newest")], &options("installer")).await.unwrap_err();
    let InstallError::DropsStoredVersion { versions, .. } = &refused else { panic!("{refused}") };
    assert_eq!(versions, &["v1alpha1"]);

    let name = format!("widgets.{group}");
    let crds = clients.client().cluster::<CustomResourceDefinition>();
    let kube = crds.api();
    let migrated = json!({"status": {"storedVersions": ["v1"]}});
    kube.patch_status(&name, &kube::api::PatchParams::default(), &kube::api::Patch::Merge(migrated)).await.unwrap();
    install(clients.client(), &[crd(group, &["v1"], "newest")], &options("installer")).await.unwrap();
    remove(&clients, group).await;
}
