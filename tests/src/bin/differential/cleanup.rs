//! What scripts leave behind is removed from the server.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::script::{Script, Step};
use crate::side::{DEFINITIONS, NAMESPACES, Side};

/// Scripts take less time than this: what is older was left behind by a run that was interrupted.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_mins(10);

const MERGE: &str = "application/merge-patch+json";
const JSON: &str = "application/json";

/// The finalizer of definitions that belongs to the API server.
const OWN_FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

impl Side {
    /// Removes the script's objects in `collections`, its definitions and its namespaces.
    pub(crate) async fn end(&self, collections: &BTreeSet<String>, script: &Script) -> Result<(), kube::Error> {
        for collection in collections {
            for name in self.names_of(collection).await? {
                if collection.contains("/namespaces/") || name.starts_with(&self.word) {
                    self.remove(collection, &name).await?;
                }
            }
        }
        for definition in &script.definitions {
            self.remove_definition(definition).await?;
        }
        let prefix = format!("{}-", &self.word);
        for name in self.names_of(NAMESPACES).await?.iter().filter(|name| name.starts_with(&prefix)) {
            self.remove_namespace(name).await?;
        }
        Ok(())
    }

    /// Removes what runs that were interrupted have left on the server.
    pub(crate) async fn sweep(&self) -> Result<(), kube::Error> {
        for name in self.names_of(DEFINITIONS).await?.iter().filter(|name| is_of_a_script(name, '.')) {
            if self.is_left_behind(&format!("{DEFINITIONS}/{name}")).await? {
                self.remove_definition(name).await?;
            }
        }
        for name in self.names_of(NAMESPACES).await?.iter().filter(|name| is_of_a_script(name, '-')) {
            if self.is_left_behind(&format!("{NAMESPACES}/{name}")).await? {
                self.remove_namespace(name).await?;
            }
        }
        Ok(())
    }

    async fn is_left_behind(&self, path: &str) -> Result<bool, kube::Error> {
        let object = self.value(&Step::get(path)).await?;
        let created = object.pointer("/metadata/creationTimestamp").and_then(Value::as_str);
        let created = created.and_then(|time| time.parse::<Timestamp>().ok());
        Ok(created.is_some_and(|time| Timestamp::now().duration_since(time) > LEFT_BEHIND))
    }

    async fn names_of(&self, collection: &str) -> Result<Vec<String>, kube::Error> {
        let list = self.value(&Step::get(collection)).await?;
        let items = list["items"].as_array().into_iter().flatten();
        Ok(items.filter_map(|item| item["metadata"]["name"].as_str()).map(str::to_owned).collect())
    }

    /// The body of an answer, or null if it is not JSON.
    async fn value(&self, step: &Step) -> Result<Value, kube::Error> {
        let answer = self.raw(step).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Removes an object, whatever its finalizers are.
    async fn remove(&self, collection: &str, name: &str) -> Result<(), kube::Error> {
        let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let path = format!("{collection}/{name}");
        let freed = json!({"metadata": {"finalizers": null}}).to_string();
        self.raw(&Step::new("PATCH", &path).body(MERGE, freed)).await?;
        self.raw(&Step::new("DELETE", path)).await?;
        Ok(())
    }

    async fn remove_definition(&self, name: &str) -> Result<(), kube::Error> {
        let path = format!("{DEFINITIONS}/{name}");
        self.raw(&Step::new("DELETE", &path)).await?;
        let left = self.value(&Step::get(&path)).await?;
        let finalizers = left.pointer("/metadata/finalizers").and_then(Value::as_array);
        if finalizers.is_some_and(|names| names.iter().any(|name| name != OWN_FINALIZER)) {
            let own = json!({"metadata": {"finalizers": [OWN_FINALIZER]}}).to_string();
            self.raw(&Step::new("PATCH", path).body(MERGE, own)).await?;
        }
        Ok(())
    }

    async fn remove_namespace(&self, name: &str) -> Result<(), kube::Error> {
        self.remove(NAMESPACES, name).await?;
        let empty = json!({"metadata": {"name": name}, "spec": {"finalizers": []}}).to_string();
        self.raw(&Step::new("PUT", format!("{NAMESPACES}/{name}/finalize")).body(JSON, empty)).await?;
        Ok(())
    }

    /// Does for a namespace that is being deleted what its controller does, which the judge may run without.
    pub(crate) async fn finalize(&self, namespace: &str) -> Result<(), kube::Error> {
        let path = format!("{NAMESPACES}/{}", self.filled(namespace));
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

/// Whether the name of a namespace or a definition begins, or its last part does, with the word of a script.
fn is_of_a_script(name: &str, end: char) -> bool {
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
