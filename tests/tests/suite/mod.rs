//! Every scenario, on the backend that the root names.

use crate::backend;
use aigateway_client::aigateway::{v1alpha1, v1beta1};
use aigateway_client::crds::{InstallOptions, install};
use integration_tests::backend::real_backend;
use integration_tests::scenarios;

/// A test per kind and version, on a client for a namespace of its own.
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
                backend_security_policy_v1alpha1 = aigateway_v1alpha1.backend_security_policies,
                gateway_config_v1beta1 = aigateway_v1beta1.gateway_configs,
                gateway_config_v1alpha1 = aigateway_v1alpha1.gateway_configs,
                mcp_route_v1beta1 = aigateway_v1beta1.mcp_routes,
                mcp_route_v1alpha1 = aigateway_v1alpha1.mcp_routes,
                quota_policy_v1alpha1 = aigateway_v1alpha1.quota_policies
            );
        }
    )* };
    (@kinds $scenario:ident: $($test:ident = $version:ident.$accessor:ident),*) => { $(
        #[tokio::test]
        async fn $test() {
            let backend = backend().await;
            scenarios::$scenario(backend.clients.$version().$accessor(&backend.namespace)).await;
        }
    )* };
}

for_every_kind!(
    life,
    selectors_select,
    a_watch_tells_what_happens,
    an_informer_follows_its_objects,
    invalid_objects_are_refused_with_causes,
    unchanged_updates_change_nothing
);

#[tokio::test]
async fn a_watch_ends_with_bookmarks() {
    let backend = backend().await;
    scenarios::a_watch_ends_with_bookmarks::<v1beta1::AIGatewayRoute>(
        backend.clients.client().namespaced(&backend.namespace),
    )
    .await;
}

#[tokio::test]
async fn names_that_leave_the_collection_are_refused() {
    let backend = backend().await;
    scenarios::names_that_leave_the_collection_are_refused::<v1beta1::MCPRoute>(
        backend.clients.client().namespaced(&backend.namespace),
    )
    .await;
}

#[tokio::test]
async fn all_namespaces_see_every_namespace() {
    let backend = backend().await;
    scenarios::all_namespaces_see_every_namespace::<v1alpha1::QuotaPolicy>(backend).await;
}

#[tokio::test]
async fn one_version_written_and_the_other_read() {
    let backend = backend().await;
    scenarios::one_version_written_and_the_other_read(backend.clients, backend.namespace).await;
}

#[tokio::test]
async fn modify_keeps_what_the_type_does_not_know() {
    let backend = backend().await;
    scenarios::modify_keeps_what_the_type_does_not_know(backend.clients, backend.namespace).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn modify_happens_again_after_a_conflict() {
    let backend = backend().await;
    scenarios::modify_happens_again_after_a_conflict(backend.clients, backend.namespace).await;
}

#[tokio::test]
async fn a_factory_has_every_kind() {
    let backend = backend().await;
    scenarios::a_factory_has_every_kind(backend).await;
}

#[tokio::test]
async fn informers_see_the_namespaces_that_they_were_made_for() {
    let backend = backend().await;
    scenarios::informers_see_the_namespaces_that_they_were_made_for::<v1beta1::GatewayConfig>(backend.clients).await;
}

mod install {
    use super::*;

    #[tokio::test]
    async fn installing_again_changes_nothing() {
        let backend = backend().await;
        scenarios::installing_again_changes_nothing(backend.clients, "again.example.com").await;
    }

    #[tokio::test]
    async fn conflicts_name_the_manager() {
        let backend = backend().await;
        scenarios::conflicts_name_the_manager(backend.clients, "conflicts.example.com").await;
    }

    #[tokio::test]
    async fn a_stored_version_is_not_dropped() {
        let backend = backend().await;
        scenarios::a_stored_version_is_not_dropped(backend.clients, "stored.example.com").await;
    }
}

mod law {
    use super::*;

    use law_tests::{crds, documents, shared, yaml_files};

    #[tokio::test]
    async fn upstream_examples_come_back_the_same() {
        let Some(folder) = shared("upstream/ai-gateway/examples") else { return };
        let backend = backend().await;
        let scheme = aigateway_client::scheme();
        let mut taken = 0;
        for (number, file) in yaml_files(&folder).iter().enumerate() {
            for mut object in documents(file) {
                if object["apiVersion"].as_str().is_some_and(|version| version.starts_with("aigateway.envoyproxy.io/"))
                {
                    let name = format!("{}-{number}", object["metadata"]["name"].as_str().unwrap_or_default());
                    object["metadata"] = serde_json::json!({"name": name});
                    taken += usize::from(
                        scenarios::law_holds_on_the_server(&backend.clients, &backend.namespace, &scheme, object).await,
                    );
                }
            }
        }
        assert!(taken > 40, "only {taken} objects were taken");
    }

    #[tokio::test]
    async fn random_objects_of_the_ai_gateway_come_back_the_same() {
        let backend = backend().await;
        let scheme = aigateway_client::scheme();
        let taken =
            scenarios::law_holds_for_random_objects(&backend.clients, &backend.namespace, &scheme, &crds("crds"), 40)
                .await;
        eprintln!("{taken} of 440 objects were taken");
        assert!(taken > 20, "only {taken} objects were taken");
    }

    #[tokio::test]
    async fn random_objects_of_every_shape_come_back_the_same() {
        let backend = backend().await;
        install(backend.clients.client(), &zoo_client::crds(), &InstallOptions::default()).await.unwrap();
        let taken = scenarios::law_holds_for_random_objects(
            &backend.clients,
            &backend.namespace,
            &zoo_client::scheme(),
            &crds("tests/zoo/crds"),
            100,
        )
        .await;
        eprintln!("{taken} of 400 objects were taken");
        assert!(taken > 200, "only {taken} objects were taken");
    }
}

#[tokio::test]
async fn deep_objects_are_objects_like_others() {
    let backend = backend().await;
    install(backend.clients.client(), &zoo_client::crds(), &InstallOptions::default()).await.unwrap();
    scenarios::deep_objects_are_objects_like_others(backend.clients.client(), &backend.namespace).await;
}

#[tokio::test]
async fn the_guides_permissions_are_taken_by_the_server() {
    // What a role allows only a real server knows.
    if let Some(backend) = real_backend().await {
        scenarios::permissions_of_the_guide(backend).await;
    }
}

/// A test of a role of the guide, which only a real server can enforce.
macro_rules! roles {
    ($($scenario:ident),* $(,)?) => { $(
        #[tokio::test]
        async fn $scenario() {
            if let Some(backend) = real_backend().await {
                scenarios::$scenario(backend).await;
            }
        }
    )* };
}

roles!(programs_run_with_their_documented_role, the_controller_role_suffices, the_installer_role_suffices);

/// What imitations get wrong, a test for each row.
macro_rules! rows {
    ($($row:ident),* $(,)?) => {
        mod rows {
            use super::*;
            $(
                #[tokio::test]
                async fn $row() {
                    let backend = backend().await;
                    scenarios::rows::$row(&backend.clients, &backend.namespace).await;
                }
            )*
        }
    };
}

rows!(
    c1_a_stale_write_is_a_conflict,
    c2_the_status_is_written_on_its_own,
    c3_finalizers_keep_objects,
    c4_names_are_generated,
    c5_what_the_server_writes_itself,
    c6_a_write_that_changes_nothing_keeps_the_version,
    c7_labels_select_on_every_verb,
    c8_fields_select,
    c9_lists_come_in_pages_of_one_time,
    c10_a_collection_is_deleted_by_selector,
    c11_appliers_own_what_they_apply,
    c12_patches_of_every_kind,
    c12_own_kinds_take_strategic_merge_patches,
    c13_a_dry_run_changes_nothing,
    c14_deletions_have_conditions,
    c15_watches_replay_end_and_expire,
    c16_schemas_and_rules_are_enforced,
    c17_versions_are_views_of_one_object,
    c18_discovery_tables_and_openapi,
    c19_kinds_and_namespaces_come_and_go,
    c19_events_are_one_object_in_two_groups,
    c20_failures_say_what_is_wrong,
);
