//! Tables that the API server prints, with the columns of the CRDs.

use http::Request;
use kube_client_runtime::client::Client;
use serde_json::{Value, json};

use crate::error::CliError;
use crate::output::Table;
use crate::selection::{Selected, Selection};

/// The media type of tables; servers without them return the objects.
const ACCEPT: &str = "application/json;as=Table;v=v1;g=meta.k8s.io, application/json";

/// How a table is printed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Style {
    /// Also columns of a lower priority.
    pub(crate) wide: bool,
    /// A column with the namespace.
    pub(crate) namespaces: bool,
    /// The kind before each name.
    pub(crate) prefix: Option<String>,
}

/// Reads the table of the selected objects of one kind. Tables of several names are joined.
pub(crate) async fn read(client: &Client, selection: &Selection, selected: &Selected) -> Result<Value, CliError> {
    if selected.names.is_empty() {
        return request(client, &path(selected, None, selection)).await;
    }
    let mut joined = Value::Null;
    for name in &selected.names {
        let table = request(client, &path(selected, Some(name), selection)).await?;
        match joined.get_mut("rows").and_then(Value::as_array_mut) {
            Some(rows) => rows.extend(table["rows"].as_array().into_iter().flatten().cloned()),
            None => joined = table,
        }
    }
    Ok(joined)
}

fn path(selected: &Selected, name: Option<&str>, selection: &Selection) -> String {
    let resource = &selected.resource.api_resource;
    let root = if resource.group.is_empty() { "api" } else { "apis" };
    let mut path = format!("/{root}/{}", resource.api_version);
    if let Some(namespace) = &selected.namespace {
        path.push_str(&format!("/namespaces/{}", encoded(namespace)));
    }
    path.push_str(&format!("/{}", resource.plural));
    if let Some(name) = name {
        path.push_str(&format!("/{}", encoded(name)));
        return path;
    }
    let selectors = [("labelSelector", &selection.selector), ("fieldSelector", &selection.field_selector)];
    let set: Vec<String> =
        selectors.iter().filter_map(|(name, value)| Some(format!("{name}={}", encoded(value.as_ref()?)))).collect();
    if set.is_empty() { path } else { format!("{path}?{}", set.join("&")) }
}

/// Encodes a part of a path or a query.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect::<Vec<_>>().concat()
}

async fn request(client: &Client, path: &str) -> Result<Value, CliError> {
    let request = Request::get(path).header("Accept", ACCEPT).body(Vec::new());
    let request = request.map_err(|error| CliError::Usage(format!("{path} is not a valid path: {error}")))?;
    client.kube().request(request).await.map_err(|error| CliError::Kube(Box::new(error)))
}

/// Returns the text of a table; empty if it has no rows.
pub(crate) fn text(table: &Value, style: &Style) -> String {
    let empty = json!([]);
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let columns = list(table.get("columnDefinitions").unwrap_or(&empty));
    let shown: Vec<usize> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| style.wide || column["priority"].as_i64().unwrap_or_default() == 0)
        .map(|(index, _)| index)
        .collect();
    let title = |index: &usize| columns[*index]["name"].as_str().unwrap_or_default().to_uppercase();
    let namespace = style.namespaces.then(|| "NAMESPACE".to_owned());
    let titles: Vec<String> = namespace.into_iter().chain(shown.iter().map(title)).collect();
    let mut printed = Table::new(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    for row in list(table.get("rows").unwrap_or(&empty)) {
        printed.row(cells(&row, &shown, style));
    }
    if printed.is_empty() { String::new() } else { printed.text() }
}

fn cells(row: &Value, shown: &[usize], style: &Style) -> Vec<String> {
    let cell = |index: &usize| match row["cells"].get(*index) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let metadata = &row["object"]["metadata"];
    let namespace = style.namespaces.then(|| metadata["namespace"].as_str().unwrap_or_default().to_owned());
    let mut cells: Vec<String> = shown.iter().map(cell).collect();
    if let (Some(prefix), Some(name)) = (&style.prefix, cells.first_mut()) {
        *name = format!("{prefix}/{name}");
    }
    namespace.into_iter().chain(cells).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Style, encoded, text};

    #[test]
    fn columns_follow_the_style() {
        let table = json!({
            "columnDefinitions": [{"name": "Name", "priority": 0}, {"name": "Age", "priority": 1}],
            "rows": [{"cells": ["a", 3], "object": {"metadata": {"namespace": "x"}}}],
        });
        assert_eq!(text(&table, &Style::default()), "NAME\na\n");
        let style = Style { wide: true, namespaces: true, prefix: Some("kind".to_owned()) };
        assert_eq!(text(&table, &style), "NAMESPACE   NAME     AGE\nx           kind/a   3\n");
        assert_eq!(text(&json!({}), &Style::default()), "");
    }

    #[test]
    fn parts_of_paths_are_encoded() {
        assert_eq!(encoded("a=b,c/ü"), "a%3Db%2Cc%2F%C3%BC");
    }
}
