//! A scripted API server for one kind (ConfigMap): a tower service under `kube::Client`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::{Stream, StreamExt, stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use http_body_util::combinators::UnsyncBoxBody;
use kube::client::Body;
use kube::client::retry::RetryPolicy;
use kube_client_runtime::client::Client;
use serde_json::{Value, json};
use tower::retry::RetryLayer;
use tower::{BoxError, Layer};

type Answer = Response<UnsyncBoxBody<Bytes, std::io::Error>>;
type Key = (String, String);
type Piece = Result<Frame<Bytes>, std::io::Error>;

/// The server, to be asked and to be told what to do.
#[derive(Clone, Default)]
pub(crate) struct Server {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    version: u64,
    uids: u64,
    objects: BTreeMap<Key, Value>,
    /// Type, object and version of what happened, oldest first.
    history: VecDeque<(&'static str, Value, u64)>,
    /// The objects as they were at each version.
    states: BTreeMap<u64, BTreeMap<Key, Value>>,
    /// Nothing up to this version is known any more.
    compacted: u64,
    /// The namespace that each asked for, and where its pieces go.
    watches: Vec<(Option<String>, mpsc::UnboundedSender<Piece>)>,
    /// Answers to the next requests, in place of what the server would say.
    refusals: VecDeque<Option<Refusal>>,
    streaming: bool,
    /// Nobody answers.
    down: bool,
    /// Objects of a page, whatever limit is asked for.
    page: Option<usize>,
    requests: Vec<String>,
    accepted: Vec<String>,
}

/// An answer in place of the right one.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// An HTTP status with a reason.
    Status(u16, &'static str),
    /// No connection.
    Transport,
    /// A watch that ends at once.
    EmptyWatch,
}

impl Server {
    pub(crate) fn new() -> Self {
        let server = Server::default();
        server.lock().version = 10;
        server.lock().streaming = true;
        server
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A client for it.
    pub(crate) fn client(&self) -> Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let answer = server.answer(&request);
            async move {
                // Requests take a moment, so that nothing happens in the order of its writing by chance.
                tokio::time::sleep(Duration::from_millis(1)).await;
                answer.map_err(BoxError::from)
            }
        });
        // As kube's own clients are made.
        let service = RetryLayer::new(RetryPolicy::server_retry()).layer(service);
        Client::from(kube::Client::new(service, "default"))
    }

    /// Lists alone, as before Kubernetes 1.27.
    pub(crate) fn without_streaming(self) -> Self {
        self.lock().streaming = false;
        self
    }

    pub(crate) fn paged(self, page: usize) -> Self {
        self.lock().page = Some(page);
        self
    }

    pub(crate) fn refuse(&self, refusal: Refusal) {
        self.refuse_after(0, refusal);
    }

    /// The same once some more requests have been answered.
    pub(crate) fn refuse_after(&self, requests: usize, refusal: Refusal) {
        let mut state = self.lock();
        (0..requests).for_each(|_| state.refusals.push_back(None));
        state.refusals.push_back(Some(refusal));
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.lock().requests.clone()
    }

    /// Objects that no client can decode, by key.
    pub(crate) fn unreadable(&self) -> Vec<String> {
        let state = self.lock();
        let unreadable = state.objects.iter().filter(|(_, object)| object["data"].is_number());
        unreadable.map(|((namespace, name), _)| format!("{namespace}/{name}")).collect()
    }

    /// No more refusals.
    pub(crate) fn recover(&self) {
        self.lock().refusals.clear();
    }

    /// The media types that each request asked for.
    pub(crate) fn accepted(&self) -> Vec<String> {
        self.lock().accepted.clone()
    }

    /// All objects as the server sends them.
    pub(crate) fn json(&self) -> Vec<String> {
        self.lock().objects.values().map(ToString::to_string).collect()
    }

    pub(crate) fn open_watches(&self) -> usize {
        self.lock().watches.len()
    }

    pub(crate) fn version(&self) -> u64 {
        self.lock().version
    }

    /// Creates an object or changes it; its version.
    pub(crate) fn put(&self, namespace: &str, name: &str, data: &str) -> u64 {
        self.put_labelled(namespace, name, data, &[])
    }

    pub(crate) fn put_labelled(&self, namespace: &str, name: &str, data: &str, labels: &[(&str, &str)]) -> u64 {
        let labels: BTreeMap<&str, &str> = labels.iter().copied().collect();
        self.put_raw(namespace, name, json!({"data": {"value": data}, "metadata": {"labels": labels}}))
    }

    /// The same for any object, also one that no client can decode.
    pub(crate) fn put_raw(&self, namespace: &str, name: &str, mut object: Value) -> u64 {
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        let key = (namespace.to_owned(), name.to_owned());
        let old = state.objects.get(&key).map(|old| old["metadata"]["uid"].clone());
        let type_ = if old.is_some() { "MODIFIED" } else { "ADDED" };
        let uid = old.unwrap_or_else(|| {
            state.uids += 1;
            json!(format!("uid-{}", state.uids))
        });
        object["apiVersion"] = json!("v1");
        object["kind"] = json!("ConfigMap");
        object["metadata"]["namespace"] = json!(namespace);
        object["metadata"]["name"] = json!(name);
        object["metadata"]["uid"] = uid;
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        state.objects.insert(key, object.clone());
        state.happened(type_, object);
        version
    }

    pub(crate) fn delete(&self, namespace: &str, name: &str) {
        let mut state = self.lock();
        let Some(mut object) = state.objects.remove(&(namespace.to_owned(), name.to_owned())) else { return };
        state.version += 1;
        object["metadata"]["resourceVersion"] = json!(state.version.to_string());
        state.happened("DELETED", object);
    }

    /// All objects by key: uid, version and data.
    pub(crate) fn objects(&self) -> BTreeMap<String, (String, String)> {
        let state = self.lock();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let all = state.objects.values().map(|object| {
            let metadata = &object["metadata"];
            let key = format!("{}/{}", text(&metadata["namespace"]), text(&metadata["name"]));
            (key, (text(&metadata["uid"]), text(&metadata["resourceVersion"])))
        });
        all.collect()
    }

    /// Tells all watches how far the server has come.
    pub(crate) fn bookmark(&self) {
        let mut state = self.lock();
        let line = line("BOOKMARK", &bookmark(state.version, false));
        state.watches.retain(|(_, watch)| watch.unbounded_send(Ok(frame(&line))).is_ok());
    }

    /// Breaks all connections and takes no new ones, or takes them again.
    pub(crate) fn set_down(&self, down: bool) {
        self.cut();
        self.lock().down = down;
    }

    /// Ends all watches as a server does at their end.
    pub(crate) fn end_watches(&self) {
        self.lock().watches.clear();
    }

    /// Breaks the connections of all watches.
    pub(crate) fn cut(&self) {
        for (_, watch) in std::mem::take(&mut self.lock().watches) {
            let _ = watch.unbounded_send(Err(std::io::ErrorKind::ConnectionReset.into()));
        }
    }

    /// Forgets everything that happened.
    pub(crate) fn compact(&self) {
        let mut state = self.lock();
        state.compacted = state.version;
        state.history.clear();
    }

    /// Ends all watches with an error that the server sends.
    pub(crate) fn fail_watches(&self, code: u16, reason: &str) {
        let line = line("ERROR", &status(code, reason, "told to fail"));
        for (_, watch) in std::mem::take(&mut self.lock().watches) {
            let _ = watch.unbounded_send(Ok(frame(&line)));
        }
    }

    /// What a restore from a backup does: everything is as it was so many versions ago. Versions go on from there, or, as
    /// etcd advises, above all that were ever given.
    pub(crate) fn restore(&self, back: u64, raised: bool) {
        self.cut();
        let mut state = self.lock();
        let version = state.version.saturating_sub(back).max(1);
        state.objects =
            state.states.range(..=version).next_back().map(|(_, objects)| objects.clone()).unwrap_or_default();
        state.version = if raised { state.version + 1000 } else { version };
        state.compacted = state.version;
        state.history.clear();
        let (kept, now) = (state.version, state.objects.clone());
        state.states.retain(|version, _| *version < kept);
        state.states.insert(kept, now);
    }

    /// Sends bytes to all watches.
    pub(crate) fn send(&self, text: &str) {
        let mut state = self.lock();
        state.watches.retain(|(_, watch)| watch.unbounded_send(Ok(frame(text))).is_ok());
    }

    fn answer(&self, request: &Request<Body>) -> Result<Answer, std::io::Error> {
        let uri = request.uri().to_string();
        let query: BTreeMap<String, String> =
            form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
        let namespace = request.uri().path().split("/namespaces/").nth(1).and_then(|rest| rest.split('/').next());
        let mut state = self.lock();
        state.requests.push(uri);
        let accept = request.headers().get(http::header::ACCEPT).and_then(|accept| accept.to_str().ok());
        state.accepted.push(accept.unwrap_or_default().to_owned());
        if state.down {
            return Err(std::io::ErrorKind::ConnectionRefused.into());
        }
        match state.refusals.pop_front().flatten() {
            Some(Refusal::Transport) => return Err(std::io::ErrorKind::ConnectionRefused.into()),
            Some(Refusal::Status(code, reason)) => return Ok(refused(code, &status(code, reason, "told to refuse"))),
            Some(Refusal::EmptyWatch) => return Ok(body(stream::empty())),
            None => {}
        }
        let asked = query.get("resourceVersion").map_or("", String::as_str);
        let version: u64 = asked.parse().unwrap_or(0);
        if query.get("watch").is_some_and(|watch| watch == "true") {
            Ok(state.watch(namespace, version, query.contains_key("sendInitialEvents")))
        } else {
            Ok(state.list(namespace, version, &query))
        }
    }
}

impl State {
    fn happened(&mut self, type_: &'static str, object: Value) {
        let text = line(type_, &object);
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
        self.watches.retain(|(scope, watch)| {
            scope.as_ref().is_some_and(|scope| *scope != namespace) || watch.unbounded_send(Ok(frame(&text))).is_ok()
        });
        self.history.push_back((type_, object, self.version));
        self.states.insert(self.version, self.objects.clone());
    }

    fn ahead() -> Answer {
        let mut status = status(504, "Timeout", "Too large resource version");
        status["details"] =
            json!({"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]});
        refused(504, &status)
    }

    fn list(&self, namespace: Option<&str>, version: u64, query: &BTreeMap<String, String>) -> Answer {
        if version > self.version {
            return State::ahead();
        }
        // All pages are of one version; a token is the version and how many objects have come.
        let token = query.get("continue").and_then(|token| token.split_once(':'));
        let (version, from) = match token.and_then(|(version, from)| version.parse().ok().zip(from.parse().ok())) {
            Some((version, _)) if version < self.compacted => {
                return refused(410, &status(410, "Expired", "the continue token is too old"));
            }
            Some((version, from)) => (version, from),
            None => (self.version, 0_usize),
        };
        let nothing = BTreeMap::new();
        let objects = self.states.range(..=version).next_back().map_or(&nothing, |(_, objects)| objects);
        let all = of(objects, namespace);
        let size = self.page.filter(|_| query.contains_key("limit")).unwrap_or(usize::MAX);
        let page: Vec<_> = all.iter().skip(from).take(size).collect();
        let more = from + page.len() < all.len();
        let go_on = if more { format!("{version}:{}", from + page.len()) } else { String::new() };
        let list = json!({
            "kind": "ConfigMapList",
            "apiVersion": "v1",
            "items": page,
            "metadata": {"resourceVersion": version.to_string(), "continue": go_on},
        });
        // In small pieces, as a network delivers them.
        let text = list.to_string().into_bytes();
        let pieces: Vec<_> = text.chunks(37).map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece)))).collect();
        body(stream::iter(pieces))
    }

    fn watch(&mut self, namespace: Option<&str>, version: u64, initially: bool) -> Answer {
        if initially && !self.streaming {
            return refused(422, &status(422, "Invalid", "sendInitialEvents is forbidden"));
        }
        if initially && version > self.version {
            return State::ahead();
        }
        let mut text = String::new();
        if initially {
            of(&self.objects, namespace).into_iter().for_each(|object| text.push_str(&line("ADDED", object)));
            text.push_str(&line("BOOKMARK", &bookmark(self.version, true)));
        } else if version < self.compacted {
            let why = format!("too old resource version: {version} ({})", self.compacted);
            text.push_str(&line("ERROR", &status(410, "Expired", &why)));
            return body(stream::iter([Ok(frame(&text))]));
        } else {
            let here = |object: &Value| namespace.is_none_or(|namespace| object["metadata"]["namespace"] == namespace);
            let since = self.history.iter().filter(|(_, object, at)| *at > version && here(object));
            since.for_each(|(type_, object, _)| text.push_str(&line(type_, object)));
        }
        let (sender, receiver) = mpsc::unbounded();
        self.watches.push((namespace.map(str::to_owned), sender));
        let first: Vec<_> = if text.is_empty() { Vec::new() } else { vec![Ok(frame(&text))] };
        body(stream::iter(first).chain(receiver))
    }
}

/// The objects of a namespace, or all.
fn of<'s>(objects: &'s BTreeMap<Key, Value>, namespace: Option<&str>) -> Vec<&'s Value> {
    let here = |key: &Key| namespace.is_none_or(|namespace| key.0 == namespace);
    objects.iter().filter(|(key, _)| here(key)).map(|(_, object)| object).collect()
}

fn line(type_: &str, object: &Value) -> String {
    // As the API server writes it: the type first.
    format!("{{\"type\":\"{type_}\",\"object\":{object}}}\n")
}

fn frame(text: &str) -> Frame<Bytes> {
    Frame::data(Bytes::copy_from_slice(text.as_bytes()))
}

fn bookmark(version: u64, end: bool) -> Value {
    let annotations = if end { json!({"k8s.io/initial-events-end": "true"}) } else { json!({}) };
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"resourceVersion": version.to_string(), "annotations": annotations}})
}

fn status(code: u16, reason: &str, message: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message})
}

fn refused(code: u16, status: &Value) -> Answer {
    let mut answer = body(stream::iter([Ok(frame(&status.to_string()))]));
    *answer.status_mut() = http::StatusCode::from_u16(code).unwrap();
    answer
}

fn body(frames: impl Stream<Item = Piece> + Send + 'static) -> Answer {
    Response::new(UnsyncBoxBody::new(StreamBody::new(frames)))
}
