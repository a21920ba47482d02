//! The commands.

pub(crate) mod apply;
pub(crate) mod delete;
pub(crate) mod describe;
pub(crate) mod diff;
pub(crate) mod get;
pub(crate) mod install_crds;
pub(crate) mod validate;
pub(crate) mod wait;
pub(crate) mod watch;
