//! Places in the texts of a step, which each server fills in for itself.

use crate::side::Side;

/// The longest text that a place becomes.
const LONGEST: usize = 8 * 1024 * 1024;

impl Side {
    /// A text with its places filled in.
    pub(crate) fn filled(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("<<") {
            out.push_str(before);
            let Some((place, after)) = after.split_once(">>") else {
                out.push_str("<<");
                rest = after;
                continue;
            };
            out.push_str(&self.place(place));
            rest = after;
        }
        out + rest
    }

    fn place(&self, place: &str) -> String {
        let (what, key) = place.split_once(':').unwrap_or((place, ""));
        let object = self.objects.get(key);
        match what {
            "uid" => {
                object.map_or_else(|| "00000000-0000-4000-8000-000000000000".to_owned(), |object| object.0.clone())
            }
            "version" => object.map_or_else(|| "1".to_owned(), |object| object.1.clone()),
            "first" => self.first.get(key).cloned().unwrap_or_else(|| "1".to_owned()),
            "start" => self.start.clone(),
            "continue" => self.token.clone(),
            "etag" => self.tag.clone(),
            "times" => repeated(key),
            name => format!("{}-{name}", self.word),
        }
    }
}

/// A text so many times: `1000:[`.
fn repeated(what: &str) -> String {
    let (times, text) = what.split_once(':').unwrap_or_default();
    let most = LONGEST / text.len().max(1);
    text.repeat(times.parse::<usize>().unwrap_or_default().min(most))
}

/// The key of an object that a request to a path has answered with: its group, collection, namespace and name.
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
    let (namespace, name) = (bare(namespace), bare(name));
    format!("{group}/{collection}/{namespace}/{name}")
}

/// A text that is one place, without its brackets.
fn bare(text: &str) -> &str {
    text.trim_start_matches("<<").trim_end_matches(">>")
}
