//! Selectors of labels and fields, for lists and watches.
//!
//! ```
//! use kube_client_runtime::client::ListOptions;
//! use kube_client_runtime::k8s_openapi::api::core::v1::Pod;
//! use kube_client_runtime::resource::SelectableField;
//! use kube_client_runtime::selector::{FieldSelector, Selector};
//!
//! let phase: SelectableField<Pod> = SelectableField::new("status.phase");
//! let options = ListOptions::default()
//!     .label_selector(Selector::everything().equal("app", "search").one_of("tier", ["gold", "silver"]))
//!     .field_selector(FieldSelector::everything().equal(phase, "Running"));
//! assert_eq!(options.label_selector.as_deref(), Some("app=search,tier in (gold,silver)"));
//! assert_eq!(options.field_selector.as_deref(), Some("status.phase=Running"));
//! ```

mod field;
mod label;

pub use field::FieldSelector;
pub use label::{Operator, Requirement, Selector, SelectorError};
