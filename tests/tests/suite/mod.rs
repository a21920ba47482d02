//! All scenarios, on the backend that the test program selects.

use crate::backend;
use aigateway_client::aigateway::{v1alpha1, v1beta1};
use aigateway_client::crds::{InstallOptions, install};
use integration_tests::backend::real_backend;
use integration_tests::scenarios;

/// Defines a test per kind and version, each in a separate namespace.
macro_rules! for_every_kind {
    ($($scenario:ident),*) => { $(
        mod $scenario {
            use super::*;

            for_every_kind!(@kinds $scenario:
                ai_gateway_route_v1beta1 = aigateway_v1beta1.ai_gateway_routes,
                ai_gateway_route_v1alpha1 = aigateway_v1alpha1.ai_gateway_routes,
                ai_service_backend_v1beta1 = aigateway_v1beta1.ai_service_backends,
                ai_service_backend_v1alpha1 = aigateway_v1alpha1.ai_service_backends,
                backend_security_policy_v1beta1 = aigateway_v1beta1.backend_security_policies,
                backend_security_policy_v1alpha1 = aigateway_v1alpha1.backend_security_policies.allow_field_loss,
                gateway_config_v1beta1 = aigateway_v1beta1.gateway_configs,
                gateway_config_v1alpha1 = aigateway_v1alpha1.gateway_configs,
                mcp_route_v1beta1 = aigateway_v1beta1.mcp_routes,
                mcp_route_v1alpha1 = aigateway_v1alpha1.mcp_routes,
                quota_policy_v1alpha1 = aigateway_v1alpha1.quota_policies
            );
        }
    )* };
    (@kinds $scenario:ident: $($test:ident = $version:ident.$accessor:ident $(.$allow:ident)?),*) => { $(
        #[tokio::test]
        async fn $test() {
            let backend = backend().await;
            scenarios::$scenario(backend.clients.$version().$accessor(&backend.namespace)$(.$allow())?).await;
        }
    )* };
}

for_every_kind!(
    lifecycle,
    selectors_and_pages_limit_lists,
    watch_sends_events_in_order,
    informer_follows_its_objects,
    invalid_object_is_refused_with_causes,
    unchanged_update_has_no_effect,
    validation_before_sending_is_that_of_the_server
);

/// Defines a test per scenario, for one kind.
macro_rules! for_one_kind {
    ($($scenario:ident),*) => { $(
        #[tokio::test]
        async fn $scenario() {
            let backend = backend().await;
            scenarios::$scenario::<v1beta1::AIGatewayRoute>(backend.clients.client().namespaced(&backend.namespace)).await;
        }
    )* };
}

for_one_kind!(
    controllers_write_idempotently,
    streams_list_each_selected_object_once,
    waits_end_when_the_condition_is_met
);

#[tokio::test]
async fn scale_and_selectable_fields_of_a_crd_are_usable() {
    scenarios::scale_and_selectable_fields_of_a_crd_are_usable(backend().await).await;
}

#[tokio::test]
async fn watch_sends_bookmarks_until_its_timeout() {
    let backend = backend().await;
    scenarios::watch_sends_bookmarks_until_its_timeout::<v1beta1::AIGatewayRoute>(
        backend.clients.client().namespaced(&backend.namespace),
    )
    .await;
}

#[tokio::test]
async fn names_with_path_syntax_are_refused() {
    let backend = backend().await;
    scenarios::names_with_path_syntax_are_refused::<v1beta1::MCPRoute>(
        backend.clients.client().namespaced(&backend.namespace),
    )
    .await;
}

#[tokio::test]
async fn all_namespaces_lists_every_namespace() {
    let backend = backend().await;
    scenarios::all_namespaces_lists_every_namespace::<v1alpha1::QuotaPolicy>(backend).await;
}

/// Defines a test per scenario that takes the clients and a namespace.
macro_rules! with_clients {
    ($($scenario:ident),* $(,)?) => { $(
        #[tokio::test]
        async fn $scenario() {
            let backend = backend().await;
            scenarios::$scenario(backend.clients, backend.namespace).await;
        }
    )* };
}

with_clients!(
    calls_are_spans_with_the_names_of_opentelemetry,
    clients_of_a_clientset_are_interchangeable,
    defaults_are_those_of_the_server,
    discovered_kinds_need_no_types,
    errors_name_request_reason_and_remedy,
    options_of_requests_have_their_effect,
    requests_are_repeated_limited_and_counted,
    object_is_shared_between_versions,
    each_change_through_a_version_deletes_fields_that_it_lacks,
    conversion_is_that_of_the_server,
    modify_keeps_unknown_fields,
    controller_changes_only_what_it_applied,
    extracted_status_keeps_the_keys_of_conditions,
    invalid_configurations_are_not_sent,
    kinds_without_generated_types_are_applied,
    required_fields_are_not_sent_unless_they_are_set,
    updater_becomes_an_applier_and_removes_its_fields,
    leader_is_elected_and_releases_its_lease,
    controller_maintains_what_it_owns,
    recorded_events_are_accepted,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn modify_retries_after_a_conflict() {
    let backend = backend().await;
    scenarios::modify_retries_after_a_conflict(backend.clients, backend.namespace).await;
}

#[tokio::test]
async fn factory_has_informers_of_all_kinds() {
    let backend = backend().await;
    scenarios::factory_has_informers_of_all_kinds(backend).await;
}

#[tokio::test]
async fn informers_are_limited_to_their_namespaces() {
    let backend = backend().await;
    scenarios::informers_are_limited_to_their_namespaces::<v1beta1::GatewayConfig>(backend.clients).await;
}

mod install {
    use super::*;

    #[tokio::test]
    async fn repeated_installation_changes_nothing() {
        let backend = backend().await;
        scenarios::repeated_installation_changes_nothing(backend.clients, "again.example.com").await;
    }

    #[tokio::test]
    async fn installation_conflict_names_the_manager() {
        let backend = backend().await;
        scenarios::installation_conflict_names_the_manager(backend.clients, "conflicts.example.com").await;
    }

    #[tokio::test]
    async fn refused_names_are_an_error() {
        let backend = backend().await;
        scenarios::refused_names_are_an_error(backend.clients, "refused.example.com").await;
    }

    #[tokio::test]
    async fn stored_version_is_not_removed() {
        let backend = backend().await;
        scenarios::stored_version_is_not_removed(backend.clients, "stored.example.com").await;
    }
}

mod manifests {
    use super::*;

    #[tokio::test]
    async fn manifests_are_applied_pruned_and_deleted() {
        scenarios::manifests_are_applied_pruned_and_deleted(backend().await, "pruned.example.com").await;
    }

    #[tokio::test]
    async fn failures_of_manifests_name_their_cause() {
        scenarios::failures_of_manifests_name_their_cause(backend().await, "failing.example.com").await;
    }

    #[tokio::test]
    async fn namespaces_and_crds_are_applied_with_their_objects() {
        let backend = backend().await;
        scenarios::namespaces_and_crds_are_applied_with_their_objects(backend, "together.example.com").await;
    }

    #[tokio::test]
    async fn custom_resource_is_an_apply_set_parent() {
        scenarios::custom_resource_is_an_apply_set_parent(backend().await, "parents.example.com").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs a real API server: run `make e2e`"]
    async fn kubectl_shares_apply_sets() {
        let kubeconfig = std::env::var_os("E2E_KUBECONFIG").unwrap_or_default();
        scenarios::kubectl_shares_apply_sets(real_backend().await, kubeconfig.as_ref()).await;
    }
}

mod round_trip {
    use super::*;

    use round_trip_tests::{crds, documents, shared, yaml_files};

    #[tokio::test]
    #[ignore = "needs ../shared/upstream"]
    async fn upstream_examples_are_unchanged() {
        let folder = shared("upstream/ai-gateway/examples");
        let backend = backend().await;
        let scheme = aigateway_client::scheme();
        let mut accepted = 0;
        for (number, file) in yaml_files(&folder).iter().enumerate() {
            for mut object in documents(file) {
                if object["apiVersion"].as_str().is_some_and(|version| version.starts_with("aigateway.envoyproxy.io/"))
                {
                    let name = format!("{}-{number}", object["metadata"]["name"].as_str().unwrap_or_default());
                    object["metadata"] = serde_json::json!({"name": name});
                    accepted += usize::from(
                        scenarios::round_trips_on_server(&backend.clients, &backend.namespace, &scheme, object).await,
                    );
                }
            }
        }
        assert!(accepted > 40, "only {accepted} objects were accepted");
    }

    #[tokio::test]
    async fn random_ai_gateway_objects_are_unchanged() {
        let backend = backend().await;
        let scheme = aigateway_client::scheme();
        let accepted =
            scenarios::count_random_round_trips(&backend.clients, &backend.namespace, &scheme, &crds("crds"), 40).await;
        eprintln!("{accepted} of 440 objects were accepted");
        assert!(accepted > 20, "only {accepted} objects were accepted");
    }

    #[tokio::test]
    async fn random_zoo_objects_are_unchanged() {
        let backend = backend().await;
        install(backend.clients.client(), &zoo_client::crds(), &InstallOptions::default()).await.unwrap();
        let accepted = scenarios::count_random_round_trips(
            &backend.clients,
            &backend.namespace,
            &zoo_client::scheme(),
            &crds("tests/zoo/crds"),
            100,
        )
        .await;
        eprintln!("{accepted} of 400 objects were accepted");
        assert!(accepted > 200, "only {accepted} objects were accepted");
    }
}

#[tokio::test]
async fn definitions_of_the_corpus_are_answered_as_in_memory() {
    scenarios::definitions_of_the_corpus_are_answered_as_in_memory(backend().await).await;
}

#[tokio::test]
async fn deep_objects_are_handled_like_others() {
    let backend = backend().await;
    install(backend.clients.client(), &zoo_client::crds(), &InstallOptions::default()).await.unwrap();
    scenarios::deep_objects_are_handled_like_others(backend.clients.client(), &backend.namespace).await;
}

/// Defines tests of roles, which only a real server enforces.
macro_rules! roles {
    ($($scenario:ident),* $(,)?) => { $(
        #[tokio::test]
        #[ignore = "needs a real API server: run `make e2e`"]
        async fn $scenario() {
            scenarios::$scenario(real_backend().await).await;
        }
    )* };
}

roles!(
    guide_permissions_are_enforced,
    programs_run_with_their_documented_role,
    controller_role_is_sufficient,
    installer_role_is_sufficient
);

/// Defines conformance tests.
macro_rules! conformance {
    ($($test:ident),* $(,)?) => {
        mod conformance {
            use super::*;
            $(
                #[tokio::test]
                async fn $test() {
                    let backend = backend().await;
                    scenarios::conformance::$test(&backend.clients, &backend.namespace).await;
                }
            )*
        }
    };
}

conformance!(
    c1_stale_update_returns_conflict,
    c2_status_is_written_only_through_its_subresource,
    c3_deletion_waits_for_finalizers,
    c4_generate_name_creates_a_name,
    c5_server_fields_of_requests_are_ignored,
    c6_unchanged_write_keeps_the_resource_version,
    c7_label_selectors_limit_lists_and_watches,
    c8_field_selectors_limit_lists,
    c9_pages_are_from_one_resource_version,
    c10_collection_deletion_is_limited_by_selector,
    c11_applied_fields_are_owned_by_their_field_manager,
    c12_patches_of_every_type_are_applied,
    c12_builtin_kinds_accept_strategic_merge_patches,
    c13_dry_run_stores_nothing,
    c14_failed_precondition_of_deletion_returns_conflict,
    c15_watches_replay_events_send_bookmarks_and_expire,
    c16_schemas_and_rules_are_enforced,
    c17_object_is_readable_in_every_served_version,
    c18_discovery_tables_and_openapi_are_served,
    c19_kinds_and_namespaces_are_created_and_deleted,
    c19_events_are_shared_between_two_groups,
    c20_errors_have_reason_message_and_details,
);
