//! Users and their permissions.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use kube_fake_apiserver::{Calls, FakeApiServer, User};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testkit::requests::{self, Response, request};

use crate::refused;

fn of<K: DeserializeOwned>(object: Value) -> K {
    serde_json::from_value(object).expect("an object")
}

fn jane() -> User {
    User::new("jane").with_group("developers")
}

fn role(name: &str, rules: &Value) -> ClusterRole {
    of(json!({"metadata": {"name": name}, "rules": rules}))
}

/// Returns a server with RBAC where jane has the rules in the cluster.
fn server_with(rules: &Value) -> FakeApiServer {
    let binding: ClusterRoleBinding = of(json!({
        "metadata": {"name": "jane"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "jane"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}],
    }));
    let builder = FakeApiServer::builder().rbac().object(&role("jane", rules)).expect("a role");
    builder.object(&binding).expect("a binding").build().expect("a server")
}

async fn send(server: &FakeApiServer, user: &User, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    requests::send(server.service_as(user), request(method, path, headers, "")).await
}

/// Returns the code and the message of an error response to a request.
async fn forbidden(server: &FakeApiServer, user: &User, method: &str, path: &str) -> (u16, String) {
    let response = send(server, user, method, path, &[]).await;
    (response.code, response.body["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn requests_are_allowed_without_rbac() {
    let server = FakeApiServer::builder().build().expect("a server");
    let maps: Api<ConfigMap> = Api::default_namespaced(server.client_as(&User::anonymous()));
    assert!(maps.list(&ListParams::default()).await.is_ok());
    let roles: Api<ClusterRole> = Api::all(server.client());
    assert_eq!(roles.list(&ListParams::default()).await.expect("a list").items, []);
}

#[tokio::test]
async fn forbidden_requests_have_the_messages_of_the_api_server() {
    let server = server_with(&json!([]));
    let cases = [
        (
            "GET",
            "/api/v1/namespaces/default/pods",
            r#"pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default""#,
        ),
        (
            "GET",
            "/api/v1/namespaces/one",
            r#"namespaces "one" is forbidden: User "jane" cannot get resource "namespaces" in API group "" in the namespace "one""#,
        ),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/one/deployments/two/scale",
            r#"deployments.apps "two" is forbidden: User "jane" cannot patch resource "deployments/scale" in API group "apps" in the namespace "one""#,
        ),
        (
            "GET",
            "/apis/example.com/v1/things?watch=true",
            r#"things.example.com is forbidden: User "jane" cannot watch resource "things" in API group "example.com" at the cluster scope"#,
        ),
        (
            "GET",
            "/api/v1/pods?fieldSelector=metadata.name%3Done",
            r#"pods "one" is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope"#,
        ),
        ("GET", "/metrics", r#"forbidden: User "jane" cannot get path "/metrics""#),
    ];
    for (method, path, message) in cases {
        assert_eq!(forbidden(&server, &jane(), method, path).await, (403, message.to_owned()), "{method} {path}");
    }
    let html = User::new("<&>");
    let message = r#"forbidden: User "&lt;&amp;&gt;" cannot get path "/metrics""#.to_owned();
    assert_eq!(forbidden(&server, &html, "GET", "/metrics").await, (403, message));
    let status = send(&server, &jane(), "GET", "/apis/apps/v1/namespaces/one/deployments/two", &[]).await.body;
    assert_eq!(status["details"], json!({"name": "two", "group": "apps", "kind": "deployments"}));
    assert_eq!(status["reason"], "Forbidden");
}

#[tokio::test]
async fn default_roles_allow_discovery_to_authenticated_users_only() {
    let server = server_with(&json!([]));
    for path in ["/api", "/apis", "/apis/apps/v1", "/openapi/v3", "/version", "/healthz"] {
        assert_eq!(send(&server, &jane(), "GET", path, &[]).await.code, 200, "{path}");
    }
    assert_eq!(send(&server, &User::anonymous(), "GET", "/version", &[]).await.code, 200);
    assert_eq!(
        forbidden(&server, &User::anonymous(), "GET", "/api/v1").await,
        (403, r#"forbidden: User "system:anonymous" cannot get path "/api/v1""#.to_owned())
    );
    let masters = User::new("root").with_group("system:masters");
    assert_eq!(send(&server, &masters, "GET", "/api/v1/secrets", &[]).await.code, 200);
}

#[tokio::test]
async fn rules_select_names_subresources_and_paths() {
    let server = server_with(&json!([
        {"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["one"]},
        {"verbs": ["get"], "apiGroups": [""], "resources": ["pods/log"]},
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*/scale"]},
        {"verbs": ["get"], "nonResourceURLs": ["/metrics/*"]},
    ]));
    let allowed = [
        ("GET", "/api/v1/namespaces/default/configmaps/one"),
        ("GET", "/api/v1/namespaces/default/pods/one/log"),
        ("PUT", "/apis/apps/v1/namespaces/default/deployments/one/scale"),
        ("GET", "/metrics/cadvisor"),
    ];
    for (method, path) in allowed {
        assert_ne!(send(&server, &jane(), method, path, &[]).await.code, 403, "{method} {path}");
    }
    let denied = [
        ("GET", "/api/v1/namespaces/default/configmaps/two"),
        ("GET", "/api/v1/namespaces/default/configmaps"),
        ("GET", "/api/v1/namespaces/default/pods/one"),
        ("PUT", "/apis/apps/v1/namespaces/default/deployments/one"),
        ("GET", "/metrics"),
        ("POST", "/metrics/cadvisor"),
    ];
    for (method, path) in denied {
        assert_eq!(send(&server, &jane(), method, path, &[]).await.code, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn role_binding_grants_a_cluster_role_in_its_namespace() {
    let server = server_with(&json!([]));
    let binding: RoleBinding = of(json!({
        "metadata": {"name": "viewers"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "developers"},
            {"kind": "ServiceAccount", "name": "robot"},
        ],
    }));
    let bindings: Api<RoleBinding> = Api::default_namespaced(server.client());
    bindings.create(&PostParams::default(), &binding).await.expect("a binding");
    let list = ListParams::default();
    for user in [jane(), User::service_account("default", "robot")] {
        let pods: Api<Pod> = Api::default_namespaced(server.client_as(&user));
        assert!(pods.list(&list).await.is_ok(), "{user:?}");
        let pods: Api<Pod> = Api::namespaced(server.client_as(&user), "kube-system");
        assert_eq!(refused(pods.list(&list).await).0, 403, "{user:?}");
    }
    let pods: Api<Pod> = Api::default_namespaced(server.client_as(&User::service_account("other", "robot")));
    assert_eq!(refused(pods.list(&list).await).0, 403);
}

#[tokio::test]
async fn binding_to_a_missing_role_is_named_in_the_message() {
    let binding: ClusterRoleBinding = of(json!({
        "metadata": {"name": "jane"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "missing"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}],
    }));
    let builder = FakeApiServer::builder().rbac().object(&binding).expect("a binding");
    let server = builder.build().expect("a server");
    let message = r#"pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope: rbac: RBAC: clusterrole.rbac.authorization.k8s.io "missing" not found"#;
    assert_eq!(forbidden(&server, &jane(), "GET", "/api/v1/pods").await, (403, message.to_owned()));
}

#[tokio::test]
async fn aggregated_role_has_the_rules_of_selected_roles() {
    let server = server_with(&json!([]));
    let roles: Api<ClusterRole> = Api::all(server.client());
    let admin = roles.get("admin").await.expect("a role");
    let rules = admin.rules.expect("rules");
    let has = |group: &str, resource: &str, verb: &str| {
        rules.iter().any(|rule| {
            let has = |texts: &Option<Vec<String>>, text: &str| {
                texts.as_ref().is_some_and(|texts| texts.iter().any(|other| other == text))
            };
            has(&rule.api_groups, group) && has(&rule.resources, resource) && rule.verbs.iter().any(|own| own == verb)
        })
    };
    // Of system:aggregate-to-admin, edit and view.
    assert!(has("rbac.authorization.k8s.io", "roles", "create"));
    assert!(has("apps", "deployments", "delete"));
    assert!(has("", "pods/log", "get"));
    let mut extra =
        role("widgets", &json!([{"verbs": ["get"], "apiGroups": ["example.com"], "resources": ["widgets"]}]));
    let labels = extra.metadata.labels.get_or_insert_default();
    labels.insert("rbac.authorization.k8s.io/aggregate-to-view".to_owned(), "true".to_owned());
    roles.create(&PostParams::default(), &extra).await.expect("a role");
    for name in ["view", "edit", "admin"] {
        let role = roles.get(name).await.expect("a role");
        assert!(role.rules.expect("rules").contains(&extra.rules.as_ref().expect("rules")[0]), "{name}");
    }
    roles.delete("widgets", &kube::api::DeleteParams::default()).await.expect("a deletion");
    let view = roles.get("view").await.expect("a role");
    assert!(!view.rules.expect("rules").contains(&extra.rules.as_ref().expect("rules")[0]));
}

#[tokio::test]
async fn roles_that_aggregate_each_other_have_the_rules_of_both() {
    let server = server_with(&json!([]));
    let roles: Api<ClusterRole> = Api::all(server.client());
    for (name, other) in [("a", "b"), ("b", "a")] {
        let rules = json!([{"verbs": ["get"], "apiGroups": [name], "resources": ["*"]}]);
        let mut own = role(&format!("own-{name}"), &rules);
        own.metadata.labels.get_or_insert_default().insert("to".to_owned(), name.to_owned());
        roles.create(&PostParams::default(), &own).await.expect("a role");
        let aggregating: ClusterRole = of(json!({
            "metadata": {"name": name, "labels": {"to": other}},
            "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": name}}]},
        }));
        roles.create(&PostParams::default(), &aggregating).await.expect("a role");
    }
    for name in ["a", "b"] {
        assert_eq!(roles.get(name).await.expect("a role").rules.map(|rules| rules.len()), Some(2), "{name}");
    }
}

const WRITES_ROLES: &str = r#"[{"verbs": ["create", "get", "patch", "update"], "apiGroups": ["rbac.authorization.k8s.io"],
    "resources": ["roles", "rolebindings", "clusterroles", "clusterrolebindings"]}]"#;

#[tokio::test]
async fn users_cannot_grant_permissions_that_they_do_not_have() {
    let server = server_with(&of(WRITES_ROLES.parse::<Value>().expect("JSON")));
    let roles: Api<ClusterRole> = Api::all(server.client_as(&jane()));
    let params = PostParams::default();
    let granting = role(
        "one",
        &json!([
            {"verbs": ["get", "list"], "apiGroups": ["", "apps"], "resources": ["pods"]},
            {"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["b", "a"]},
        ]),
    );
    let message = "clusterroles.rbac.authorization.k8s.io \"one\" is forbidden: user \"jane\" (groups=[\"developers\" \
                   \"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n\
                   {APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" \"list\"]}\n\
                   {APIGroups:[\"\"], Resources:[\"secrets\"], ResourceNames:[\"a\"], Verbs:[\"get\"]}\n\
                   {APIGroups:[\"\"], Resources:[\"secrets\"], ResourceNames:[\"b\"], Verbs:[\"get\"]}\n\
                   {APIGroups:[\"apps\"], Resources:[\"pods\"], Verbs:[\"get\" \"list\"]}";
    let refusal = (403, "Forbidden".to_owned(), message.to_owned());
    assert_eq!(refused(roles.create(&params, &granting).await), refusal);
    // An apply that creates is checked too.
    let apply = Patch::Apply(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "one"}, "rules": granting.rules,
    }));
    assert_eq!(refused(roles.patch("one", &PatchParams::apply("test"), &apply).await), refusal);

    let aggregating: ClusterRole = of(json!({
        "metadata": {"name": "one"}, "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]},
    }));
    let message = "clusterroles.rbac.authorization.k8s.io \"one\" is forbidden: must have cluster-admin privileges to use the aggregationRule";
    assert_eq!(refused(roles.create(&params, &aggregating).await).2, message);

    let held = role("held", &of(WRITES_ROLES.parse::<Value>().expect("JSON")));
    assert!(roles.create(&params, &held).await.is_ok());
    // Metadata that the garbage collector writes is not checked, everything else is.
    let finalizers = Patch::Merge(json!({"metadata": {"finalizers": ["example.com/one"]}}));
    assert!(roles.patch("cluster-admin", &PatchParams::default(), &finalizers).await.is_ok());
    let label = Patch::Merge(json!({"metadata": {"labels": {"a": "b"}}}));
    assert_eq!(refused(roles.patch("cluster-admin", &PatchParams::default(), &label).await).0, 403);
}

fn role_binding(kind: &str, name: &str) -> RoleBinding {
    of(json!({
        "metadata": {"name": "one"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
    }))
}

#[tokio::test]
async fn users_cannot_bind_roles_whose_permissions_they_do_not_have() {
    let server = server_with(&of(WRITES_ROLES.parse::<Value>().expect("JSON")));
    let bindings: Api<RoleBinding> = Api::default_namespaced(server.client_as(&jane()));
    let params = PostParams::default();
    let secrets = json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}]);
    let role: Role = of(json!({"metadata": {"name": "secrets"}, "rules": secrets}));
    let roles: Api<Role> = Api::default_namespaced(server.client());
    roles.create(&params, &role).await.expect("a role");
    let message = "rolebindings.rbac.authorization.k8s.io \"one\" is forbidden: user \"jane\" (groups=[\"developers\" \
                   \"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n\
                   {APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}";
    assert_eq!(refused(bindings.create(&params, &role_binding("Role", "secrets")).await).2, message);
    assert_eq!(
        refused(bindings.create(&params, &role_binding("ClusterRole", "missing")).await),
        (404, "NotFound".to_owned(), "rolebindings.rbac.authorization.k8s.io \"missing\" not found".to_owned())
    );
    assert_eq!(
        refused(bindings.create(&params, &role_binding("Other", "missing")).await).2,
        "unsupported role reference kind: \"Other\""
    );
    assert!(bindings.create(&params, &role_binding("ClusterRole", "jane")).await.is_ok());
}

#[tokio::test]
async fn escalate_and_bind_permit_granting() {
    let server = server_with(&json!([
        {"verbs": ["create", "escalate"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"]},
        {"verbs": ["create"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"]},
        {"verbs": ["bind"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "resourceNames": ["edit"]},
    ]));
    let params = PostParams::default();
    let everything = role("one", &json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]));
    let roles: Api<ClusterRole> = Api::all(server.client_as(&jane()));
    assert!(roles.create(&params, &everything).await.is_ok());
    let bindings: Api<RoleBinding> = Api::default_namespaced(server.client_as(&jane()));
    assert_eq!(refused(bindings.create(&params, &role_binding("ClusterRole", "admin")).await).0, 403);
    assert!(bindings.create(&params, &role_binding("ClusterRole", "edit")).await.is_ok());
}

#[tokio::test]
async fn update_that_creates_requires_the_permission_to_create() {
    let server = server_with(&json!([
        {"verbs": ["get", "patch", "update"], "apiGroups": [""], "resources": ["configmaps"]},
    ]));
    let maps: Api<ConfigMap> = Api::default_namespaced(server.client_as(&jane()));
    let apply = Patch::Apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}));
    let message = r#"configmaps "one" is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "default""#;
    assert_eq!(refused(maps.patch("one", &PatchParams::apply("test"), &apply).await).2, message);
}

#[tokio::test]
async fn impersonation_requires_permissions() {
    let server = server_with(&json!([
        {"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"], "resourceNames": ["joe"]},
        {"verbs": ["impersonate"], "apiGroups": [""], "resources": ["groups"], "resourceNames": ["system:masters"]},
    ]));
    let path = "/api/v1/namespaces/default/pods";
    let masters = [("impersonate-user", "joe"), ("impersonate-group", "system:masters")];
    assert_eq!(send(&server, &jane(), "GET", path, &masters).await.code, 200);
    let message = |response: Response| response.body["message"].as_str().unwrap_or_default().to_owned();
    let response = send(&server, &jane(), "GET", path, &[("impersonate-user", "joe")]).await;
    assert!(message(response).starts_with("pods is forbidden: User \"joe\" cannot list"));
    let response = send(&server, &jane(), "GET", path, &[("impersonate-user", "ann")]).await;
    let text = r#"pods is forbidden: User "jane" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "default""#;
    assert_eq!(message(response), text);
    let response = send(&server, &jane(), "GET", path, &[("impersonate-group", "a")]).await;
    let text = r#"requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"a"}, Extra:map[string][]string(nil)} without impersonating a user name"#;
    assert_eq!((response.code, message(response)), (400, text.to_owned()));
}

#[tokio::test]
async fn impersonation_of_older_releases_has_one_verb() {
    let builder = FakeApiServer::builder().rbac().kubernetes(kube_fake_apiserver::Release::V1_35);
    let server = builder.build().expect("a server");
    let headers = [("impersonate-user", "system:serviceaccount:one:two")];
    let response = send(&server, &jane(), "GET", "/api/v1/pods", &headers).await;
    let text = r#"serviceaccounts "two" is forbidden: User "jane" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "one""#;
    assert_eq!(response.body["message"], text);
}

#[tokio::test]
async fn constrained_impersonation_permits_requests_of_one_mode() {
    let server = server_with(&json!([
        {"verbs": ["impersonate-on:user-info:list"], "apiGroups": [""], "resources": ["pods"]},
        {"verbs": ["impersonate:user-info"], "apiGroups": ["authentication.k8s.io"], "resources": ["users"]},
    ]));
    let response = send(&server, &jane(), "GET", "/api/v1/pods", &[("impersonate-user", "joe")]).await;
    let text = r#"pods is forbidden: User "joe" cannot list resource "pods" in API group "" at the cluster scope"#;
    assert_eq!(response.body["message"], text);
    let response = send(&server, &jane(), "GET", "/api/v1/nodes", &[("impersonate-user", "joe")]).await;
    assert_eq!(response.code, 403);
    assert!(response.body["message"].as_str().is_some_and(|text| text.contains("impersonate-on:user-info:list")));
}

#[tokio::test]
async fn bearer_token_identifies_its_user_in_memory() {
    let builder = FakeApiServer::builder().rbac().user(jane().with_token("secret"));
    let server = builder.build().expect("a server");
    let send = async |headers: &[(&str, &str)]| {
        let request = request("GET", "/api/v1/namespaces/default/pods", headers, "");
        requests::send(server.service_with_credentials(), request).await
    };
    let user = |response: &Response| {
        let message = response.at("/message").as_str().unwrap_or_default().to_owned();
        message.split('"').nth(1).unwrap_or_default().to_owned()
    };
    let response = send(&[("authorization", "bearer secret")]).await;
    assert_eq!((response.code, user(&response)), (403, "jane".to_owned()));
    let response = send(&[("authorization", "Basic secret")]).await;
    assert_eq!((response.code, user(&response)), (403, "system:anonymous".to_owned()));
    let response = send(&[("authorization", "Bearer wrong"), ("accept", "application/yaml")]).await;
    assert_eq!((response.code, response.text.contains("message: Unauthorized")), (401, true));
}

#[tokio::test]
async fn recorded_requests_have_the_name_of_their_user() {
    let server = server_with(&json!([]));
    let recording = server.record();
    let namespaces: Api<Namespace> = Api::all(server.client_as(&jane()));
    assert!(namespaces.get("default").await.is_err());
    let admin: Api<Namespace> = Api::all(server.client());
    assert!(admin.get("default").await.is_ok());
    let users: Vec<String> = recording.actions().into_iter().map(|action| action.user).collect();
    assert_eq!(users, ["jane", "admin"]);
    assert_eq!(recording.matching(&Calls::all().from_user("jane")).len(), 1);
}

#[tokio::test]
async fn permissions_are_those_of_the_server_that_was_forked() {
    let server = server_with(&json!([{"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]}]));
    let fork = server.fork();
    let roles: Api<ClusterRole> = Api::all(fork.client());
    roles.delete("jane", &kube::api::DeleteParams::default()).await.expect("a deletion");
    let list = ListParams::default();
    let pods: Api<Pod> = Api::default_namespaced(fork.client_as(&jane()));
    assert_eq!(refused(pods.list(&list).await).0, 403);
    let pods: Api<Pod> = Api::default_namespaced(server.client_as(&jane()));
    assert!(pods.list(&list).await.is_ok());
}
