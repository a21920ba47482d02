//! The public API of an emitted crate, and the differences between two of them.
//!
//! The surface is read off the emitted files themselves, so that nothing that is written there is overlooked: every public
//! item, field, variant and method, and every entry of runtime's macros, with its documentation apart.

mod read;
mod text;

use std::fmt;

use self::read::{Entry, surface};
use crate::render::Tree;

/// The impact of a change on the users of a crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Only documentation is different.
    Docs,
    /// There is something new: a kind, a type, a method, an optional field, a value. Code that builds structs with
    /// `..Default::default()` compiles as it is.
    Additive,
    /// An item was removed, or has another type.
    Breaking,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Severity::Docs => "docs",
            Severity::Additive => "additive",
            Severity::Breaking => "breaking",
        })
    }
}

/// One difference between two surfaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SurfaceChange {
    /// The impact on users.
    pub severity: Severity,
    /// The path of the changed item, such as `example::v1::WidgetSpec::replicas`.
    pub path: String,
    /// How it was; `None` where it is new.
    pub before: Option<String>,
    /// The new form; `None` if it was removed.
    pub after: Option<String>,
}

impl fmt::Display for SurfaceChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SurfaceChange { severity, path, before, after } = self;
        match (before, after) {
            _ if *severity == Severity::Docs => write!(out, "{severity}: {path}"),
            (None, Some(after)) => write!(out, "{severity}: {path} is new: {after}"),
            (Some(before), None) => write!(out, "{severity}: {path} is gone: {before}"),
            (before, after) => {
                let shown = |text: &Option<String>| text.clone().unwrap_or_default();
                write!(out, "{severity}: {path} was {}, is {}", shown(before), shown(after))
            }
        }
    }
}

/// The changes of the public API between two trees, by path.
pub fn surface_changes(before: &Tree, after: &Tree) -> Vec<SurfaceChange> {
    let (before, after) = (surface(before), surface(after));
    let mut changes = Vec::new();
    for (path, old) in &before {
        let change = |severity, after: Option<&Entry>| SurfaceChange {
            severity,
            path: path.clone(),
            before: Some(old.text.clone()),
            after: after.map(|entry| entry.text.clone()),
        };
        match after.get(path) {
            None => changes.push(change(Severity::Breaking, None)),
            Some(new) if new.text != old.text => changes.push(change(old.weight, Some(new))),
            Some(new) if new.docs != old.docs => changes.push(change(Severity::Docs, Some(new))),
            Some(_) => {}
        }
    }
    for (path, new) in after.iter().filter(|(path, _)| !before.contains_key(*path)) {
        let severity = if new.asks_for_a_value && before.contains_key(parent(path)) {
            Severity::Breaking
        } else {
            Severity::Additive
        };
        changes.push(SurfaceChange { severity, path: path.clone(), before: None, after: Some(new.text.clone()) });
    }
    changes.sort_by(|one, other| (&one.path, one.severity).cmp(&(&other.path, other.severity)));
    changes
}

fn parent(path: &str) -> &str {
    path.rsplit_once("::").map_or("", |(parent, _)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::from([("src/example/v1/widget.rs".into(), text.to_owned())])
    }

    fn told(before: &str, after: &str) -> Vec<String> {
        surface_changes(&tree(before), &tree(after)).iter().map(ToString::to_string).collect()
    }

    const WIDGET: &str = "/// A widget.\npub struct Widget { /// How many.\npub size: Option<i64> }";

    #[test]
    fn nothing_differs_from_itself() {
        assert_eq!(told(WIDGET, WIDGET), [""; 0]);
    }

    #[test]
    fn words_are_documentation() {
        let after = WIDGET.replace("How many", "How big");
        assert_eq!(told(WIDGET, &after), ["docs: example::v1::Widget::size"]);
    }

    #[test]
    fn an_optional_field_is_an_addition_and_a_required_one_is_none() {
        let optional = WIDGET.replace("/// How", "pub name: Option<String>, /// How");
        assert_eq!(told(WIDGET, &optional), ["additive: example::v1::Widget::name is new: Option<String>"]);
        let required = WIDGET.replace("/// How", "pub name: String, /// How");
        assert_eq!(told(WIDGET, &required), ["breaking: example::v1::Widget::name is new: String"]);
    }

    #[test]
    fn another_type_and_a_field_that_is_gone_break() {
        let other = WIDGET.replace("i64", "i32");
        let told_of = told(WIDGET, &other);
        assert_eq!(told_of, ["breaking: example::v1::Widget::size was Option<i64>, is Option<i32>"]);
        assert_eq!(
            told(WIDGET, "/// A widget.\npub struct Widget {}"),
            ["breaking: example::v1::Widget::size is gone: Option<i64>"]
        );
    }

    #[test]
    fn macros_tell_what_is_sent() {
        let before = "open_enum! { Mode: String, Unknown { A = \"a\", } }";
        let after = "open_enum! { Mode: String, Unknown { A = \"A\", B = \"b\", } }";
        assert_eq!(
            told(before, after),
            ["breaking: example::v1::Mode::A= was \"a\", is \"A\"", "additive: example::v1::Mode::B= is new: \"b\""]
        );
    }
}
