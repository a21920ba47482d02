//! Repair of what only the validation of the API server finds: defaults, patterns, rules, keys of lists.

use super::edit::{
    EMBEDDED, LIST_KEYS, LIST_TYPE, PRESERVE, RULES, flag, get_mut, item_mut, make_any, make_any_object, remove,
    remove_item, set,
};
use super::{Report, schemas};
use crate::read::rejected::{Rejection, Step};
use crate::yaml::{Content, Node};

/// The number of steps to the root of a version's schema: `spec.versions[0].schema.openAPIV3Schema`.
const ROOT: usize = 5;

/// Repairs a definition after a validation; returns whether it has changed. `coarse`: makes the whole schema of a version
/// an object with any fields.
pub(super) fn repair(node: &mut Node, mut found: Vec<Rejection>, coarse: bool, report: &mut Report) -> bool {
    // From the last to the first: a removed item moves those after it.
    found.sort_by(|one, other| other.steps.cmp(&one.steps));
    let mut changed: Vec<Vec<Step>> = Vec::new();
    for rejection in found {
        if changed.iter().any(|place| rejection.steps.starts_with(place)) {
            continue;
        }
        // The rules of a schema are together too expensive: the most expensive are removed first.
        let is_root = rejection.steps.len() == ROOT;
        if is_root && changed.iter().any(|place| place.starts_with(&rejection.steps) && place.contains(&rules_step())) {
            continue;
        }
        let at = rejection.position(node);
        let change = match rejection.steps.get(3) {
            Some(Step::Name(name)) if name == "schema" && rejection.steps.len() >= ROOT => {
                let mut target = Target::find(node, &rejection.steps);
                if coarse { target.replace(node, 0) } else { target.repair(node) }
            }
            Some(Step::Name(name)) if matches!(name.as_str(), "selectableFields" | "additionalPrinterColumns") => {
                list_of_version(node, &rejection.steps)
            }
            _ => None,
        };
        if let Some((place, change)) = change {
            report.place.version = rejection.version.clone();
            report.place.path = rejection.path.clone();
            report.note(at, &rejection.text(), &change);
            changed.push(place);
        }
    }
    report.place.version = None;
    report.place.path = None;
    !changed.is_empty()
}

fn rules_step() -> Step {
    Step::Name(RULES.to_owned())
}

/// The changed place and what was done.
type Change = Option<(Vec<Step>, String)>;

/// Removes an item of a list of a version that refers to its schema, or the list.
fn list_of_version(node: &mut Node, steps: &[Step]) -> Change {
    let (version, Step::Name(list)) = (descend(node, &steps[..3])?, steps.get(3)?) else { return None };
    let (length, is_removed) = match steps.get(4) {
        Some(Step::Index(index)) => (5, remove_item(version, list, *index)),
        _ => (4, remove(version, list)),
    };
    is_removed.then(|| (steps[..length].to_vec(), "it is removed".to_owned()))
}

/// The schemas from the root to an error, and its keyword.
struct Target<'s> {
    steps: &'s [Step],
    /// The number of steps to each schema outside of `allOf`, `anyOf`, `oneOf` and `not`, from the root on.
    schemas: Vec<usize>,
    /// The steps below the last schema, starting with its keyword.
    rest: &'s [Step],
}

impl<'s> Target<'s> {
    /// Follows the steps while their schemas exist.
    fn find(node: &mut Node, steps: &'s [Step]) -> Self {
        let mut schemas = vec![ROOT];
        let mut at = ROOT;
        loop {
            let length = match steps.get(at) {
                Some(Step::Name(name)) if name == "properties" => 2,
                Some(Step::Name(name)) if matches!(name.as_str(), "items" | "additionalProperties") => 1,
                _ => break,
            };
            let is_schema = steps.len() >= at + length
                && descend(node, &steps[..at + length]).is_some_and(|node| matches!(node.content, Content::Map(_)));
            if !is_schema || (length == 1 && steps.len() == at + 1) {
                break;
            }
            at += length;
            schemas.push(at);
        }
        Target { steps, rest: &steps[at..], schemas }
    }

    fn keyword(&self) -> &'s str {
        match self.rest.first() {
            Some(Step::Name(name)) => name,
            _ => "",
        }
    }

    fn is_root(&self) -> bool {
        self.schemas.len() == 1
    }

    fn repair(&mut self, node: &mut Node) -> Change {
        let last = self.schemas.len() - 1;
        let length = self.schemas[last];
        let keyword = self.keyword();
        let schema = descend(node, &self.steps[..length])?;
        let place = |count: usize| self.steps[..(length + count).min(self.steps.len())].to_vec();
        let removed = |count: usize, what: &str| Some((place(count), format!("{what} is removed")));
        match (keyword, self.rest.get(1)) {
            (RULES, Some(Step::Index(index))) => {
                let part = rule_part(schema, *index, self.rest.get(2));
                return match part {
                    Some(part) => removed(2, part),
                    None if remove_item(schema, RULES, *index) => removed(2, "the rule"),
                    None => self.replace(node, last),
                };
            }
            ("allOf", Some(Step::Index(index))) if remove_item(schema, "allOf", *index) => {
                return removed(2, "this item of allOf");
            }
            (LIST_TYPE | LIST_KEYS, _) if remove_list_type(schema) => return removed(0, LIST_TYPE),
            ("properties", _) if flag(schema, EMBEDDED) && !flag(schema, PRESERVE) => {
                set(schema, PRESERVE, Content::Bool(true));
                return Some((place(0), "the resource may have any fields".to_owned()));
            }
            ("" | "properties" | "type", _) => {}
            (keyword, _) if remove(schema, keyword) => return removed(1, keyword),
            _ => {}
        }
        if self.is_root() && remove_at_root(schema) {
            return removed(0, "every keyword except properties, required and rules");
        }
        // The error may be about the list: keys must be scalars, and required or have a default.
        for (index, length) in self.schemas[..last].iter().enumerate().rev().take(2) {
            let is_items = matches!(self.steps.get(*length), Some(Step::Name(name)) if name == "items");
            let list = descend(node, &self.steps[..*length])?;
            if is_items && remove_list_type(list) {
                return Some((self.steps[..self.schemas[index]].to_vec(), format!("{LIST_TYPE} is removed")));
            }
        }
        self.replace(node, last)
    }

    /// Replaces the schema with this index, or the nearest one around it that is not any value yet.
    fn replace(&self, node: &mut Node, index: usize) -> Change {
        for (index, length) in self.schemas[..=index].iter().enumerate().rev() {
            let steps = &self.steps[..*length];
            if index == 0 {
                let is_changed = make_any_object(descend(node, steps)?);
                return is_changed.then(|| (steps.to_vec(), "any object is accepted".to_owned()));
            }
            // The API server adds the metadata of resources.
            let outer = self.schemas[index - 1];
            if let Some(Step::Name(name)) = steps.last()
                && matches!(name.as_str(), "apiVersion" | "kind" | "metadata")
                && (index == 1 || flag(descend(node, &self.steps[..outer])?, EMBEDDED))
            {
                let properties = descend(node, &self.steps[..=outer])?;
                return remove(properties, name).then(|| (steps.to_vec(), format!("{name} is removed")));
            }
            if make_any(descend(node, steps)?) {
                return Some((steps.to_vec(), schemas::ANY.to_owned()));
            }
        }
        None
    }
}

/// Removes a part of a rule without which the rule still works; returns its name.
fn rule_part(schema: &mut Node, index: usize, part: Option<&Step>) -> Option<&'static str> {
    const PARTS: [&str; 5] = ["fieldPath", "message", "messageExpression", "optionalOldSelf", "reason"];
    let Some(Step::Name(part)) = part else { return None };
    let part = PARTS.into_iter().find(|name| name == part)?;
    let rule = item_mut(get_mut(schema, RULES)?, index)?;
    remove(rule, part).then_some(part)
}

fn remove_list_type(schema: &mut Node) -> bool {
    let has_type = remove(schema, LIST_TYPE);
    remove(schema, LIST_KEYS) || has_type
}

/// Removes the keywords that are not allowed at a root with the status subresource.
fn remove_at_root(root: &mut Node) -> bool {
    const KEPT: [&str; 6] = ["description", "properties", "required", "type", PRESERVE, RULES];
    let Content::Map(entries) = &mut root.content else { return false };
    let before = entries.len();
    entries.retain(|(key, _)| KEPT.contains(&key.name.as_str()));
    entries.len() < before
}

fn descend<'n>(node: &'n mut Node, steps: &[Step]) -> Option<&'n mut Node> {
    steps.iter().try_fold(node, |node, step| match (step, &node.content) {
        (Step::Index(index), Content::List(_)) => item_mut(node, *index),
        (Step::Index(index), _) => get_mut(node, &index.to_string()),
        (Step::Name(name), _) => get_mut(node, name),
    })
}
