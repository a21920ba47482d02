//! Rotates the API key of a BackendSecurityPolicy: creates a Secret, makes the policy refer to it, waits until it is accepted, and
//! deletes the old Secret: `API_KEY=… cargo run --package examples --example rotate-credentials POLICY NEW_SECRET`, or
//! `… --in-memory` without a cluster. The same command completes a rotation that was interrupted.

use std::error::Error;
use std::time::Duration;

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::BackendSecurityPolicy;
use examples::in_memory;
use examples::rotation::{Old, Rotation};
use k8s_openapi::api::core::v1::Secret;
use serde_json::json;

const USAGE: &str = "usage: API_KEY=… rotate-credentials POLICY NEW_SECRET\n       rotate-credentials --in-memory";

/// Returns the clientset of an API server in memory with a policy and its Secret.
async fn in_memory() -> Result<Clientset, Box<dyn Error>> {
    let clients = in_memory::clients(|_| None, |_| None);
    let secret: Secret =
        serde_json::from_value(json!({"metadata": {"name": "key-1"}, "stringData": {"apiKey": "old"}}))?;
    clients.client().namespaced::<Secret>("default").create(&secret).await?;
    let policy: BackendSecurityPolicy = serde_json::from_value(json!({
        "metadata": {"name": "openai"},
        "spec": {"type": "APIKey", "apiKey": {"secretRef": {"name": "key-1"}}},
    }))?;
    clients.aigateway_v1beta1().backend_security_policies("default").create(&policy).await?;
    Ok(clients)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (clients, policy, secret, api_key) = match arguments.as_slice() {
        [flag] if flag == "--in-memory" => (in_memory().await?, "openai", "key-2", "new".to_owned()),
        [policy, secret] if !policy.starts_with('-') => {
            // Arguments are visible to other users of the machine, unlike the environment.
            let key = std::env::var("API_KEY").map_err(|_| "API_KEY is not set: set it to the new API key")?;
            (Clientset::try_default().await?, policy.as_str(), secret.as_str(), key)
        }
        _ => {
            println!("{USAGE}");
            return Ok(());
        }
    };
    let rotation = Rotation {
        namespace: clients.client().default_namespace().to_owned(),
        policy: policy.to_owned(),
        secret: secret.to_owned(),
        api_key,
        timeout: Duration::from_secs(60),
    };
    let old = match rotation.run(&clients).await? {
        Old::Deleted(name) => format!("the Secret {name} was deleted"),
        Old::Shared(name) => format!("the Secret {name} is kept, because another policy refers to it"),
        Old::None => "there is no old Secret".to_owned(),
    };
    println!("{policy} refers to the Secret {secret} and is accepted; {old}");
    Ok(())
}
