//! Permissions that recorded requests need.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::api::{Api, ListParams, Patch, PatchParams, WatchParams};
use kube_fake_apiserver::{Calls, FakeApiServer, User};
use serde_json::json;

use super::{server, widgets};

#[tokio::test]
async fn recorded_requests_become_the_least_roles() {
    let server = server();
    let recording = server.record();
    let maps: Api<ConfigMap> = Api::default_namespaced(server.client_as(&User::new("controller")));
    let apply = Patch::Apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}));
    maps.patch("one", &PatchParams::apply("test"), &apply).await.expect("a patch");
    maps.get("one").await.expect("an object");
    maps.get("one").await.expect("an object");
    let secrets: Api<Secret> = Api::default_namespaced(server.client_as(&User::new("controller")));
    secrets.get_opt("one").await.expect("no object");
    let widgets = widgets(&server.client_as(&User::new("controller")));
    assert!(widgets.get_status("one").await.is_err());
    let all: Api<ConfigMap> = Api::all(server.client_as(&User::new("controller")));
    all.list(&ListParams::default()).await.expect("a list");
    // The test's own requests need no permissions.
    let namespaces: Api<Namespace> = Api::all(server.client());
    namespaces.list(&ListParams::default()).await.expect("a list");

    let calls = Calls::all().from_user("controller");
    // A test that compares the role with the deployed one fails when the controller needs other permissions.
    let deployed = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "controller"},
        "rules": [
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "create", "patch"]},
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
            {"apiGroups": ["example.com"], "resources": ["widgets/status"], "verbs": ["get"]},
        ],
    });
    assert_eq!(recording.cluster_role("controller", &calls), deployed);
    let roles = recording.roles("controller", &calls);
    let kinds: Vec<&str> = roles.iter().filter_map(|role| role["kind"].as_str()).collect();
    assert_eq!(kinds, ["ClusterRole", "Role"]);
    let list = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]);
    assert_eq!(roles[0]["rules"], list);
    assert_eq!(roles[1]["metadata"], json!({"name": "controller", "namespace": "default"}));
    let _: k8s_openapi::api::rbac::v1::Role = serde_json::from_value(roles[1].clone()).expect("a role");
}

#[tokio::test]
async fn watch_with_initial_events_also_needs_the_verb_list() {
    let server = server();
    let recording = server.record();
    let maps: Api<ConfigMap> = Api::default_namespaced(server.client());
    drop(maps.watch(&WatchParams::default(), "0").await.expect("a watch"));
    let verbs = || recording.cluster_role("controller", &Calls::all())["rules"][0]["verbs"].clone();
    assert_eq!(verbs(), json!(["watch"]));
    let initial = WatchParams::default().initial_events();
    drop(maps.watch(&initial, "").await.expect("a watch"));
    assert_eq!(verbs(), json!(["list", "watch"]));
}

#[tokio::test]
async fn least_role_permits_the_recorded_requests() {
    let server = FakeApiServer::builder().rbac().build().expect("a server");
    let recording = server.record();
    let run = async |client: kube::Client| {
        let maps: Api<ConfigMap> = Api::default_namespaced(client);
        let apply = Patch::Apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}));
        maps.patch("one", &PatchParams::apply("test"), &apply).await
    };
    let user = User::new("controller");
    assert!(run(server.client_as(&user)).await.is_err());
    let role = recording.cluster_role("controller", &Calls::all().from_user("controller"));
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "controller"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "controller"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "controller"}],
    });
    let builder = FakeApiServer::builder().rbac().object(&role).expect("a role").object(&binding).expect("a binding");
    let server = builder.build().expect("a server");
    assert!(run(server.client_as(&user)).await.is_ok());
}
