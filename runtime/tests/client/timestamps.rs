//! Tests of timestamps whose text changes.

use std::borrow::Cow;

use kube::Resource;
use kube::core::ObjectMeta;
use kube_client_runtime::k8s_openapi::NamespaceResourceScope;
use kube_client_runtime::types::Timestamp;
use serde::{Deserialize, Serialize};

use super::{client, map, server};

/// A ConfigMap that contains a timestamp.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Clock {
    metadata: ObjectMeta,
    data: Times,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Times {
    key: Timestamp,
}

impl Resource for Clock {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        "ConfigMap".into()
    }

    fn group((): &()) -> Cow<'_, str> {
        "".into()
    }

    fn version((): &()) -> Cow<'_, str> {
        "v1".into()
    }

    fn plural((): &()) -> Cow<'_, str> {
        "configmaps".into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[tokio::test]
async fn modify_sends_another_text_of_the_same_instant() {
    let client = client(&server());
    client.namespaced("default").create(&map("one")).await.unwrap();
    let clocks = client.namespaced::<Clock>("default");
    for text in ["2024-01-02T10:00:00Z", "2024-01-02T10:00:00.000Z", "2024-01-02T12:00:00+02:00"] {
        let clock = clocks.modify("one", |clock| clock.data.key = text.into()).await.unwrap();
        assert_eq!(clock.data.key.as_str(), text);
        assert_eq!(clocks.get("one").await.unwrap().data.key.as_str(), text);
    }
}
