//! Paths of values in an object.

use std::fmt::Write;

/// A path from the root of an object to a value, without allocation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'p> {
    /// The object.
    Root,
    /// A part of the object as root, with its name.
    Part(&'p str),
    /// A field that the schema names.
    Field(&'p str),
    /// A key of a map.
    Key(&'p str),
    /// An item of a list.
    Item(usize),
}

impl<'p> Path<'p> {
    /// The object.
    pub(crate) const ROOT: Path<'static> = Path { parent: None, step: Step::Root };

    /// Returns the path of a part of an object that is validated separately.
    pub(crate) fn part(name: &'p str) -> Self {
        Path { parent: None, step: Step::Part(name) }
    }

    pub(crate) fn field(&'p self, name: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: Step::Field(name) }
    }

    pub(crate) fn key(&'p self, key: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: Step::Key(key) }
    }

    pub(crate) fn item(&'p self, index: usize) -> Path<'p> {
        Path { parent: Some(self), step: Step::Item(index) }
    }

    /// Returns whether the path is the root of the validation.
    pub(crate) fn is_root(&self) -> bool {
        self.parent.is_none()
    }

    /// Returns the path in the format of field errors: `spec.map[key].list[0]`, `<nil>` for the object.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut has_steps = false;
        self.each(&mut |step| {
            match step {
                Step::Root => return,
                Step::Part(name) => text.push_str(name),
                Step::Field(name) => {
                    if has_steps {
                        text.push('.');
                    }
                    text.push_str(name);
                }
                Step::Key(key) => {
                    let _ = write!(text, "[{key}]");
                }
                Step::Item(index) => {
                    let _ = write!(text, "[{index}]");
                }
            }
            has_steps = true;
        });
        if has_steps { text } else { "<nil>".to_owned() }
    }

    /// Returns the path in the format of kube-openapi: relative to the root of the validation, keys like fields,
    /// `spec.map.key.list[0]`.
    pub(crate) fn dotted(&self) -> String {
        let mut text = String::new();
        self.each(&mut |step| match step {
            Step::Root | Step::Part(_) => {}
            Step::Field(name) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(name);
            }
            Step::Key(key) => {
                let _ = write!(text, ".{key}");
            }
            Step::Item(index) => {
                let _ = write!(text, "[{index}]");
            }
        });
        text
    }

    /// Returns the name of the separately validated part.
    pub(crate) fn part_name(&self) -> Option<&str> {
        match (self.parent, self.step) {
            (Some(parent), _) => parent.part_name(),
            (None, Step::Part(name)) => Some(name),
            (None, _) => None,
        }
    }

    fn each(&self, visit: &mut impl FnMut(Step<'p>)) {
        if let Some(parent) = self.parent {
            parent.each(visit);
        }
        visit(self.step);
    }
}
