//! The macros that emit apply configurations.

mod field;
mod fields;
mod object;
