//! Removes objects of scripts from the server.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::media_types::{JSON, MERGE_PATCH as MERGE};

use crate::endpoint::{DEFINITIONS, Endpoint, NAMESPACES};
use crate::script::{Script, Step};

/// Maximum duration of a script: older objects belong to interrupted runs.
const MAX_AGE: SignedDuration = SignedDuration::from_mins(10);

/// Finalizer of definitions that the API server sets.
const SERVER_FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

impl Endpoint {
    /// Removes the script's objects in `collections`, its definitions and its namespaces.
    pub(crate) async fn end(&self, collections: &BTreeSet<String>, script: &Script) -> Result<(), kube::Error> {
        for collection in collections {
            for name in self.list_names(collection).await? {
                if collection.contains("/namespaces/") || name.starts_with(&self.prefix) {
                    self.remove(collection, &name).await?;
                }
            }
        }
        for definition in &script.definitions {
            self.remove_definition(definition).await?;
        }
        let prefix = format!("{}-", &self.prefix);
        for name in self.list_names(NAMESPACES).await?.iter().filter(|name| name.starts_with(&prefix)) {
            self.remove_namespace(name).await?;
        }
        Ok(())
    }

    /// Removes objects of interrupted runs.
    pub(crate) async fn sweep(&self) -> Result<(), kube::Error> {
        for name in self.list_names(DEFINITIONS).await?.iter().filter(|name| is_of_script(name, '.')) {
            if self.is_stale(&format!("{DEFINITIONS}/{name}")).await? {
                self.remove_definition(name).await?;
            }
        }
        for name in self.list_names(NAMESPACES).await?.iter().filter(|name| is_of_script(name, '-')) {
            if self.is_stale(&format!("{NAMESPACES}/{name}")).await? {
                self.remove_namespace(name).await?;
            }
        }
        Ok(())
    }

    async fn is_stale(&self, path: &str) -> Result<bool, kube::Error> {
        let object = self.value(&Step::get(path)).await?;
        let created = object.pointer("/metadata/creationTimestamp").and_then(Value::as_str);
        let created = created.and_then(|time| time.parse::<Timestamp>().ok());
        Ok(created.is_some_and(|time| Timestamp::now().duration_since(time) > MAX_AGE))
    }

    async fn list_names(&self, collection: &str) -> Result<Vec<String>, kube::Error> {
        let list = self.value(&Step::get(collection)).await?;
        let items = list["items"].as_array().into_iter().flatten();
        Ok(items.filter_map(|item| item["metadata"]["name"].as_str()).map(str::to_owned).collect())
    }

    /// Returns the body of a response, or null if it is not JSON.
    async fn value(&self, step: &Step) -> Result<Value, kube::Error> {
        let response = self.raw(step).await?;
        Ok(serde_json::from_slice(&response.body).unwrap_or_default())
    }

    /// Removes an object with its finalizers.
    async fn remove(&self, collection: &str, name: &str) -> Result<(), kube::Error> {
        let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let path = format!("{collection}/{name}");
        let patch = json!({"metadata": {"finalizers": null}}).to_string();
        self.raw(&Step::new("PATCH", &path).body(MERGE, patch)).await?;
        self.raw(&Step::new("DELETE", path)).await?;
        Ok(())
    }

    async fn remove_definition(&self, name: &str) -> Result<(), kube::Error> {
        let path = format!("{DEFINITIONS}/{name}");
        self.raw(&Step::new("DELETE", &path)).await?;
        let remaining = self.value(&Step::get(&path)).await?;
        let finalizers = remaining.pointer("/metadata/finalizers").and_then(Value::as_array);
        if finalizers.is_some_and(|names| names.iter().any(|name| name != SERVER_FINALIZER)) {
            let patch = json!({"metadata": {"finalizers": [SERVER_FINALIZER]}}).to_string();
            self.raw(&Step::new("PATCH", path).body(MERGE, patch)).await?;
        }
        Ok(())
    }

    async fn remove_namespace(&self, name: &str) -> Result<(), kube::Error> {
        self.remove(NAMESPACES, name).await?;
        let empty = json!({"metadata": {"name": name}, "spec": {"finalizers": []}}).to_string();
        self.raw(&Step::new("PUT", format!("{NAMESPACES}/{name}/finalize")).body(JSON, empty)).await?;
        Ok(())
    }

    /// Completes the deletion of a namespace like the namespace controller, which the real server may lack.
    pub(crate) async fn finalize(&self, namespace: &str) -> Result<(), kube::Error> {
        let path = format!("{NAMESPACES}/{}", self.fill(namespace));
        for _ in 0..3 {
            let mut object = self.value(&Step::get(&path)).await?;
            if object.pointer("/metadata/deletionTimestamp").is_none() {
                return Ok(());
            }
            self.raw(&Step::new("DELETE", format!("{path}/configmaps"))).await?;
            if let Some(finalizers) = object.pointer_mut("/spec/finalizers").and_then(Value::as_array_mut) {
                finalizers.retain(|name| name != "kubernetes");
            }
            let step = Step::new("PUT", format!("{path}/finalize")).body(JSON, object.to_string());
            if self.raw(&step).await?.code != 409 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

/// Whether the name of a namespace, or the group of a definition, has the prefix of a script.
fn is_of_script(name: &str, end: char) -> bool {
    let name = if end == '.' { name.split_once('.').map_or("", |(_, group)| group) } else { name };
    let Some((word, _)) = name.split_once('-') else { return false };
    let Some(digits) = word.strip_prefix('d') else { return false };
    let (run, number) = digits.split_at_checked(8).unwrap_or_default();
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    !run.is_empty()
        && run.chars().all(is_hex)
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || c == 'r' || c == 't')
}
