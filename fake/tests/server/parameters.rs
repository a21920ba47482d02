//! Invalid request parameters. Expected responses are those of kube-apiserver 1.37.

use serde_json::json;

use super::raw::{JSON, WIDGETS, get, send};
use super::server;

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[tokio::test]
async fn invalid_numbers_return_the_messages_of_go() {
    let server = server();
    let invalid_version = |text: &str, why: &str| {
        format!("resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": {why}")
    };
    let range = invalid_version("18446744073709551616", "value out of range");
    let syntax = invalid_version("x", "invalid syntax");
    for (path, code, message) in [
        (format!("{WIDGETS}?timeoutSeconds="), 400, "strconv.ParseInt: parsing \"\": invalid syntax".to_owned()),
        (format!("{WIDGETS}?limit="), 400, "strconv.ParseInt: parsing \"\": invalid syntax".to_owned()),
        (
            format!("{WIDGETS}?limit=9223372036854775808"),
            400,
            "strconv.ParseInt: parsing \"9223372036854775808\": value out of range".to_owned(),
        ),
        (format!("{WIDGETS}?watch=1&limit=x"), 400, "strconv.ParseInt: parsing \"x\": invalid syntax".to_owned()),
        (format!("{WIDGETS}?resourceVersion=x"), 400, format!("invalid resource version: {syntax}")),
        (
            format!("{CONFIG_MAPS}?resourceVersion=18446744073709551616"),
            400,
            format!("invalid resource version: {range}"),
        ),
        (format!("{WIDGETS}?watch=1&resourceVersion=x"), 500, syntax.clone()),
        (format!("{WIDGETS}/a?resourceVersion=x"), 500, syntax.clone()),
        (
            "/api/v1/namespaces/default/events/a?resourceVersion=x".to_owned(),
            400,
            format!("invalid resource version: {syntax}"),
        ),
    ] {
        let answer = get(&server, &path, &[]).await;
        assert_eq!((answer.code, &answer.body["message"]), (code, &json!(message)), "{path}");
    }
}

#[tokio::test]
async fn invalid_continue_token_returns_bad_request() {
    let server = server();
    for (token, why) in [
        ("x", "illegal base64 data at input byte 0"),
        ("!", "illegal base64 data at input byte 0"),
        ("abc", "invalid character 'i' looking for beginning of value"),
        ("e30", "server does not recognize this encoded version "),
        ("bnVsbA", "server does not recognize this encoded version "),
        ("eyJ2IjoieCIsInJ2IjoxLCJzdGFydCI6ImEifQ", "server does not recognize this encoded version x"),
        (
            "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0",
            "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
        ),
        ("eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0", "encoded start key empty (version meta.k8s.io/v1)"),
        ("eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi94In0", "../x"),
    ] {
        // An invalid token is reported before an incompatible resource version.
        for version in ["", "&resourceVersion=x"] {
            let answer = get(&server, &format!("{WIDGETS}?continue={token}{version}"), &[]).await;
            let message = format!("invalid continue token: continue key is not valid: {why}");
            assert_eq!((answer.code, &answer.body["message"]), (400, &json!(message)), "{token}{version}");
        }
    }
}

#[tokio::test]
async fn field_selectors_are_parsed_as_by_go() {
    let server = server();
    for (selector, message) in [
        (
            "metadata.name%20in%20(a)",
            "invalid selector: 'metadata.name in (a)'; can't understand 'metadata.name in (a)'",
        ),
        ("%22", "invalid selector: '\"'; can't understand '\"'"),
        ("metadata.name=a=b", "invalid field selector: unescaped character in value: 61"),
        ("metadata.name=a!=b", "invalid field selector: unescaped character in value: 61"),
        ("metadata.name=a%5Cb", "invalid field selector: invalid escape sequence: \\b"),
    ] {
        // Selectors are parsed before other options are validated.
        for rest in ["", "&watch=1&continue=x"] {
            let answer = get(&server, &format!("{CONFIG_MAPS}?fieldSelector={selector}{rest}"), &[]).await;
            assert_eq!((answer.code, &answer.body["message"]), (400, &json!(message)), "{selector}{rest}");
        }
    }
    let escaped = get(&server, &format!("{CONFIG_MAPS}?fieldSelector=metadata.name=a%5C,b"), &[]).await;
    assert_eq!(escaped.code, 200);
}

#[tokio::test]
async fn unprintable_field_manager_returns_invalid_on_create() {
    let server = server();
    let body = r#"{"metadata":{"name":"x"}}"#;
    for (manager, shown, what) in [
        ("%07", "\\a", "invalid character U+0007 (at position 0)"),
        ("%C3%BC%07", "ü\\a", "invalid character U+0007 (at position 2)"),
        ("%E2%80%8B", "\\u200b", "invalid character U+200B (at position 0)"),
    ] {
        let path = format!("{CONFIG_MAPS}?dryRun=All&fieldManager={manager}");
        let answer = send(&server, "POST", &path, JSON, body).await;
        let message =
            format!("CreateOptions.meta.k8s.io \"\" is invalid: fieldManager: Invalid value: \"{shown}\": {what}");
        assert_eq!((answer.code, &answer.body["message"]), (422, &json!(message)), "{manager}");
    }
    for manager in ["a%20b", "%C3%BC", "%22'%5C", ""] {
        let path = format!("{CONFIG_MAPS}?dryRun=All&fieldManager={manager}");
        assert_eq!(send(&server, "POST", &path, JSON, body).await.code, 201, "{manager}");
    }
}

#[tokio::test]
async fn boolean_parameters_are_false_only_for_known_values() {
    let server = server();
    for (flag, is_watch) in [("False", false), ("FALSE", false), ("0", false), ("", true), ("no", true)] {
        let answer = get(&server, &format!("{CONFIG_MAPS}?watch={flag}&limit=x&continue=x"), &[]).await;
        assert_eq!(answer.code, 400);
        let answer = get(&server, &format!("{CONFIG_MAPS}?watch={flag}&resourceVersion=x"), &[]).await;
        assert_eq!(answer.code == 500, is_watch, "{flag}");
    }
}

#[tokio::test]
async fn invalid_timeout_returns_bad_request_except_on_watches() {
    let server = server();
    let path = |query: &str| format!("/api/v1/namespaces/default?{query}");
    for (timeout, why) in [
        ("x", "time: invalid duration \"x\""),
        ("1", "time: missing unit in duration \"1\""),
        ("1x", "time: unknown unit \"x\" in duration \"1x\""),
        ("99999999999999999999s", "time: invalid duration \"99999999999999999999s\""),
    ] {
        let answer = get(&server, &path(&format!("timeout={timeout}")), &[]).await;
        let message = format!("invalid timeout specified in the request URL - {why}");
        assert_eq!((answer.code, &answer.body["message"]), (400, &json!(message)), "{timeout}");
    }
    for timeout in ["", "0", "-1s", "100h", "1.5h1ns"] {
        assert_eq!(get(&server, &path(&format!("timeout={timeout}")), &[]).await.code, 200, "{timeout}");
    }
    for path in ["/nothing", "/healthz", "/version", "/api/v1"] {
        assert_eq!(get(&server, &format!("{path}?timeout=x"), &[]).await.code, 400, "{path}");
    }
    let watch = get(&server, "/api/v1/namespaces?watch=1&timeoutSeconds=1&timeout=x", &[]).await;
    assert_eq!(watch.code, 200);
}

#[tokio::test]
async fn responses_are_indented_for_pretty_and_curl() {
    let server = server();
    let accept = ("accept", "application/json");
    let table = ("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
    for (path, headers, is_indented) in [
        ("/api/v1?pretty=1", vec![accept], true),
        ("/api/v1?pretty=t", vec![accept], true),
        ("/api/v1?pretty=x", vec![accept], false),
        ("/api/v1?pretty=", vec![accept], false),
        ("/api/v1", vec![accept, ("user-agent", "curl/8")], true),
        ("/api/v1?pretty=false", vec![accept, ("user-agent", "curl/8")], false),
        ("/api/v1", vec![("accept", "application/json;pretty=1")], true),
        ("/api/v1/namespaces/default?pretty=true", vec![table], true),
        ("/api/v1/namespaces/nope", vec![accept], false),
        // Errors that cannot be sent in the accepted type are sent as indented JSON.
        ("/api/v1/namespaces/nope", vec![table], true),
        ("/apis", vec![("accept", "text/html")], true),
    ] {
        let text = get(&server, path, &headers).await.text;
        assert_eq!(text.starts_with("{\n  \""), is_indented, "{path} {headers:?}: {text}");
        assert!(!is_indented || text.ends_with("\n}"), "{text}");
    }
}

#[tokio::test]
async fn segments_of_a_path_are_percent_decoded() {
    let server = server();
    let recording = server.record();
    for (segment, name) in [("a%3Db%26c", "a=b&c"), ("a+b%20c", "a+b c"), ("%C3%A4", "ä"), ("100%", "100%")] {
        let response = get(&server, &format!("{WIDGETS}/{segment}"), &[]).await;
        assert_eq!(response.at("/details/name"), name, "{segment}");
    }
    let names: Vec<String> = recording.actions().into_iter().map(|action| action.name).collect();
    assert_eq!(names, ["a=b&c", "a+b c", "ä", "100%"]);
}
