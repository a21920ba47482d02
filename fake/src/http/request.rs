//! A request, from its path to its answer.

use std::sync::Arc;

use ::http::request::Parts;
use ::http::{Method, StatusCode};
use bytes::Bytes;

use super::answer::Answer;
use super::negotiate::Form;
use super::options::Query;
use super::route::{self, Place, Route};
use super::service::Shared;
use super::verb::Verb;
use super::{deadline, discovery, media, negotiate, openapi, sent, target};
use crate::control::Action;
use crate::json::depth::{self, MOST_LEVELS};
use crate::kinds::Rules;
use crate::registry::{Body as Sent, DeleteOptions, PatchKind, Registry, Rescale, Subresource, Target};
use crate::status::Failure;

/// A request with its body.
pub(super) struct Incoming {
    pub(super) head: Parts,
    pub(super) body: Bytes,
}

impl Incoming {
    pub(super) fn answer(&self, shared: &Arc<Shared>) -> Result<Answer, Failure> {
        let query = Query::parse(self.head.uri.query().unwrap_or_default());
        let route = route::parse(self.head.uri.path());
        let watches = |place: &Place| Verb::of(&self.head.method, place, &query) == Verb::Watch;
        if !matches!(&route, Route::Resource(place) if watches(place)) {
            deadline::check(query.text("timeout"))?;
        }
        match route {
            Route::Plain(text) => Ok(Answer::text(StatusCode::OK, text)),
            Route::Version if self.head.method != Method::GET => Err(Failure::no_such_method()),
            Route::Version => Ok(Answer::value(discovery::version())),
            Route::Discovery(what) => discovery::answer(&shared.registry(), what, &self.head),
            Route::OpenApi => Ok(Answer::value(openapi::index(&shared.registry()))),
            Route::OpenApiOf(group, version) => Ok(openapi::document(&shared.registry(), &group, &version)
                .map_or_else(|| Answer::text(StatusCode::NOT_FOUND, "404 page not found\n"), Answer::value)),
            Route::Resource(place) => Ok(self.of_resource(shared, &place, &query)),
            Route::Nothing if self.head.uri.path().starts_with("/api/") => Err(Failure::nothing_here()),
            Route::Nothing => Ok(Answer::text(StatusCode::NOT_FOUND, "404 page not found\n")),
        }
    }

    /// An upper bound of the nesting of every value that this request produces. Operations of a JSON patch insert a value at
    /// the end of a path, and copies into each other.
    pub(super) fn levels(&self) -> usize {
        let type_ = media::content_type(&self.head);
        if matches!(type_.as_str(), media::YAML | media::APPLY_PATCH) {
            return depth::yaml_levels(&self.body).min(MOST_LEVELS);
        }
        let levels = depth::levels(&self.body).min(MOST_LEVELS);
        if self.head.method != Method::PATCH || type_ != media::JSON_PATCH {
            return levels;
        }
        let has = |operation: &[u8]| memchr::memmem::find(&self.body, operation).is_some();
        let path = memchr::memchr_iter(b'/', &self.body).count();
        if has(b"copy") || has(b"move") { 2 * MOST_LEVELS } else { (levels + path).min(2 * MOST_LEVELS) }
    }

    /// The request as tests see it.
    pub(super) fn action(&self) -> Action {
        let query = Query::parse(self.head.uri.query().unwrap_or_default());
        let mut action = Action {
            path: self.head.uri.path().to_owned(),
            content_type: media::content_type(&self.head),
            body: self.body.clone(),
            ..Action::default()
        };
        if let Route::Resource(place) = route::parse(self.head.uri.path()) {
            let verb = Verb::of(&self.head.method, &place, &query);
            action.verb = verb.name().to_owned();
            action.group = place.group;
            action.version = place.version;
            action.resource = place.resource;
            action.subresource = place.subresource;
            action.namespace = place.namespace;
            action.name = place.name;
        }
        action.options = query.into_pairs();
        action
    }

    fn of_resource(&self, shared: &Arc<Shared>, place: &Place, query: &Query) -> Answer {
        let mut registry = shared.registry();
        let mut warnings = Vec::new();
        let verb = Verb::of(&self.head.method, place, query);
        let target = match target::of(&registry, place, verb, &mut warnings) {
            Ok(Some(target)) => target,
            Ok(None) => return Answer::text(StatusCode::NOT_FOUND, "404 page not found\n"),
            Err(failure) => return Answer::failure(failure, Form::of(&self.head)).with_warnings(warnings),
        };
        if target.kind.is_typed()
            && let Err(failure) = self.routed(verb, &target)
        {
            return Answer::failure(failure, Form::of(&self.head)).with_warnings(warnings);
        }
        let view = match negotiate::View::of(&self.head, query, &target, verb, registry.clock.now()) {
            Ok(view) => view,
            Err(failure) => return Answer::failure(failure, Form::of(&self.head)).with_warnings(warnings),
        };
        // The status of definitions has no rows.
        let is_table = view.shape == negotiate::As::Table;
        if is_table && target.kind.rules == Rules::Definition && target.subresource == Subresource::Status {
            return Answer::failure(media::not_acceptable(false), Form::of(&self.head)).with_warnings(warnings);
        }
        let answer = self.act(&mut registry, verb, &target, query, view, &mut warnings).and_then(|answer| {
            if view.shape == negotiate::As::Table {
                query.check_table()?;
            }
            Ok(answer)
        });
        if !matches!(verb, Verb::Get | Verb::List | Verb::Watch) {
            registry.settle();
        }
        answer.unwrap_or_else(|failure| Answer::failure(failure, Form::of(&self.head))).with_warnings(warnings)
    }

    /// The checks of the router of built-in kinds, which come first: whether the method exists.
    fn routed(&self, verb: Verb, target: &Target) -> Result<(), Failure> {
        let wants_name = matches!(verb, Verb::Update | Verb::Patch);
        let is_nowhere = target.name.is_empty() == wants_name && (wants_name || verb == Verb::Create);
        let writes_only = target.subresource == Subresource::Finalize && verb != Verb::Update;
        let keeps_all = target.kind.rules == Rules::Namespace && verb == Verb::DeleteCollection;
        let is_unknown = is_nowhere || verb == Verb::None || self.head.method == Method::HEAD;
        if is_unknown || writes_only || keeps_all || !verb.is_of(target.subresource) {
            return Err(Failure::no_such_method());
        }
        Ok(())
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
        let wants_name = matches!(verb, Verb::Update | Verb::Patch);
        if !verb.is_of(target.subresource) {
            return Err(Failure::not_allowed(&target.kind.resource, verb.name()));
        }
        if verb == Verb::Patch {
            media::patch(&self.head, target)?;
        }
        if target.name.is_empty() && wants_name {
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
                options.check_of_collection()?;
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
        let scales = target.subresource == Subresource::Scale;
        let written = match verb {
            Verb::Create => {
                let options = query.write(&self.head, "CreateOptions")?;
                registry.create(target, self.sent(target)?, &self.body, &options, warnings)?
            }
            Verb::Patch => {
                let kind = media::patch(&self.head, target)?;
                let options = query.patch(&self.head, kind)?;
                let body =
                    if kind == PatchKind::Apply { sent::configuration(&self.body)? } else { sent::patch(&self.body)? };
                if scales {
                    registry.rescale(target, Rescale::Patch(kind, body), &options, warnings)?
                } else {
                    registry.patch(target, kind, &body, &options, warnings)?
                }
            }
            _ => {
                let options = query.write(&self.head, "UpdateOptions")?;
                let body = self.sent(target)?;
                if scales {
                    registry.rescale(target, Rescale::Update(body, &self.body), &options, warnings)?
                } else {
                    registry.update(target, body, &self.body, &options, warnings)?
                }
            }
        };
        // The name may have been generated.
        let name = crate::registry::metadata::text(&written.object, "name").to_owned();
        let target = if verb == Verb::Create { &Target { name, ..target.clone() } } else { target };
        Self::written(registry, target, written, view)
    }

    fn delete(
        &self,
        registry: &mut Registry,
        target: &Target,
        query: &Query,
        view: negotiate::View,
    ) -> Result<Answer, Failure> {
        let options = self.delete_options(query)?;
        let orphans_not = options.orphan_dependents == Some(false);
        match registry.delete(target, &options)? {
            crate::registry::Deleted::Gone(status) => Ok(Answer::value_in(view.form, status)),
            crate::registry::Deleted::Waiting(object) => {
                let code = if orphans_not { StatusCode::ACCEPTED } else { StatusCode::OK };
                Answer::object(code, object, view, target)
            }
        }
    }

    /// Completes a write and returns its answer.
    fn written(
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

    fn sent(&self, target: &Target) -> Result<Sent, Failure> {
        Ok(sent::read(media::sent(&self.head, media::takes_protobuf(target))?, &self.body))
    }

    /// The options of a deletion, from the body or else the query.
    fn delete_options(&self, query: &Query) -> Result<DeleteOptions, Failure> {
        let options = if self.body.is_empty() { query.delete()? } else { self.sent_delete_options()? };
        options.check()?;
        Ok(options)
    }

    fn sent_delete_options(&self) -> Result<DeleteOptions, Failure> {
        let sent = sent::read(media::sent(&self.head, true)?, &self.body);
        if let Some(error) = sent.error {
            return Err(Failure::bad_request(error));
        }
        DeleteOptions::read(&sent.object, || String::from_utf8_lossy(&self.body).into_owned())
    }
}
