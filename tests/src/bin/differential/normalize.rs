//! Normalizes responses: removes uids, versions, times and undefined orders, which differ between servers.

mod discovery;

use std::collections::HashMap;

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Numbers of server-generated values, in the order of their first occurrence.
pub(crate) struct Normalizer {
    prefix: String,
    uids: HashMap<String, usize>,
    versions: HashMap<String, usize>,
}

impl Normalizer {
    pub(crate) fn new(prefix: &str) -> Self {
        Normalizer { prefix: prefix.to_owned(), uids: HashMap::new(), versions: HashMap::new() }
    }

    pub(crate) fn uid(&mut self, uid: &str) {
        let next = self.uids.len();
        self.uids.entry(uid.to_owned()).or_insert(next);
    }

    pub(crate) fn version(&mut self, version: &str) {
        let next = self.versions.len();
        self.versions.entry(version.to_owned()).or_insert(next);
    }

    /// Normalizes the body of a response. Uids of dry runs are not known.
    pub(crate) fn body(&self, body: &Value, is_dry_run: bool) -> Value {
        let mut body = self.value(body, "");
        // The version of a list also depends on concurrent scripts.
        if body.get("items").is_some() || body.get("rows").is_some() {
            body["metadata"]["resourceVersion"] = "version of a list".into();
        }
        if body["type"] == "BOOKMARK" {
            body["object"]["metadata"]["resourceVersion"] = "version of a bookmark".into();
        }
        if is_dry_run && let Some(uid) = body.pointer_mut("/metadata/uid") {
            *uid = "uid of a dry run".into();
        }
        discovery::normalize(&mut body);
        match body.get("kind").and_then(Value::as_str) {
            Some("Status") => normalize_status(&mut body),
            // The servers update the status of a definition with different managers.
            Some("CustomResourceDefinition") => {
                if let Some(metadata) = body["metadata"].as_object_mut() {
                    metadata.remove("managedFields");
                    metadata.remove("resourceVersion");
                }
            }
            // Descriptions of builtin columns differ.
            Some("Table") => {
                let columns = body.get_mut("columnDefinitions").and_then(Value::as_array_mut);
                for column in columns.into_iter().flatten().filter(|column| is_builtin_column(column)) {
                    column["description"] = "".into();
                }
                normalize_ages(&mut body);
            }
            _ => {}
        }
        body
    }

    fn value(&self, value: &Value, name: &str) -> Value {
        match value {
            Value::String(token) if name == "continue" && !token.is_empty() => "token".into(),
            Value::String(text) if name == "resourceVersion" => self
                .versions
                .get(text)
                .map_or_else(|| "unseen version".to_owned(), |number| format!("version {number}"))
                .into(),
            Value::String(text) if is_uid(text) && !self.uids.contains_key(text) => "uid of another".into(),
            Value::String(text) => self.text(text).into(),
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(|item| self.value(item, "")).collect();
                if name == "managedFields" || name == "causes" {
                    items.sort_by_key(ToString::to_string);
                }
                Value::Array(items)
            }
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (self.text(name), self.value(value, name))).collect()
            }
            other => other.clone(),
        }
    }

    /// Normalizes uids, versions, recent times and the prefix of the script in a text.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.replace(&self.prefix, "word");
        for (uid, number) in &self.uids {
            if text.contains(uid.as_str()) {
                text = text.replace(uid.as_str(), &format!("uid {number}"));
            }
        }
        if text.contains("resourceVersion")
            || text.contains("resource version")
            || text.contains("precondition")
            || text.contains("ResourceVersion")
        {
            text = without_numbers(&text);
        }
        without_escapes(&without_times(&without_type_numbers(&text)))
    }
}

/// Removes the numbers of the types of `self` in rules, which differ with each write.
fn without_type_numbers(text: &str) -> String {
    const TYPE: &str = "selfType";
    let mut parts = text.split(TYPE);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| out + TYPE + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// Removes fields that the namespace controller or this program in its place writes.
pub(crate) fn remove_controller_fields(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(remove_controller_fields),
        Value::Object(fields) => {
            if let Some(Value::Object(metadata)) = fields.get_mut("metadata")
                && metadata.contains_key("deletionTimestamp")
            {
                metadata.remove("managedFields");
                metadata.remove("resourceVersion");
            }
            fields.values_mut().for_each(remove_controller_fields);
        }
        _ => {}
    }
}

/// Removes the descriptions of the columns of a table.
pub(crate) fn remove_descriptions(body: &mut Value) {
    for column in body.get_mut("columnDefinitions").and_then(Value::as_array_mut).into_iter().flatten() {
        column["description"] = "".into();
    }
}

/// Whether a column is not defined by a CRD.
fn is_builtin_column(column: &Value) -> bool {
    matches!(column["name"].as_str(), Some("Name" | "Age" | "Created At"))
}

fn is_uid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Normalizes ages, which depend on the time of the request.
fn normalize_ages(table: &mut Value) {
    let is_age = |text: &str| {
        !text.is_empty()
            && text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_digit() || "smhdy".contains(c))
    };
    let rows = table.get_mut("rows").and_then(Value::as_array_mut);
    let cells =
        rows.into_iter().flatten().filter_map(|row| row.get_mut("cells").and_then(Value::as_array_mut)).flatten();
    for cell in
        cells.filter(|cell| cell.as_str().is_some_and(|text| is_age(text) && !text.chars().all(|c| c.is_ascii_digit())))
    {
        *cell = "AGE".into();
    }
}

/// Decodes escapes: the set of printable characters depends on the version of Unicode.
fn without_escapes(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = [rest.find("\\U000"), rest.find("\\u")].into_iter().flatten().min() {
        let digits = if rest[at..].starts_with("\\U") { 8 } else { 4 };
        let code = rest.get(at + 2..at + 2 + digits).and_then(|code| u32::from_str_radix(code, 16).ok());
        let Some(c) = code.and_then(char::from_u32) else { break };
        out.push_str(&rest[..at]);
        out.push(c);
        rest = &rest[at + 2 + digits..];
    }
    out + rest
}

fn normalize_status(status: &mut Value) {
    let text = status.get("message").and_then(Value::as_str).unwrap_or_default();
    // The real server reports the first unknown field of a map in random order.
    let prefix = text
        .split_once("): ")
        .filter(|_| text.contains("failed to create typed") && text.contains("not declared in schema"));
    let prefix = prefix.or_else(|| {
        text.rsplit_once(": .")
            .filter(|_| text.starts_with("failed to convert") && text.contains("not declared in schema"))
    });
    // Messages of YAML parsers differ.
    let prefix = prefix.or_else(|| {
        let found =
            text.split_once("converting YAML to JSON: yaml: ").or_else(|| text.split_once("encoding patch: yaml: "));
        found.filter(|(_, why)| !why.starts_with("unmarshal errors"))
    });
    if let Some((prefix, _)) = prefix {
        status["message"] = prefix.to_owned().into();
    } else if let Some((first, lines)) =
        text.split_once("errors:\n").filter(|_| text.contains("failed to create typed"))
    {
        let mut lines: Vec<&str> = lines.lines().collect();
        lines.sort_unstable();
        status["message"] = format!("{first}errors:\n{}", lines.join("\n")).into();
    }
    let has_several =
        status.pointer("/details/causes").and_then(Value::as_array).is_some_and(|causes| causes.len() > 1);
    // The message lists the causes in undefined order.
    if has_several && let Some(message) = status.get_mut("message") {
        let short = message.as_str().unwrap_or_default().split('[').next().unwrap_or_default().to_owned();
        *message = short.into();
    }
}

fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut in_number = false;
    for c in text.chars() {
        if c.is_ascii_digit() {
            if !in_number {
                out.push('#');
            }
            in_number = true;
        } else {
            in_number = false;
            out.push(c);
        }
    }
    out
}

/// Replaces recent times, which the server sets.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    let mut from = 0;
    for (index, _) in text.match_indices('T') {
        let Some(begin) = index.checked_sub(10).filter(|begin| *begin >= from) else { continue };
        let Some(end) = text[index..].find('Z').map(|end| index + end + 1) else { continue };
        let time = text.get(begin..end).and_then(|time| time.parse::<Timestamp>().ok());
        let is_recent = |time: Timestamp| Timestamp::now().duration_since(time).abs() < SignedDuration::from_hours(24);
        if time.is_some_and(is_recent) {
            out.push_str(&text[from..begin]);
            out.push_str("TIME");
            from = end;
        }
    }
    out + &text[from..]
}
