//! Lines of fields.

use kube_structural_schema::yaml::{Content, Node};

use super::object::{Object, Origin};

impl Object {
    /// Returns where a field such as `spec.rules[0].name` is: that of the nearest existing parent if it is missing.
    pub(crate) fn origin_of(&self, field: &str) -> Origin {
        match (&self.origin, &self.node) {
            (Origin::File { path, line }, Some(node)) => {
                let line = line_of(node, field, *line);
                Origin::File { path: path.clone(), line }
            }
            (origin, _) => origin.clone(),
        }
    }
}

/// Returns the line of the key or item at a path. Keys may contain dots: the longest key that fits is used.
fn line_of(node: &Node, path: &str, line: u32) -> u32 {
    match &node.content {
        Content::Map(entries) => {
            let fits =
                |key: &str| path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
            let found = entries.iter().filter(|(key, _)| fits(&key.name)).max_by_key(|(key, _)| key.name.len());
            found.map_or(line, |(key, value)| {
                let rest = &path[key.name.len()..];
                line_of(value, rest.strip_prefix('.').unwrap_or(rest), key.at.line)
            })
        }
        Content::List(items) => {
            let step = path.strip_prefix('[').and_then(|path| path.split_once(']'));
            let item = step.and_then(|(index, rest)| Some((items.get(index.parse::<usize>().ok()?)?, rest)));
            item.map_or(line, |(item, rest)| line_of(item, rest.strip_prefix('.').unwrap_or(rest), item.at.line))
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use kube_structural_schema::yaml::parse;

    use super::line_of;

    #[test]
    fn lines_of_fields_and_of_missing_fields_are_found() {
        let text = b"spec:\n  rules:\n  - name: a\n  - name: b\n    a.b: 1\n    a:\n      c: 1\n";
        let node = &parse(text).unwrap()[0];
        for (path, line) in [
            ("spec", 1),
            ("spec.rules[1]", 4),
            ("spec.rules[1].name", 4),
            ("spec.rules[1].a.b", 5),
            ("spec.rules[1].a.c", 7),
            ("spec.rules[1].missing.x", 4),
            ("spec.rules[7].name", 2),
            ("other", 1),
        ] {
            assert_eq!(line_of(node, path, 1), line, "{path}");
        }
    }
}
