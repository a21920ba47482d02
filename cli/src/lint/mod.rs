//! Silent failures: objects that the API server and the controller accept, and that do not do what they say.

mod backends;
mod cel;
mod lifecycle;
mod limits;

use crate::findings::{Finding, Severity};
use crate::inventory::{Inventory, Object};

/// A check.
pub(crate) struct Check {
    /// The name, which is the reason of its findings.
    pub(crate) name: &'static str,
    /// What goes wrong.
    pub(crate) summary: &'static str,
    run: fn(&Inventory) -> Vec<Problem>,
}

/// A problem that a check has found.
struct Problem<'i> {
    object: &'i Object,
    field: String,
    message: String,
}

impl<'i> Problem<'i> {
    fn new(object: &'i Object, field: impl Into<String>, message: impl Into<String>) -> Self {
        Problem { object, field: field.into(), message: message.into() }
    }
}

/// All checks.
pub(crate) const CHECKS: [Check; 11] = [
    Check {
        name: "invalid-cel",
        summary: "a wrong CEL expression for costs stops the reconciliation of the whole Gateway",
        run: cel::invalid,
    },
    Check {
        name: "unreadable-credentials",
        summary: "a backend whose Secret or key does not exist is skipped",
        run: backends::unreadable_credentials,
    },
    Check {
        name: "missing-gateway-config",
        summary: "a Gateway whose GatewayConfig does not exist uses the defaults",
        run: backends::missing_gateway_config,
    },
    Check {
        name: "second-policy",
        summary: "of several BackendSecurityPolicies for one backend, one is used",
        run: backends::second_policy,
    },
    Check {
        name: "ignored-secret-namespace",
        summary: "the namespace of the Secret of an API key is ignored",
        run: backends::ignored_secret_namespace,
    },
    Check {
        name: "quota-without-model",
        summary: "a quota for a model that no backend reference requests is never applied",
        run: backends::quota_without_model,
    },
    Check {
        name: "overwritten-http-route",
        summary: "an HTTPRoute with the name of an AIGatewayRoute is overwritten",
        run: lifecycle::overwritten_http_route,
    },
    Check {
        name: "stuck-finalizer",
        summary: "an object with the finalizer of the controller is not deleted while the controller does not run",
        run: lifecycle::stuck_finalizer,
    },
    Check {
        name: "old-version",
        summary: "an update through v1alpha1 deletes fields that only v1beta1 has",
        run: lifecycle::old_version,
    },
    Check {
        name: "too-many-rules",
        summary: "a route has at most 15 rules, because its HTTPRoute has one more and at most 16",
        run: limits::too_many_rules,
    },
    Check {
        name: "large-configuration",
        summary: "the configuration of a Gateway is stored in a Secret, which has at most 1 MiB",
        run: limits::large_configuration,
    },
];

/// Runs the checks, except those that are disabled.
pub(crate) fn lint(inventory: &Inventory, disabled: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for check in CHECKS.iter().filter(|check| !disabled.iter().any(|name| name == check.name)) {
        for Problem { object, field, message } in (check.run)(inventory) {
            findings.push(Finding::new(
                Severity::Warning,
                object,
                &field,
                check.name,
                format!("{}: {message}", check.name),
            ));
        }
    }
    findings
}
