//! Scenarios that pass on every API server.

mod apply;
mod client;
pub mod conformance;
mod controllers;
mod corpus;
mod depth;
mod informers;
mod install;
mod invalid;
mod lifecycle;
mod managers;
mod manifests;
mod permissions;
mod roles;
mod round_trip;
mod selection;
mod verbs;
mod versions;
mod watches;

pub use apply::{
    controller_changes_only_what_it_applied, extracted_status_keeps_the_keys_of_conditions,
    invalid_configurations_are_not_sent, kinds_without_generated_types_are_applied,
    required_fields_are_not_sent_unless_they_are_set, updater_becomes_an_applier_and_removes_its_fields,
};
pub use client::{
    calls_are_spans_with_the_names_of_opentelemetry, clients_of_a_clientset_are_interchangeable,
    defaults_are_those_of_the_server, discovered_kinds_need_no_types, errors_name_request_reason_and_remedy,
    options_of_requests_have_their_effect, requests_are_repeated_limited_and_counted,
    validation_before_sending_is_that_of_the_server,
};
pub use controllers::{leader_is_elected_and_releases_its_lease, recorded_events_are_accepted};
pub use corpus::definitions_of_the_corpus_are_answered_as_in_memory;
pub use depth::deep_objects_are_handled_like_others;
pub use informers::{
    factory_has_informers_of_all_kinds, informer_follows_its_objects, informers_are_limited_to_their_namespaces,
};
pub use install::{
    installation_conflict_names_the_manager, refused_names_are_an_error, repeated_installation_changes_nothing,
    stored_version_is_not_removed,
};
pub use invalid::{invalid_object_is_refused_with_causes, names_with_path_syntax_are_refused};
pub use lifecycle::lifecycle;
pub use managers::controller_maintains_what_it_owns;
pub use manifests::{
    custom_resource_is_an_apply_set_parent, failures_of_manifests_name_their_cause, kubectl_shares_apply_sets,
    manifests_are_applied_pruned_and_deleted, namespaces_and_crds_are_applied_with_their_objects,
};
pub use permissions::guide_permissions_are_enforced;
pub use roles::{controller_role_is_sufficient, installer_role_is_sufficient, programs_run_with_their_documented_role};
pub use round_trip::{count_random_round_trips, round_trips_on_server};
pub use selection::{all_namespaces_lists_every_namespace, selectors_and_pages_limit_lists};
pub use verbs::{
    controllers_write_idempotently, scale_and_selectable_fields_of_a_crd_are_usable,
    streams_list_each_selected_object_once, waits_end_when_the_condition_is_met,
};
pub use versions::{
    conversion_is_that_of_the_server, each_change_through_a_version_deletes_fields_that_it_lacks,
    modify_keeps_unknown_fields, modify_retries_after_a_conflict, object_is_shared_between_versions,
    unchanged_update_has_no_effect,
};
pub use watches::{watch_sends_bookmarks_until_its_timeout, watch_sends_events_in_order};
