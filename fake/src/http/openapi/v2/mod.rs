//! OpenAPI v2, which client-go, Helm and older clients read, as JSON and as protobuf.
//!
//! Source: `kube-openapi/pkg/handler/handler.go`, `apiextensions-apiserver/pkg/controller/openapi`.

mod custom;
mod paths;
mod protobuf;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ::http::StatusCode;
use ::http::header::IF_NONE_MATCH;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::definitions::Definitions;
use super::form::Form;
use super::{Model, kinds_of, operations};
use crate::catalogue::Catalogue;
use crate::http::answer::Answer;
use crate::http::request::ApiRequest;
use crate::json;
use crate::registry::Registry;

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// The document of the kinds that were served when it was last read.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Option<Arc<Document>>>);

/// The encoded document.
struct Document {
    /// Identifies the kinds.
    kinds: u64,
    json: Bytes,
    tag: String,
    protobuf: OnceLock<Bytes>,
}

impl Cache {
    fn document(&self, registry: &Registry) -> Arc<Document> {
        let kinds = kinds_hash(registry);
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*cached {
            Some(document) if document.kinds == kinds => Arc::clone(document),
            _ => {
                let json: Bytes = json::write(&document(registry)).into();
                let tag = super::super::discovery::tag(&json);
                let document = Arc::new(Document { kinds, json, tag, protobuf: OnceLock::new() });
                *cached = Some(Arc::clone(&document));
                document
            }
        }
    }
}

impl Document {
    fn protobuf(&self) -> Bytes {
        self.protobuf.get_or_init(|| protobuf::document(&json::decode_stored(&self.json)).into()).clone()
    }
}

/// Answers a request for the document.
pub(in crate::http) fn answer(cache: &Cache, registry: &Registry, request: &ApiRequest) -> Answer {
    let Some(is_protobuf) = request.accept.openapi_v2() else {
        return Answer::empty(StatusCode::NOT_ACCEPTABLE);
    };
    let document = cache.document(registry);
    let known = request.head.headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    let is_known = known.split(',').any(|known| known.trim().trim_start_matches("W/") == document.tag);
    let answer = if is_known {
        Answer::empty(StatusCode::NOT_MODIFIED)
    } else if is_protobuf {
        Answer::bytes(PROTOBUF, document.protobuf())
    } else {
        Answer::bytes(JSON, document.json.clone())
    };
    answer.with_private_tag(document.tag.clone())
}

/// Returns a hash that changes with the served kinds.
fn kinds_hash(registry: &Registry) -> u64 {
    let mut hasher = DefaultHasher::new();
    for kind in registry.kinds.all() {
        (&kind.resource.group, &kind.resource.resource, kind.definition_id).hash(&mut hasher);
    }
    hasher.finish()
}

fn document(registry: &Registry) -> Value {
    let release = registry.kinds.release;
    let mut definitions = Definitions::new(Catalogue::of(release), Form::V2);
    let mut paths = Map::new();
    for (group, version) in super::group_versions(registry) {
        for kind in kinds_of(registry, &group, &version) {
            let model = Model { kind, version: &version };
            let mut added = Map::new();
            operations::add(&model, &mut added);
            paths.extend(paths::in_v2(added, kind.is_typed()));
            if kind.is_custom() {
                definitions.insert(model.name(&kind.names.kind), custom::schema(&model, registry));
                definitions.insert(model.name(&kind.names.list_kind), custom::list_schema(&model));
            } else {
                definitions.add_kind(kind, &version);
            }
        }
    }
    definitions.add_common(&super::group_versions(registry));
    json!({
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": format!("1.{}", release.minor())},
        "paths": paths,
        "definitions": definitions.into_map(),
        "securityDefinitions": {
            "BearerToken": {"description": "A bearer token", "type": "apiKey", "name": "authorization", "in": "header"},
        },
        "security": [{"BearerToken": []}],
    })
}

fn reference(name: &str) -> Value {
    Form::V2.reference(name)
}
