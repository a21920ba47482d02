//! Label selectors, matched here as the API server matches them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::Resource;
use kube::core::Expression;

/// Which labels an object must have. Without requirements it selects everything.
///
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>,
/// `apimachinery/pkg/labels/selector.go`.
///
/// ```
/// use kube_client_runtime::informer::Selector;
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

/// What one label must be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The label.
    pub label: String,
    /// What it must be.
    pub must: Must,
}

/// What a label must be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Must {
    /// There, with this value.
    Equal(String),
    /// Another value, or not there.
    NotEqual(String),
    /// There, with one of these values.
    In(BTreeSet<String>),
    /// Not one of these values, or not there.
    NotIn(BTreeSet<String>),
    /// There.
    Exist,
    /// Not there.
    NotExist,
    /// There, and an integer greater than this.
    BeGreater(i64),
    /// There, and an integer less than this.
    BeLess(i64),
}

/// Text that is no label selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{selector:?} is no label selector: {why}")]
pub struct SelectorError {
    /// The text.
    pub selector: String,
    /// What is wrong with it.
    pub why: String,
}

impl Selector {
    /// Selects everything.
    pub fn everything() -> Self {
        Selector::default()
    }

    /// Also requires this value of a label.
    pub fn equal(self, label: impl Into<String>, value: impl Into<String>) -> Self {
        self.and(label, Must::Equal(value.into()))
    }

    /// Also requires one of these values of a label.
    pub fn one_of<V: Into<String>>(self, label: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        self.and(label, Must::In(values.into_iter().map(Into::into).collect()))
    }

    /// Also requires a label, whatever its value.
    pub fn exists(self, label: impl Into<String>) -> Self {
        self.and(label, Must::Exist)
    }

    /// Also requires this of a label.
    pub fn and(mut self, label: impl Into<String>, must: Must) -> Self {
        self.requirements.push(Requirement { label: label.into(), must });
        self
    }

    /// What it requires.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// Whether labels fulfil all requirements.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }

    /// Whether an object's labels do.
    pub fn selects<K: Resource>(&self, object: &K) -> bool {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.matches(object.meta().labels.as_ref().unwrap_or(&NONE))
    }
}

impl Requirement {
    /// Whether labels fulfil it.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.label);
        match &self.must {
            Must::Equal(wanted) => value == Some(wanted),
            Must::NotEqual(unwanted) => value != Some(unwanted),
            Must::In(wanted) => value.is_some_and(|value| wanted.contains(value)),
            Must::NotIn(unwanted) => value.is_none_or(|value| !unwanted.contains(value)),
            Must::Exist => value.is_some(),
            Must::NotExist => value.is_none(),
            Must::BeGreater(than) => number(value).is_some_and(|number| number > *than),
            Must::BeLess(than) => number(value).is_some_and(|number| number < *than),
        }
    }
}

fn number(value: Option<&String>) -> Option<i64> {
    value?.parse().ok()
}

impl fmt::Display for Requirement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = &self.label;
        let list = |values: &BTreeSet<String>| values.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        match &self.must {
            Must::Equal(value) => write!(out, "{label}={value}"),
            Must::NotEqual(value) => write!(out, "{label}!={value}"),
            Must::In(values) => write!(out, "{label} in ({})", list(values)),
            Must::NotIn(values) => write!(out, "{label} notin ({})", list(values)),
            Must::Exist => out.write_str(label),
            Must::NotExist => write!(out, "!{label}"),
            Must::BeGreater(than) => write!(out, "{label}>{than}"),
            Must::BeLess(than) => write!(out, "{label}<{than}"),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, requirement) in self.requirements.iter().enumerate() {
            write!(out, "{}{requirement}", if place == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        parse(text).map_err(|why| SelectorError { selector: text.to_owned(), why })
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
        let (label, rest) = label(after.trim_start())?;
        return Ok((Requirement { label, must: Must::NotExist }, rest));
    }
    let (label, rest) = label(text)?;
    let (must, rest) = must(rest.trim_start())?;
    Ok((Requirement { label, must }, rest))
}

fn must(text: &str) -> Result<(Must, &str), String> {
    if let Some(after) = text.strip_prefix("!=") {
        let (value, rest) = value(after.trim_start())?;
        return Ok((Must::NotEqual(value), rest));
    }
    if let Some(after) = text.strip_prefix("==").or_else(|| text.strip_prefix('=')) {
        let (value, rest) = value(after.trim_start())?;
        return Ok((Must::Equal(value), rest));
    }
    if let Some(after) = text.strip_prefix('>') {
        return integer(after).map(|(number, rest)| (Must::BeGreater(number), rest));
    }
    if let Some(after) = text.strip_prefix('<') {
        return integer(after).map(|(number, rest)| (Must::BeLess(number), rest));
    }
    let (word, after) = word(text);
    match word {
        "" => Ok((Must::Exist, text)),
        "in" => set(after).map(|(values, rest)| (Must::In(values), rest)),
        "notin" => set(after).map(|(values, rest)| (Must::NotIn(values), rest)),
        other => Err(format!("{other:?} is no operator; expected =, ==, !=, in, notin, > or <")),
    }
}

fn integer(text: &str) -> Result<(i64, &str), String> {
    let (value, rest) = value(text.trim_start())?;
    let number = value.parse().map_err(|_| format!("{value:?} is no integer"))?;
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

/// Text up to a character that separates.
fn word(text: &str) -> (&str, &str) {
    let separates = |letter: char| letter.is_whitespace() || "=!(),<>".contains(letter);
    text.split_at(text.find(separates).unwrap_or(text.len()))
}

/// Source: `apimachinery/pkg/util/validation/validation.go`, `IsQualifiedName`.
fn label(text: &str) -> Result<(String, &str), String> {
    let (word, rest) = word(text);
    let (prefix, name) = word.rsplit_once('/').map_or((None, word), |(prefix, name)| (Some(prefix), name));
    let domain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '.');
    let valid_prefix =
        prefix.is_none_or(|prefix| !prefix.is_empty() && prefix.len() <= 253 && prefix.chars().all(domain));
    if name.is_empty() || !is_name(name) || !valid_prefix {
        return Err(format!("{word:?} is no label"));
    }
    Ok((word.to_owned(), rest))
}

fn value(text: &str) -> Result<(String, &str), String> {
    let (word, rest) = word(text);
    // A negative integer for > and < begins with what a label's value may not begin with.
    let valid = word.is_empty() || is_name(word) || word.parse::<i64>().is_ok();
    if valid { Ok((word.to_owned(), rest)) } else { Err(format!("{word:?} is no value of a label")) }
}

/// At most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
fn is_name(text: &str) -> bool {
    let ends = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    text.len() <= 63
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'))
        && ends(text.chars().next())
        && ends(text.chars().last())
}

impl From<kube::core::Selector> for Selector {
    fn from(selector: kube::core::Selector) -> Self {
        let requirements = selector.into_iter().map(|expression| {
            let (label, must) = match expression {
                Expression::In(label, values) => (label, Must::In(values)),
                Expression::NotIn(label, values) => (label, Must::NotIn(values)),
                Expression::Equal(label, value) => (label, Must::Equal(value)),
                Expression::NotEqual(label, value) => (label, Must::NotEqual(value)),
                Expression::Exists(label) => (label, Must::Exist),
                Expression::DoesNotExist(label) => (label, Must::NotExist),
            };
            Requirement { label, must }
        });
        Selector { requirements: requirements.collect() }
    }
}

impl TryFrom<LabelSelector> for Selector {
    type Error = SelectorError;

    fn try_from(selector: LabelSelector) -> Result<Self, SelectorError> {
        let shown = format!("{selector:?}");
        kube::core::Selector::try_from(selector)
            .map(Selector::from)
            .map_err(|error| SelectorError { selector: shown, why: error.to_string() })
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
    fn what_is_no_selector_is_refused_with_a_reason() {
        for (selector, why) in [
            ("a,", "ends with a comma"),
            (",a", "is no label"),
            ("a b", "is no operator"),
            ("a in b", "expected ("),
            ("a in ()", "at least one value"),
            ("a in (b", "expected , or )"),
            ("a=b c", "expected a comma"),
            ("-a=b", "is no label"),
            ("a=-b", "is no value"),
            ("a>b", "is no integer"),
            ("/a=b", "is no label"),
        ] {
            let error = selector.parse::<Selector>().unwrap_err();
            assert!(error.to_string().contains(why), "{selector}: {error}");
        }
    }
}
