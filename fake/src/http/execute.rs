//! Execution of a request, from its route to its response.

use std::sync::Arc;

use ::http::{Method, Response, StatusCode};

use super::answer::Answer;
use super::media::{self, Media};
use super::request::ApiRequest;
use super::route::Route;
use super::shared::Shared;
use super::verb::Verb;
use super::{deadline, discovery, gzip, openapi, pretty, resource};
use crate::body::Body;
use crate::json::depth;
use crate::status::Failure;

/// Executes a request and returns its response.
pub(super) fn execute(shared: &Arc<Shared>, request: &ApiRequest) -> Response<Body> {
    let levels = request.levels().max(shared.registry().levels);
    depth::with_stack_for(levels, || {
        let answer = answer(shared, request);
        respond(shared, request, answer.unwrap_or_else(|failure| Answer::failure(failure, request.accept.error_form())))
    })
}

/// Encodes an answer as the client accepts it.
pub(super) fn respond(shared: &Arc<Shared>, request: &ApiRequest, answer: Answer) -> Response<Body> {
    gzip::compress(&request.head, pretty::indented(request, answer.into_response(shared)))
}

fn answer(shared: &Shared, request: &ApiRequest) -> Result<Answer, Failure> {
    shared.registry().check_access(&request.user, || request.attributes())?;
    if request.verb != Verb::Watch {
        deadline::check(request.query.text("timeout"))?;
    }
    let not_found = || Answer::text(StatusCode::NOT_FOUND, "404 page not found\n");
    match &request.route {
        Route::Health(text) => Ok(Answer::text(StatusCode::OK, text)),
        Route::Version if request.head.method != Method::GET => Err(Failure::method_not_allowed()),
        Route::Version if !request.accept.is_routed_to_json() => {
            Err(media::not_acceptable_from_router(false, Media::Json))
        }
        Route::Version => Ok(Answer::value(discovery::version(shared.registry().kinds.release))),
        Route::Metrics => Ok(shared.metrics.answer()),
        Route::Discovery(what) => discovery::answer(&shared.registry(), what, request),
        Route::OpenApiV2 => Ok(openapi::v2::answer(&shared.openapi, &shared.registry(), request)),
        Route::OpenApi => Ok(Answer::value(openapi::index(&shared.registry()))),
        Route::OpenApiGroupVersion(group, version) => {
            Ok(openapi::document(&shared.registry(), group, version).map_or_else(not_found, Answer::value))
        }
        Route::Resource(path) => Ok(resource::answer(&mut shared.registry(), request, path)),
        Route::NotFound if request.head.uri.path().starts_with("/api/") => Err(Failure::path_not_found()),
        Route::NotFound => Ok(not_found()),
    }
}
