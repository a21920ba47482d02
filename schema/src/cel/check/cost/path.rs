//! The paths of expressions from a variable, which decide the sizes of values.
//!
//! Source: `cel-go/checker/cost.go`, `getPath` and `addPath`, and the estimator of `apiserver/pkg/cel`.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::cel::check::declared::{Declared, Shape};

/// A step of a path.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The variable.
    Root,
    Field(Rc<str>),
    Items,
    Values,
    Keys,
    Indices,
}

/// A path; empty for an expression that is not a part of a variable.
///
/// It is a slice of Go: if its array has more capacity, a step that is appended replaces that of other slices of the same array,
/// and the API server estimates by the replaced path.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    array: Rc<RefCell<Vec<Step>>>,
    length: usize,
    capacity: usize,
}

impl Path {
    /// Returns the path of a variable.
    pub(super) fn root() -> Self {
        Path::default().with(Step::Root)
    }

    /// Appends a step as Go's `append` does. The API server ignores the first step, so that a part of an expression without a path
    /// is the variable.
    pub(super) fn with(&self, step: Step) -> Self {
        let length = self.length + 1;
        if length > self.capacity {
            let mut steps = self.array.borrow()[..self.length].to_vec();
            steps.push(step);
            return Path { array: Rc::new(RefCell::new(steps)), length, capacity: (2 * self.capacity).max(1) };
        }
        let mut steps = self.array.borrow_mut();
        match steps.get_mut(self.length) {
            Some(other) => *other = step,
            None => steps.push(step),
        }
        Path { array: Rc::clone(&self.array), length, capacity: self.capacity }
    }

    /// Returns the declaration at the path, or of its items; `None` if the schema has no such part.
    pub(super) fn declared(&self, root: &Arc<Declared>, of_items: bool) -> Option<Arc<Declared>> {
        if self.length == 0 {
            return None;
        }
        let steps = self.array.borrow();
        let below = steps[1..self.length].iter().try_fold(Arc::clone(root), |declared, step| part(&declared, step))?;
        if of_items { part(&below, &Step::Items) } else { Some(below) }
    }
}

fn part(declared: &Arc<Declared>, step: &Step) -> Option<Arc<Declared>> {
    match step {
        Step::Items | Step::Values => declared.element().cloned(),
        Step::Keys if matches!(declared.shape, Shape::Map(_)) => Some(Declared::key()),
        Step::Field(name) => declared.field(name).cloned(),
        Step::Root | Step::Keys | Step::Indices => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &Path) -> String {
        format!("{:?}", &path.array.borrow()[..path.length])
    }

    #[test]
    fn appended_step_replaces_that_of_a_slice_of_the_same_array() {
        let item = Path::root().with(Step::Field("groups".into())).with(Step::Items);
        let members = item.with(Step::Field("members".into()));
        let count = item.with(Step::Field("count".into()));
        assert_eq!(text(&members), text(&count));
        // An array without capacity is copied.
        let groups = Path::root().with(Step::Field("groups".into()));
        let (items, values) = (groups.with(Step::Items), groups.with(Step::Values));
        assert_ne!(text(&items), text(&values));
    }
}
