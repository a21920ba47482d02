//! One of the two servers, and what it has said of itself.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::normal::{Names, without_controller};
pub(crate) use crate::places::key;
use crate::raw::Raw;
use crate::script::Step;

/// How long the events of a watch are awaited, in seconds.
const EVENTS_SECONDS: u32 = 1;

/// How long a watch may take to tell what it is known to tell.
const LIVE: Duration = Duration::from_secs(3);

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(60);

/// Longer than a script takes.
const LIVE_SECONDS: &str = "600";

pub(crate) const NAMESPACES: &str = "/api/v1/namespaces";
pub(crate) const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// A server as one script sees it.
pub(crate) struct Side {
    client: kube::Client,
    /// The script's own word, which the names of its namespaces begin with.
    pub(crate) word: String,
    /// The last uid and version of each object, by its collection and name.
    pub(crate) objects: HashMap<String, (String, String)>,
    /// The first version of each object.
    pub(crate) first: HashMap<String, String>,
    pub(crate) token: String,
    /// The last entity tag of an answer.
    pub(crate) tag: String,
    pub(crate) names: Names,
    watches: Vec<Watch>,
    /// The version of the script's beginning.
    pub(crate) start: String,
    /// For how long a definition's change is waited for.
    settling: Duration,
}

/// A watch that is open while the steps are sent.
struct Watch {
    /// Asks for the same once more.
    again: Step,
    lines: mpsc::UnboundedReceiver<Vec<u8>>,
}

/// What a server has answered, in a form that does not depend on the server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) body: Value,
    pub(crate) warnings: Vec<String>,
    /// The headers that mean something to clients.
    pub(crate) headers: BTreeMap<&'static str, String>,
}

impl Side {
    pub(crate) fn new(client: kube::Client, word: &str, settling: Duration) -> Self {
        Side {
            client,
            word: word.to_owned(),
            objects: HashMap::new(),
            first: HashMap::new(),
            token: String::new(),
            tag: String::new(),
            names: Names::new(word),
            watches: Vec::new(),
            start: String::new(),
            settling,
        }
    }

    /// Makes the script's namespaces, and opens its watches.
    pub(crate) async fn begin(&mut self, watched: &[Step]) -> Result<(), kube::Error> {
        for number in 0..2 {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": format!("{}-ns{number}", self.word)}});
            let step = Step::new("POST", NAMESPACES).body("application/json", body.to_string());
            let made = self.raw(&step).await?;
            let made: Value = serde_json::from_slice(&made.body).unwrap_or_default();
            made["metadata"]["resourceVersion"].as_str().unwrap_or_default().clone_into(&mut self.start);
        }
        for watch in watched {
            let list = self.raw(&Step::get(&watch.path)).await?;
            let list: Value = serde_json::from_slice(&list.body).unwrap_or_default();
            let version = list.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
            let again = watch.clone().query("watch", "true").query("resourceVersion", version);
            let mut body = self.sent(&again.clone().query("timeoutSeconds", LIVE_SECONDS)).await?.into_body();
            let (tell, lines) = mpsc::unbounded_channel();
            tokio::spawn(async move {
                let mut line = Vec::new();
                while let Some(Ok(frame)) = body.frame().await {
                    for byte in frame.into_data().unwrap_or_default() {
                        if byte != b'\n' {
                            line.push(byte);
                        } else if tell.send(std::mem::take(&mut line)).is_err() {
                            return;
                        }
                    }
                }
            });
            self.watches.push(Watch { again, lines });
        }
        Ok(())
    }

    /// Sends a step, and returns its answer before the body.
    async fn sent(&self, step: &Step) -> Result<http::Response<Body>, kube::Error> {
        let mut uri = self.filled(&step.path);
        for (index, (name, value)) in step.query.iter().enumerate() {
            let value: String = form_urlencoded::byte_serialize(self.filled(value).as_bytes()).collect();
            uri.push_str(&format!("{}{name}={value}", if index == 0 { '?' } else { '&' }));
        }
        let mut request =
            Request::builder().method(step.method.as_str()).uri(uri).header("user-agent", "differential/1");
        if let Some(type_) = &step.content_type {
            request = request.header("content-type", type_);
        }
        let accept = step.accept.as_deref().unwrap_or("application/json");
        if !accept.is_empty() {
            request = request.header("accept", accept);
        }
        for (name, value) in &step.headers {
            request = request.header(name, self.filled(value));
        }
        let body = step.body.as_ref().map(|body| self.filled(body)).unwrap_or_default();
        let body = if step.is_bytes { bytes(&body) } else { body.into_bytes() };
        let request = request.body(Body::from(body)).map_err(kube::Error::HttpError)?;
        self.client.send(request).await
    }

    pub(crate) async fn raw(&self, step: &Step) -> Result<Raw, kube::Error> {
        let answered = async {
            let response = self.sent(step).await?;
            let (head, body) = response.into_parts();
            // Of a body that breaks off, nothing is compared.
            let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
            Ok(Raw { code: head.status.as_u16(), headers: head.headers, body })
        };
        let late = |_| kube::Error::Service(format!("no answer within {ANSWER:?}").into());
        tokio::time::timeout(ANSWER, answered).await.map_err(late)?
    }

    /// Sends a step.
    pub(crate) async fn send(&mut self, step: &Step) -> Result<Answer, kube::Error> {
        let raw = self.raw(step).await?;
        let is_watch = step.path.contains("/watch/") || step.has("watch");
        let mut body = if raw.is_events(is_watch) { self.told(raw.lines()) } else { raw.value() };
        if let Some(tag) = raw.header("etag") {
            tag.clone_into(&mut self.tag);
        }
        if !step.has("dryRun") {
            self.note(&step.path, &body);
        }
        self.follow(step, &raw, &mut body).await?;
        let mut warnings: Vec<String> = raw.warnings().map(|warning| self.names.text(warning)).collect();
        warnings.sort();
        let mut body = self.names.answer(&body, step.has("dryRun"));
        if step.path.starts_with(NAMESPACES) && !step.path.contains("/configmaps") {
            without_controller(&mut body);
        }
        Ok(Answer { code: raw.code, body, warnings, headers: raw.compared() })
    }

    /// What follows from a step before the next one is sent.
    async fn follow(&self, step: &Step, raw: &Raw, body: &mut Value) -> Result<(), kube::Error> {
        if let Some(definition) = &step.settles {
            if let Some(fields) = body.as_object_mut().filter(|fields| fields.contains_key("spec")) {
                // How far the server has come with a definition by the time of its answer is left to chance.
                fields.remove("status");
            }
            if raw.code < 300 {
                self.settle(definition).await?;
            }
        }
        if let Some(namespace) = &step.finalizes {
            self.finalize(namespace).await?;
        }
        Ok(())
    }

    /// Waits until a change of a definition is in force.
    async fn settle(&self, definition: &str) -> Result<(), kube::Error> {
        let path = format!("{DEFINITIONS}/{definition}");
        for _ in 0..100 {
            let answer = self.raw(&Step::get(&path)).await?;
            let found: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let conditions = found.pointer("/status/conditions").and_then(Value::as_array);
            let is = |type_: &str, status: &str| {
                conditions.into_iter().flatten().any(|one| one["type"] == type_ && one["status"] == status)
            };
            let is_terminated = is("Terminating", "False") && found.pointer("/metadata/deletionTimestamp").is_some();
            let is_settled = is("NamesAccepted", "False") || (is("Established", "True") && !is("Terminating", "True"));
            if answer.code == 404 || is_terminated || is_settled {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // What serves the kind hears of it from a watch of its own, and nothing tells when it has.
        tokio::time::sleep(self.settling).await;
        Ok(())
    }

    fn told<'l>(&self, lines: impl IntoIterator<Item = &'l [u8]>) -> Value {
        let events = lines.into_iter().map(|line| serde_json::from_slice::<Value>(line).unwrap_or_default());
        // When bookmarks come, but for the one that ends the beginning, is left to chance.
        let is_told = |event: &Value| {
            event["type"] != "BOOKMARK" || event.pointer("/object/metadata/annotations").is_some_and(Value::is_object)
        };
        events.filter(is_told).map(|event| self.names.answer(&event, false)).collect()
    }

    /// What each watch has told since the beginning, and what one tells that begins there now.
    pub(crate) async fn events(&mut self) -> Result<Vec<(Value, Value)>, kube::Error> {
        let mut all = Vec::new();
        for mut watch in std::mem::take(&mut self.watches) {
            let again = watch.again.query("timeoutSeconds", EVENTS_SECONDS.to_string());
            let replay = self.raw(&again).await?;
            let replayed: Vec<&[u8]> = replay.lines().collect();
            let mut live = Vec::new();
            let _ = tokio::time::timeout(LIVE, async {
                while live.len() < replayed.len() {
                    let Some(line) = watch.lines.recv().await else { break };
                    live.push(line);
                }
            })
            .await;
            while let Ok(line) = watch.lines.try_recv() {
                live.push(line);
            }
            all.push((self.told(live.iter().map(Vec::as_slice)), self.told(replayed)));
        }
        Ok(all)
    }

    /// Remembers what an answer tells of objects.
    fn note(&mut self, path: &str, body: &Value) {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        if let token @ 1.. = text("/metadata/continue").len() {
            self.token = text("/metadata/continue")[..token].to_owned();
        }
        let (name, uid, version) = (text("/metadata/name"), text("/metadata/uid"), text("/metadata/resourceVersion"));
        if uid.is_empty() {
            return;
        }
        self.names.uid(&uid);
        if version.is_empty() {
            return;
        }
        if !path.starts_with(DEFINITIONS) {
            // How often the server itself writes to a definition is its own affair.
            self.names.version(&version);
        }
        let own = format!("{}-", self.word);
        let key = key(path, name.strip_prefix(own.as_str()).unwrap_or(&name));
        self.first.entry(key.clone()).or_insert_with(|| version.clone());
        self.objects.insert(key, (uid, version));
    }
}

/// A text whose characters are bytes.
fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}
