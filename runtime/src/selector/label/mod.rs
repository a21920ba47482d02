//! Label selectors with the semantics of the API server.

mod convert;
mod parse;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use kube::Resource;

use parse::{key, parse, value};

/// A label selector. Without requirements, it matches every object.
///
/// The methods that add requirements do not check keys and values; [`validate`](Self::validate) does. In the text of a
/// selector, a character that neither a key nor a value can contain is replaced by U+FFFD, so that it cannot become a part of
/// the syntax: the API server rejects the selector.
///
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>,
/// `apimachinery/pkg/labels/selector.go`.
///
/// ```
/// use kube_client_runtime::selector::Selector;
///
/// let selector: Selector = "team in (search, ads), !legacy, tier!=bronze".parse().unwrap();
/// let labels = |labels: &[(&str, &str)]| labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
/// assert!(selector.matches(&labels(&[("team", "ads")])));
/// assert!(!selector.matches(&labels(&[("team", "ads"), ("legacy", "")])));
/// assert_eq!(selector.to_string(), "team in (ads,search),!legacy,tier!=bronze");
/// assert!("team in (".parse::<Selector>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

/// A requirement for one label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The key of the label.
    pub key: String,
    /// The operator and its values.
    pub operator: Operator,
}

/// An operator of a requirement, with its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operator {
    /// The label exists and has this value.
    Equal(String),
    /// The label does not exist or has another value.
    NotEqual(String),
    /// The label exists and has one of these values.
    In(BTreeSet<String>),
    /// The label does not exist or has none of these values.
    NotIn(BTreeSet<String>),
    /// The label exists.
    Exists,
    /// The label does not exist.
    DoesNotExist,
    /// The label exists and is an integer greater than this.
    GreaterThan(i64),
    /// The label exists and is an integer less than this.
    LessThan(i64),
}

/// An error for text that is not a valid label selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{selector:?} is not a valid label selector: {reason}")]
pub struct SelectorError {
    /// The text.
    pub selector: String,
    /// The reason.
    pub reason: String,
}

impl Selector {
    /// Returns a selector that matches every object.
    pub fn everything() -> Self {
        Selector::default()
    }

    /// Adds the requirement that a label has a value.
    pub fn equal(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.and(key, Operator::Equal(value.into()))
    }

    /// Adds the requirement that a label has one of these values.
    pub fn one_of<V: Into<String>>(self, key: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        self.and(key, Operator::In(values.into_iter().map(Into::into).collect()))
    }

    /// Adds the requirement that a label does not exist or has another value.
    pub fn not_equal(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.and(key, Operator::NotEqual(value.into()))
    }

    /// Adds the requirement that a label does not exist or has none of these values.
    pub fn none_of<V: Into<String>>(self, key: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        self.and(key, Operator::NotIn(values.into_iter().map(Into::into).collect()))
    }

    /// Adds the requirement that a label does not exist.
    pub fn does_not_exist(self, key: impl Into<String>) -> Self {
        self.and(key, Operator::DoesNotExist)
    }

    /// Adds the requirement that a label exists.
    pub fn exists(self, key: impl Into<String>) -> Self {
        self.and(key, Operator::Exists)
    }

    /// Adds a requirement.
    pub fn and(mut self, key: impl Into<String>, operator: Operator) -> Self {
        self.requirements.push(Requirement { key: key.into(), operator });
        self
    }

    /// Checks all keys and values.
    ///
    /// Source: `k8s.io/apimachinery/pkg/labels/selector.go`, `NewRequirement`.
    ///
    /// # Errors
    /// Returns an error if a key or a value is not valid in a label, or if a set is empty.
    ///
    /// ```
    /// use kube_client_runtime::selector::Selector;
    ///
    /// assert!(Selector::everything().equal("app", "search").validate().is_ok());
    /// let error = Selector::everything().equal("app", "search,tier=gold").validate().unwrap_err();
    /// assert!(error.to_string().ends_with("\"search,tier=gold\" is not a label value"));
    /// ```
    pub fn validate(&self) -> Result<(), SelectorError> {
        let failed = |reason| SelectorError { selector: self.to_string(), reason };
        self.requirements.iter().try_for_each(|requirement| requirement.validate().map_err(failed))
    }

    /// Returns the requirements.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Returns whether labels meet all requirements.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }

    /// Returns whether the labels of an object meet all requirements.
    pub fn selects<K: Resource>(&self, object: &K) -> bool {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.matches(object.meta().labels.as_ref().unwrap_or(&NONE))
    }
}

impl Requirement {
    /// Returns whether labels meet the requirement.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        match &self.operator {
            Operator::Equal(expected) => value == Some(expected),
            Operator::NotEqual(excluded) => value != Some(excluded),
            Operator::In(allowed) => value.is_some_and(|value| allowed.contains(value)),
            Operator::NotIn(excluded) => value.is_none_or(|value| !excluded.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan(than) => number(value).is_some_and(|number| number > *than),
            Operator::LessThan(than) => number(value).is_some_and(|number| number < *than),
        }
    }
}

impl Requirement {
    fn validate(&self) -> Result<(), String> {
        match key(&self.key)? {
            (_, "") => {}
            _ => return Err(format!("{:?} is not a label key", self.key)),
        }
        let valid = |text: &String| match value(text)? {
            (_, "") => Ok(()),
            _ => Err(format!("{text:?} is not a label value")),
        };
        match &self.operator {
            Operator::Equal(value) | Operator::NotEqual(value) => valid(value),
            Operator::In(values) | Operator::NotIn(values) if values.is_empty() => {
                Err("in and notin need at least one value".to_owned())
            }
            Operator::In(values) | Operator::NotIn(values) => values.iter().try_for_each(valid),
            Operator::Exists | Operator::DoesNotExist | Operator::GreaterThan(_) | Operator::LessThan(_) => Ok(()),
        }
    }
}

/// Replaces each character that neither a key nor a value can contain.
fn masked(text: &str) -> String {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/');
    text.chars().map(|letter| if is_allowed(letter) { letter } else { char::REPLACEMENT_CHARACTER }).collect()
}

fn number(value: Option<&String>) -> Option<i64> {
    value?.parse().ok()
}

impl fmt::Display for Requirement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = masked(&self.key);
        let list = |values: &BTreeSet<String>| values.iter().map(|value| masked(value)).collect::<Vec<_>>().join(",");
        match &self.operator {
            Operator::Equal(value) => write!(out, "{key}={}", masked(value)),
            Operator::NotEqual(value) => write!(out, "{key}!={}", masked(value)),
            Operator::In(values) => write!(out, "{key} in ({})", list(values)),
            Operator::NotIn(values) => write!(out, "{key} notin ({})", list(values)),
            Operator::Exists => out.write_str(&key),
            Operator::DoesNotExist => write!(out, "!{key}"),
            Operator::GreaterThan(than) => write!(out, "{key}>{than}"),
            Operator::LessThan(than) => write!(out, "{key}<{than}"),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.requirements.iter().enumerate() {
            write!(out, "{}{requirement}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        parse(text).map_err(|reason| SelectorError { selector: text.to_owned(), reason })
    }
}

impl From<Selector> for String {
    fn from(selector: Selector) -> Self {
        selector.to_string()
    }
}

impl From<&Selector> for String {
    fn from(selector: &Selector) -> Self {
        selector.to_string()
    }
}
