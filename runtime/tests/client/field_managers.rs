//! Tests of user agents and field managers.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use http::Uri;
use http::header::{HeaderValue, USER_AGENT};
use kube::Config;
use kube_client_runtime::client::{Client, Patch, PatchOptions, WriteOptions};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use serde_json::json;

use super::{client, map, server};

fn program() -> String {
    std::env::current_exe().unwrap().file_name().unwrap().to_str().unwrap().to_owned()
}

fn managers(map: &ConfigMap) -> Vec<&str> {
    let entries = map.metadata.managed_fields.iter().flatten();
    entries.filter_map(|entry| entry.manager.as_deref()).collect()
}

/// Serves one request with an object, and returns the user agents and the first line of the request.
fn serve(stream: &mut TcpStream) -> (Vec<String>, String) {
    let lines: Vec<String> = BufReader::new(&*stream)
        .lines()
        .map(|line| line.expect("a line of a request"))
        .take_while(|line| !line.is_empty())
        .collect();
    let body = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"}}"#;
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .expect("a response");
    let agents = lines.iter().filter_map(|line| line.strip_prefix("user-agent: ")).map(str::to_owned).collect();
    (agents, lines[0].clone())
}

/// Returns the user agents and the first line of a request from a client with these headers.
async fn request(headers: &[(http::HeaderName, HeaderValue)]) -> (Vec<String>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let uri: Uri = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let served = std::thread::spawn(move || serve(&mut listener.accept().expect("a connection").0));
    let mut config = Config::new(uri);
    config.headers = headers.to_vec();
    let client = Client::try_from(config).expect("a client");
    client.namespaced::<ConfigMap>("default").create(&map("one")).await.expect("created");
    served.join().expect("a request")
}

#[tokio::test]
async fn client_of_a_config_sends_the_program_as_user_agent() {
    let (agents, line) = request(&[]).await;
    assert_eq!(agents, [format!("{}/{}", program(), env!("CARGO_PKG_VERSION"))]);
    assert!(!line.contains("fieldManager"), "{line}");
}

#[tokio::test]
async fn client_of_a_config_keeps_its_user_agent() {
    let (agents, line) = request(&[(USER_AGENT, HeaderValue::from_static("own/1"))]).await;
    assert_eq!(agents, ["own/1"]);
    assert!(!line.contains("fieldManager"), "{line}");
}

#[tokio::test]
async fn client_of_a_kube_client_sends_the_program_as_field_manager() {
    let server = server();
    let maps = client(&server).namespaced::<ConfigMap>("default");
    let created = maps.create(&map("one")).await.unwrap();
    assert_eq!(managers(&created), [program()]);
    let data = |value: &str| Some([("key".to_owned(), value.to_owned())].into());
    let modified = maps.modify("one", |map| map.data = data("1")).await.unwrap();
    assert_eq!(managers(&modified), [program()]);
    let patch = Patch::Merge(json!({"data": {"key": "2"}}));
    let patched = maps.patch("one", &patch, &PatchOptions::default()).await.unwrap();
    assert_eq!(managers(&patched), [program()]);
    let updated = maps.update(&ConfigMap { data: data("3"), ..patched }).await.unwrap();
    assert_eq!(managers(&updated), [program()]);
}

#[tokio::test]
async fn explicit_field_manager_is_sent() {
    let server = server();
    let maps = client(&server).namespaced::<ConfigMap>("default");
    let created = maps.create_with(&map("one"), &WriteOptions::default().field_manager("mine")).await.unwrap();
    assert!(managers(&created).iter().all(|manager| *manager == "mine"), "{created:?}");
}

#[tokio::test]
async fn apply_requires_an_explicit_field_manager() {
    let server = server();
    let maps = client(&server).namespaced::<ConfigMap>("default");
    let patch = Patch::Apply(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"key": "1"}}),
    );
    let error = maps.patch("one", &patch, &PatchOptions::default()).await.unwrap_err();
    assert!(error.is_invalid() || error.is_bad_request(), "{error}");
    let applied = maps.patch("one", &patch, &PatchOptions::manager("mine")).await.unwrap();
    assert_eq!(managers(&applied), ["mine"]);
}
