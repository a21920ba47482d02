//! Measures the memory of the in-memory server per object: resident memory before and after 20,000 objects.

use aigateway_client::aigateway::v1beta1::{
    AIServiceBackend, AIServiceBackendBackendRef, AIServiceBackendSpec, APISchema,
};
use kube::Api;
use kube::api::PostParams;
use kube_fake_apiserver::{Builder, FakeApiServer};

const OBJECTS: usize = 20_000;

/// Returns the resident memory in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kb| kb.parse::<usize>().ok()).unwrap_or_default()
        * 1024
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A short history: only stored objects are measured.
    let server = FakeApiServer::builder().history(100).crds(aigateway_client::crds()).and_then(Builder::build)?;
    let api: Api<AIServiceBackend> = Api::default_namespaced(server.client());
    let backend_ref = AIServiceBackendBackendRef::new("openai").group("gateway.envoyproxy.io").kind("Backend");
    let spec = AIServiceBackendSpec::new(backend_ref, APISchema::new("OpenAI"));
    let mut json = 0;
    let mut before = 0;
    for number in 0..OBJECTS + 1_000 {
        // Exclude one-time allocations.
        if number == 1_000 {
            before = resident();
        }
        let created =
            api.create(&PostParams::default(), &AIServiceBackend::new(format!("b{number}"), spec.clone())).await?;
        json = serde_json::to_vec(&created)?.len();
    }
    let each = (resident() - before) / OBJECTS;
    println!("{OBJECTS} objects: {each} bytes per object, including {json} bytes of JSON");
    Ok(())
}
