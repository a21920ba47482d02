//! Execution of a request, from its route to its response.

use std::sync::Arc;

use ::http::request::Parts;
use ::http::{Method, Response, StatusCode};
use bytes::Bytes;

use super::answer::Answer;
use super::negotiate::Form;
use super::options::Query;
use super::route::{self, ResourcePath, Route};
use super::service::Shared;
use super::verb::Verb;
use super::{deadline, decode, discovery, gzip, media, negotiate, openapi, pretty, target};
use crate::action::Action;
use crate::body::Body;
use crate::json::depth::{self, MAX_LEVELS};
use crate::kinds::Rules;
use crate::registry::{Body as ObjectBody, DeleteOptions, PatchKind, Registry, ScaleWrite, Subresource, Target};
use crate::status::Failure;

/// A request with its complete body.
pub(super) struct ApiRequest {
    pub(super) head: Parts,
    pub(super) body: Bytes,
}

impl ApiRequest {
    /// Executes the request and returns its response.
    pub(super) fn execute(&self, shared: &Arc<Shared>) -> Response<Body> {
        let levels = self.levels().max(shared.registry().levels);
        depth::with_stack_for(levels, || {
            let answer = self.answer(shared);
            self.respond(shared, answer.unwrap_or_else(|failure| Answer::failure(failure, Form::of(&self.head))))
        })
    }

    /// Encodes an answer as the client accepts it.
    pub(super) fn respond(&self, shared: &Arc<Shared>, answer: Answer) -> Response<Body> {
        gzip::compress(&self.head, pretty::indented(&self.head, answer.into_response(shared)))
    }

    fn answer(&self, shared: &Arc<Shared>) -> Result<Answer, Failure> {
        let query = Query::parse(self.head.uri.query().unwrap_or_default());
        let route = route::parse(self.head.uri.path());
        let is_watch = |path: &ResourcePath| Verb::of(&self.head.method, path, &query) == Verb::Watch;
        if !matches!(&route, Route::Resource(path) if is_watch(path)) {
            deadline::check(query.text("timeout"))?;
        }
        match route {
            Route::Health(text) => Ok(Answer::text(StatusCode::OK, text)),
            Route::Version if self.head.method != Method::GET => Err(Failure::method_not_allowed()),
            Route::Version => Ok(Answer::value(discovery::version())),
            Route::Discovery(what) => discovery::answer(&shared.registry(), what, &self.head),
            Route::OpenApi => Ok(Answer::value(openapi::index(&shared.registry()))),
            Route::OpenApiGroupVersion(group, version) => Ok(openapi::document(&shared.registry(), &group, &version)
                .map_or_else(|| Answer::text(StatusCode::NOT_FOUND, "404 page not found\n"), Answer::value)),
            Route::Resource(path) => Ok(self.answer_resource(shared, &path, &query)),
            Route::NotFound if self.head.uri.path().starts_with("/api/") => Err(Failure::path_not_found()),
            Route::NotFound => Ok(Answer::text(StatusCode::NOT_FOUND, "404 page not found\n")),
        }
    }

    /// Returns an upper bound of the nesting of all values that this request produces. The operations of a JSON patch
    /// insert values at the end of a path and copy values into each other.
    fn levels(&self) -> usize {
        let type_ = media::content_type(&self.head);
        if matches!(type_.as_str(), media::YAML | media::APPLY_PATCH) {
            return depth::yaml_levels(&self.body).min(MAX_LEVELS);
        }
        let levels = depth::json_levels(&self.body).min(MAX_LEVELS);
        if self.head.method != Method::PATCH || type_ != media::JSON_PATCH {
            return levels;
        }
        let has = |operation: &[u8]| memchr::memmem::find(&self.body, operation).is_some();
        let path = memchr::memchr_iter(b'/', &self.body).count();
        if has(b"copy") || has(b"move") { 2 * MAX_LEVELS } else { (levels + path).min(2 * MAX_LEVELS) }
    }

    /// Returns the request as tests see it.
    pub(super) fn action(&self) -> Action {
        let query = Query::parse(self.head.uri.query().unwrap_or_default());
        let mut action = Action {
            path: self.head.uri.path().to_owned(),
            content_type: media::content_type(&self.head),
            body: self.body.clone(),
            ..Action::default()
        };
        if let Route::Resource(path) = route::parse(self.head.uri.path()) {
            let verb = Verb::of(&self.head.method, &path, &query);
            action.verb = verb.name().to_owned();
            action.group = path.group;
            action.version = path.version;
            action.resource = path.resource;
            action.subresource = path.subresource;
            action.namespace = path.namespace;
            action.name = path.name;
        }
        action.options = query.into_pairs();
        action
    }

    fn answer_resource(&self, shared: &Arc<Shared>, path: &ResourcePath, query: &Query) -> Answer {
        let mut registry = shared.registry();
        let mut warnings = Vec::new();
        let verb = Verb::of(&self.head.method, path, query);
        let target = match target::resolve(&registry, path, verb, &mut warnings) {
            Ok(Some(target)) => target,
            Ok(None) => return Answer::text(StatusCode::NOT_FOUND, "404 page not found\n"),
            Err(failure) => return Answer::failure(failure, Form::of(&self.head)).with_warnings(warnings),
        };
        if target.kind.is_typed()
            && let Err(failure) = self.check_router(verb, &target)
        {
            return Answer::failure(failure, Form::of(&self.head)).with_warnings(warnings);
        }
        let view = match negotiate::View::of(&self.head, query, &target, verb, registry.clock.now()) {
            Ok(view) => view,
            Err(failure) => return Answer::failure(failure, Form::of(&self.head)).with_warnings(warnings),
        };
        // The status of definitions cannot be printed as a table.
        let is_table = view.shape == negotiate::Shape::Table;
        if is_table && target.kind.rules == Rules::Definition && target.subresource == Subresource::Status {
            return Answer::failure(media::not_acceptable(false), Form::of(&self.head)).with_warnings(warnings);
        }
        let answer = self.dispatch(&mut registry, verb, &target, query, view, &mut warnings).and_then(|answer| {
            if view.shape == negotiate::Shape::Table {
                query.check_table()?;
            }
            Ok(answer)
        });
        if !matches!(verb, Verb::Get | Verb::List | Verb::Watch) {
            registry.run_controllers();
        }
        answer.unwrap_or_else(|failure| Answer::failure(failure, Form::of(&self.head))).with_warnings(warnings)
    }

    /// Applies the checks of the router of built-in kinds, which come before all others: whether the path supports the
    /// method.
    fn check_router(&self, verb: Verb, target: &Target) -> Result<(), Failure> {
        let requires_name = matches!(verb, Verb::Update | Verb::Patch);
        let name_mismatch = target.name.is_empty() == requires_name && (requires_name || verb == Verb::Create);
        let is_write_only = target.subresource == Subresource::Finalize && verb != Verb::Update;
        let forbids_collection = target.kind.rules == Rules::Namespace && verb == Verb::DeleteCollection;
        let is_unsupported = name_mismatch || verb == Verb::None || self.head.method == Method::HEAD;
        if is_unsupported || is_write_only || forbids_collection || !verb.is_supported_by(target.subresource) {
            return Err(Failure::method_not_allowed());
        }
        Ok(())
    }

    fn dispatch(
        &self,
        registry: &mut Registry,
        verb: Verb,
        target: &Target,
        query: &Query,
        view: negotiate::View,
        warnings: &mut Vec<String>,
    ) -> Result<Answer, Failure> {
        let requires_name = matches!(verb, Verb::Update | Verb::Patch);
        if !verb.is_supported_by(target.subresource) {
            return Err(Failure::not_allowed(&target.kind.resource, verb.name()));
        }
        if verb == Verb::Patch {
            media::patch(&self.head, target)?;
        }
        if target.name.is_empty() && requires_name {
            return Err(Failure::bad_request("name must be provided"));
        }
        if verb == Verb::Get {
            registry.check_version(target, query.text("resourceVersion"))?;
        }
        match verb {
            Verb::Get if target.subresource == Subresource::Scale => {
                Answer::object(StatusCode::OK, registry.get_scale(target)?, view, &target.as_scale())
            }
            Verb::Get if view.is_plain() => Ok(Answer::json(StatusCode::OK, registry.get_json(target)?)),
            Verb::Get => Answer::object(StatusCode::OK, registry.get(target)?, view, target),
            Verb::List => Answer::list(registry.list(target, &query.list(target, false)?)?, view, target),
            Verb::Watch => {
                let watch = registry.watch(target, &query.watch(target)?)?;
                Ok(Answer::watch(watch, view.of_stream()?, query.timeout()?))
            }
            Verb::Create | Verb::Update | Verb::Patch => self.write(registry, verb, target, query, view, warnings),
            Verb::Delete => self.delete(registry, target, query, view),
            Verb::DeleteCollection => {
                let list = query.list(target, true)?;
                let options = self.delete_options(query)?;
                options.validate_for_collection()?;
                Answer::list(registry.delete_collection(target, &list, &options)?, view, target)
            }
            Verb::None => Err(Failure::not_allowed(&target.kind.resource, verb.name())),
        }
    }

    fn write(
        &self,
        registry: &mut Registry,
        verb: Verb,
        target: &Target,
        query: &Query,
        view: negotiate::View,
        warnings: &mut Vec<String>,
    ) -> Result<Answer, Failure> {
        let is_scale = target.subresource == Subresource::Scale;
        let written = match verb {
            Verb::Create => {
                let options = query.write(&self.head, "CreateOptions")?;
                registry.create(target, self.decode_body(target)?, &self.body, &options, warnings)?
            }
            Verb::Patch => {
                let kind = media::patch(&self.head, target)?;
                let options = query.patch(&self.head, kind)?;
                let body = if kind == PatchKind::Apply {
                    decode::configuration(&self.body)?
                } else {
                    decode::patch(&self.body)?
                };
                if is_scale {
                    registry.update_scale(target, ScaleWrite::Patch(kind, body), &options, warnings)?
                } else {
                    registry.patch(target, kind, &body, &options, warnings)?
                }
            }
            _ => {
                let options = query.write(&self.head, "UpdateOptions")?;
                let body = self.decode_body(target)?;
                if is_scale {
                    registry.update_scale(target, ScaleWrite::Update(body, &self.body), &options, warnings)?
                } else {
                    registry.update(target, body, &self.body, &options, warnings)?
                }
            }
        };
        // The name may have been generated.
        let name = crate::metadata::text(&written.object, "name").to_owned();
        let target = if verb == Verb::Create { &Target { name, ..target.clone() } } else { target };
        Self::written_answer(registry, target, written, view)
    }

    fn delete(
        &self,
        registry: &mut Registry,
        target: &Target,
        query: &Query,
        view: negotiate::View,
    ) -> Result<Answer, Failure> {
        let options = self.delete_options(query)?;
        let deletes_dependents = options.orphan_dependents == Some(false);
        match registry.delete(target, &options)? {
            crate::registry::DeleteOutcome::Deleted(status) => Ok(Answer::value_in(view.form, status)),
            crate::registry::DeleteOutcome::Terminating(object) => {
                let code = if deletes_dependents { StatusCode::ACCEPTED } else { StatusCode::OK };
                Answer::object(code, object, view, target)
            }
        }
    }

    /// Returns the response to a write.
    fn written_answer(
        registry: &mut Registry,
        target: &Target,
        written: crate::registry::Written,
        view: negotiate::View,
    ) -> Result<Answer, Failure> {
        let code = if written.created { StatusCode::CREATED } else { StatusCode::OK };
        if written.is_stored && view.is_plain() {
            return Ok(Answer::json(code, registry.get_json(target)?));
        }
        let scale = (target.subresource == Subresource::Scale).then(|| target.as_scale());
        Answer::object(code, written.object, view, scale.as_ref().unwrap_or(target))
    }

    fn decode_body(&self, target: &Target) -> Result<ObjectBody, Failure> {
        Ok(decode::body(media::encoding(&self.head, media::accepts_protobuf(target))?, &self.body))
    }

    /// Returns the options of a deletion: those of the body, or else of the query.
    fn delete_options(&self, query: &Query) -> Result<DeleteOptions, Failure> {
        let options = if self.body.is_empty() { query.delete()? } else { self.body_delete_options()? };
        options.validate()?;
        Ok(options)
    }

    fn body_delete_options(&self) -> Result<DeleteOptions, Failure> {
        let body = decode::body(media::encoding(&self.head, true)?, &self.body);
        if let Some(error) = body.error {
            return Err(Failure::bad_request(error));
        }
        DeleteOptions::decode(&body.object, || String::from_utf8_lossy(&self.body).into_owned())
    }
}
