//! Requests and answers: routes, options, representations, streams.

mod answer;
mod body;
mod discovery;
mod negotiate;
mod openapi;
mod options;
mod protobuf;
mod route;
mod stream;
mod table;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use ::http::{Method, Request, Response, StatusCode};
pub use body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::registry::{Body as Sent, PatchKind, Registry, Rescale, Subresource, Target};
use crate::status::Failure;
use answer::Answer;
use negotiate::Form;
use options::Query;
use route::{Place, Route};

/// The greatest body that is read. Source: `MaxRequestBodyBytes` of the API server's configuration.
const MOST_BYTES: usize = 3 * 1024 * 1024;

/// What stands behind every client of one server.
pub(crate) struct Shared {
    registry: Mutex<Registry>,
}

impl Shared {
    pub(crate) fn new(registry: Registry) -> Arc<Self> {
        Arc::new(Shared { registry: Mutex::new(registry) })
    }

    pub(crate) fn registry(&self) -> MutexGuard<'_, Registry> {
        // A request that panicked has left everything stored as it was.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server as a tower service: what `kube::Client::new` takes.
#[derive(Clone)]
pub struct Service {
    shared: Arc<Shared>,
}

impl Service {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Service { shared }
    }
}

impl<B> tower::Service<Request<B>> for Service
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { Ok(serve(shared, request).await) })
    }
}

/// A failure as an answer in JSON, before anything was asked of the server.
#[cfg(feature = "tcp")]
pub(crate) fn failed(service: &Service, failure: Failure) -> Response<Body> {
    Answer::failure(failure, Form::Json).into_response(&service.shared)
}

async fn serve<B>(shared: Arc<Shared>, request: Request<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, MOST_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = format!("Request entity too large: limit is {MOST_BYTES}");
            return Answer::failure(Failure::too_large(message), Form::Json).into_response(&shared);
        }
        Err(error) => {
            return Answer::failure(Failure::bad_request(error.to_string()), Form::Json).into_response(&shared);
        }
    };
    let request = Incoming { head, body };
    let form = Form::of(&request.head);
    request.answer(&shared).unwrap_or_else(|failure| Answer::failure(failure, form)).into_response(&shared)
}

/// A request whose body has come.
struct Incoming {
    head: ::http::request::Parts,
    body: Bytes,
}

impl Incoming {
    fn answer(&self, shared: &Arc<Shared>) -> Result<Answer, Failure> {
        let query = Query::parse(self.head.uri.query().unwrap_or_default());
        match route::parse(self.head.uri.path()) {
            Route::Plain(text) => Ok(Answer::text(StatusCode::OK, text)),
            Route::Version => Ok(Answer::value(discovery::version())),
            Route::Discovery(what) => discovery::answer(&shared.registry(), what, &self.head),
            Route::OpenApi => Ok(Answer::value(openapi::index(&shared.registry()))),
            Route::OpenApiOf(group, version) => Ok(openapi::document(&shared.registry(), &group, &version)
                .map_or_else(|| Answer::text(StatusCode::NOT_FOUND, "404 page not found\n"), Answer::value)),
            Route::Resource(place) => self.of_resource(shared, &place, &query),
            Route::Nothing => Ok(Answer::text(StatusCode::NOT_FOUND, "404 page not found\n")),
        }
    }

    fn of_resource(&self, shared: &Arc<Shared>, place: &Place, query: &Query) -> Result<Answer, Failure> {
        let mut registry = shared.registry();
        let Some(target) = target(&registry, place)? else {
            return Ok(Answer::text(StatusCode::NOT_FOUND, "404 page not found\n"));
        };
        let view = negotiate::View::of(&self.head, query, registry.clock.now())?;
        let verb = Verb::of(&self.head.method, &target, query);
        if target.kind.namespaced && target.namespace.is_empty() && !matches!(verb, Verb::List | Verb::Watch) {
            return Ok(Answer::text(StatusCode::NOT_FOUND, "404 page not found\n"));
        }
        let mut warnings: Vec<String> = target.version().deprecated.clone().into_iter().collect();
        let answer = self.act(&mut registry, verb, &target, query, view, &mut warnings);
        registry.settle();
        let mut answer = answer.unwrap_or_else(|failure| Answer::failure(failure, view.form));
        warnings.into_iter().for_each(|warning| answer.warn(warning));
        Ok(answer)
    }

    fn act(
        &self,
        registry: &mut Registry,
        verb: Verb,
        target: &Target,
        query: &Query,
        view: negotiate::View,
        warnings: &mut Vec<String>,
    ) -> Result<Answer, Failure> {
        if !verb.is_of(target.subresource) {
            return Err(Failure::not_allowed(&target.kind.resource, verb.name()));
        }
        if target.name.is_empty() && matches!(verb, Verb::Update | Verb::Patch) {
            return Err(Failure::bad_request("name must be provided"));
        }
        match verb {
            Verb::Get if target.subresource == Subresource::Scale => Ok(Answer::value(registry.get_scale(target)?)),
            Verb::Get if view.is_plain() => Ok(Answer::json(StatusCode::OK, registry.get_json(target)?)),
            Verb::Get => Ok(Answer::object(StatusCode::OK, registry.get(target)?, view, target)),
            Verb::List => Ok(Answer::list(registry.list(target, &query.list(target)?)?, view, target)),
            Verb::Watch => {
                let watch = registry.watch(target, &query.watch(target)?)?;
                Ok(Answer::watch(watch, view, query.timeout()))
            }
            Verb::Create => {
                let options = query.write(&self.head, "CreateOptions")?;
                let written = registry.create(target, self.sent(target)?, &self.body, &options, warnings)?;
                let target = Target {
                    name: crate::registry::metadata::text(&written.object, "name").to_owned(),
                    ..target.clone()
                };
                Self::written(registry, &target, written, view, options.dry_run)
            }
            Verb::Update => {
                let options = query.write(&self.head, "UpdateOptions")?;
                let written = if target.subresource == Subresource::Scale {
                    registry.rescale(target, Rescale::Update(self.sent(target)?, &self.body), &options, warnings)?
                } else {
                    registry.update(target, self.sent(target)?, &self.body, &options, warnings)?
                };
                Self::written(registry, target, written, view, options.dry_run)
            }
            Verb::Patch => {
                let kind = negotiate::patch_kind(&self.head)?;
                let options = query.patch(&self.head, kind)?;
                let body = if kind == PatchKind::Apply { self.sent_yaml()? } else { self.sent_patch()? };
                let written = if target.subresource == Subresource::Scale {
                    registry.rescale(target, Rescale::Patch(kind, body), &options, warnings)?
                } else {
                    registry.patch(target, kind, &body, &options, warnings)?
                };
                Self::written(registry, target, written, view, options.dry_run)
            }
            Verb::Delete => {
                let options = query.delete(&self.delete_options()?)?;
                let orphans_not = options.orphan_dependents == Some(false);
                Ok(match registry.delete(target, &options)? {
                    crate::registry::Deleted::Gone(status) => Answer::value(status),
                    crate::registry::Deleted::Waiting(object) => {
                        let code = if orphans_not { StatusCode::ACCEPTED } else { StatusCode::OK };
                        Answer::object(code, object, view, target)
                    }
                })
            }
            Verb::DeleteCollection => {
                let (list, options) = (query.list(target)?, query.delete(&self.delete_options()?)?);
                Ok(Answer::list(registry.delete_collection(target, &list, &options)?, view, target))
            }
            Verb::None => Err(Failure::not_allowed(&target.kind.resource, verb.name())),
        }
    }

    /// What is left to do after a write, and its answer.
    fn written(
        registry: &mut Registry,
        target: &Target,
        written: crate::registry::Written,
        view: negotiate::View,
        dry_run: bool,
    ) -> Result<Answer, Failure> {
        if target.kind.rules == crate::kinds::Rules::Definition && !dry_run && target.subresource == Subresource::None {
            match registry.define(target) {
                Err(failure) if failure.reason == "NotFound" => {}
                other => other?,
            }
        }
        let code = if written.created { StatusCode::CREATED } else { StatusCode::OK };
        Ok(Answer::object(code, written.object, view, target))
    }

    fn sent(&self, target: &Target) -> Result<Sent, Failure> {
        let type_ = negotiate::content_type(&self.head);
        match type_.as_str() {
            // Only Kubernetes' own kinds have this form.
            negotiate::PROTOBUF if !target.kind.is_custom() => {
                let object = protobuf::read(&self.body).ok_or_else(negotiate::unsupported)?;
                Ok(Sent { object, ..Sent::default() })
            }
            "" | "application/json" => Ok(self.sent_json()),
            "application/yaml" => self.sent_yaml(),
            _ => Err(negotiate::unsupported()),
        }
    }

    /// The options of a deletion as JSON.
    fn delete_options(&self) -> Result<Bytes, Failure> {
        if negotiate::content_type(&self.head) != negotiate::PROTOBUF || self.body.is_empty() {
            return Ok(self.body.clone());
        }
        let options = protobuf::read(&self.body).ok_or_else(negotiate::unsupported)?;
        Ok(options.to_string().into())
    }

    fn sent_json(&self) -> Sent {
        match crate::json::read(&self.body) {
            Ok((object, twice)) => Sent { object, twice, error: None },
            Err(error) => {
                let error = crate::json::syntax_error(&self.body).unwrap_or_else(|| error.to_string());
                Sent { error: Some(error), ..Sent::default() }
            }
        }
    }

    fn sent_patch(&self) -> Result<Sent, Failure> {
        let read = crate::json::read(&self.body);
        let (object, twice) = read.map_err(|_| Failure::bad_request("invalid JSON patch"))?;
        Ok(Sent { object, twice, error: None })
    }

    fn sent_yaml(&self) -> Result<Sent, Failure> {
        if let Ok((object, twice)) = crate::json::read(&self.body) {
            return Ok(Sent { object, twice, error: None });
        }
        let documents = kube_structural_schema::yaml::parse(&self.body).map_err(|(_, error)| {
            Failure::bad_request(format!("error decoding patch: error converting YAML to JSON: yaml: {error}"))
        })?;
        let first = documents.into_iter().next();
        let mut object = first.map(kube_structural_schema::yaml::Node::into_json).unwrap_or_default();
        crate::json::normalised(&mut object);
        Ok(Sent { object, ..Sent::default() })
    }
}

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
    None,
}

impl Verb {
    fn of(method: &Method, target: &Target, query: &Query) -> Self {
        let whole = target.name.is_empty();
        match *method {
            Method::GET | Method::HEAD if query.is_watch() => Verb::Watch,
            Method::GET | Method::HEAD if whole => Verb::List,
            Method::GET | Method::HEAD => Verb::Get,
            Method::POST => Verb::Create,
            Method::PUT => Verb::Update,
            Method::PATCH => Verb::Patch,
            Method::DELETE if whole => Verb::DeleteCollection,
            Method::DELETE => Verb::Delete,
            _ => Verb::None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Watch => "watch",
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Patch => "patch",
            Verb::Delete => "delete",
            Verb::DeleteCollection => "deletecollection",
            Verb::None => "",
        }
    }

    /// Subresources are read and changed, and nothing else.
    fn is_of(self, subresource: Subresource) -> bool {
        subresource == Subresource::None || matches!(self, Verb::Get | Verb::Update | Verb::Patch)
    }
}

/// What a path is about, if there is such a kind.
fn target(registry: &Registry, place: &Place) -> Result<Option<Target>, Failure> {
    let found = registry.kinds.get(&place.group, &place.resource).and_then(|kind| {
        let version = kind.versions.iter().position(|version| version.name == place.version && version.served)?;
        Some((kind, version))
    });
    let Some((kind, version)) = found else {
        // Groups that only CRDs are in are answered by another server than Kubernetes' own.
        let is_own = registry.kinds.all().any(|kind| kind.resource.group == place.group && !kind.is_custom());
        return if is_own { Err(Failure::nothing_here()) } else { Ok(None) };
    };
    let subresources = &kind.versions[version].subresources;
    let subresource = match place.subresource.as_str() {
        "" => Subresource::None,
        "status" if subresources.status => Subresource::Status,
        "scale" if subresources.scale.is_some() => Subresource::Scale,
        "finalize" if kind.rules == crate::kinds::Rules::Namespace => Subresource::Finalize,
        _ if kind.is_custom() => return Err(Failure::not_found(&kind.resource, &place.name)),
        _ => return Err(Failure::nothing_here()),
    };
    if !kind.namespaced && !place.namespace.is_empty() {
        return Ok(None);
    }
    Ok(Some(Target {
        kind: Arc::clone(kind),
        version,
        namespace: place.namespace.clone(),
        name: place.name.clone(),
        subresource,
    }))
}
