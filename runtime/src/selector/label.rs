//! Label selectors with the semantics of the API server.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::Resource;
use kube::core::Expression;

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

fn parse(text: &str) -> Result<Selector, String> {
    let mut requirements = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (requirement, after) = requirement(rest)?;
        requirements.push(requirement);
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(more) if more.trim().is_empty() => return Err("it ends with a comma".to_owned()),
            Some(more) => rest = more.trim_start(),
            None if rest.is_empty() => {}
            None => return Err(format!("expected a comma at {rest:?}")),
        }
    }
    Ok(Selector { requirements })
}

fn requirement(text: &str) -> Result<(Requirement, &str), String> {
    if let Some(after) = text.strip_prefix('!') {
        let (key, rest) = key(after.trim_start())?;
        return Ok((Requirement { key, operator: Operator::DoesNotExist }, rest));
    }
    let (key, rest) = key(text)?;
    let (operator, rest) = operator(rest.trim_start())?;
    Ok((Requirement { key, operator }, rest))
}

fn operator(text: &str) -> Result<(Operator, &str), String> {
    if let Some(after) = text.strip_prefix("!=") {
        let (value, rest) = value(after.trim_start())?;
        return Ok((Operator::NotEqual(value), rest));
    }
    if let Some(after) = text.strip_prefix("==").or_else(|| text.strip_prefix('=')) {
        let (value, rest) = value(after.trim_start())?;
        return Ok((Operator::Equal(value), rest));
    }
    if let Some(after) = text.strip_prefix('>') {
        return integer(after).map(|(number, rest)| (Operator::GreaterThan(number), rest));
    }
    if let Some(after) = text.strip_prefix('<') {
        return integer(after).map(|(number, rest)| (Operator::LessThan(number), rest));
    }
    let (word, after) = word(text);
    match word {
        "" => Ok((Operator::Exists, text)),
        "in" => set(after).map(|(values, rest)| (Operator::In(values), rest)),
        "notin" => set(after).map(|(values, rest)| (Operator::NotIn(values), rest)),
        other => Err(format!("{other:?} is not an operator; expected =, ==, !=, in, notin, > or <")),
    }
}

fn integer(text: &str) -> Result<(i64, &str), String> {
    let (value, rest) = value(text.trim_start())?;
    let number = value.parse().map_err(|_| format!("{value:?} is not an integer"))?;
    Ok((number, rest))
}

/// `(a, b)`
fn set(text: &str) -> Result<(BTreeSet<String>, &str), String> {
    let Some(mut rest) = text.trim_start().strip_prefix('(') else {
        return Err("expected ( and values after in or notin".to_owned());
    };
    let mut values = BTreeSet::new();
    if rest.trim_start().starts_with(')') {
        return Err("in and notin need at least one value".to_owned());
    }
    loop {
        let (value, after) = value(rest.trim_start())?;
        values.insert(value);
        rest = after.trim_start();
        if let Some(after) = rest.strip_prefix(')') {
            return Ok((values, after));
        }
        rest = rest.strip_prefix(',').ok_or("expected , or ) after a value")?;
    }
}

/// Splits text at the first separator.
fn word(text: &str) -> (&str, &str) {
    let separates = |letter: char| letter.is_whitespace() || "=!(),<>".contains(letter);
    text.split_at(text.find(separates).unwrap_or(text.len()))
}

/// Source: `apimachinery/pkg/util/validation/validation.go`, `IsQualifiedName`.
fn key(text: &str) -> Result<(String, &str), String> {
    let (word, rest) = word(text);
    let (prefix, name) = word.rsplit_once('/').map_or((None, word), |(prefix, name)| (Some(prefix), name));
    let domain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '.');
    let valid_prefix =
        prefix.is_none_or(|prefix| !prefix.is_empty() && prefix.len() <= 253 && prefix.chars().all(domain));
    if name.is_empty() || !is_name(name) || !valid_prefix {
        return Err(format!("{word:?} is not a label key"));
    }
    Ok((word.to_owned(), rest))
}

fn value(text: &str) -> Result<(String, &str), String> {
    let (word, rest) = word(text);
    // A negative integer for > and < starts with a character that a label value must not start with.
    let valid = word.is_empty() || is_name(word) || word.parse::<i64>().is_ok();
    if valid { Ok((word.to_owned(), rest)) } else { Err(format!("{word:?} is not a label value")) }
}

/// Returns whether text has at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_name(text: &str) -> bool {
    let ends = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    text.len() <= 63
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
        && ends(text.chars().next())
        && ends(text.chars().last())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> BTreeMap<String, String> {
        text.split(',').filter_map(|pair| pair.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    #[test]
    fn selectors_match_as_the_api_server_matches_them() {
        for (selector, labels_of, expected) in [
            ("", "", true),
            ("a=b", "a=b", true),
            ("a==b", "a=c", false),
            ("a = b , c != d", "a=b", true),
            ("a!=b", "a=b", false),
            ("a in (b, c)", "a=c", true),
            ("a in (b,c)", "", false),
            ("a notin (b,c)", "", true),
            ("a notin (b,c)", "a=b", false),
            ("a in (,b)", "a=", true),
            ("a=", "a=", true),
            ("a", "a=", true),
            ("!a", "a=", false),
            ("! a", "b=1", true),
            ("a>3", "a=4", true),
            ("a>3", "a=x", false),
            ("a < -1", "a=-2", true),
            ("example.com/team=x", "example.com/team=x", true),
        ] {
            let parsed: Selector = selector.parse().unwrap();
            assert_eq!(parsed.matches(&labels(labels_of)), expected, "{selector} {labels_of}");
            assert_eq!(parsed.to_string().parse::<Selector>().as_ref(), Ok(&parsed), "{selector}");
        }
    }

    #[test]
    fn value_with_syntax_never_adds_a_requirement() {
        for value in ["a,b=c", "a b", "a)", "(", "!x", "=", "a\u{0}", "ä"] {
            for selector in [
                Selector::everything().equal("a", value),
                Selector::everything().none_of("a", [value]),
                Selector::everything().exists(value),
            ] {
                assert!(selector.validate().is_err(), "{value:?}");
                assert!(selector.to_string().parse::<Selector>().is_err(), "{selector} is rejected");
            }
        }
        assert!(Selector::everything().one_of("a", [""; 0]).validate().is_err());
    }

    #[test]
    fn label_selector_of_the_api_is_validated() {
        use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement;

        let requirement = |operator: &str, values: &[&str]| LabelSelectorRequirement {
            key: "tier".to_owned(),
            operator: operator.to_owned(),
            values: Some(values.iter().map(|&value| value.to_owned()).collect()),
        };
        let of = |requirement| {
            let match_labels = Some([("app".to_owned(), "search".to_owned())].into());
            Selector::try_from(LabelSelector { match_expressions: Some(vec![requirement]), match_labels })
        };
        let selector = of(requirement("NotIn", &["gold", "silver"])).unwrap();
        let mut requirements: Vec<_> = selector.requirements().iter().map(ToString::to_string).collect();
        requirements.sort();
        assert_eq!(requirements, ["app=search", "tier notin (gold,silver)"]);
        assert!(of(requirement("In", &["gold,b"])).unwrap_err().to_string().contains("is not a label value"));
        assert!(of(requirement("Near", &[])).is_err());
    }

    #[test]
    fn invalid_selector_is_rejected_with_a_reason() {
        for (selector, reason) in [
            ("a,", "ends with a comma"),
            (",a", "is not a label key"),
            ("a b", "is not an operator"),
            ("a in b", "expected ("),
            ("a in ()", "at least one value"),
            ("a in (b", "expected , or )"),
            ("a=b c", "expected a comma"),
            ("-a=b", "is not a label key"),
            ("a=-b", "is not a label value"),
            ("a>b", "is not an integer"),
            ("/a=b", "is not a label key"),
        ] {
            let error = selector.parse::<Selector>().unwrap_err();
            assert!(error.to_string().contains(reason), "{selector}: {error}");
        }
    }
}
