//! The Go program of `tests/yaml-judge`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// What Kubernetes makes of a document.
pub(super) struct Verdict {
    /// The documents of a file with this text.
    pub(super) stream: Option<Vec<Value>>,
    pub(super) stream_error: String,
    /// The value of a request body with this text.
    pub(super) body: Option<Value>,
    pub(super) body_error: String,
    /// Whether the body has duplicate keys.
    pub(super) repeated: bool,
    /// Whether a document of the file has duplicate keys.
    pub(super) stream_repeated: bool,
    /// Whether the value depends on chance.
    pub(super) random: bool,
}

pub(super) struct Judge {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Judge {
    pub(super) fn start() -> Self {
        let program = std::env::var("YAML_JUDGE").expect("YAML_JUDGE: the program that tests/yaml-judge builds");
        let mut process = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program of YAML_JUDGE runs");
        let questions = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Judge { process, questions, answers }
    }

    pub(super) fn verdict(&mut self, text: &[u8]) -> Verdict {
        let length = u32::try_from(text.len()).expect("a short document");
        let question = [&length.to_be_bytes(), text].concat();
        self.questions.write_all(&question).expect("the judge listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the judge answers");
        let mut answer: Value = serde_json::from_str(&line).expect("JSON");
        let error = |answer: &Value, key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        let (stream_error, body_error) = (error(&answer, "streamError"), error(&answer, "bodyError"));
        let stream = match answer["stream"].take() {
            Value::Array(documents) => Some(documents),
            _ => None,
        };
        let body = body_error.is_empty().then(|| answer["body"].take());
        let flag = |key: &str| answer[key].as_bool().unwrap_or_default();
        Verdict {
            stream,
            stream_error,
            body,
            body_error,
            repeated: flag("repeated"),
            stream_repeated: flag("streamRepeated"),
            random: flag("random"),
        }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
