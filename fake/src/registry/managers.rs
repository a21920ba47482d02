//! Managed fields of written objects.

use kube_structured_merge::{ApplyError, FieldManager, Set, Versions as _};
use serde_json::{Value, json};

use super::{Context, Target};

impl Target {
    /// Returns the field manager for writes to this target, which does not own the fields that it resets.
    fn field_manager<'f>(&'f self, api_version: &'f str, reset: &'f Set) -> FieldManager<'f> {
        let manager = FieldManager::new(&*self.kind, api_version).with_subresource(self.subresource.name());
        if self.has_status() { manager.with_reset_fields(reset) } else { manager }
    }

    /// Records the manager of the fields in which an object differs from the live one.
    pub(super) fn update_managers(&self, live: &Value, object: &mut Value, manager: &str, now: &str) {
        if self.kind.coded() == Some(("certificates.k8s.io", "CertificateSigningRequest")) {
            // The API server declares the request as a list, and drops all managers because it is text.
            return crate::metadata::set(object, "managedFields", None);
        }
        // Go decodes an empty list of a struct's field as such, but does not keep it in a custom resource.
        if !self.kind.is_custom() && crate::metadata::get(object, "managedFields") == Some(&json!([])) {
            crate::metadata::set(object, "managedFields", Some(json!([{}])));
        }
        let (api_version, reset) = (self.api_version(), self.subresource.reset_fields(&self.kind));
        self.field_manager(&api_version, &reset).update(live, object, manager, now);
    }

    /// Records the manager of the fields of a new object.
    pub(super) fn create_managers(&self, object: &mut Value, context: &Context<'_>) {
        let mut live = self.kind.empty_object(&self.api_version());
        if self.kind.is_review() {
            // Structs that Go encodes even if they are empty have no owner.
            self.kind.add_zero_fields(self.version(), &mut live);
        }
        self.update_managers(&live, object, &context.options.manager, &context.now);
    }

    /// Applies a configuration to an object, which may not exist, and records its manager.
    pub(super) fn merge_configuration(
        &self,
        live: Option<&Value>,
        configuration: &Value,
        context: &Context<'_>,
    ) -> Result<Value, ApplyError> {
        let (api_version, reset) = (self.api_version(), self.subresource.reset_fields(&self.kind));
        let empty = self.kind.empty_object(&api_version);
        let manager = self.field_manager(&api_version, &reset);
        let options = &context.options;
        manager.apply(live.unwrap_or(&empty), configuration, &options.manager, options.force, &context.now)
    }
}
