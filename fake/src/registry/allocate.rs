//! Allocation of cluster IPs and node ports.

use serde_json::Value;

use super::{Registry, Target};
use crate::kinds::builtin::strategy::{AllocationError, Used, allocate};
use crate::metadata::text;
use crate::status::Failure;

impl Registry {
    /// Allocates what a new or updated service needs. What the others use is read from the store: there are few of them, because
    /// the network is small.
    pub(super) fn allocate(&self, target: &Target, object: &mut Value, old: Option<&Value>) -> Result<(), Failure> {
        if target.kind.coded() != Some(("", "Service")) {
            return Ok(());
        }
        let mut used = Used::default();
        for service in self.objects_of(&target.kind, None) {
            used.add(&service);
        }
        allocate(object, old, &mut used).map_err(|error| match error {
            AllocationError::Invalid(errors) => Failure::invalid("Service", "", text(object, "name"), &errors),
            AllocationError::Full(message) => Failure::internal(format!("Internal error occurred: {message}")),
        })
    }
}
