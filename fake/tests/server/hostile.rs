//! Hostile request bodies: the server answers each one, in bounded time.

use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use super::raw::{WIDGETS, send};
use super::server;

async fn response_code(server: &FakeApiServer, type_: &str, body: Vec<u8>) -> u16 {
    let method = if type_.contains("patch") { "PATCH" } else { "POST" };
    let path = if method == "PATCH" { format!("{WIDGETS}/w?fieldManager=x") } else { WIDGETS.to_owned() };
    let response = send(server, method, &path, type_, body).await;
    assert!(response.code < 300 || response.body["kind"] == "Status", "{}", response.text);
    response.code
}

#[tokio::test]
async fn hostile_bodies_return_a_status() {
    let server = server();
    let head = r#"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":"#;
    let deep = |depth: usize| format!("{head}{}1{}}}", r#"{"a":"#.repeat(depth), "}".repeat(depth)).into_bytes();
    let json = "application/json";
    for (type_, body, codes) in [
        (json, deep(100_000), [400, 400]),
        ("application/apply-patch+yaml", deep(100_000), [400, 400]),
        ("application/apply-patch+yaml", "[".repeat(100_000).into_bytes(), [400, 400]),
        (json, vec![b' '; 3 * 1024 * 1024 + 1], [413, 413]),
        (json, format!("{head}{{\"size\":1e999}}}}").into_bytes(), [400, 400]),
        (json, format!("{head}{{\"size\":{}}}}}", "9".repeat(1000)).into_bytes(), [400, 422]),
        (json, [head.as_bytes(), b"{\"class\":\"\xff\xfe\"}}"].concat(), [201, 201]),
        (json, b"\x00\x01\x02".to_vec(), [400, 400]),
        (json, Vec::new(), [400, 400]),
        ("application/json-patch+json", br#"[{"op":"test"}]"#.to_vec(), [422, 422]),
        (
            "application/apply-patch+yaml",
            b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e]\n".to_vec(),
            [400, 400],
        ),
    ] {
        let excerpt = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let code = response_code(&server, type_, body).await;
        assert!(codes.contains(&code), "{code} for {excerpt}");
    }
}

#[tokio::test]
async fn expensive_patterns_and_rules_are_bounded() {
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {
                    "text": {"type": "string", "pattern": "^(a+)+$"},
                    "list": {"type": "array", "maxItems": 25, "items": {"type": "integer"}, "x-kubernetes-validations": [
                        {"rule": "self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))"},
                    ]},
                },
            }}}]},
    });
    let server = FakeApiServer::builder().crds_yaml(crd.to_string()).build().expect("a server");
    let object = |fields: Value| {
        let mut object = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"generateName": "w-"}});
        object.as_object_mut().expect("an object").extend(fields.as_object().cloned().unwrap_or_default());
        object.to_string().into_bytes()
    };
    let backtracking = object(json!({"text": format!("{}b", "a".repeat(100_000))}));
    assert_eq!(response_code(&server, "application/json", backtracking).await, 422);
    // The estimated cost is allowed, but the limit for an evaluation is lower.
    let expensive = object(json!({"list": vec![1; 25]}));
    assert_eq!(
        response_code(&server, "application/json", expensive).await,
        422,
        "the cost budget of rules is exceeded"
    );
    assert_eq!(response_code(&server, "application/json", object(json!({"list": [1, 2]}))).await, 201);
}
