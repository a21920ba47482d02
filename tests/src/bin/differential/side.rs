//! One of the two servers, and what it has said of itself.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::normal::Names;
use crate::script::Step;

/// How long the events of a watch are awaited, in seconds.
const EVENTS_SECONDS: u32 = 1;

/// How long a watch may take to tell what it is known to tell.
const LIVE: Duration = Duration::from_secs(3);

/// Longer than a script takes.
const LIVE_SECONDS: &str = "600";

pub(crate) const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// A server as one script sees it.
pub(crate) struct Side {
    client: kube::Client,
    /// The script's own word, which the names of its namespaces begin with.
    word: String,
    /// The last uid and version of each object, by its collection and name.
    objects: HashMap<String, (String, String)>,
    /// The first version of each object.
    first: HashMap<String, String>,
    token: String,
    pub(crate) names: Names,
    watches: Vec<Watch>,
    /// The version of the script's beginning.
    start: String,
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
}

impl Side {
    pub(crate) fn new(client: kube::Client, word: &str, settling: Duration) -> Self {
        Side {
            client,
            word: word.to_owned(),
            objects: HashMap::new(),
            first: HashMap::new(),
            token: String::new(),
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
            let step = Step::new("POST", "/api/v1/namespaces").body("application/json", body.to_string());
            let (_, _, made) = self.raw(&step).await?;
            let made: Value = serde_json::from_slice(&made).unwrap_or_default();
            made["metadata"]["resourceVersion"].as_str().unwrap_or_default().clone_into(&mut self.start);
        }
        for watch in watched {
            let (_, _, body) = self.raw(&Step::get(&watch.path)).await?;
            let list: Value = serde_json::from_slice(&body).unwrap_or_default();
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

    /// Removes the script's objects in `collections`, its definitions and its namespaces.
    pub(crate) async fn end(
        &mut self,
        collections: &BTreeSet<String>,
        definitions: &[String],
    ) -> Result<(), kube::Error> {
        for collection in collections {
            let (_, _, list) = self.raw(&Step::get(collection)).await?;
            let list: Value = serde_json::from_slice(&list).unwrap_or_default();
            for item in list["items"].as_array().into_iter().flatten() {
                let name = item["metadata"]["name"].as_str().unwrap_or_default();
                if !collection.contains("/namespaces/") && !name.starts_with(&self.word) {
                    continue;
                }
                let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
                let path = format!("{collection}/{name}");
                let freed = json!({"metadata": {"finalizers": null}}).to_string();
                self.raw(&Step::new("PATCH", &path).body("application/merge-patch+json", freed)).await?;
                self.raw(&Step::new("DELETE", path)).await?;
            }
        }
        for definition in definitions {
            self.raw(&Step::new("DELETE", format!("{DEFINITIONS}/{definition}"))).await?;
        }
        for number in 0..2 {
            self.raw(&Step::new("DELETE", format!("/api/v1/namespaces/{}-ns{number}", self.word))).await?;
        }
        Ok(())
    }

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
        request = request.header("accept", step.accept.as_deref().unwrap_or("application/json"));
        let body = step.body.as_ref().map(|body| self.filled(body)).unwrap_or_default();
        let request = request.body(Body::from(body.into_bytes())).map_err(kube::Error::HttpError)?;
        self.client.send(request).await
    }

    async fn raw(&self, step: &Step) -> Result<(u16, Vec<String>, Vec<u8>), kube::Error> {
        let response = self.sent(step).await?;
        let code = response.status().as_u16();
        let warnings = response.headers().get_all("warning").iter();
        let warnings = warnings.filter_map(|warning| warning.to_str().ok()).map(str::to_owned).collect();
        // A body that breaks off is told by what came of it.
        let body = response.into_body().collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
        Ok((code, warnings, body))
    }

    /// Sends a step.
    pub(crate) async fn send(&mut self, step: &Step) -> Result<Answer, kube::Error> {
        let (code, mut warnings, body) = self.raw(step).await?;
        let is_watch = code == 200 && step.query.iter().any(|(name, _)| name == "watch");
        let body: Value = if is_watch {
            self.told(body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()))
        } else {
            serde_json::from_slice(&body)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).trim_end().to_owned()))
        };
        self.note(&step.path, &body);
        let mut body = body;
        if step.settles.is_some()
            && let Some(fields) = body.as_object_mut()
        {
            // How far the server has come with a definition by the time of its answer is left to chance.
            fields.remove("status");
        }
        if let Some(definition) = &step.settles
            && code < 300
        {
            self.settle(definition).await?;
        }
        warnings = warnings.iter().map(|warning| self.names.text(warning)).collect();
        warnings.sort();
        let is_dry = step.query.iter().any(|(name, _)| name == "dryRun");
        Ok(Answer { code, body: self.names.answer(&body, is_dry), warnings })
    }

    /// Waits until a change of a definition is in force.
    async fn settle(&self, definition: &str) -> Result<(), kube::Error> {
        let path = format!("{DEFINITIONS}/{definition}");
        for _ in 0..100 {
            let (code, _, body) = self.raw(&Step::get(&path)).await?;
            let found: Value = serde_json::from_slice(&body).unwrap_or_default();
            let conditions = found.pointer("/status/conditions").and_then(Value::as_array);
            let is = |type_: &str| {
                conditions.into_iter().flatten().any(|one| one["type"] == type_ && one["status"] == "True")
            };
            if code == 404 || (is("Established") && !is("Terminating")) {
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
            let (_, _, body) = self.raw(&again).await?;
            let replayed: Vec<&[u8]> = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
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
        let key = key(path, &name);
        self.first.entry(key.clone()).or_insert_with(|| version.clone());
        self.objects.insert(key, (uid, version));
    }

    /// A text with its places filled in.
    fn filled(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("<<") {
            out.push_str(before);
            let Some((place, after)) = after.split_once(">>") else {
                out.push_str("<<");
                rest = after;
                continue;
            };
            out.push_str(&self.place(place));
            rest = after;
        }
        out + rest
    }

    fn place(&self, place: &str) -> String {
        let (what, key) = place.split_once(':').unwrap_or((place, ""));
        let object = self.objects.get(key);
        match what {
            "uid" => {
                object.map_or_else(|| "00000000-0000-4000-8000-000000000000".to_owned(), |object| object.0.clone())
            }
            "version" => object.map_or_else(|| "1".to_owned(), |object| object.1.clone()),
            "first" => self.first.get(key).cloned().unwrap_or_else(|| "1".to_owned()),
            "start" => self.start.clone(),
            "continue" => self.token.clone(),
            name => format!("{}-{name}", self.word),
        }
    }
}

/// The key of an object that a request to a path has answered with: its group, collection, namespace and name.
pub(crate) fn key(path: &str, name: &str) -> String {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (group, rest) = match parts.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => ("", [].as_slice()),
    };
    let (namespace, collection) = match rest {
        ["namespaces", namespace, collection, ..] => (*namespace, *collection),
        [collection, ..] => ("", *collection),
        [] => ("", ""),
    };
    let namespace = namespace.trim_start_matches("<<").trim_end_matches(">>");
    format!("{group}/{collection}/{namespace}/{name}")
}
