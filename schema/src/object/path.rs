//! Where in an object a value stands.

use std::fmt::Write;

/// A path from an object's root to a value; it costs nothing until somebody asks for its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'p> {
    above: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'p> {
    /// The object itself.
    Root,
    /// The object itself, where it is a part of another: its name there.
    Part(&'p str),
    /// A field that the schema names.
    Field(&'p str),
    /// A key of a map.
    Key(&'p str),
    /// An item of a list.
    Item(usize),
}

impl<'p> Path<'p> {
    /// The object itself.
    pub(crate) const ROOT: Path<'static> = Path { above: None, step: Step::Root };

    /// A part of an object that is looked at alone.
    pub(crate) fn part(name: &'p str) -> Self {
        Path { above: None, step: Step::Part(name) }
    }

    pub(crate) fn field(&'p self, name: &'p str) -> Path<'p> {
        Path { above: Some(self), step: Step::Field(name) }
    }

    pub(crate) fn key(&'p self, key: &'p str) -> Path<'p> {
        Path { above: Some(self), step: Step::Key(key) }
    }

    pub(crate) fn item(&'p self, index: usize) -> Path<'p> {
        Path { above: Some(self), step: Step::Item(index) }
    }

    /// Whether this is where the check began.
    pub(crate) fn is_root(&self) -> bool {
        self.above.is_none()
    }

    /// The path as errors name fields: `spec.map[key].list[0]`, `<nil>` for the object itself.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut is_begun = false;
        self.each(&mut |step| {
            match step {
                Step::Root => return,
                Step::Part(name) => text.push_str(name),
                Step::Field(name) => {
                    if is_begun {
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
            is_begun = true;
        });
        if is_begun { text } else { "<nil>".to_owned() }
    }

    /// The path as kube-openapi writes it: from the part that is looked at, keys like fields, `spec.map.key.list[0]`.
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

    /// The name of the part that is looked at.
    pub(crate) fn part_name(&self) -> Option<&str> {
        match (self.above, self.step) {
            (Some(above), _) => above.part_name(),
            (None, Step::Part(name)) => Some(name),
            (None, _) => None,
        }
    }

    fn each(&self, take: &mut impl FnMut(Step<'p>)) {
        if let Some(above) = self.above {
            above.each(take);
        }
        take(self.step);
    }
}
