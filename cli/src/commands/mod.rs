//! The commands.

pub(crate) mod validate;
