//! Waiting for AI Gateway's conditions, with a test in the role of its controller.

use std::sync::LazyLock;
use std::time::Duration;

use aigateway_client::Clientset;
use aigateway_client::aigateway::v1beta1::{GatewayConfig, GatewayConfigSpec};
use aigateway_client::runtime::client::wait::{WaitCondition, WaitError, WaitErrorCause, WaitOptions};
use aigateway_client::runtime::client::{Namespaced, Patch, PatchOptions};
use examples::acceptance::{accepted, accepted_since};
use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

static SERVER: LazyLock<FakeApiServer> =
    LazyLock::new(|| aigateway_client::fake::server().expect("the embedded CRDs can be served"));

fn configs() -> Namespaced<GatewayConfig> {
    Clientset::from(SERVER.fork().client()).aigateway_v1beta1().gateway_configs("default")
}

async fn created(configs: &Namespaced<GatewayConfig>) -> GatewayConfig {
    configs.create(&GatewayConfig::new("one", GatewayConfigSpec::default())).await.unwrap()
}

/// A condition as the controller writes it, at a second of an hour.
fn condition(type_: &str, second: u8, message: &str) -> Value {
    let time = format!("2026-01-01T00:00:{second:02}Z");
    json!({"type": type_, "status": "True", "reason": type_, "message": message, "lastTransitionTime": time})
}

/// Replaces the conditions, as the controller does after each reconcile.
async fn report(configs: &Namespaced<GatewayConfig>, condition: Value) -> GatewayConfig {
    let status = json!({"status": {"conditions": [condition]}});
    configs.patch_status("one", &Patch::Merge(status), &PatchOptions::default()).await.unwrap()
}

/// Writes a change that increases the generation.
async fn change(configs: &Namespaced<GatewayConfig>) -> GatewayConfig {
    let spec = json!({"spec": {"extProc": {"kubernetes": {"env": [{"name": "LEVEL", "value": "debug"}]}}}});
    configs.patch("one", &Patch::Merge(spec), &PatchOptions::default()).await.unwrap()
}

async fn wait(
    configs: &Namespaced<GatewayConfig>,
    condition: impl WaitCondition<GatewayConfig>,
) -> Result<Option<GatewayConfig>, Box<WaitError<GatewayConfig>>> {
    configs.wait_for("one", condition, WaitOptions::new(Duration::from_secs(30))).await.map_err(Box::new)
}

fn failure(error: &WaitError<GatewayConfig>) -> &str {
    if let WaitErrorCause::Failed(reason) = &error.cause { reason } else { panic!("{error}") }
}

fn timeout(error: &WaitError<GatewayConfig>) -> &str {
    let WaitErrorCause::Timeout { explanation, .. } = &error.cause else { panic!("{error}") };
    explanation.as_deref().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn wait_ends_when_the_object_is_accepted() {
    let configs = configs();
    created(&configs).await;
    let (found, reported) = tokio::join!(wait(&configs, accepted()), report(&configs, condition("Accepted", 1, "ok")));
    assert_eq!(found.unwrap(), Some(reported));
}

#[tokio::test(start_paused = true)]
async fn failure_ends_the_wait_at_once_with_the_message_of_the_controller() {
    let configs = configs();
    created(&configs).await;
    let start = tokio::time::Instant::now();
    let (found, _) =
        tokio::join!(wait(&configs, accepted()), report(&configs, condition("NotAccepted", 1, "no such backend")));
    assert_eq!(failure(&found.unwrap_err()), "condition NotAccepted is True: NotAccepted: no such backend");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn success_of_the_previous_generation_is_not_trusted() {
    let configs = configs();
    created(&configs).await;
    let before = report(&configs, condition("Accepted", 1, "ok")).await;
    let written = change(&configs).await;
    assert_eq!((before.metadata.generation, written.metadata.generation), (Some(1), Some(2)));
    let error = wait(&configs, accepted_since(&before, &written)).await.unwrap_err();
    assert_eq!(timeout(&error), "condition Accepted is True, but not for the current generation: Accepted: ok");
    // The controller reconciles the new generation.
    let (found, reported) = tokio::join!(
        wait(&configs, accepted_since(&before, &written)),
        report(&configs, condition("Accepted", 2, "ok"))
    );
    assert_eq!(found.unwrap(), Some(reported));
}

#[tokio::test(start_paused = true)]
async fn failure_of_the_previous_generation_is_not_trusted() {
    let configs = configs();
    created(&configs).await;
    let before = report(&configs, condition("NotAccepted", 1, "no such backend")).await;
    let written = change(&configs).await;
    let since = || accepted_since(&before, &written);
    let error = wait(&configs, since()).await.unwrap_err();
    assert_eq!(timeout(&error), "there is no condition Accepted");
    let (found, _) = tokio::join!(wait(&configs, since()), report(&configs, condition("NotAccepted", 2, "still none")));
    assert_eq!(failure(&found.unwrap_err()), "condition NotAccepted is True: NotAccepted: still none");
}

#[tokio::test(start_paused = true)]
async fn write_without_a_change_of_the_spec_needs_no_new_condition() {
    let configs = configs();
    created(&configs).await;
    let before = report(&configs, condition("Accepted", 1, "ok")).await;
    let label = Patch::Merge(json!({"metadata": {"labels": {"team": "search"}}}));
    let written = configs.patch("one", &label, &PatchOptions::default()).await.unwrap();
    let found = wait(&configs, accepted_since(&before, &written)).await.unwrap();
    assert_eq!(found, Some(written));
}

#[tokio::test(start_paused = true)]
async fn observed_generation_decides_where_the_controller_writes_it() {
    let configs = configs();
    created(&configs).await;
    let with_generation = |type_: &str, generation: i64| {
        let mut condition = condition(type_, 1, "ok");
        condition["observedGeneration"] = json!(generation);
        condition
    };
    for type_ in ["Accepted", "NotAccepted"] {
        change(&configs).await;
        let current = report(&configs, with_generation(type_, 1)).await;
        assert_eq!(current.metadata.generation, Some(2));
        let error = wait(&configs, accepted()).await.unwrap_err();
        timeout(&error);
    }
    let (found, reported) = tokio::join!(wait(&configs, accepted()), report(&configs, with_generation("Accepted", 2)));
    assert_eq!(found.unwrap(), Some(reported));
}
