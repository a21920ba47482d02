//! Query parameters of lists, watches, reads and writes. Expected responses are those of kube-apiserver 1.37.

use serde_json::{Value, json};

use super::raw::{JSON, Response, WIDGETS, get, send};
use super::server;

const INVALID_LIST: &str = "ListOptions.meta.k8s.io \"\" is invalid: ";

async fn with_widgets() -> kube_fake_apiserver::FakeApiServer {
    let server = server();
    for name in ["a", "b", "c"] {
        let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}});
        send(&server, "POST", WIDGETS, JSON, &widget.to_string()).await;
    }
    server
}

fn code_and_message(answer: &Response) -> (u16, &str) {
    (answer.code, answer.body["message"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn invalid_version_match_of_list_or_deletion_returns_invalid() {
    let server = with_widgets().await;
    let unset = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided";
    let zero = "resourceVersionMatch: Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
    let unknown =
        "resourceVersionMatch: Unsupported value: \"exact\": supported values: \"Exact\", \"NotOlderThan\", \"\"";
    let with = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided";
    for (query, message) in [
        ("resourceVersionMatch=Exact", unset.to_owned()),
        ("resourceVersionMatch=NotOlderThan", unset.to_owned()),
        ("resourceVersionMatch=Exact&resourceVersion=0", zero.to_owned()),
        ("resourceVersionMatch=exact", format!("[{unset}, {unknown}]")),
        ("resourceVersionMatch=exact&resourceVersion=5", unknown.to_owned()),
        ("resourceVersionMatch=NotOlderThan&resourceVersion=5&continue=x", with.to_owned()),
        ("sendInitialEvents=false", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list".to_owned()),
    ] {
        for method in ["GET", "DELETE"] {
            let answer = send(&server, method, &format!("{WIDGETS}?{query}"), JSON, "").await;
            assert_eq!(
                code_and_message(&answer),
                (422, format!("{INVALID_LIST}{message}").as_str()),
                "{method} {query}"
            );
        }
    }
}

#[tokio::test]
async fn invalid_version_or_token_of_list_returns_bad_request() {
    let server = with_widgets().await;
    let version = |text: &str, why: &str| {
        format!(
            "invalid resource version: resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: {why}"
        )
    };
    let token = |why: &str| format!("invalid continue token: continue key is not valid: {why}");
    for (query, code, message) in [
        ("resourceVersion=abc", 400, version("abc", "invalid syntax")),
        ("resourceVersion=%2B1&resourceVersionMatch=Exact", 400, version("+1", "invalid syntax")),
        ("resourceVersion=99999999999999999999&limit=1", 400, version("99999999999999999999", "value out of range")),
        ("continue=abc&resourceVersion=1", 400, token("invalid character 'i' looking for beginning of value")),
        ("continue=%00", 400, token("illegal base64 data at input byte 0")),
        ("limit=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax".to_owned()),
        ("timeoutSeconds=", 400, "strconv.ParseInt: parsing \"\": invalid syntax".to_owned()),
        ("fieldSelector=!!", 400, "invalid selector: '!!'; can't understand '!!'".to_owned()),
    ] {
        for method in ["GET", "DELETE"] {
            let answer = send(&server, method, &format!("{WIDGETS}?{query}"), JSON, "").await;
            assert_eq!(code_and_message(&answer), (code, message.as_str()), "{method} {query}");
        }
    }
    for query in ["resourceVersion=99999", "resourceVersion=99999&resourceVersionMatch=Exact"] {
        let answer = get(&server, &format!("{WIDGETS}?{query}"), &[]).await;
        assert_eq!(
            (answer.code, &answer.body["details"]["causes"][0]["reason"]),
            (504, &json!("ResourceVersionTooLarge"))
        );
    }
}

#[tokio::test]
async fn collection_deletion_reads_the_exact_version() {
    let server = with_widgets().await;
    let first = get(&server, &format!("{WIDGETS}?limit=1"), &[]).await;
    let version = first.body["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "d"}});
    send(&server, "POST", WIDGETS, JSON, &widget.to_string()).await;
    let count = |answer: &Response| answer.body["items"].as_array().map(Vec::len);
    let listed = get(&server, &format!("{WIDGETS}?resourceVersion={version}"), &[]).await;
    assert_eq!(count(&listed), Some(4));
    let exact = get(&server, &format!("{WIDGETS}?resourceVersion={version}&limit=9"), &[]).await;
    assert_eq!(count(&exact), Some(3));
    // The version is a precondition as well; only `c`, the last object of that version, meets it.
    let query = format!("resourceVersion={version}&dryRun=All&fieldSelector=metadata.name!=a,metadata.name!=b");
    let deleted = send(&server, "DELETE", &format!("{WIDGETS}?{query}"), JSON, "").await;
    assert_eq!((deleted.code, count(&deleted)), (200, Some(1)));
}

#[tokio::test]
async fn resource_version_of_get_is_checked_before_the_object() {
    let server = with_widgets().await;
    let wrong = get(&server, &format!("{WIDGETS}/a?resourceVersion=-1"), &[]).await;
    let message = "resourceVersion: Invalid value: \"-1\": strconv.ParseUint: parsing \"-1\": invalid syntax";
    assert_eq!((code_and_message(&wrong), &wrong.body["reason"]), ((500, message), &Value::Null));
    for name in ["a", "nothing"] {
        let early = get(&server, &format!("{WIDGETS}/{name}?resourceVersion=99999"), &[]).await;
        assert_eq!((early.code, &early.body["reason"]), (504, &json!("Timeout")), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_watch_parameters_return_the_errors_of_kube_apiserver() {
    let server = with_widgets().await;
    let needs =
        "resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    let unless = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
    let unknown = "resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"";
    let with = "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided";
    for (query, code, message) in [
        ("sendInitialEvents=true", 422, format!("{INVALID_LIST}{needs}")),
        ("resourceVersionMatch=NotOlderThan", 422, format!("{INVALID_LIST}{unless}")),
        ("sendInitialEvents=false&resourceVersionMatch=Exact", 422, format!("{INVALID_LIST}[{needs}, {unknown}]")),
        ("continue=x", 422, format!("{INVALID_LIST}{with}")),
        ("limit=x", 400, "strconv.ParseInt: parsing \"x\": invalid syntax".to_owned()),
        (
            "resourceVersion=abc",
            500,
            "resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": invalid syntax".to_owned(),
        ),
    ] {
        let answer = get(&server, &format!("{WIDGETS}?watch=1&{query}"), &[]).await;
        assert_eq!(code_and_message(&answer), (code, message.as_str()), "{query}");
    }
    // With a resource version, nothing is defaulted, and the token is ignored.
    let watched =
        get(&server, &format!("{WIDGETS}?watch=1&timeoutSeconds=1&resourceVersion=99999&continue=x"), &[]).await;
    assert_eq!((watched.code, watched.body), (200, Value::Null));
}

#[tokio::test(start_paused = true)]
async fn watch_that_cannot_start_sends_an_error_event() {
    let server = with_widgets().await;
    for seconds in ["-1", "9223372036854775807"] {
        let over = get(&server, &format!("{WIDGETS}?watch=1&timeoutSeconds={seconds}"), &[]).await;
        let status = &over.body["object"];
        let found = (&over.body["type"], &status["code"], &status["reason"], &status["message"]);
        assert_eq!(found, (&json!("ERROR"), &json!(500), &json!("InternalError"), &json!("context deadline exceeded")));
    }
    let query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=99999";
    let early = get(&server, &format!("{WIDGETS}?{query}"), &[]).await;
    assert_eq!((early.code, &early.body["object"]["code"]), (200, &json!(504)));
}

#[tokio::test]
async fn invalid_timeout_returns_bad_request_on_every_path() {
    let server = with_widgets().await;
    for path in [WIDGETS, "/api", "/version", "/healthz"] {
        let refused = get(&server, &format!("{path}?timeout=1x"), &[]).await;
        let message = "invalid timeout specified in the request URL - time: unknown unit \"x\" in duration \"1x\"";
        assert_eq!(code_and_message(&refused), (400, message), "{path}");
    }
    assert_eq!(get(&server, &format!("{WIDGETS}?timeout=1m30s"), &[]).await.code, 200);
}

#[tokio::test]
async fn unprintable_or_long_field_manager_returns_invalid_on_update() {
    let server = with_widgets().await;
    let long = "x".repeat(129);
    let options = "UpdateOptions.meta.k8s.io \"\" is invalid: fieldManager: ";
    for (manager, message) in [
        ("a%00b", "Invalid value: \"a\\x00b\": invalid character U+0000 (at position 1)"),
        ("%E2%80%8B", "Invalid value: \"\\u200b\": invalid character U+200B (at position 0)"),
        (long.as_str(), "Too long: may not be more than 128 bytes"),
    ] {
        let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}});
        let path = format!("{WIDGETS}/a?fieldManager={manager}");
        let refused = send(&server, "PUT", &path, JSON, &widget.to_string()).await;
        assert_eq!(code_and_message(&refused), (422, format!("{options}{message}").as_str()));
    }
}
