//! Reviews: requests about users and permissions.

use kube_fake_apiserver::{FakeApiServer, User};
use serde_json::{Value, json};
use testkit::requests::{self, Response, request};

const AUTHENTICATION: &str = "/apis/authentication.k8s.io/v1";
const AUTHORIZATION: &str = "/apis/authorization.k8s.io/v1";

fn server() -> FakeApiServer {
    FakeApiServer::builder().rbac().build().expect("a server")
}

fn jane() -> User {
    User::new("jane").with_uid("1").with_extra("scopes", ["a", "b"])
}

async fn post(server: &FakeApiServer, user: &User, path: &str, body: &Value) -> Response {
    let headers = [("content-type", "application/json")];
    requests::send(server.service_as(user), request("POST", path, &headers, body.to_string())).await
}

async fn post_as_admin(server: &FakeApiServer, path: &str, body: &Value) -> Response {
    post(server, &User::new("root").with_group("system:masters"), path, body).await
}

fn message(response: &Response) -> String {
    response.at("/message").as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn self_subject_review_returns_the_user() {
    let path = format!("{AUTHENTICATION}/selfsubjectreviews");
    let response = post(&server(), &jane(), &path, &json!({"metadata": {"name": "ignored"}})).await.ok();
    assert_eq!(response.code, 201);
    let info = json!({
        "username": "jane", "uid": "1", "groups": ["system:authenticated"], "extra": {"scopes": ["a", "b"]},
    });
    assert_eq!(response.at("/status/userInfo"), info);
    assert_eq!(response.at("/kind"), "SelfSubjectReview");
    assert_eq!(response.at("/metadata").as_object().map(serde_json::Map::len), Some(1));
}

#[tokio::test]
async fn access_review_returns_the_decision_and_its_reason() {
    let server = server();
    let path = format!("{AUTHORIZATION}/selfsubjectaccessreviews");
    let ask = json!({"spec": {"nonResourceAttributes": {"verb": "get", "path": "/healthz"}}});
    let response = post(&server, &jane(), &path, &ask).await.ok();
    let status = json!({
        "allowed": true,
        "reason": "RBAC: allowed by ClusterRoleBinding \"system:discovery\" of ClusterRole \"system:discovery\" to Group \"system:authenticated\"",
    });
    assert_eq!(response.at("/status"), status);
    assert_eq!(response.at("/spec"), ask["spec"]);
    let fields = json!({"f:spec": {"f:nonResourceAttributes": {".": {}, "f:path": {}, "f:verb": {}}}});
    assert_eq!(response.at("/metadata/managedFields/0/fieldsV1"), fields);
    let ask = json!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "default"}}});
    assert_eq!(post(&server, &jane(), &path, &ask).await.ok().at("/status"), json!({"allowed": false}));
    assert_eq!(post_as_admin(&server, &path, &ask).await.ok().at("/status"), json!({"allowed": true}));
}

#[tokio::test]
async fn subject_access_review_is_about_another_user() {
    let server = server();
    let path = format!("{AUTHORIZATION}/subjectaccessreviews");
    let attributes = json!({"verb": "delete", "resource": "nodes"});
    let of = |spec: Value| json!({"spec": spec});
    let ask = of(json!({"user": "jane", "groups": ["system:masters"], "resourceAttributes": attributes}));
    assert_eq!(post_as_admin(&server, &path, &ask).await.ok().at("/status"), json!({"allowed": true}));
    let ask = of(json!({"user": "jane", "resourceAttributes": attributes}));
    assert_eq!(post_as_admin(&server, &path, &ask).await.ok().at("/status"), json!({"allowed": false}));
    assert_eq!(post(&server, &jane(), &path, &ask).await.code, 403);
    let local = format!("{AUTHORIZATION}/namespaces/default/localsubjectaccessreviews");
    let ask =
        of(json!({"user": "jane", "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "default"}}));
    let response = post_as_admin(&server, &local, &ask).await.ok();
    assert_eq!((response.at("/metadata/namespace"), response.at("/status/allowed")), (json!("default"), json!(false)));
}

#[tokio::test]
async fn invalid_access_reviews_have_the_messages_of_the_api_server() {
    let server = server();
    let cases = [
        (
            "selfsubjectaccessreviews",
            json!({}),
            "spec: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
        ),
        (
            "selfsubjectaccessreviews",
            json!({"resourceAttributes": {"fieldSelector": {}}, "nonResourceAttributes": {"path": "/x"}}),
            "[spec: Invalid value: {\"Path\":\"/x\",\"Verb\":\"\"}: exactly one of nonResourceAttributes or resourceAttributes must be specified, spec.resourceAttributes.fieldSelector.requirements: Required value: when spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required]",
        ),
        (
            "subjectaccessreviews",
            json!({"resourceAttributes": {"verb": "get"}}),
            "spec.user: Invalid value: \"\": at least one of user or group must be specified",
        ),
        (
            "namespaces/default/localsubjectaccessreviews",
            json!({"user": "jane", "nonResourceAttributes": {"path": "/x"}}),
            "spec.nonResourceAttributes: Invalid value: {\"Path\":\"/x\",\"Verb\":\"\"}: disallowed on this kind of request",
        ),
        (
            "namespaces/default/localsubjectaccessreviews",
            json!({"user": "jane", "resourceAttributes": {"namespace": "other"}}),
            "spec.resourceAttributes.namespace: Invalid value: \"other\": must match metadata.namespace",
        ),
        (
            "selfsubjectaccessreviews",
            json!({"resourceAttributes": {"fieldSelector": {"requirements": [
                {"key": "", "operator": "In"}, {"key": "a", "operator": "Exists", "values": ["a"]}, {"key": "a", "operator": "?"},
            ]}}}),
            "[spec.resourceAttributes.fieldSelector.requirements[0].key: Required value: must be specified, spec.resourceAttributes.fieldSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn', spec.resourceAttributes.fieldSelector.requirements[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist']",
        ),
    ];
    for (resource, spec, expected) in cases {
        let response = post_as_admin(&server, &format!("{AUTHORIZATION}/{resource}"), &json!({"spec": spec})).await;
        let expected = format!(".authorization.k8s.io \"\" is invalid: {expected}");
        assert_eq!((response.code, message(&response)), (422, expected), "{spec}");
    }
}

#[tokio::test]
async fn selectors_that_cannot_be_parsed_are_reported() {
    let server = server();
    let cases = [
        (json!({"labelSelector": {"rawSelector": "a in (b"}}), "spec.resourceAttributes.labelSelector ignored"),
        (json!({"fieldSelector": {"rawSelector": "a"}}), "spec.resourceAttributes.fieldSelector ignored"),
        (
            json!({"fieldSelector": {"requirements": [
                {"key": "a", "operator": "Exists"}, {"key": "a", "operator": "In", "values": ["a"]},
            ]}}),
            "spec.resourceAttributes.fieldSelector partially ignored",
        ),
    ];
    for (resource, expected) in cases {
        let ask = json!({"spec": {"resourceAttributes": resource}});
        let response = post_as_admin(&server, &format!("{AUTHORIZATION}/selfsubjectaccessreviews"), &ask).await.ok();
        assert_eq!(response.at("/status/evaluationError"), format!("{expected} due to parse error"));
    }
    let ask = json!({"spec": {"resourceAttributes": {"labelSelector": {"rawSelector": "a in (b)"}}}});
    let response = post_as_admin(&server, &format!("{AUTHORIZATION}/selfsubjectaccessreviews"), &ask).await.ok();
    assert_eq!(response.at("/status"), json!({"allowed": true}));
}

#[tokio::test]
async fn rules_review_returns_the_rules_of_the_user() {
    let path = format!("{AUTHORIZATION}/selfsubjectrulesreviews");
    let ask = json!({"spec": {"namespace": "default"}});
    let response = post(&server(), &jane(), &path, &ask).await.ok();
    let urls = json!(["/healthz", "/livez", "/readyz", "/version", "/version/"]);
    assert_eq!(
        response.at("/status/resourceRules/0"),
        json!({
            "verbs": ["create"], "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        })
    );
    assert_eq!(response.at("/status/nonResourceRules/1"), json!({"verbs": ["get"], "nonResourceURLs": urls}));
    assert_eq!((response.at("/status/incomplete"), response.at("/spec")), (json!(false), json!({})));
    let response = post(&server(), &jane(), &path, &json!({"spec": {}})).await;
    assert_eq!((response.code, message(&response)), (400, "no namespace on request".to_owned()));
}

#[tokio::test]
async fn everything_is_allowed_without_rbac() {
    let server = FakeApiServer::builder().build().expect("a server");
    let ask = json!({"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}});
    let path = format!("{AUTHORIZATION}/selfsubjectaccessreviews");
    assert_eq!(post(&server, &jane(), &path, &ask).await.ok().at("/status"), json!({"allowed": true}));
    let path = format!("{AUTHORIZATION}/selfsubjectrulesreviews");
    let response = post(&server, &jane(), &path, &json!({"spec": {"namespace": "default"}})).await.ok();
    let all = json!(["*"]);
    assert_eq!(
        response.at("/status"),
        json!({
            "incomplete": false,
            "resourceRules": [{"verbs": all, "apiGroups": all, "resources": all}],
            "nonResourceRules": [{"verbs": all, "nonResourceURLs": all}],
        })
    );
}

#[tokio::test]
async fn token_review_identifies_users() {
    let builder = FakeApiServer::builder().rbac().user(jane().with_token("secret"));
    let server = builder.build().expect("a server");
    let path = format!("{AUTHENTICATION}/tokenreviews");
    let ask = json!({"spec": {"token": "secret"}});
    let response = post_as_admin(&server, &path, &ask).await.ok();
    assert_eq!(response.at("/status/authenticated"), true);
    assert_eq!(response.at("/status/user/username"), "jane");
    assert_eq!(response.at("/status/user/groups"), json!(["system:authenticated"]));
    let ask = json!({"spec": {"token": "wrong"}});
    let status = json!({"user": {}, "error": "invalid bearer token"});
    assert_eq!(post_as_admin(&server, &path, &ask).await.ok().at("/status"), status);
    let ask = json!({"spec": {"token": "secret", "audiences": ["other"]}});
    assert_eq!(post_as_admin(&server, &path, &ask).await.ok().at("/status"), status);
    let response = post_as_admin(&server, &path, &json!({"spec": {}})).await;
    assert_eq!(
        (response.code, message(&response)),
        (400, "token is required for TokenReview in authentication".to_owned())
    );
}

async fn token_of_robot(server: &FakeApiServer, spec: &Value) -> String {
    let path = "/api/v1/namespaces/default/serviceaccounts/robot/token";
    let response = post_as_admin(server, path, &json!({"spec": spec})).await.ok();
    assert_ne!(response.at("/metadata/uid"), Value::Null);
    response.at("/status/token").as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn service_account_token_identifies_its_account() {
    let robot = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}});
    let server = FakeApiServer::builder().rbac().object(&robot).expect("an account").build().expect("a server");
    let path = format!("{AUTHENTICATION}/tokenreviews");
    let token = token_of_robot(&server, &json!({})).await;
    let ask = json!({"spec": {"token": token}});
    let user = post_as_admin(&server, &path, &ask).await.ok().at("/status/user");
    assert_eq!(user["username"], "system:serviceaccount:default:robot");
    assert_eq!(
        user["groups"],
        json!(["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
    );
    let other = token_of_robot(&server, &json!({"audiences": ["vault"]})).await;
    let response = post_as_admin(&server, &path, &json!({"spec": {"token": other, "audiences": ["vault", "x"]}})).await;
    assert_eq!(response.ok().at("/status/audiences"), json!(["vault"]));
    let response = post_as_admin(&server, &path, &json!({"spec": {"token": other}})).await.ok();
    assert_eq!(response.at("/status/authenticated"), Value::Null);
    // The token is only valid while it has not expired and its account exists.
    server.advance(std::time::Duration::from_secs(3601));
    let error = post_as_admin(&server, &path, &ask).await.ok().at("/status/error");
    assert_eq!(error, "[invalid bearer token, service account token has expired]");
    let token = token_of_robot(&server, &json!({})).await;
    let request = request("DELETE", "/api/v1/namespaces/default/serviceaccounts/robot", &[], "");
    requests::send(server.service(), request).await.ok();
    let response = post_as_admin(&server, &path, &json!({"spec": {"token": token}})).await.ok();
    assert_eq!(response.at("/status/authenticated"), Value::Null);
}

#[tokio::test]
async fn reviews_can_only_be_created() {
    let server = server();
    let send = |method: &'static str, path: String| {
        let headers = [("content-type", "application/json")];
        requests::send(server.service(), request(method, &path, &headers, "{}"))
    };
    let reviews = format!("{AUTHENTICATION}/tokenreviews");
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        assert_eq!(send(method, reviews.clone()).await.reason(), (405, "MethodNotAllowed".to_owned()), "{method}");
        assert_eq!(send(method, format!("{reviews}/one")).await.reason(), (404, "NotFound".to_owned()), "{method}");
    }
    let wrong_scope = [
        format!("{AUTHORIZATION}/namespaces/default/selfsubjectaccessreviews"),
        format!("{AUTHORIZATION}/localsubjectaccessreviews"),
    ];
    for path in wrong_scope {
        assert_eq!(send("POST", path).await.reason(), (404, "NotFound".to_owned()));
    }
}

#[tokio::test]
async fn review_of_another_kind_is_rejected() {
    let server = server();
    let path = format!("{AUTHENTICATION}/tokenreviews");
    let cases = [
        ("SelfSubjectReview", "converting (v1.SelfSubjectReview) to (authentication.TokenReview): unknown conversion"),
        (
            "Other",
            "no kind \"Other\" is registered for version \"authentication.k8s.io/v1\" in scheme \"pkg/runtime/scheme.go:111\"",
        ),
    ];
    for (kind, reason) in cases {
        let review = json!({"kind": kind, "apiVersion": "authentication.k8s.io/v1"});
        let expected = format!("{kind} in version \"v1\" cannot be handled as a TokenReview: {reason}");
        assert_eq!(message(&post_as_admin(&server, &path, &review).await), expected);
    }
}

#[tokio::test]
async fn reviews_are_listed_by_discovery() {
    let server = server();
    let list = requests::send(server.service(), request("GET", AUTHORIZATION, &[], "")).await.ok();
    let resources = list.at("/resources");
    let names: Vec<&str> =
        resources.as_array().into_iter().flatten().filter_map(|resource| resource["name"].as_str()).collect();
    assert_eq!(
        names,
        ["localsubjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews"]
    );
    assert_eq!(resources[0]["verbs"], json!(["create"]));
}

#[tokio::test]
async fn review_with_an_unknown_field_is_rejected_if_requested() {
    let path = format!("{AUTHENTICATION}/selfsubjectreviews?fieldValidation=Strict");
    let response = post(&server(), &jane(), &path, &json!({"foo": 1})).await;
    assert_eq!(
        message(&response),
        "SelfSubjectReview in version \"v1\" cannot be handled as a SelfSubjectReview: strict decoding error: unknown field \"foo\""
    );
}
