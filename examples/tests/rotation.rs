//! The rotation of an API key on the in-memory API server.

use std::time::Duration;

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::BackendSecurityPolicy;
use aigateway_client::runtime::client::ListOptions;
use examples::in_memory;
use examples::rotation::{Old, Rotation, RotationError};
use k8s_openapi::api::core::v1::Secret;
use serde_json::json;

fn rotation(secret: &str, api_key: &str) -> Rotation {
    let [namespace, policy] = ["default", "openai"].map(str::to_owned);
    let timeout = Duration::from_secs(60);
    Rotation { namespace, policy, secret: secret.to_owned(), api_key: api_key.to_owned(), timeout }
}

async fn create_secret(clients: &Clientset, name: &str, key: &str) {
    let secret = json!({"metadata": {"name": name}, "stringData": {"apiKey": key}});
    let secrets = clients.client().namespaced::<Secret>("default");
    secrets.create(&serde_json::from_value(secret).unwrap()).await.unwrap();
}

async fn create_policy(clients: &Clientset, name: &str, secret: &str) {
    let policy =
        json!({"metadata": {"name": name}, "spec": {"type": "APIKey", "apiKey": {"secretRef": {"name": secret}}}});
    let policies = clients.aigateway_v1beta1().backend_security_policies("default");
    policies.create(&serde_json::from_value(policy).unwrap()).await.unwrap();
}

/// A cluster with the policy `openai`, whose Secret is `key-1`.
async fn cluster(review: in_memory::Review<BackendSecurityPolicy>) -> Clientset {
    let clients = in_memory::clients(|_| None, review);
    create_secret(&clients, "key-1", "old").await;
    create_policy(&clients, "openai", "key-1").await;
    clients
}

fn secret_of(policy: &BackendSecurityPolicy) -> String {
    policy.spec.as_ref().unwrap().api_key.as_ref().unwrap().secret_ref.name.clone()
}

/// Returns the Secret of the policy and the names of all Secrets.
async fn state(clients: &Clientset) -> (String, Vec<String>) {
    let policy = clients.aigateway_v1beta1().backend_security_policies("default").get("openai").await.unwrap();
    let secrets = clients.client().namespaced::<Secret>("default").list(&ListOptions::default()).await.unwrap();
    (secret_of(&policy), secrets.items.into_iter().filter_map(|secret| secret.metadata.name).collect())
}

fn after(policy: &str, secrets: &[&str]) -> (String, Vec<String>) {
    (policy.to_owned(), secrets.iter().map(|name| (*name).to_owned()).collect())
}

#[tokio::test(start_paused = true)]
async fn key_is_rotated_and_a_repetition_changes_nothing() {
    let clients = cluster(|_| None).await;
    assert_eq!(rotation("key-2", "new").run(&clients).await.unwrap(), Old::Deleted("key-1".to_owned()));
    assert_eq!(state(&clients).await, after("key-2", &["key-2"]));
    assert_eq!(rotation("key-2", "new").run(&clients).await.unwrap(), Old::None);
    assert_eq!(state(&clients).await, after("key-2", &["key-2"]));
    let error = rotation("key-2", "another").run(&clients).await.unwrap_err();
    assert!(matches!(error, RotationError::Exists(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn interrupted_rotation_is_completed() {
    let clients = cluster(|_| None).await;
    rotation("key-2", "new").run(&clients).await.unwrap();
    // As if the run had ended before the deletion.
    create_secret(&clients, "key-1", "old").await;
    assert_eq!(rotation("key-2", "new").run(&clients).await.unwrap(), Old::Deleted("key-1".to_owned()));
    assert_eq!(state(&clients).await, after("key-2", &["key-2"]));
}

#[tokio::test(start_paused = true)]
async fn secret_of_another_policy_is_kept() {
    let clients = cluster(|_| None).await;
    create_policy(&clients, "other", "key-1").await;
    assert_eq!(rotation("key-2", "new").run(&clients).await.unwrap(), Old::Shared("key-1".to_owned()));
    assert_eq!(state(&clients).await, after("key-2", &["key-1", "key-2"]));
}

#[tokio::test(start_paused = true)]
async fn policy_that_is_not_accepted_refers_to_the_old_secret_again() {
    let clients = cluster(|policy| (secret_of(policy) == "key-2").then(|| "the key is not valid".to_owned())).await;
    let error = rotation("key-2", "new").run(&clients).await.unwrap_err();
    assert!(error.to_string().contains("the key is not valid"), "{error}");
    assert_eq!(state(&clients).await, after("key-1", &["key-1", "key-2"]));
}
