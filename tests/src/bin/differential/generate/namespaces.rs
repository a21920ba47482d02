//! Scripts of namespaces: phases, finalizers, subresources and refused requests.

use serde_json::{Value, json};

use super::{APPLY, Generator, JSON, JSON_PATCH, MERGE, STRATEGIC};
use crate::endpoint::{NAMESPACES, key};
use crate::mutate;
use crate::script::{Script, Step};

/// Namespaces of every cluster: only reads and dry runs.
const SYSTEM: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

const FINALIZERS: [&str; 9] = [
    "[]",
    "null",
    r#"["kubernetes"]"#,
    r#"["example.com/hold"]"#,
    r#"["kubernetes","example.com/hold"]"#,
    r#"["orphan"]"#,
    r#"["x"]"#,
    r#"["not valid/x"]"#,
    r#"["kubernetes","kubernetes"]"#,
];

const PHASES: [&str; 5] = [r#""Active""#, r#""Terminating""#, r#""x""#, r#""""#, "null"];

impl Generator<'_> {
    pub(super) fn namespaces(&mut self, steps: usize) -> Script {
        let steps = (0..steps).map(|_| self.namespace_step()).collect();
        Script { steps, ..Script::default() }
    }

    fn namespace_step(&mut self) -> Step {
        let name = *self.rng.choice(&["<<a>>", "<<a>>", "<<b>>"]).unwrap_or(&"");
        let path = format!("{NAMESPACES}/{name}");
        match self.rng.usize(..34) {
            0..7 => self.create_namespace(name),
            7..9 => Step::get(path),
            9..11 => self.list_namespaces(name),
            11..14 => self.update_namespace(name, path),
            14..17 => self.namespace_status(name, &path),
            17..21 => self.namespace_finalize(name, &path),
            21..26 => self.delete_namespace(name, path),
            26..29 => self.content(&path),
            29 => self.system_namespace(),
            30 => Step::new("DELETE", NAMESPACES),
            31 => self.apply_namespace(name, path),
            _ => self.invalid_namespace_request(name, path),
        }
    }

    fn random_json(&mut self, texts: &[&str]) -> Value {
        serde_json::from_str(texts[self.rng.usize(..texts.len())]).unwrap_or_default()
    }

    fn namespace(&mut self, name: &str) -> Value {
        let mut object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        if self.one_in(4) {
            object["spec"] = json!({"finalizers": self.random_json(&FINALIZERS)});
        }
        if self.one_in(4) {
            object["status"] = json!({"phase": self.random_json(&PHASES)});
        }
        if self.one_in(3) {
            object["metadata"]["labels"] = mutate::labels(&mut self.rng);
        }
        if self.one_in(8) {
            object["metadata"]["labels"] = json!({"kubernetes.io/metadata.name": "other"});
        }
        if self.one_in(8) {
            object["metadata"]["finalizers"] = json!(["example.com/one"]);
        }
        object
    }

    fn create_namespace(&mut self, name: &str) -> Step {
        let mut object = self.namespace(name);
        match self.rng.usize(..24) {
            0 => object["metadata"]["namespace"] = name.into(),
            1 => object["metadata"] = json!({"name": format!("{name}.dots")}),
            2 => object["metadata"] = json!({"name": format!("{name}UPPER")}),
            3 => object["metadata"] = json!({"name": format!("{name}<<times:70:x>>")}),
            4 => object["kind"] = "ConfigMap".into(),
            5 => object["metadata"]["deletionTimestamp"] = "2024-01-02T03:04:05Z".into(),
            6 => object["metadata"]["resourceVersion"] = "1".into(),
            _ => {}
        }
        let step = Step::new("POST", NAMESPACES).body(JSON, object.to_string());
        self.write_options(step)
    }

    fn list_namespaces(&mut self, name: &str) -> Step {
        let step = Step::get(NAMESPACES);
        let step = match self.rng.usize(..5) {
            0 => step.query("labelSelector", format!("kubernetes.io/metadata.name={name}")),
            1 => step.query("fieldSelector", format!("metadata.name={name},status.phase=Active")),
            2 => step.query("fieldSelector", format!("metadata.name={name},status.phase!=Active")),
            3 => step.query("fieldSelector", format!("metadata.name={name},spec.x=1")),
            _ => step.query("fieldSelector", format!("metadata.name={name}")),
        };
        let accept = match self.rng.usize(..4) {
            0 => Some("application/json;as=Table;v=v1;g=meta.k8s.io"),
            1 => Some("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"),
            _ => None,
        };
        Step { accept: accept.map(str::to_owned), ..step }
    }

    fn update_namespace(&mut self, name: &str, path: String) -> Step {
        let mut object = self.namespace(name);
        let step = match self.rng.usize(..4) {
            0 => {
                object["metadata"]["resourceVersion"] = format!("<<version:{}>>", key(NAMESPACES, name)).into();
                Step::new("PUT", path).body(JSON, object.to_string())
            }
            1 => Step::new("PUT", path).body(JSON, object.to_string()),
            2 => Step::new("PATCH", path).body(MERGE, object.to_string()),
            _ => Step::new("PATCH", path).body(STRATEGIC, object.to_string()),
        };
        self.write_options(step)
    }

    fn namespace_status(&mut self, name: &str, path: &str) -> Step {
        let path = format!("{path}/status");
        let mut object = self.namespace(name);
        let phase = self.random_json(&PHASES);
        object["status"] = json!({"phase": phase});
        if self.one_in(3) {
            object["status"]["conditions"] =
                json!([{"type": "X", "status": "True", "lastTransitionTime": "2024-01-02T03:04:05Z"}]);
        }
        let step = match self.rng.usize(..5) {
            0 => return Step::get(path),
            1 => Step::new("PUT", path).body(JSON, object.to_string()),
            2 => Step::new("PATCH", path).body(STRATEGIC, json!({"status": object["status"]}).to_string()),
            3 => Step::new("PATCH", path)
                .body(JSON_PATCH, json!([{"op": "add", "path": "/metadata/labels/z", "value": "1"}]).to_string()),
            _ => Step::new("PATCH", path).body(MERGE, json!({"status": object["status"]}).to_string()),
        };
        self.write_options(step)
    }

    fn namespace_finalize(&mut self, name: &str, path: &str) -> Step {
        let mut object = self.namespace(name);
        object["spec"] = json!({"finalizers": self.random_json(&FINALIZERS)});
        let path = format!("{path}/finalize");
        if self.one_in(8) {
            let method = *self.rng.choice(&["GET", "PATCH", "POST", "DELETE"]).unwrap_or(&"GET");
            return Step::new(method, path).body(MERGE, object.to_string());
        }
        if self.one_in(6) {
            object["metadata"]["name"] = "<<other>>".into();
        }
        if self.one_in(6) {
            object["metadata"]["resourceVersion"] = "1".into();
        }
        let step = Step::new("PUT", path).body(JSON, object.to_string());
        let step = self.write_options(step);
        Step { finalizes: Some(name.to_owned()), ..step }
    }

    fn delete_namespace(&mut self, name: &str, path: String) -> Step {
        let step = Step::new("DELETE", path);
        let step = match self.rng.usize(..9) {
            0 => step.query("dryRun", "All"),
            1 => step
                .query("propagationPolicy", *self.rng.choice(&["Background", "Foreground", "Orphan"]).unwrap_or(&"")),
            2 => step.body(
                JSON,
                json!({"preconditions": {"uid": format!("<<uid:{}>>", key(NAMESPACES, name))}}).to_string(),
            ),
            3 => step.body(JSON, json!({"preconditions": {"uid": "x"}}).to_string()),
            4 => step.query("gracePeriodSeconds", "0"),
            _ => step,
        };
        Step { finalizes: Some(name.to_owned()), ..step }
    }

    /// Returns a request for objects in the namespace.
    fn content(&mut self, path: &str) -> Step {
        let object = json!({"metadata": {"name": "c"}, "data": {"a": "1"}}).to_string();
        let path = format!("{path}/configmaps");
        match self.rng.usize(..4) {
            0 => Step::get(path),
            1 => Step::new("PATCH", format!("{path}/c")).body(MERGE, r#"{"data":{"b":"2"}}"#),
            _ => Step::new("POST", path).body(JSON, object),
        }
    }

    fn system_namespace(&mut self) -> Step {
        let name = *self.rng.choice(&SYSTEM).unwrap_or(&"default");
        let path = format!("{NAMESPACES}/{name}");
        match self.rng.usize(..4) {
            0 => Step::new("DELETE", path).query("dryRun", "All"),
            1 if name != "kube-node-lease" => Step::new("DELETE", path),
            2 => Step::new("PATCH", path).body(MERGE, r#"{"metadata":{"labels":{"x":"!"}}}"#).query("dryRun", "All"),
            _ => Step::get(format!("{path}/finalize")),
        }
    }

    fn apply_namespace(&mut self, name: &str, path: String) -> Step {
        let object = self.namespace(name);
        let path = if self.one_in(4) { format!("{path}/status") } else { path };
        let step = Step::new("PATCH", path).body(APPLY, object.to_string()).query("fieldManager", "one");
        if self.one_in(3) { step.query("force", "true") } else { step }
    }

    fn invalid_namespace_request(&mut self, name: &str, path: String) -> Step {
        let object = self.namespace(name).to_string();
        match self.rng.usize(..8) {
            0 => Step::new("PUT", NAMESPACES).body(JSON, object),
            1 => Step::new("POST", path).body(JSON, object),
            2 => Step::new("PATCH", NAMESPACES).body(MERGE, object),
            3 => Step::get(format!("{path}/scale")),
            4 => Step::new("POST", format!("{path}/status")).body(JSON, object),
            5 => Step::get(format!("{path}/namespaces")),
            6 => Step::get(format!("{path}/nothing")),
            _ => Step::new("PATCH", path).body(MERGE, r#"{"metadata":{"name":"other"}}"#),
        }
    }
}
