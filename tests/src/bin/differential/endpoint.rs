//! One of the two servers, with the values that it returned.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::normalize::{Normalizer, remove_controller_fields, remove_descriptions};
pub(crate) use crate::placeholders::key;
use crate::raw::Raw;
use crate::script::Step;

/// Duration of a replaying watch in seconds.
const REPLAY_SECONDS: u32 = 1;

/// Time limit for the remaining events of an open watch.
const EVENTS_TIMEOUT: Duration = Duration::from_secs(3);

/// Time limit of a response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);

/// Duration of an open watch: longer than a script.
const LIVE_SECONDS: &str = "600";

pub(crate) const NAMESPACES: &str = "/api/v1/namespaces";
pub(crate) use testkit::crds::DEFINITIONS;

/// A server as used by one script.
pub(crate) struct Endpoint {
    client: kube::Client,
    /// Prefix of the script's namespaces.
    pub(crate) prefix: String,
    /// Last uid and version of each object, by its collection and name.
    pub(crate) objects: HashMap<String, (String, String)>,
    /// First version of each object.
    pub(crate) first: HashMap<String, String>,
    pub(crate) token: String,
    /// Last entity tag.
    pub(crate) tag: String,
    pub(crate) normalizer: Normalizer,
    watches: Vec<Watch>,
    /// Resource version at the start of the script.
    pub(crate) start: String,
    /// Delay after the change of a definition.
    settling: Duration,
}

/// A watch that is open while the steps are sent.
struct Watch {
    /// Request that replays the events.
    replay: Step,
    lines: mpsc::UnboundedReceiver<Vec<u8>>,
}

/// A normalized response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Response {
    pub(crate) code: u16,
    pub(crate) body: Value,
    pub(crate) warnings: Vec<String>,
    /// Headers to compare.
    pub(crate) headers: BTreeMap<&'static str, String>,
}

impl Endpoint {
    pub(crate) fn new(client: kube::Client, prefix: &str, settling: Duration) -> Self {
        Endpoint {
            client,
            prefix: prefix.to_owned(),
            objects: HashMap::new(),
            first: HashMap::new(),
            token: String::new(),
            tag: String::new(),
            normalizer: Normalizer::new(prefix),
            watches: Vec::new(),
            start: String::new(),
            settling,
        }
    }

    /// Creates the script's namespaces and opens its watches.
    pub(crate) async fn begin(&mut self, watched: &[Step]) -> Result<(), kube::Error> {
        for number in 0..2 {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": format!("{}-ns{number}", self.prefix)}});
            let step = Step::new("POST", NAMESPACES).body("application/json", body.to_string());
            let created = self.raw(&step).await?;
            let created: Value = serde_json::from_slice(&created.body).unwrap_or_default();
            created["metadata"]["resourceVersion"].as_str().unwrap_or_default().clone_into(&mut self.start);
        }
        for watch in watched {
            let list = self.raw(&Step::get(&watch.path)).await?;
            let list: Value = serde_json::from_slice(&list.body).unwrap_or_default();
            let version = list.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
            let replay = watch.clone().query("watch", "true").query("resourceVersion", version);
            let mut body = self.send_raw(&replay.clone().query("timeoutSeconds", LIVE_SECONDS)).await?.into_body();
            let (sender, lines) = mpsc::unbounded_channel();
            tokio::spawn(async move {
                let mut line = Vec::new();
                while let Some(Ok(frame)) = body.frame().await {
                    for byte in frame.into_data().unwrap_or_default() {
                        if byte != b'\n' {
                            line.push(byte);
                        } else if sender.send(std::mem::take(&mut line)).is_err() {
                            return;
                        }
                    }
                }
            });
            self.watches.push(Watch { replay, lines });
        }
        Ok(())
    }

    /// Sends a step and returns its response before the body.
    async fn send_raw(&self, step: &Step) -> Result<http::Response<Body>, kube::Error> {
        let mut uri = self.fill(&step.path);
        for (index, (name, value)) in step.query.iter().enumerate() {
            let value: String = form_urlencoded::byte_serialize(self.fill(value).as_bytes()).collect();
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
            request = request.header(name, self.fill(value));
        }
        let body = step.body.as_ref().map(|body| self.fill(body)).unwrap_or_default();
        let body = if step.is_bytes { to_bytes(&body) } else { body.into_bytes() };
        let request = request.body(Body::from(body)).map_err(kube::Error::HttpError)?;
        self.client.send(request).await
    }

    pub(crate) async fn raw(&self, step: &Step) -> Result<Raw, kube::Error> {
        let response = async {
            let response = self.send_raw(step).await?;
            let (head, body) = response.into_parts();
            // Incomplete bodies are not compared.
            let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
            Ok(Raw { code: head.status.as_u16(), headers: head.headers, body })
        };
        let timed_out = |_| kube::Error::Service(format!("no response within {RESPONSE_TIMEOUT:?}").into());
        tokio::time::timeout(RESPONSE_TIMEOUT, response).await.map_err(timed_out)?
    }

    /// Sends a step.
    pub(crate) async fn send(&mut self, step: &Step) -> Result<Response, kube::Error> {
        let raw = self.raw(step).await?;
        let is_watch = step.path.contains("/watch/") || step.has("watch");
        let mut body = if raw.is_events(is_watch) { self.watch_events(raw.lines()) } else { raw.value() };
        if let Some(tag) = raw.header("etag") {
            tag.clone_into(&mut self.tag);
        }
        if !step.has("dryRun") {
            self.remember(&step.path, &body);
        }
        self.apply_consequences(step, &raw, &mut body).await?;
        let mut warnings: Vec<String> = raw.warnings().map(|warning| self.normalizer.text(warning)).collect();
        warnings.sort();
        let mut body = self.normalizer.body(&body, step.has("dryRun"));
        if is_of_kubernetes(&step.path) {
            // The texts of the API server are not copied.
            remove_descriptions(&mut body);
        }
        if step.path.starts_with(NAMESPACES) && !step.path.contains("/configmaps") {
            remove_controller_fields(&mut body);
        }
        Ok(Response { code: raw.code, body, warnings, headers: raw.compared_headers() })
    }

    /// Waits for the consequences of a step.
    async fn apply_consequences(&self, step: &Step, raw: &Raw, body: &mut Value) -> Result<(), kube::Error> {
        if let Some(definition) = &step.settles {
            if let Some(fields) = body.as_object_mut().filter(|fields| fields.contains_key("spec")) {
                // The status of a definition in the response depends on timing.
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

    /// Waits until the change of a definition is effective.
    async fn settle(&self, definition: &str) -> Result<(), kube::Error> {
        let path = format!("{DEFINITIONS}/{definition}");
        for _ in 0..100 {
            let response = self.raw(&Step::get(&path)).await?;
            let found: Value = serde_json::from_slice(&response.body).unwrap_or_default();
            let conditions = found.pointer("/status/conditions").and_then(Value::as_array);
            let has = |type_: &str, status: &str| {
                conditions.into_iter().flatten().any(|one| one["type"] == type_ && one["status"] == status)
            };
            let is_terminated = has("Terminating", "False") && found.pointer("/metadata/deletionTimestamp").is_some();
            let is_settled =
                has("NamesAccepted", "False") || (has("Established", "True") && !has("Terminating", "True"));
            if response.code == 404 || is_terminated || is_settled {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // The handler of the kind is notified asynchronously, without an observable condition.
        tokio::time::sleep(self.settling).await;
        Ok(())
    }

    fn watch_events<'l>(&self, lines: impl IntoIterator<Item = &'l [u8]>) -> Value {
        let events = lines.into_iter().map(|line| serde_json::from_slice::<Value>(line).unwrap_or_default());
        // The time of bookmarks is undefined, except of the one that ends the initial events.
        let is_compared = |event: &Value| {
            event["type"] != "BOOKMARK" || event.pointer("/object/metadata/annotations").is_some_and(Value::is_object)
        };
        events.filter(is_compared).map(|event| self.normalizer.body(&event, false)).collect()
    }

    /// Returns the events of each watch since the start, live and replayed.
    pub(crate) async fn events(&mut self) -> Result<Vec<(Value, Value)>, kube::Error> {
        let mut all = Vec::new();
        for mut watch in std::mem::take(&mut self.watches) {
            let replay = watch.replay.query("timeoutSeconds", REPLAY_SECONDS.to_string());
            let replayed = self.raw(&replay).await?;
            let replayed: Vec<&[u8]> = replayed.lines().collect();
            let mut live = Vec::new();
            let _ = tokio::time::timeout(EVENTS_TIMEOUT, async {
                while live.len() < replayed.len() {
                    let Some(line) = watch.lines.recv().await else { break };
                    live.push(line);
                }
            })
            .await;
            while let Ok(line) = watch.lines.try_recv() {
                live.push(line);
            }
            all.push((self.watch_events(live.iter().map(Vec::as_slice)), self.watch_events(replayed)));
        }
        Ok(all)
    }

    /// Remembers uids and versions of a response.
    fn remember(&mut self, path: &str, body: &Value) {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        if let token @ 1.. = text("/metadata/continue").len() {
            self.token = text("/metadata/continue")[..token].to_owned();
        }
        let (name, uid, version) = (text("/metadata/name"), text("/metadata/uid"), text("/metadata/resourceVersion"));
        if uid.is_empty() {
            return;
        }
        self.normalizer.uid(&uid);
        if version.is_empty() {
            return;
        }
        if !path.starts_with(DEFINITIONS) {
            // The number of updates of a definition by the server is undefined.
            self.normalizer.version(&version);
        }
        let prefix = format!("{}-", self.prefix);
        let key = key(path, name.strip_prefix(prefix.as_str()).unwrap_or(&name));
        self.first.entry(key.clone()).or_insert_with(|| version.clone());
        self.objects.insert(key, (uid, version));
    }
}

/// Whether a path is in a group of Kubernetes' own kinds.
fn is_of_kubernetes(path: &str) -> bool {
    let group = path.strip_prefix("/apis/").and_then(|rest| rest.split('/').next());
    group.is_none_or(|group| !group.contains('.') || group.ends_with(".k8s.io"))
}

/// Converts each character of a text to a byte.
fn to_bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}
