//! Size limits of requests and objects.

use serde_json::{Value, json};

use super::raw::{APPLY_PATCH, JSON, JSON_PATCH, MERGE_PATCH, WIDGETS, send};
use super::server;

fn server_with_free_field() -> kube_fake_apiserver::FakeApiServer {
    let crd = testkit::crds::widget_crd_with_free_field();
    kube_fake_apiserver::FakeApiServer::builder().crds_yaml(crd).build().expect("a server")
}

async fn create(server: &kube_fake_apiserver::FakeApiServer, name: &str, free: Value) -> Value {
    let object = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "free": free});
    send(server, "POST", WIDGETS, JSON, &object.to_string()).await.body
}

#[tokio::test]
async fn json_patch_copies_beyond_the_size_limit_return_invalid() {
    let server = server_with_free_field();
    create(&server, "a", json!({"a": {"b": "x".repeat(32)}})).await;
    let doubling = |times: usize| {
        let copy = |index: usize| json!({"op": "copy", "from": "/free/a", "path": format!("/free/a/n{index}")});
        Value::from((0..times).map(copy).collect::<Vec<_>>()).to_string()
    };
    let below_limit = send(&server, "PATCH", &format!("{WIDGETS}/a"), JSON_PATCH, &doubling(4)).await;
    assert_eq!(below_limit.code, 200);
    let above_limit = send(&server, "PATCH", &format!("{WIDGETS}/a"), JSON_PATCH, &doubling(60)).await;
    assert_eq!((above_limit.code, above_limit.body["reason"].as_str()), (422, Some("Invalid")));
    assert_eq!(above_limit.body["message"], "the server rejected our request due to an error in our request");
}

#[tokio::test]
async fn object_beyond_the_etcd_limit_returns_the_error_of_etcd() {
    let server = server_with_free_field();
    assert!(create(&server, "a", json!("x".repeat(1_500_000))).await["metadata"]["uid"].is_string());
    let refused = create(&server, "b", json!("x".repeat(1_600_000))).await;
    assert_eq!((&refused["code"], &refused["reason"]), (&json!(500), &Value::Null));
    assert_eq!(refused["message"], "etcdserver: request is too large");
    let refused = create(&server, "c", json!("x".repeat(2_200_000))).await;
    let message = refused["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("rpc error: code = ResourceExhausted desc = trying to send message larger than max ("));
    let patch = json!([{"op": "add", "path": "/free", "value": "y".repeat(1_600_000)}]).to_string();
    let patched = send(&server, "PATCH", &format!("{WIDGETS}/a"), JSON_PATCH, &patch).await;
    assert_eq!(patched.body["message"], "etcdserver: request is too large");
}

#[tokio::test]
async fn body_over_three_megabytes_returns_entity_too_large() {
    let body = "x".repeat(3 * 1024 * 1024 + 1);
    let refused = send(&server(), "POST", WIDGETS, JSON, &body).await;
    assert_eq!((refused.code, &refused.body["reason"]), (413, &json!("RequestEntityTooLarge")));
}

#[tokio::test(start_paused = true)]
async fn invalid_parameters_return_the_errors_of_kube_apiserver() {
    let server = server();
    let object = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}});
    send(&server, "POST", WIDGETS, JSON, &object.to_string()).await;
    for (path, code, message) in [
        ("?timeoutSeconds=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax"),
        (
            "?watch=1&continue=abc",
            422,
            "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided",
        ),
        (
            "/a?resourceVersion=abc",
            500,
            "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax",
        ),
    ] {
        let answer = send(&server, "GET", &format!("{WIDGETS}{path}"), JSON, "").await;
        assert_eq!((answer.code, &answer.body["message"]), (code, &json!(message)), "{path}");
    }
    // Reads of a single object ignore `watch`; paths below /watch/ are always watches.
    let read = send(&server, "GET", &format!("{WIDGETS}/a?watch=true&timeoutSeconds=1"), JSON, "").await;
    assert_eq!(read.body["metadata"]["name"], "a");
    let watched = WIDGETS.replace("/v1/", "/v1/watch/");
    let event = send(&server, "GET", &format!("{watched}/a?timeoutSeconds=1"), JSON, "").await;
    assert_eq!((&event.body["type"], &event.body["object"]["metadata"]["name"]), (&json!("ADDED"), &json!("a")));
}

#[tokio::test]
async fn lease_times_are_parsed_as_by_go() {
    let server = server();
    let leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    let lease = |time: &str| json!({"metadata": {"name": "l"}, "spec": {"renewTime": time}}).to_string();
    let refused = send(&server, "POST", leases, JSON, &lease("2024-01-01T00:00:00Z")).await;
    let message = "Lease in version \"v1\" cannot be handled as a Lease: parsing time \"2024-01-01T00:00:00Z\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"Z\" as \".000000\"";
    assert_eq!((refused.code, &refused.body["message"]), (400, &json!(message)));
    let created = send(&server, "POST", leases, JSON, &lease("2024-01-01T02:00:00.123456+02:00")).await;
    assert_eq!(created.body["spec"]["renewTime"], "2024-01-01T00:00:00.123456Z");
}

#[tokio::test]
async fn unpaired_surrogates_are_stored_as_replacement_characters() {
    let server = server_with_free_field();
    let body =
        r#"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"free":"x\ud800y\ud83d\ude00"}"#;
    let created = send(&server, "POST", WIDGETS, JSON, body).await;
    assert_eq!((created.code, &created.body["free"]), (201, &json!("x\u{fffd}y\u{1f600}")));
}

#[tokio::test]
async fn managed_fields_are_dropped_when_the_object_is_too_large() {
    let server = server_with_free_field();
    create(&server, "a", json!(1)).await;
    let path = format!("{WIDGETS}/a");
    // The object exceeds the limit of etcd only with its managed fields.
    let patch = json!({"free": "x".repeat(1_572_500)}).to_string();
    let patched = send(&server, "PATCH", &path, super::raw::MERGE_PATCH, &patch).await;
    assert_eq!((patched.code, patched.body["metadata"].get("managedFields")), (200, None));
    let head = r#"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"b"}"#;
    let body = format!("{head},\"free\":\"{}\"}}", "x".repeat(1_572_500));
    let applied = send(&server, "PATCH", &format!("{WIDGETS}/b?fieldManager=m"), super::raw::APPLY_PATCH, &body).await;
    assert_eq!(applied.body["message"], "etcdserver: request is too large");
}

#[tokio::test]
async fn negative_zero_is_decoded_as_an_integer() {
    let server = server_with_free_field();
    for (free, expected) in [("-0", json!(0)), ("[-0,-0.0]", json!([0, -0.0])), ("{\"a\":\"-0\"}", json!({"a": "-0"}))]
    {
        let body =
            format!(r#"{{"apiVersion":"example.com/v1","kind":"Widget","metadata":{{"name":"z"}},"free":{free}}}"#);
        let created = send(&server, "POST", &format!("{WIDGETS}?dryRun=All"), JSON, &body).await;
        assert_eq!(created.body["free"], expected, "{free}");
    }
}

#[tokio::test]
async fn apply_configuration_with_invalid_escapes_returns_bad_request() {
    let server = server_with_free_field();
    let path = format!("{WIDGETS}/a?fieldManager=m");
    let head = r#"{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"free":"#;
    for (free, code) in [("\"\\ud800\"}", 400), ("\"\\x\"}", 400), ("\"\\u00e4\"}", 201)] {
        let answer = send(&server, "PATCH", &path, super::raw::APPLY_PATCH, &format!("{head}{free}")).await;
        assert_eq!(answer.code, code, "{free}: {}", answer.body["message"]);
    }
}

#[tokio::test]
async fn json_patch_with_too_many_operations_returns_entity_too_large() {
    let server = server_with_free_field();
    create(&server, "a", json!(1)).await;
    let operations = |many: usize| json!(vec![json!({"op": "add", "path": "/free", "value": 2}); many]).to_string();
    for (many, code) in [(10_000, 200), (10_001, 413)] {
        let answer = send(&server, "PATCH", &format!("{WIDGETS}/a"), JSON_PATCH, &operations(many)).await;
        assert_eq!(answer.code, code);
        let message = "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001";
        assert!(code == 200 || answer.body["message"] == message, "{}", answer.body["message"]);
    }
}

/// Address space of the server and its test, in KiB as `ulimit -v` counts.
const MEMORY: &str = "1048576";

#[test]
#[cfg(target_os = "linux")]
fn hostile_requests_are_answered_within_a_memory_limit() {
    let test = std::env::current_exe().expect("path of the test program");
    let script = format!("ulimit -v {MEMORY} && exec \"$0\" --ignored --exact limits::hostile_requests");
    let run = std::process::Command::new("sh").args(["-c", &script]).arg(test).output().expect("a shell");
    let stdout = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && stdout.contains("1 passed"), "{stdout}{}", String::from_utf8_lossy(&run.stderr));
}

#[tokio::test]
#[ignore = "hostile_requests_are_answered_within_a_memory_limit runs it with a memory limit"]
async fn hostile_requests() {
    let server = server_with_free_field();
    create(&server, "a", json!({"a": {"b": "x".repeat(1_000)}})).await;
    let widget = format!("{WIDGETS}/a");
    let operations = |times: usize, operation: &dyn Fn(usize) -> Value| {
        Value::from((0..times).map(operation).collect::<Vec<_>>()).to_string()
    };
    let copy = |index: usize| json!({"op": "copy", "from": "/free", "path": format!("/free/n{index}")});
    let move_ =
        |index: usize| json!({"op": "move", "from": "/free", "path": format!("/{}/free", "a/".repeat(index % 7))});
    let add = |index: usize| json!({"op": "add", "path": "/free/list/0", "value": "y".repeat(index % 250)});
    let test = |_| json!({"op": "test", "path": "/free", "value": {"a": {"b": "x"}}});
    let nested = |open: &str, times: usize| format!("{{\"free\":{}", open.repeat(times));
    let bomb = (0..9).fold("a0: &a0 [x]\n".to_owned(), |yaml, level| {
        yaml + &format!("a{0}: &a{0} [{1}]\n", level + 1, vec![format!("*a{level}"); 9].join(","))
    });
    let keys = (0..100_000).map(|index| format!("\"k{index}\":1")).collect::<Vec<_>>().join(",");
    let apply = format!("{widget}?fieldManager=x");
    let long_manager = format!("{WIDGETS}?fieldManager={}", "m".repeat(60_000));
    for (code, method, path, type_, body) in [
        (422, "PATCH", &*widget, JSON_PATCH, operations(10_000, &copy)),
        (422, "PATCH", &widget, JSON_PATCH, operations(10_000, &move_)),
        (422, "PATCH", &widget, JSON_PATCH, operations(10_000, &add)),
        (422, "PATCH", &widget, JSON_PATCH, operations(10_000, &test)),
        (413, "PATCH", &widget, JSON_PATCH, operations(30_000, &test)),
        (400, "PATCH", &widget, MERGE_PATCH, nested("[", 2_900_000)),
        (400, "PATCH", &widget, MERGE_PATCH, nested("{\"a\":", 590_000)),
        (200, "PATCH", &widget, MERGE_PATCH, format!("{{\"free\":{{{keys}}}}}")),
        (400, "PATCH", &apply, APPLY_PATCH, bomb.clone()),
        (400, "PATCH", &apply, APPLY_PATCH, "- ".repeat(1_400_000)),
        (400, "PATCH", &apply, APPLY_PATCH, "[".repeat(2_900_000)),
        (400, "POST", WIDGETS, "application/yaml", bomb),
        (400, "POST", WIDGETS, JSON, nested("[{\"a\":", 450_000)),
        (422, "POST", &long_manager, JSON, "{}".to_owned()),
    ] {
        let answer = send(&server, method, path, type_, &body).await;
        assert_eq!(answer.code, code, "{method} {path:.80} {type_} {body:.40}");
    }
    let selector = format!("{WIDGETS}?labelSelector={}", "a,".repeat(20_000));
    let refused = send(&server, "GET", &selector, JSON, "").await;
    assert_eq!(refused.body["message"], "found '', expected: identifier after ','");
    assert_eq!(send(&server, "GET", &widget, JSON, "").await.code, 200);
}
