//! The reporter of events.

use super::name::is_dns_subdomain;
use super::new_event::{MAX_LENGTH, cut};

/// The controller that reports events, and its instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporter {
    pub(super) controller: String,
    pub(super) instance: String,
}

/// The name of a controller is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a valid name of a controller: use at most 63 letters, digits, '-', '_' and '.', after a DNS name and a slash if it has one"
)]
pub struct InvalidReporter(String);

impl Reporter {
    /// Creates a reporter. The name of the controller is qualified, such as `example.com/my-controller` or `my-controller`. The
    /// instance is `<controller>-<host name>`.
    ///
    /// # Errors
    /// Returns an error if the API server would reject the name.
    pub fn new(controller: impl Into<String>) -> Result<Self, InvalidReporter> {
        let controller = controller.into();
        if !is_qualified_name(&controller) {
            return Err(InvalidReporter(controller));
        }
        let host = hostname::get().unwrap_or_default();
        let instance = format!("{controller}-{}", host.to_string_lossy());
        Ok(Reporter { controller, instance: String::new() }.instance(instance))
    }

    /// Sets the instance, such as the name of the pod. It is cut to 128 bytes.
    pub fn instance(self, instance: impl Into<String>) -> Self {
        Reporter { instance: cut(instance.into(), MAX_LENGTH, ""), ..self }
    }
}

/// Source: `IsQualifiedName` of `k8s.io/apimachinery/pkg/util/validation/validation.go`.
fn is_qualified_name(text: &str) -> bool {
    let (domain, name) = text.split_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    let bytes = name.as_bytes();
    let has_ends =
        bytes.first().is_some_and(u8::is_ascii_alphanumeric) && bytes.last().is_some_and(u8::is_ascii_alphanumeric);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    domain.is_none_or(is_dns_subdomain) && has_ends && bytes.len() <= 63 && bytes.iter().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_the_controller_is_qualified() {
        for name in ["a", "my-controller", "example.com/My_controller.v1", &"x".repeat(63)] {
            assert!(Reporter::new(name).is_ok(), "{name}");
        }
        for name in ["", "/a", "a/", "Example.com/a", "a/b/c", "-a", "a b", &"x".repeat(64)] {
            assert_eq!(Reporter::new(name), Err(InvalidReporter(name.to_owned())));
        }
    }

    #[test]
    fn instance_is_that_of_the_host_and_is_cut() {
        let reporter = Reporter::new("a").unwrap();
        assert!(reporter.instance.starts_with("a-"));
        assert_eq!(reporter.instance("é".repeat(100)).instance, "é".repeat(64));
    }
}
