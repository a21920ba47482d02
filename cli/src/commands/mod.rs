//! The commands.

pub(crate) mod apply;
pub(crate) mod delete;
pub(crate) mod describe;
pub(crate) mod diff;
pub(crate) mod get;
pub(crate) mod graph;
pub(crate) mod install_crds;
pub(crate) mod lint;
pub(crate) mod match_rule;
pub(crate) mod models;
pub(crate) mod status;
pub(crate) mod validate;
pub(crate) mod wait;
pub(crate) mod watch;
