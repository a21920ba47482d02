//! Requests for resources: the checks of the path, the call of a verb of the registry, and its answer.

use ::http::{Method, StatusCode};

use super::answer::Answer;
use super::media::Media;
use super::request::ApiRequest;
use super::route::ResourcePath;
use super::verb::Verb;
use super::view::{Rows, Shape, View};
use super::{decode, media, target};
use crate::catalogue::Catalogue;
use crate::kinds::{Rules, Subresource};
use crate::metadata;
use crate::registry::{
    Body, Context, DeleteOptions, DeleteOutcome, PatchKind, Registry, ScaleWrite, Target, Warnings, WriteOptions,
    Written,
};
use crate::status::Failure;

/// Answers a request for a resource.
pub(super) fn answer(registry: &mut Registry, request: &ApiRequest, path: &ResourcePath) -> Answer {
    let mut warnings = Warnings::default();
    let answer = answer_with_warnings(registry, request, path, &mut warnings);
    answer.unwrap_or_else(|failure| Answer::failure(failure, request.accept.error_form())).with_warnings(warnings)
}

fn answer_with_warnings(
    registry: &mut Registry,
    request: &ApiRequest,
    path: &ResourcePath,
    warnings: &mut Warnings,
) -> Result<Answer, Failure> {
    let (verb, query) = (request.verb, &request.query);
    let Some(target) = target::resolve(registry, path, verb, warnings)? else {
        return Ok(Answer::text(StatusCode::NOT_FOUND, "404 page not found\n"));
    };
    if target.kind.is_typed() {
        check_router(request, &target)?;
    }
    let rows = Rows { include: query.include(), now: registry.clock.now() };
    let view = request.accept.view(&target, verb, rows)?;
    let is_table = view.shape == Shape::Table;
    // The status of definitions and reviews cannot be printed as a table.
    let is_status = target.kind.rules == Rules::Definition && target.subresource == Subresource::Status;
    if is_table && (is_status || target.kind.is_review()) {
        return Err(media::not_acceptable(false, Media::of(&target)));
    }
    let answer = Call { registry, request, target: &target, view, warnings }.execute()?;
    if is_table {
        query.check_table()?;
    }
    Ok(answer)
}

/// Applies the checks of the router of built-in kinds, which come before all others: whether the path supports the
/// method.
fn check_router(request: &ApiRequest, target: &Target) -> Result<(), Failure> {
    let verb = request.verb;
    let requires_name = matches!(verb, Verb::Update | Verb::Patch);
    let creates_object = verb == Verb::Create && target.subresource.request_kind().is_none();
    let name_mismatch = target.name.is_empty() == requires_name && (requires_name || creates_object);
    let is_write_only = target.subresource == Subresource::Finalize && verb != Verb::Update;
    let forbids_collection = target.kind.rules == Rules::Namespace && verb == Verb::DeleteCollection;
    let name_mismatch = name_mismatch
        || (target.kind.is_review() && verb != Verb::Create)
        || (target.kind.is_computed() && !matches!(verb, Verb::Get | Verb::List | Verb::Watch));
    let is_unsupported = name_mismatch || verb == Verb::None || request.head.method == Method::HEAD;
    if is_unsupported || is_write_only || forbids_collection || !verb.is_supported_by(target.subresource) {
        return Err(Failure::method_not_allowed());
    }
    Ok(())
}

/// The call of a verb.
struct Call<'r> {
    registry: &'r mut Registry,
    request: &'r ApiRequest,
    target: &'r Target,
    view: View,
    warnings: &'r mut Warnings,
}

impl Call<'_> {
    fn execute(self) -> Result<Answer, Failure> {
        let Call { target, view, .. } = self;
        let (verb, query) = (self.request.verb, &self.request.query);
        if !verb.is_supported_by(target.subresource) {
            return Err(Failure::not_allowed(&target.kind.resource, verb.name()));
        }
        if verb == Verb::Patch {
            self.request.content_type.patch(target)?;
        }
        if target.name.is_empty() && matches!(verb, Verb::Update | Verb::Patch) {
            return Err(Failure::bad_request("name must be provided"));
        }
        if verb == Verb::Watch && target.kind.is_computed() {
            return Err(Failure::not_allowed(&target.kind.resource, verb.name()));
        }
        let shards = self.registry.shards;
        match verb {
            Verb::Get => self.get(),
            Verb::List => Answer::list(self.registry.list(target, &query.list(target, false, shards)?)?, view, target),
            Verb::Watch => {
                let watch = self.registry.watch(target, &query.watch(target, shards)?)?;
                Ok(Answer::watch(watch, view.of_stream(Media::of(target))?, query.timeout()?))
            }
            Verb::Create => self.create(),
            Verb::Update => self.update(),
            Verb::Patch => self.patch(),
            Verb::Delete => self.delete(),
            Verb::DeleteCollection => {
                let list = query.list(target, true, shards)?;
                let options = self.delete_options()?;
                options.validate_for_collection()?;
                Answer::list(self.registry.delete_collection(target, &list, &options)?, view, target)
            }
            Verb::None => Err(Failure::not_allowed(&target.kind.resource, verb.name())),
        }
    }

    fn get(self) -> Result<Answer, Failure> {
        let Call { registry, request, target, view, .. } = self;
        registry.check_version(target, request.query.text("resourceVersion"))?;
        if target.subresource == Subresource::Scale {
            Answer::object(StatusCode::OK, registry.get_scale(target)?, view, &target.as_scale())
        } else if view.is_plain() {
            Ok(Answer::json(StatusCode::OK, registry.get_json(target)?))
        } else {
            Answer::object(StatusCode::OK, registry.get(target)?, view, target)
        }
    }

    fn create(self) -> Result<Answer, Failure> {
        let options = self.request.query.write(&self.request.head, "CreateOptions")?;
        let body = self.decode_body()?;
        let Call { registry, request, target, view, warnings } = self;
        if target.subresource.request_kind().is_some() || target.kind.is_binding() {
            let object = registry.request(target, body, &mut context(registry, request, options, warnings))?;
            return Ok(Answer::value_in(view.form, object).with_code(StatusCode::CREATED));
        }
        if target.kind.is_review() {
            let review = registry.review(target, body, &mut context(registry, request, options, warnings))?;
            return Answer::object(StatusCode::CREATED, review, view, target);
        }
        let written = registry.create(target, body, &mut context(registry, request, options, warnings))?;
        // The name may have been generated.
        let name = metadata::text(&written.object, "name").to_owned();
        written_answer(&Target { name, ..target.clone() }, written, view)
    }

    fn update(self) -> Result<Answer, Failure> {
        let options = self.request.query.write(&self.request.head, "UpdateOptions")?;
        let body = self.decode_body()?;
        let Call { registry, request, target, view, warnings } = self;
        let mut context = context(registry, request, options, warnings);
        let written = if target.subresource == Subresource::Scale {
            registry.update_scale(target, ScaleWrite::Update(body), &mut context)?
        } else {
            registry.update(target, body, &mut context)?
        };
        written_answer(target, written, view)
    }

    fn patch(self) -> Result<Answer, Failure> {
        let Call { registry, request, target, view, warnings } = self;
        let kind = request.content_type.patch(target)?;
        let options = request.query.patch(&request.head, kind)?;
        let body = match kind {
            PatchKind::Apply => decode::configuration(&request.body)?,
            _ => decode::patch(&request.body)?,
        };
        let mut context = context(registry, request, options, warnings);
        let written = if target.subresource == Subresource::Scale {
            registry.update_scale(target, ScaleWrite::Patch(kind, body), &mut context)?
        } else {
            registry.patch(target, kind, &body, &mut context)?
        };
        written_answer(target, written, view)
    }

    fn delete(self) -> Result<Answer, Failure> {
        let options = self.delete_options()?;
        let deletes_dependents = options.orphan_dependents == Some(false);
        match self.registry.delete(self.target, &options)? {
            DeleteOutcome::Status(status) => Ok(Answer::value_in(self.view.form, status)),
            DeleteOutcome::Object(object) => {
                let code = if deletes_dependents { StatusCode::ACCEPTED } else { StatusCode::OK };
                Answer::object(code, object, self.view, self.target)
            }
        }
    }

    fn decode_body(&self) -> Result<Body, Failure> {
        let encoding = self.request.content_type.encoding(media::accepts_protobuf(self.target))?;
        Ok(decode::body(encoding, &self.request.body, self.catalogue()))
    }

    fn catalogue(&self) -> &'static Catalogue {
        Catalogue::of(self.registry.kinds.release)
    }

    /// Returns the options of a deletion: those of the body, or else of the query.
    fn delete_options(&self) -> Result<DeleteOptions, Failure> {
        let ApiRequest { body, query, .. } = self.request;
        let options = if body.is_empty() { query.delete()? } else { self.body_delete_options()? };
        options.validate()?;
        Ok(options)
    }

    fn body_delete_options(&self) -> Result<DeleteOptions, Failure> {
        let text = &self.request.body;
        let body = decode::body(self.request.content_type.encoding(true)?, text, self.catalogue());
        if let Some(error) = body.error {
            return Err(Failure::bad_request(error));
        }
        DeleteOptions::decode(&body.object, || String::from_utf8_lossy(text).into_owned())
    }
}

/// Returns the context of a write.
fn context<'r>(
    registry: &Registry,
    request: &'r ApiRequest,
    options: WriteOptions,
    warnings: &'r mut Warnings,
) -> Context<'r> {
    Context { options, original: &request.body, now: registry.clock.rfc3339(), user: &request.user, warnings }
}

/// Returns the response to a write.
fn written_answer(target: &Target, written: Written, view: View) -> Result<Answer, Failure> {
    let code = if written.created { StatusCode::CREATED } else { StatusCode::OK };
    match written.stored {
        Some(stored) if view.is_plain() => Ok(Answer::json(code, stored)),
        _ if target.subresource == Subresource::Scale => Answer::object(code, written.object, view, &target.as_scale()),
        _ => Answer::object(code, written.object, view, target),
    }
}
