//! What must hold on every API server.

mod depth;
mod informing;
mod install;
mod invalid;
mod law;
mod life;
mod permissions;
mod places;
mod roles;
pub mod rows;
mod versions;
mod watching;

pub use depth::deep_objects_are_objects_like_others;
pub use informing::{
    a_factory_has_every_kind, an_informer_follows_its_objects, informers_see_the_namespaces_that_they_were_made_for,
};
pub use install::{a_stored_version_is_not_dropped, conflicts_name_the_manager, installing_again_changes_nothing};
pub use invalid::{invalid_objects_are_refused_with_causes, names_that_leave_the_collection_are_refused};
pub use law::{law_holds_for_random_objects, law_holds_on_the_server};
pub use life::life;
pub use permissions::permissions_of_the_guide;
pub use places::{all_namespaces_see_every_namespace, selectors_select};
pub use roles::{programs_run_with_their_documented_role, the_controller_role_suffices, the_installer_role_suffices};
pub use versions::{
    modify_happens_again_after_a_conflict, modify_keeps_what_the_type_does_not_know,
    one_version_written_and_the_other_read, unchanged_updates_change_nothing,
};
pub use watching::{a_watch_ends_with_bookmarks, a_watch_tells_what_happens};
