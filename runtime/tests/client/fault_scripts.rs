//! Random scripts of faults: nothing is executed twice, no call lasts beyond its timeout, and errors say what is unknown.

use std::time::Duration;

use kube_client_runtime::client::{
    Client, DeleteOptions, Error, ListOptions, Namespaced, Patch, PatchOptions, Timeouts,
};
use kube_client_runtime::k8s_openapi::api::core::v1::ConfigMap;
use kube_fake_apiserver::FakeApiServer;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use tokio::time::Instant;

use super::faults::{Fault, Script};
use super::{client, map};

/// The timeout of each call.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
enum Call {
    Create,
    Update,
    Apply,
    JsonPatch,
    Delete,
    DeleteByUid,
    Get,
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let code = prop_oneof![Just(429), Just(500), Just(503), Just(504), Just(401)];
    let fault = prop_oneof![
        Just(Fault::None),
        Just(Fault::NoConnection),
        Just(Fault::CutBefore),
        Just(Fault::CutAfter),
        (0..400_usize).prop_map(Fault::CutWithin),
        (code, proptest::option::of(0..40_u64)).prop_map(|(code, after)| Fault::Reject(code, after)),
        // What a proxy returns that gives up. An API server rejects a request with another status before it executes it.
        prop_oneof![Just(503), Just(504)].prop_map(Fault::ExecuteAndReject),
        Just(Fault::Hang),
        Just(Fault::Endless),
        (1..2000_u64).prop_map(|millis| Fault::Trickle(Duration::from_millis(millis))),
    ];
    proptest::collection::vec(fault, 0..6)
}

fn calls() -> impl Strategy<Value = Call> {
    use Call::{Apply, Create, Delete, DeleteByUid, Get, JsonPatch, Update};
    proptest::sample::select(vec![Create, Update, Apply, JsonPatch, Delete, DeleteByUid, Get])
}

/// Makes a call; returns whether it reported a success.
async fn call(maps: &Namespaced<ConfigMap>, call: Call, existing: &ConfigMap) -> Result<(), Error> {
    let options = PatchOptions::default();
    match call {
        // The API server generates another name for each create: two creates are two objects.
        Call::Create => maps.create(&generated()).await.map(drop),
        Call::Update => {
            let data = Some([("key".to_owned(), "updated".to_owned())].into());
            maps.update(&ConfigMap { data, ..existing.clone() }).await.map(drop)
        }
        Call::Apply => {
            let apply = Patch::Apply(
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"applied": "1"}}),
            );
            maps.patch("one", &apply, &PatchOptions::manager("test").force()).await.map(drop)
        }
        Call::JsonPatch => {
            let patch = Patch::Json(json!([{"op": "add", "path": "/metadata/finalizers/-", "value": "a.io/b"}]));
            maps.patch("two", &patch, &options).await.map(drop)
        }
        Call::Delete => maps.delete("one").await.map(drop),
        Call::DeleteByUid => {
            let uid = existing.metadata.uid.clone().unwrap_or_default();
            maps.delete_with("one", &DeleteOptions::default().uid(uid)).await.map(drop)
        }
        Call::Get => maps.get("one").await.map(drop),
    }
}

fn generated() -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.generate_name = Some("generated-".to_owned());
    map
}

/// Returns how often the state shows the effect of a call.
async fn effects(maps: &Namespaced<ConfigMap>, call: Call, existing: &ConfigMap) -> usize {
    let items = maps.list(&ListOptions::default()).await.unwrap().items;
    let named = |name: &str| items.iter().find(|map| map.metadata.name.as_deref() == Some(name));
    match call {
        Call::Create => items.len() - 2,
        Call::JsonPatch => named("two").unwrap().metadata.finalizers.as_ref().map_or(0, Vec::len) - 1,
        Call::Delete | Call::DeleteByUid => usize::from(named("one").is_none()),
        Call::Update | Call::Apply => {
            usize::from(named("one").unwrap().metadata.resource_version != existing.metadata.resource_version)
        }
        Call::Get => 0,
    }
}

async fn run(faults: Vec<Fault>, of: Call) -> Result<(), TestCaseError> {
    let server = FakeApiServer::builder().build().unwrap();
    let direct = client(&server).namespaced::<ConfigMap>("default");
    let existing = direct.create(&map("one")).await.unwrap();
    let mut finalized = map("two");
    finalized.metadata.finalizers = Some(vec!["a.io/a".to_owned()]);
    direct.create(&finalized).await.unwrap();

    let script = Script::new(&server, faults);
    let timeouts = Timeouts { call: Some(TIMEOUT), ..Timeouts::default() };
    let maps = script.client(Client::builder().timeouts(timeouts)).namespaced::<ConfigMap>("default");
    let start = Instant::now();
    let result = call(&maps, of, &existing).await;
    prop_assert!(start.elapsed() <= TIMEOUT, "{:?}", start.elapsed());

    let effects = effects(&direct, of, &existing).await;
    match (&result, of) {
        (_, Call::Get) => {}
        (Ok(()), _) => prop_assert_eq!(effects, 1, "{:?}", script.requests()),
        (Err(error), _) if error.is_fate_unknown() => prop_assert!(effects <= 1, "{}", error),
        (Err(error), _) => prop_assert_eq!(effects, 0, "{}: {:?}", error, script.requests()),
    }
    Ok(())
}

#[test]
fn nothing_is_executed_twice_and_no_call_outlasts_its_timeout() {
    let cases = std::env::var("FAULT_SCRIPTS").map_or(400, |cases| cases.parse().expect("a number of scripts"));
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    let outcome = runner.run(&(faults(), calls()), |(faults, of)| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(run(faults, of))
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
