//! Placeholders in the texts of a step, which each endpoint replaces.

use crate::endpoint::Endpoint;

/// Maximum length of a replacement.
const MAX_LENGTH: usize = 8 * 1024 * 1024;

impl Endpoint {
    /// Replaces the placeholders of a text.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("<<") {
            out.push_str(before);
            let Some((placeholder, after)) = after.split_once(">>") else {
                out.push_str("<<");
                rest = after;
                continue;
            };
            out.push_str(&self.replacement(placeholder));
            rest = after;
        }
        out + rest
    }

    fn replacement(&self, placeholder: &str) -> String {
        let (type_, key) = placeholder.split_once(':').unwrap_or((placeholder, ""));
        let object = self.objects.get(key);
        match type_ {
            "uid" => {
                object.map_or_else(|| "00000000-0000-4000-8000-000000000000".to_owned(), |object| object.0.clone())
            }
            "version" => object.map_or_else(|| "1".to_owned(), |object| object.1.clone()),
            "first" => self.first.get(key).cloned().unwrap_or_else(|| "1".to_owned()),
            "start" => self.start.clone(),
            "continue" => self.token.clone(),
            "etag" => self.tag.clone(),
            "times" => repeat(key),
            name => format!("{}-{name}", self.prefix),
        }
    }
}

/// Repeats a text: `1000:[`.
fn repeat(argument: &str) -> String {
    let (times, text) = argument.split_once(':').unwrap_or_default();
    let max = MAX_LENGTH / text.len().max(1);
    text.repeat(times.parse::<usize>().unwrap_or_default().min(max))
}

/// Returns the key of an object: its group, collection, namespace and name.
pub(crate) fn key(path: &str, name: &str) -> String {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (group, rest) = match parts.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => ("", [].as_slice()),
    };
    let (namespace, collection) = match rest {
        ["namespaces", namespace, collection, ..] => (*namespace, *collection),
        [collection, ..] => ("", *collection),
        [] => ("", ""),
    };
    let (namespace, name) = (without_brackets(namespace), without_brackets(name));
    format!("{group}/{collection}/{namespace}/{name}")
}

/// Removes the brackets of a placeholder.
fn without_brackets(text: &str) -> &str {
    text.trim_start_matches("<<").trim_end_matches(">>")
}
