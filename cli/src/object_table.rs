//! Tables of objects, for servers that return objects instead of tables.

use std::cell::OnceCell;

use aigateway_client::crds::crds;
use jiff::Timestamp;
use kube::core::ApiResource;
use kube_structural_schema::columns::Column;
use serde_json::{Value, json};

/// Tables of one kind, whatever the server returns.
pub(crate) struct Tables<'r> {
    resource: &'r ApiResource,
    columns: OnceCell<Columns>,
}

impl<'r> Tables<'r> {
    /// Creates the tables of a kind.
    pub(crate) fn new(resource: &'r ApiResource) -> Self {
        Tables { resource, columns: OnceCell::new() }
    }

    /// Returns the table of an answer: itself if it is one, or else that of the object or the list.
    pub(crate) fn of(&self, answer: Value) -> Value {
        if is_table(&answer) {
            return answer;
        }
        self.columns.get_or_init(|| Columns::new(self.resource)).table(answer, Timestamp::now())
    }
}

/// The columns of a kind: the name, those of the CRDs of AI Gateway, and the age.
struct Columns {
    definitions: Vec<Value>,
    columns: Vec<Column>,
}

impl Columns {
    /// Creates the columns of a kind.
    fn new(resource: &ApiResource) -> Self {
        let mut columns = Columns { definitions: Vec::new(), columns: Vec::new() };
        columns.add("Name", 0, Column::new("string", ".metadata.name"));
        for crd in crds().into_iter().filter(|crd| crd.spec.group == resource.group) {
            let is_kind = crd.spec.names.kind == resource.kind;
            for version in crd.spec.versions.into_iter().filter(|version| is_kind && version.name == resource.version) {
                for column in version.additional_printer_columns.into_iter().flatten() {
                    let priority = column.priority.unwrap_or_default();
                    columns.add(&column.name, priority, Column::new(&column.type_, &column.json_path));
                }
            }
        }
        if !columns.definitions.iter().any(|column| column["name"] == "Age") {
            columns.add("Age", 0, Column::age());
        }
        columns
    }

    fn add(&mut self, name: &str, priority: i32, column: Column) {
        self.definitions.push(json!({"name": name, "priority": priority}));
        self.columns.push(column);
    }

    /// Returns the table of an object or a list.
    fn table(&self, mut answer: Value, now: Timestamp) -> Value {
        let (metadata, objects) = match answer.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => (answer["metadata"].take(), items),
            Some(_) => (answer["metadata"].take(), Vec::new()),
            None => (json!({"resourceVersion": answer["metadata"]["resourceVersion"]}), vec![answer]),
        };
        let row = |object: Value| {
            let cells: Vec<Value> = self.columns.iter().map(|column| column.cell(&object, now)).collect();
            json!({"cells": cells, "object": {"metadata": object["metadata"]}})
        };
        let rows: Vec<Value> = objects.into_iter().map(row).collect();
        json!({"kind": "Table", "metadata": metadata, "columnDefinitions": self.definitions, "rows": rows})
    }
}

/// Returns whether an answer is a table of the API server.
fn is_table(answer: &Value) -> bool {
    answer["kind"] == "Table"
        && answer["apiVersion"].as_str().is_some_and(|version| version.starts_with("meta.k8s.io/"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use kube::core::ApiResource;
    use serde_json::json;

    use super::Columns;

    fn columns(group: &str, version: &str, kind: &str) -> Columns {
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        let [group, version, kind, plural] = [group, version, kind, ""].map(str::to_owned);
        Columns::new(&ApiResource { group, version, api_version, kind, plural })
    }

    #[test]
    fn objects_have_the_columns_of_the_embedded_crds() {
        let conditions = json!([{"type": "Accepted", "status": "True"}]);
        let object = json!({
            "metadata": {"name": "a", "resourceVersion": "7", "creationTimestamp": "1970-01-01T00:00:00Z"},
            "status": {"conditions": conditions},
        });
        let now = Timestamp::from_second(60).unwrap();
        let own = columns("aigateway.envoyproxy.io", "v1beta1", "AIServiceBackend");
        let table = own.table(object.clone(), now);
        let names: Vec<_> =
            table["columnDefinitions"].as_array().unwrap().iter().map(|column| &column["name"]).collect();
        assert_eq!(names, ["Name", "Status", "Age"]);
        assert_eq!(table["rows"][0]["cells"], json!(["a", "Accepted", "60s"]));
        assert_eq!(table["metadata"]["resourceVersion"], "7");
        let other = columns("", "v1", "Secret");
        let list = other.table(json!({"metadata": {"resourceVersion": "9"}, "items": [object]}), now);
        assert_eq!(
            (&list["rows"][0]["cells"], &list["metadata"]["resourceVersion"]),
            (&json!(["a", "60s"]), &json!("9"))
        );
    }
}
