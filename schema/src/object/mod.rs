//! Objects with a schema: defaulting, pruning and validation as in the API server, with its messages.

mod correlation;
mod default;
mod error;
pub(crate) mod format;
pub mod go;
mod lists;
pub mod names;
mod number;
mod outcome;
mod path;
pub mod percent;
mod prune;
mod validate;

#[cfg(feature = "cel")]
pub(crate) use correlation::{Correlated, Keyed};
pub use default::{apply_defaults, prune_nulls};
pub use error::{ErrorKind, FieldError};
pub use lists::validate_lists;
#[cfg(feature = "cel")]
pub(crate) use path::Path;
pub use prune::prune;
#[cfg(feature = "cel")]
pub(crate) use prune::prune_part;
#[cfg(feature = "cel")]
pub(crate) use validate::validate_part;
pub use validate::{validate, validate_status_update, validate_update};
