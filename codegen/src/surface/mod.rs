//! The public API of emitted crates, and the differences between two of them.
//!
//! The API is read from the emitted files, and not from the model, to include mistakes of the emitter: every public item,
//! field, variant and method, and every entry of the runtime's macros.

mod read;
mod severity;
mod text;

use std::fmt;

use self::read::{Entry, surface};
pub use self::severity::Severity;
use self::text::parent;
use crate::render::Tree;

/// A difference between the public APIs of two crates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SurfaceChange {
    /// The severity.
    pub severity: Severity,
    /// The path, such as `example::v1::WidgetSpec::replicas`.
    pub path: String,
    /// The old definition; `None` if it was added.
    pub before: Option<String>,
    /// The new definition; `None` if it was removed.
    pub after: Option<String>,
}

impl fmt::Display for SurfaceChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SurfaceChange { severity, path, before, after } = self;
        match (before, after) {
            _ if *severity == Severity::Docs => write!(out, "{severity}: {path}"),
            (None, Some(after)) => write!(out, "{severity}: {path} was added: {after}"),
            (Some(before), None) => write!(out, "{severity}: {path} was removed: {before}"),
            (before, after) => {
                let shown = |text: &Option<String>| text.clone().unwrap_or_default();
                write!(out, "{severity}: {path} changed from {} to {}", shown(before), shown(after))
            }
        }
    }
}

/// Returns the changes of the public API from one crate to another, sorted by path.
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
            Some(new) if new.text != old.text => changes.push(change(old.severity, Some(new))),
            Some(new) if new.docs != old.docs => changes.push(change(Severity::Docs, Some(new))),
            Some(_) => {}
        }
    }
    for (path, new) in after.iter().filter(|(path, _)| !before.contains_key(*path)) {
        let severity =
            if new.is_required && before.contains_key(parent(path)) { Severity::Breaking } else { Severity::Additive };
        changes.push(SurfaceChange { severity, path: path.clone(), before: None, after: Some(new.text.clone()) });
    }
    changes.sort_by(|one, other| (&one.path, one.severity).cmp(&(&other.path, other.severity)));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::from([("src/example/v1/widget.rs".into(), text.to_owned())])
    }

    fn changes(before: &str, after: &str) -> Vec<String> {
        surface_changes(&tree(before), &tree(after)).iter().map(ToString::to_string).collect()
    }

    const WIDGET: &str = "/// A widget.\npub struct Widget { /// How many.\npub size: Option<i64> }";

    #[test]
    fn equal_trees_have_no_changes() {
        assert_eq!(changes(WIDGET, WIDGET), [""; 0]);
    }

    #[test]
    fn doc_comment_change_is_docs() {
        let after = WIDGET.replace("How many", "How big");
        assert_eq!(changes(WIDGET, &after), ["docs: example::v1::Widget::size"]);
    }

    #[test]
    fn new_field_is_additive_if_optional_and_breaking_if_required() {
        let optional = WIDGET.replace("/// How", "pub name: Option<String>, /// How");
        assert_eq!(changes(WIDGET, &optional), ["additive: example::v1::Widget::name was added: Option<String>"]);
        let required = WIDGET.replace("/// How", "pub name: String, /// How");
        assert_eq!(changes(WIDGET, &required), ["breaking: example::v1::Widget::name was added: String"]);
    }

    #[test]
    fn changed_type_and_removed_field_are_breaking() {
        let other = WIDGET.replace("i64", "i32");
        let breaking = changes(WIDGET, &other);
        assert_eq!(breaking, ["breaking: example::v1::Widget::size changed from Option<i64> to Option<i32>"]);
        assert_eq!(
            changes(WIDGET, "/// A widget.\npub struct Widget {}"),
            ["breaking: example::v1::Widget::size was removed: Option<i64>"]
        );
    }

    #[test]
    fn serialized_names_are_read_from_macros() {
        let before = "open_enum! { Mode: String, Unknown { A = \"a\", } }";
        let after = "open_enum! { Mode: String, Unknown { A = \"A\", B = \"b\", } }";
        assert_eq!(
            changes(before, after),
            [
                "breaking: example::v1::Mode::A= changed from \"a\" to \"A\"",
                "additive: example::v1::Mode::B= was added: \"b\""
            ]
        );
    }
}
