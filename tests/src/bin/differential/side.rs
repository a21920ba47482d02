//! One of the two servers, and what it has said of itself.

use std::collections::HashMap;

use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::{Value, json};

use crate::normal::Names;
use crate::script::Step;

/// How long the events of a watch are awaited, in seconds.
const EVENTS_SECONDS: u32 = 1;

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
    begin: HashMap<String, String>,
}

/// What a server has answered, in a form that does not depend on the server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) body: Value,
    pub(crate) warnings: Vec<String>,
}

impl Side {
    pub(crate) fn new(client: kube::Client, word: &str) -> Self {
        Side {
            client,
            word: word.to_owned(),
            objects: HashMap::new(),
            first: HashMap::new(),
            token: String::new(),
            names: Names::new(word),
            begin: HashMap::new(),
        }
    }

    /// Makes the script's namespaces, and notes where its watches begin.
    pub(crate) async fn begin(&mut self, watched: &[String]) -> Result<(), kube::Error> {
        for number in 0..2 {
            let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": format!("{}-ns{number}", self.word)}});
            let step = Step { method: "POST".to_owned(), path: "/api/v1/namespaces".to_owned(), ..Step::default() };
            self.raw(&step.body("application/json", body.to_string())).await?;
        }
        for path in watched {
            let step = Step { method: "GET".to_owned(), path: path.clone(), ..Step::default() };
            let (_, _, body) = self.raw(&step).await?;
            let list: Value = serde_json::from_slice(&body).unwrap_or_default();
            let version = list.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
            self.begin.insert(path.clone(), version.to_owned());
        }
        Ok(())
    }

    /// Removes the script's namespaces, and what it made in `collections` of the cluster. What is in the namespaces stays
    /// behind where nobody collects it.
    pub(crate) async fn end(&mut self, collections: &[&str]) -> Result<(), kube::Error> {
        for collection in collections {
            for name in ["a", "b", "c"] {
                let path = format!("{collection}/<<{name}>>");
                let step = Step { method: "PATCH".to_owned(), path: path.clone(), ..Step::default() };
                let freed = json!({"metadata": {"finalizers": null}}).to_string();
                self.raw(&step.body("application/merge-patch+json", freed)).await?;
                self.raw(&Step { method: "DELETE".to_owned(), path, ..Step::default() }).await?;
            }
        }
        for number in 0..2 {
            let path = format!("/api/v1/namespaces/{}-ns{number}", self.word);
            self.raw(&Step { method: "DELETE".to_owned(), path, ..Step::default() }).await?;
        }
        Ok(())
    }

    async fn raw(&self, step: &Step) -> Result<(u16, Vec<String>, Vec<u8>), kube::Error> {
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
        let response = self.client.send(request).await?;
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
        let body: Value = serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).trim_end().to_owned()));
        self.note(&step.path, &body);
        warnings = warnings.iter().map(|warning| self.names.text(warning)).collect();
        warnings.sort();
        let is_dry = step.query.iter().any(|(name, _)| name == "dryRun");
        Ok(Answer { code, body: self.names.answer(&body, is_dry), warnings })
    }

    /// The events of a collection since the beginning.
    pub(crate) async fn events(&mut self, path: &str) -> Result<Vec<Value>, kube::Error> {
        let step = Step { method: "GET".to_owned(), path: path.to_owned(), ..Step::default() }
            .query("watch", "true")
            .query("resourceVersion", self.begin.get(path).cloned().unwrap_or_default())
            .query("timeoutSeconds", EVENTS_SECONDS.to_string());
        let (_, _, body) = self.raw(&step).await?;
        let events = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let events = events.map(|line| serde_json::from_slice::<Value>(line).unwrap_or_default());
        Ok(events.map(|event| self.names.answer(&event, false)).collect())
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
        self.names.version(&version);
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
