//! Answers without what differs from server to server: uids, versions, times, and orders that mean nothing.

mod discovery;

use std::collections::HashMap;

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Names for what a server chooses by itself, in the order in which it came.
pub(crate) struct Names {
    word: String,
    uids: HashMap<String, usize>,
    versions: HashMap<String, usize>,
}

impl Names {
    pub(crate) fn new(word: &str) -> Self {
        Names { word: word.to_owned(), uids: HashMap::new(), versions: HashMap::new() }
    }

    pub(crate) fn uid(&mut self, uid: &str) {
        let next = self.uids.len();
        self.uids.entry(uid.to_owned()).or_insert(next);
    }

    pub(crate) fn version(&mut self, version: &str) {
        let next = self.versions.len();
        self.versions.entry(version.to_owned()).or_insert(next);
    }

    /// An answer's body. Objects that were not stored have uids and times of nobody.
    pub(crate) fn answer(&self, body: &Value, is_dry: bool) -> Value {
        let mut body = self.value(body, "");
        // A list's version is that of everything, and others write, too.
        if body.get("items").is_some() || body.get("rows").is_some() {
            body["metadata"]["resourceVersion"] = "version of a list".into();
        }
        if body["type"] == "BOOKMARK" {
            body["object"]["metadata"]["resourceVersion"] = "version of a bookmark".into();
        }
        if is_dry && let Some(uid) = body.pointer_mut("/metadata/uid") {
            *uid = "uid of a dry run".into();
        }
        discovery::tidy(&mut body);
        match body.get("kind").and_then(Value::as_str) {
            Some("Status") => tidy_status(&mut body),
            // What the server itself adds to a definition's status, it adds under its own name.
            Some("CustomResourceDefinition") => {
                if let Some(metadata) = body["metadata"].as_object_mut() {
                    metadata.remove("managedFields");
                    metadata.remove("resourceVersion");
                }
            }
            // Descriptions are told in words of our own.
            Some("Table") => {
                let columns = body.get_mut("columnDefinitions").and_then(Value::as_array_mut);
                for column in columns.into_iter().flatten().filter(|column| is_own_column(column)) {
                    column["description"] = "".into();
                }
                without_ages(&mut body);
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
            Value::String(text) if name == "uid" && is_uid(text) && !self.uids.contains_key(text) => {
                "uid of another".into()
            }
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

    /// A text without uids, versions in quotes, times of today, and the script's own word.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.replace(&self.word, "word");
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
        without_escapes(&without_times(&text))
    }
}

/// Removes what the controller of namespaces has written: who plays it, and how often it writes, is another matter.
pub(crate) fn without_controller(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_controller),
        Value::Object(fields) => {
            if let Some(Value::Object(metadata)) = fields.get_mut("metadata")
                && metadata.contains_key("deletionTimestamp")
            {
                metadata.remove("managedFields");
                metadata.remove("resourceVersion");
            }
            fields.values_mut().for_each(without_controller);
        }
        _ => {}
    }
}

/// Whether a column is not a CRD's.
fn is_own_column(column: &Value) -> bool {
    const OWN: [&str; 22] = [
        "Name",
        "Age",
        "Type",
        "Data",
        "Holder",
        "Last Seen",
        "Reason",
        "Object",
        "Message",
        "Subobject",
        "Source",
        "First Seen",
        "Count",
        "Immutable",
        "Status",
        "Created At",
        "Scope",
        "Versions",
        "Group",
        "Kind",
        "ShortNames",
        "Established",
    ];
    column["name"].as_str().is_some_and(|name| OWN.contains(&name))
}

fn is_uid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Ages are told at slightly different times.
fn without_ages(table: &mut Value) {
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

/// Which characters can be printed depends on the version of Unicode.
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

fn tidy_status(status: &mut Value) {
    let text = status.get("message").and_then(Value::as_str).unwrap_or_default();
    // The real server walks over a map in any order, and stops at the first unknown field.
    let short = text
        .split_once("): ")
        .filter(|_| text.contains("failed to create typed") && text.contains("not declared in schema"));
    let short = short.or_else(|| {
        text.rsplit_once(": .")
            .filter(|_| text.starts_with("failed to convert") && text.contains("not declared in schema"))
    });
    // What is wrong with a text that is no YAML, each parser says in its own words.
    let short = short.or_else(|| {
        let found =
            text.split_once("converting YAML to JSON: yaml: ").or_else(|| text.split_once("encoding patch: yaml: "));
        found.filter(|(_, why)| !why.starts_with("unmarshal errors"))
    });
    if let Some((short, _)) = short {
        status["message"] = short.to_owned().into();
    } else if let Some((first, lines)) =
        text.split_once("errors:\n").filter(|_| text.contains("failed to create typed"))
    {
        let mut lines: Vec<&str> = lines.lines().collect();
        lines.sort_unstable();
        status["message"] = format!("{first}errors:\n{}", lines.join("\n")).into();
    }
    let many = status.pointer("/details/causes").and_then(Value::as_array).is_some_and(|causes| causes.len() > 1);
    // The causes tell the same, and the server tells them in any order.
    if many && let Some(message) = status.get_mut("message") {
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

/// Without times that are near to now, which are those of the server.
fn without_times(text: &str) -> String {
    let mut out = String::new();
    let mut from = 0;
    for (place, _) in text.match_indices('T') {
        let Some(begin) = place.checked_sub(10).filter(|begin| *begin >= from) else { continue };
        let Some(end) = text[place..].find('Z').map(|end| place + end + 1) else { continue };
        let time = text.get(begin..end).and_then(|time| time.parse::<Timestamp>().ok());
        let is_near = |time: Timestamp| Timestamp::now().duration_since(time).abs() < SignedDuration::from_hours(24);
        if time.is_some_and(is_near) {
            out.push_str(&text[from..begin]);
            out.push_str("TIME");
            from = end;
        }
    }
    out + &text[from..]
}
