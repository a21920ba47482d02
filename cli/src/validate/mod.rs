//! Validation of objects: what the API server would refuse, and references that lead nowhere.

mod crossing;
mod metadata;
mod schema;

pub(crate) use crossing::{ReferenceMode, references};
pub(crate) use schema::Validators;
