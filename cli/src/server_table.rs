//! Tables that the API server prints, with the columns of the CRDs.
//!
//! Servers without tables return objects, which become tables here.

use std::time::Duration;

use futures::{TryStreamExt, pin_mut};
use http::Request;
use kube::core::WatchEvent;
use kube_client_runtime::client::Client;
use serde_json::Value;

use crate::error::CliError;
use crate::object_table::Tables;
use crate::output::{self, Table};
use crate::selection::{Selected, Selection};

/// The media type of tables; servers without them return the objects.
const ACCEPT: &str = "application/json;as=Table;v=v1;g=meta.k8s.io, application/json";

/// The pause before the next watch, because an API server may end each watch at once.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

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
    let tables = Tables::new(&selected.resource.api_resource);
    if selected.names.is_empty() {
        return Ok(tables.of(request(client, &path(selected, None, selection)).await?));
    }
    let mut joined = Value::Null;
    for name in &selected.names {
        let table = tables.of(request(client, &path(selected, Some(name), selection)).await?);
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
    client.kube().request(get(path)?).await.map_err(|error| CliError::Kube(Box::new(error)))
}

fn get(path: &str) -> Result<Request<Vec<u8>>, CliError> {
    let request = Request::get(path).header("Accept", ACCEPT).body(Vec::new());
    request.map_err(|error| CliError::Usage(format!("{path} is not a valid path: {error}")))
}

/// Prints the table of the selected objects, and then a row for each change. Reads them again when the API server does not keep
/// the version any more.
pub(crate) async fn watch(
    client: &Client,
    selection: &Selection,
    selected: &Selected,
    style: &Style,
) -> Result<(), CliError> {
    // A watch is of a collection, so that a name becomes a selector.
    let mut selection = selection.clone();
    if let [name] = selected.names.as_slice() {
        // It must exist.
        request(client, &path(selected, Some(name), &selection)).await?;
        selection.field_selector = Some(format!("metadata.name={name}"));
    }
    let path = path(selected, None, &selection);
    let tables = Tables::new(&selected.resource.api_resource);
    let mut with_titles = true;
    loop {
        let table = tables.of(request(client, &path).await?);
        let rows = Rows::new(&table, &tables, style);
        output::print(&rows.first(&table, with_titles))?;
        with_titles = false;
        let version = table["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
        rows.follow(client, &path, version).await?;
        tokio::time::sleep(PAUSE).await;
    }
}

/// The columns of a table whose rows are printed one by one.
struct Rows<'s> {
    tables: &'s Tables<'s>,
    style: &'s Style,
    shown: Vec<usize>,
    titles: Vec<String>,
    widths: Vec<usize>,
}

impl<'s> Rows<'s> {
    fn new(table: &Value, tables: &'s Tables<'s>, style: &'s Style) -> Self {
        let (shown, titles) = columns(table, style);
        let mut widths: Vec<usize> = titles.iter().map(String::len).collect();
        for row in rows(table) {
            for (width, cell) in widths.iter_mut().zip(cells(row, &shown, style)) {
                *width = cell.chars().count().max(*width);
            }
        }
        Rows { tables, style, shown, titles, widths }
    }

    /// Returns the text of a first table.
    fn first(&self, table: &Value, with_titles: bool) -> String {
        let text = self.text(rows(table));
        let titles: Vec<&str> = self.titles.iter().map(String::as_str).collect();
        if with_titles { Table::new(&titles).aligned(&self.widths) + &text } else { text }
    }

    fn text<'v>(&self, rows: impl Iterator<Item = &'v Value>) -> String {
        let mut table = Table::default();
        rows.for_each(|row| table.row(cells(row, &self.shown, self.style)));
        table.aligned(&self.widths)
    }

    /// Prints the rows of changes until the version is not available any more.
    async fn follow(&self, client: &Client, path: &str, mut version: String) -> Result<(), CliError> {
        let separator = if path.contains('?') { '&' } else { '?' };
        loop {
            let request = get(&format!("{path}{separator}watch=true&resourceVersion={version}"))?;
            let events = client.kube().request_events::<Value>(request).await;
            let events = match events {
                Err(kube::Error::Api(status)) if status.code == 410 => return Ok(()),
                events => events.map_err(|error| CliError::Kube(Box::new(error)))?,
            };
            pin_mut!(events);
            while let Some(event) = events.try_next().await.map_err(|error| CliError::Kube(Box::new(error)))? {
                let table = match event {
                    WatchEvent::Added(table) | WatchEvent::Modified(table) | WatchEvent::Deleted(table) => table,
                    WatchEvent::Bookmark(_) => continue,
                    WatchEvent::Error(status) if status.code == 410 => return Ok(()),
                    WatchEvent::Error(status) => return Err(CliError::Kube(Box::new(kube::Error::Api(status)))),
                };
                let table = self.tables.of(table);
                let last = rows(&table).last().and_then(|row| row["object"]["metadata"]["resourceVersion"].as_str());
                version = last.map_or(version, str::to_owned);
                output::print(&self.text(rows(&table)))?;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn rows(table: &Value) -> impl Iterator<Item = &Value> {
    table["rows"].as_array().into_iter().flatten()
}

/// Returns the indexes of the printed columns, and all titles.
fn columns(table: &Value, style: &Style) -> (Vec<usize>, Vec<String>) {
    let columns: Vec<&Value> = table["columnDefinitions"].as_array().into_iter().flatten().collect();
    let is_shown = |column: &Value| style.wide || column["priority"].as_i64().unwrap_or_default() == 0;
    let shown: Vec<usize> = (0..columns.len()).filter(|index| is_shown(columns[*index])).collect();
    let title = |index: &usize| columns[*index]["name"].as_str().unwrap_or_default().to_uppercase();
    let namespace = style.namespaces.then(|| "NAMESPACE".to_owned());
    let titles = namespace.into_iter().chain(shown.iter().map(title)).collect();
    (shown, titles)
}

/// Returns the text of a table; empty if it has no rows.
pub(crate) fn text(table: &Value, style: &Style) -> String {
    let (shown, titles) = columns(table, style);
    let mut printed = Table::new(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    rows(table).for_each(|row| printed.row(cells(row, &shown, style)));
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
