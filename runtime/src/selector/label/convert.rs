//! Conversions of the label selectors of other crates.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::core::Expression;

use super::{Operator, Requirement, Selector, SelectorError};

impl From<kube::core::Selector> for Selector {
    fn from(selector: kube::core::Selector) -> Self {
        let requirements = selector.into_iter().map(|expression| {
            let (key, operator) = match expression {
                Expression::In(key, values) => (key, Operator::In(values)),
                Expression::NotIn(key, values) => (key, Operator::NotIn(values)),
                Expression::Equal(key, value) => (key, Operator::Equal(value)),
                Expression::NotEqual(key, value) => (key, Operator::NotEqual(value)),
                Expression::Exists(key) => (key, Operator::Exists),
                Expression::DoesNotExist(key) => (key, Operator::DoesNotExist),
            };
            Requirement { key, operator }
        });
        Selector { requirements: requirements.collect() }
    }
}

impl TryFrom<LabelSelector> for Selector {
    type Error = SelectorError;

    fn try_from(selector: LabelSelector) -> Result<Self, SelectorError> {
        let text = format!("{selector:?}");
        let selector = kube::core::Selector::try_from(selector)
            .map(Selector::from)
            .map_err(|error| SelectorError { selector: text, reason: error.to_string() })?;
        selector.validate().map(|()| selector)
    }
}
