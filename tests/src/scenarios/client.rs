//! What the client does beyond single verbs: options, discovery, validation, retries, metrics and errors.

use std::sync::{Arc, Mutex, PoisonError};

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::{AIServiceBackend, AIServiceBackendSpec, GatewayConfig};
use aigateway_client::runtime::client::{
    Client, DeleteOptions, DeleteResult, FieldValidation, GetOptions, ListOptions, Namespaced, Patch, PatchOptions,
    PropagationPolicy, RateLimit, VersionMatch, Warning, WriteOptions,
};
use aigateway_client::runtime::validate::Validate;
use http::{Request, Response, StatusCode};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::client::Body;
use kube::core::{GroupVersionKind, PartialObjectMeta};
use kube_client_runtime::dynamic::{MapperError, RestMapper, from_typed, try_into_typed};
use serde_json::json;

use crate::samples::Sample;
use crate::spans;

/// Verifies the options of each verb.
///
/// # Panics
/// If an option has no effect, or another one.
pub async fn options_of_requests_have_their_effect(clients: Clientset, namespace: String) {
    let objects: Namespaced<GatewayConfig> = clients.client().namespaced(&namespace);
    let dry = WriteOptions::default().dry_run();
    objects.create_with(&GatewayConfig::sample("dry"), &dry).await.unwrap();
    assert!(objects.get_opt("dry").await.unwrap().is_none(), "a dry run stores nothing");

    let options = WriteOptions::default().field_manager("author").field_validation(FieldValidation::Strict);
    let created = objects.create_with(&GatewayConfig::sample("one"), &options).await.unwrap();
    let managers = created.metadata.managed_fields.iter().flatten().filter_map(|entry| entry.manager.as_deref());
    assert_eq!(managers.collect::<Vec<_>>(), ["author"]);
    let version = created.metadata.resource_version.clone().unwrap_or_default();

    let mut changed = created.clone();
    changed.change();
    assert_eq!(objects.update_with(&changed, &dry).await.unwrap().spec, changed.spec);
    assert_eq!(objects.get("one").await.unwrap(), created);
    let updated = objects.update_with(&changed, &WriteOptions::default().field_manager("editor")).await.unwrap();
    let patch = Patch::Merge(json!({"metadata": {"labels": {"a": "b"}}}));
    let patched = objects.patch("one", &patch, &PatchOptions::default().dry_run()).await.unwrap();
    assert_eq!(patched.metadata.labels.map(|labels| labels.len()), Some(1));

    let any = GetOptions::default().resource_version("0");
    assert!(objects.get_with("one", &any).await.is_ok());
    objects.create(&GatewayConfig::sample("two")).await.unwrap();
    let latest = updated.metadata.resource_version.unwrap_or_default();
    let exact = |version: &str| {
        ListOptions::default().resource_version(version).version_match(VersionMatch::Exact).timeout_seconds(30_u32)
    };
    let names = |page: Vec<GatewayConfig>| page.into_iter().filter_map(|it| it.metadata.name).collect::<Vec<_>>();
    assert_eq!(names(objects.list(&exact(&latest)).await.unwrap().items), ["one"]);
    let newer = ListOptions::default().resource_version(latest).version_match(VersionMatch::NotOlderThan);
    assert!(names(objects.list(&newer).await.unwrap().items).contains(&"one".to_owned()));
    let first = objects.list(&ListOptions::default().limit(1_u32)).await.unwrap();
    let next = ListOptions::default().limit(1_u32).continue_token(first.metadata.continue_.clone().unwrap_or_default());
    assert_eq!(names(first.items), ["one"]);
    assert_eq!(names(objects.list(&next).await.unwrap().items), ["two"]);

    deletions_have_their_options(&objects, &version).await;
}

async fn deletions_have_their_options(objects: &Namespaced<GatewayConfig>, stale: &str) {
    let refused = objects.delete_with("one", &DeleteOptions::default().uid("another")).await.unwrap_err();
    assert!(refused.is_conflict(), "{refused}");
    let refused = objects.delete_with("one", &DeleteOptions::default().resource_version(stale)).await.unwrap_err();
    assert!(refused.is_conflict(), "{refused}");
    objects.delete_with("one", &DeleteOptions::default().dry_run()).await.unwrap();
    assert!(objects.get_opt("one").await.unwrap().is_some());
    let orphan = DeleteOptions::default().propagation_policy(PropagationPolicy::Orphan).grace_period_seconds(0_u32);
    let result = objects.delete_with("one", &orphan).await.unwrap();
    let DeleteResult::Terminating(terminating) = result else { panic!("a collector removes the finalizer") };
    assert_eq!(terminating.metadata.finalizers, Some(vec!["orphan".to_owned()]));
    objects.remove_finalizer(&terminating, "orphan").await.unwrap();
    assert!(objects.get_opt("one").await.unwrap().is_none());
}

/// Verifies that clients of all groups, of kube and of this crate use one connection and one user agent.
///
/// # Panics
/// If a client sees other objects than another one.
pub async fn clients_of_a_clientset_are_interchangeable(clients: Clientset, namespace: String) {
    let backends = clients.aigateway_v1beta1().ai_service_backends(&namespace);
    backends.create(&AIServiceBackend::sample("one")).await.unwrap();
    let of_alpha = clients.aigateway_v1alpha1().ai_service_backends(&namespace).get("one").await.unwrap();
    let of_kube = backends.api().get("one").await.unwrap();
    assert_eq!(of_alpha.metadata.uid, of_kube.metadata.uid);
    let maps = kube::Api::<ConfigMap>::namespaced(clients.kube().clone(), &namespace);
    assert!(maps.get_opt("absent").await.unwrap().is_none());
    assert!(clients.kube().apiserver_version().await.unwrap().major == "1");
    let groups = clients.kube().list_api_groups().await.unwrap();
    assert!(groups.groups.iter().any(|group| group.name == "aigateway.envoyproxy.io"));
}

/// Verifies clients of kinds that discovery finds, and of their metadata.
///
/// # Panics
/// If an object differs from the typed one.
pub async fn discovered_kinds_need_no_types(clients: Clientset, namespace: String) {
    let mapper = RestMapper::new(clients.client().clone());
    let found = mapper.resolve("gwconfig").await.unwrap();
    let gvk = GroupVersionKind::gvk("aigateway.envoyproxy.io", "v1beta1", "GatewayConfig");
    assert_eq!(found.gvk(), gvk);
    assert!(found.supports("watch") && found.has_subresource("status"));
    assert!(matches!(mapper.resolve("no-such-kinds").await, Err(MapperError::NotFound { .. })));

    let dynamic = mapper.namespaced(&gvk, &namespace).await.unwrap();
    let created = dynamic.create(&from_typed(&GatewayConfig::sample("one"), &()).unwrap()).await.unwrap();
    let typed: GatewayConfig = try_into_typed(created).unwrap();
    let stored = clients.aigateway_v1beta1().gateway_configs(&namespace).get("one").await.unwrap();
    assert_eq!(typed, stored);

    let metadata: Namespaced<PartialObjectMeta<GatewayConfig>> = clients.client().namespaced(&namespace);
    assert_eq!(metadata.get("one").await.unwrap().metadata.uid, stored.metadata.uid);
    let page = metadata.list(&ListOptions::default()).await.unwrap();
    assert_eq!(page.items.iter().map(|item| item.metadata.name.as_deref()).collect::<Vec<_>>(), [Some("one")]);
}

/// Verifies that an object is validated before it is sent with the message of the API server.
///
/// # Panics
/// If a message differs.
pub async fn validation_before_sending_is_that_of_the_server<K: Sample>(objects: Namespaced<K>) {
    let sample = K::sample("one");
    sample.validate().unwrap();
    let created = objects.create(&sample).await.unwrap();
    let mut invalid = K::sample("two");
    invalid.invalidate();
    let refused = objects.create(&invalid).await.unwrap_err();
    let message = refused.status().map(|status| status.message.clone()).unwrap_or_default();
    assert_eq!(invalid.validate().unwrap_err().to_string(), message);
    let mut changed = created.clone();
    changed.invalidate();
    let refused = objects.update(&changed).await.unwrap_err();
    let message = refused.status().map(|status| status.message.clone()).unwrap_or_default();
    assert_eq!(changed.validate_update(&created).unwrap_err().to_string(), message);
}

/// Verifies that the defaults of a schema are the same before and after a request.
///
/// # Panics
/// If the API server sets other defaults.
pub async fn defaults_are_those_of_the_server(clients: Clientset, namespace: String) {
    let backends = clients.aigateway_v1beta1().ai_service_backends(&namespace);
    let sample = AIServiceBackend::sample("one");
    let spec: Option<AIServiceBackendSpec> = sample.spec.clone().map(AIServiceBackendSpec::with_defaults);
    assert_eq!(backends.create(&sample).await.unwrap().spec, spec);
}

/// Verifies that requests are repeated and limited, and that warnings reach their handler.
///
/// # Panics
/// If a refused request is not repeated, if a create is repeated, or if a warning is lost.
pub async fn requests_are_repeated_limited_and_counted(clients: Clientset, namespace: String) {
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let received = Arc::clone(&warnings);
    let client = Client::builder()
        .rate_limit(RateLimit::new(100.0, 1))
        .warnings(move |warning: &Warning| {
            received.lock().unwrap_or_else(PoisonError::into_inner).push(warning.text.clone());
        })
        .over(every_second_request_is_refused(clients.kube().clone()));
    let objects: Namespaced<GatewayConfig> = client.namespaced(&namespace);
    let created = objects.create(&GatewayConfig::sample("one")).await.unwrap();
    assert_eq!(objects.get("one").await.unwrap(), created);
    let unknown = Patch::Merge(json!({"spec": {"noSuchField": 1}}));
    objects.patch("one", &unknown, &PatchOptions::default().field_validation(FieldValidation::Warn)).await.unwrap();
    assert_eq!(*warnings.lock().unwrap_or_else(PoisonError::into_inner), ["unknown field \"spec.noSuchField\""]);

    let metrics = client.metrics_text();
    for line in [
        "rest_client_requests_total{code=\"200\",",
        "rest_client_requests_total{code=\"201\",",
        "rest_client_requests_total{code=\"429\",",
        "rest_client_request_retries_total{code=\"429\",",
        "rest_client_request_duration_seconds_count{",
        "rest_client_rate_limiter_duration_seconds_count{",
    ] {
        assert!(metrics.lines().any(|found| found.starts_with(line)), "{line} is not in\n{metrics}");
    }
}

/// Returns a client whose requests are refused alternately, as by an API server with too many requests.
fn every_second_request_is_refused(kube: kube::Client) -> kube::Client {
    let refuse = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (kube, refuses) = (kube.clone(), refuse.fetch_xor(true, std::sync::atomic::Ordering::SeqCst));
        async move {
            if refuses {
                let status = json!({"kind": "Status", "status": "Failure", "reason": "TooManyRequests", "code": 429});
                let response = Response::builder().status(StatusCode::TOO_MANY_REQUESTS).header("Retry-After", "0");
                return response.body(Body::from(status.to_string().into_bytes())).map_err(kube::Error::HttpError);
            }
            kube.send(request).await
        }
    });
    kube::Client::new(service, "default")
}

/// Verifies that a call is a span with the attribute names of OpenTelemetry.
///
/// # Panics
/// If an attribute is missing, or if the content of an object is recorded.
pub async fn calls_are_spans_with_the_names_of_opentelemetry(clients: Clientset, namespace: String) {
    spans::record(&namespace);
    let objects: Namespaced<GatewayConfig> = clients.client().namespaced(&namespace);
    objects.create(&GatewayConfig::sample("one")).await.unwrap();
    objects.get("absent").await.unwrap_err();
    let calls = spans::of(&namespace);
    assert_eq!(calls.len(), 2, "{calls:?}");
    for (call, verb, status) in [(&calls[0], "create", "201"), (&calls[1], "get", "404")] {
        assert_eq!(call["otel.name"], format!("{verb} gatewayconfigs"));
        assert_eq!(call["k8s.request.verb"], verb);
        assert_eq!(call["k8s.resource.group"], "aigateway.envoyproxy.io");
        assert_eq!(call["k8s.resource.version"], "v1beta1");
        assert_eq!(call["http.response.status_code"], status);
        assert!(call.values().all(|value| !value.contains("LOG_LEVEL")), "{call:?}");
    }
    assert_eq!(calls[1]["k8s.object.name"], "absent");
}

/// Verifies that each error has its predicate, and a message with the request and the remedy.
///
/// # Panics
/// If a predicate or a message differs.
pub async fn errors_name_request_reason_and_remedy(clients: Clientset, namespace: String) {
    let objects: Namespaced<GatewayConfig> = clients.client().namespaced(&namespace);
    let absent = objects.get("one").await.unwrap_err();
    assert!(absent.is_not_found());
    let message = "gatewayconfigs.aigateway.envoyproxy.io \"one\" not found (404 NotFound)";
    assert_eq!(absent.to_string(), format!("get GatewayConfig {namespace}/one: {message}"));

    let mut stale = objects.create(&GatewayConfig::sample("one")).await.unwrap();
    assert!(objects.create(&GatewayConfig::sample("one")).await.unwrap_err().is_already_exists());
    objects.modify("one", Sample::change).await.unwrap();
    stale.metadata.labels = Some([("a".to_owned(), "b".to_owned())].into());
    assert!(objects.update(&stale).await.unwrap_err().is_conflict());
    stale.invalidate();
    stale.metadata.resource_version = None;
    let patch = Patch::Merge(json!({"spec": stale.spec}));
    let invalid = objects.patch("one", &patch, &PatchOptions::default()).await.unwrap_err();
    assert!(invalid.is_invalid() && invalid.causes()[0].field == "spec.extProc.kubernetes.image", "{invalid}");

    let strategic = objects.patch("one", &Patch::Strategic(json!({})), &PatchOptions::default()).await.unwrap_err();
    assert!(strategic.is_unsupported_media_type(), "{strategic}");
    let selector = ListOptions::default().label_selector("a in");
    assert!(objects.list(&selector).await.unwrap_err().is_bad_request());
    let gone = objects.list(&ListOptions::default().resource_version("1").version_match(VersionMatch::Exact)).await;
    assert!(gone.map_or_else(|error| error.is_expired(), |page| page.items.is_empty()));

    let elsewhere = clients.client().namespaced::<GatewayConfig>("no-such-namespace");
    let missing = elsewhere.create(&GatewayConfig::sample("one")).await.unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
    let kind = kube::core::ApiResource::from_gvk(&GroupVersionKind::gvk("absent.example.com", "v1", "Absent"));
    let dynamic = clients.client().namespaced_with::<kube::core::DynamicObject>(&namespace, kind);
    let unserved = dynamic.get("one").await.unwrap_err();
    assert!(
        unserved.remedy().is_some_and(|remedy| unserved.to_string().ends_with(&format!("; {remedy}"))),
        "{unserved}"
    );
}
