//! The parts of the examples that have tests, as a library, and doctests of the Rust code in the READMEs
//! and in `docs/`.

pub mod acceptance;
pub mod backend_catalog;
pub mod canary;
pub mod in_memory;
pub mod rotation;

#[doc = include_str!("../../README.md")]
mod readme {}

#[doc = include_str!("../../docs/client-usage.md")]
mod client_usage {}

#[doc = include_str!("../../docs/apply.md")]
mod apply_page {}

#[doc = include_str!("../../docs/connection.md")]
mod connection_page {}

#[doc = include_str!("../../docs/informers.md")]
mod informers_page {}

#[doc = include_str!("../../docs/kinds.md")]
mod kinds_page {}

#[doc = include_str!("../../docs/testing.md")]
mod testing_page {}

#[doc = include_str!("../../docs/versions.md")]
mod versions_page {}

#[doc = include_str!("../../docs/controllers.md")]
mod controllers {}

#[doc = include_str!("../../docs/leader-election.md")]
mod leader_election {}

#[doc = include_str!("../../docs/scaling.md")]
mod scaling {}

#[doc = include_str!("../../docs/moving-from-kube.md")]
mod moving_from_kube {}

#[doc = include_str!("../../docs/client-deployment-guide.md")]
mod client_deployment_guide {}

#[doc = include_str!("../../schema/README.md")]
mod schema_readme {}

#[doc = include_str!("../../merge/README.md")]
mod merge_readme {}

#[doc = include_str!("../../runtime/README.md")]
mod runtime_readme {}

#[doc = include_str!("../../fake/README.md")]
mod fake_readme {}

#[doc = include_str!("../../codegen/README.md")]
mod codegen_readme {}
