//! The pages of `docs/` and the README, compiled: every Rust block in them is a test of this crate.

#[doc = include_str!("../../README.md")]
mod readme {}

#[doc = include_str!("../../docs/client-usage.md")]
mod client_usage {}

#[doc = include_str!("../../docs/moving-from-kube.md")]
mod moving_from_kube {}

#[doc = include_str!("../../docs/client-deployment-guide.md")]
mod client_deployment_guide {}
