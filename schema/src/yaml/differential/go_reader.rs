//! The Go program of `tests/yaml-reference`, which reads documents with the libraries of Kubernetes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The result of reading a document in Go.
pub(super) struct Reading {
    /// The documents, read as a file.
    pub(super) stream: Option<Vec<Value>>,
    pub(super) stream_error: String,
    /// The value, read as a request body.
    pub(super) body: Option<Value>,
    pub(super) body_error: String,
    /// Whether the body has duplicate keys.
    pub(super) body_has_duplicates: bool,
    /// Whether a document of the file has duplicate keys.
    pub(super) stream_has_duplicates: bool,
    /// Whether the value is random, because of the order of a Go map.
    pub(super) random: bool,
}

pub(super) struct GoReader {
    process: Child,
    requests: ChildStdin,
    responses: BufReader<ChildStdout>,
}

impl GoReader {
    pub(super) fn start() -> Self {
        let program = std::env::var("YAML_REFERENCE")
            .expect("YAML_REFERENCE: set it to the program built from tests/yaml-reference");
        let mut process = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("failed to start the program of YAML_REFERENCE");
        let requests = process.stdin.take().expect("a pipe");
        let responses = BufReader::new(process.stdout.take().expect("a pipe"));
        GoReader { process, requests, responses }
    }

    pub(super) fn read(&mut self, text: &[u8]) -> Reading {
        let length = u32::try_from(text.len()).expect("a short document");
        let request = [&length.to_be_bytes(), text].concat();
        self.requests.write_all(&request).expect("failed to send a document to the program of YAML_REFERENCE");
        let mut line = String::new();
        self.responses.read_line(&mut line).expect("failed to read from the program of YAML_REFERENCE");
        let mut response: Value = serde_json::from_str(&line).expect("JSON");
        let error = |response: &Value, key: &str| response[key].as_str().unwrap_or_default().to_owned();
        let (stream_error, body_error) = (error(&response, "streamError"), error(&response, "bodyError"));
        let stream = match response["stream"].take() {
            Value::Array(documents) => Some(documents),
            _ => None,
        };
        let body = body_error.is_empty().then(|| response["body"].take());
        let flag = |key: &str| response[key].as_bool().unwrap_or_default();
        Reading {
            stream,
            stream_error,
            body,
            body_error,
            body_has_duplicates: flag("repeated"),
            stream_has_duplicates: flag("streamRepeated"),
            random: flag("random"),
        }
    }
}

impl Drop for GoReader {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
