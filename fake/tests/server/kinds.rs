//! Defaults, validation and preparation of built-in kinds.

use kube::Api;
use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use kube_fake_apiserver::FakeApiServer;
use serde_json::{Value, json};

use crate::{refused, resource};

fn objects(server: &FakeApiServer, group: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
    Api::default_namespaced_with(server.client(), &resource(group, "v1", kind, plural))
}

#[expect(clippy::needless_pass_by_value, reason = "callers create the value in place")]
fn object(api_version: &str, kind: &str, content: Value) -> DynamicObject {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}});
    object.as_object_mut().expect("an object").extend(content.as_object().cloned().unwrap_or_default());
    serde_json::from_value(object).expect("an object of kube")
}

fn template() -> Value {
    json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
}

fn deployment() -> DynamicObject {
    let spec = json!({"selector": {"matchLabels": {"app": "a"}}, "template": template()});
    object("apps/v1", "Deployment", json!({"spec": spec, "status": {"replicas": 3}}))
}

fn server() -> FakeApiServer {
    FakeApiServer::builder().build().expect("a server")
}

#[tokio::test]
async fn deployments_are_stored_with_defaults_and_without_status() {
    let server = server();
    let api = objects(&server, "apps", "Deployment", "deployments");
    let created = api.create(&PostParams::default(), &deployment()).await.expect("created");
    assert_eq!(created.metadata.generation, Some(1));
    assert_eq!(created.data["status"], json!({}));
    let spec = &created.data["spec"];
    assert_eq!((&spec["replicas"], &spec["progressDeadlineSeconds"]), (&json!(1), &json!(600)));
    assert_eq!(spec["template"]["spec"]["containers"][0]["imagePullPolicy"], "Always");
    assert_eq!(api.get("a").await.expect("object exists"), created);
}

#[tokio::test]
async fn generation_of_deployments_increases_with_their_spec() {
    let server = server();
    let api = objects(&server, "apps", "Deployment", "deployments");
    api.create(&PostParams::default(), &deployment()).await.expect("created");
    let patch = async |change: Value| {
        let params = PatchParams::default();
        api.patch("a", &params, &Patch::Merge(change)).await.expect("patched").metadata.generation
    };
    assert_eq!(patch(json!({"metadata": {"labels": {"a": "b"}}})).await, Some(1));
    assert_eq!(patch(json!({"spec": {"replicas": 2}})).await, Some(2));
    assert_eq!(patch(json!({"spec": {"replicas": 2}})).await, Some(2));
}

#[tokio::test]
async fn invalid_deployments_return_the_message_of_kube_apiserver() {
    let server = server();
    let api = objects(&server, "apps", "Deployment", "deployments");
    let mut wrong = deployment();
    wrong.data["spec"]["selector"]["matchLabels"]["app"] = "b".into();
    let (code, reason, message) = refused(api.create(&PostParams::default(), &wrong).await);
    assert_eq!((code, reason.as_str()), (422, "Invalid"));
    assert_eq!(
        message,
        "Deployment.apps \"a\" is invalid: spec.template.metadata.labels: Invalid value: {\"app\":\"a\"}: `selector` does not match template `labels`"
    );
    api.create(&PostParams::default(), &deployment()).await.expect("created");
    let change = json!({"spec": {
        "selector": {"matchLabels": {"app": "b"}},
        "template": {"metadata": {"labels": {"app": "b"}}},
    }});
    let (_, _, message) = refused(api.patch("a", &PatchParams::default(), &Patch::Merge(change)).await);
    assert_eq!(
        message,
        "Deployment.apps \"a\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"b\"}}: field is immutable"
    );
}

#[tokio::test]
async fn services_get_different_addresses_and_keep_them() {
    let server = server();
    let api = objects(&server, "", "Service", "services");
    let service = |name: &str| {
        let mut service = object("v1", "Service", json!({"spec": {"ports": [{"port": 80}]}}));
        service.metadata.name = Some(name.to_owned());
        service
    };
    let post = PostParams::default();
    let first = api.create(&post, &service("a")).await.expect("created");
    let second = api.create(&post, &service("b")).await.expect("created");
    assert_eq!(first.data["spec"]["clusterIP"], "10.0.0.2");
    assert_eq!(second.data["spec"]["clusterIPs"], json!(["10.0.0.3"]));
    let replaced = api.replace("a", &post, &service("a")).await.expect("replaced");
    assert_eq!(replaced.data["spec"], first.data["spec"]);
    api.delete("a", &kube::api::DeleteParams::default()).await.expect("deleted");
    let third = api.create(&post, &service("c")).await.expect("created");
    assert_eq!(third.data["spec"]["clusterIP"], "10.0.0.2");
}

#[tokio::test]
async fn jobs_select_their_pods_by_uid() {
    let server = server();
    let api = objects(&server, "batch", "Job", "jobs");
    let mut template = template();
    template["spec"]["restartPolicy"] = "Never".into();
    let job = object("batch/v1", "Job", json!({"spec": {"template": template}}));
    let created = api.create(&PostParams::default(), &job).await.expect("created");
    let uid = created.metadata.uid.clone().expect("a uid");
    let labels = &created.data["spec"]["template"]["metadata"]["labels"];
    assert_eq!((&labels["batch.kubernetes.io/job-name"], &labels["controller-uid"]), (&json!("a"), &json!(uid)));
    let selector = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
    assert_eq!(created.data["spec"]["selector"], selector);
}

#[tokio::test]
async fn pods_are_pending_with_a_quality_of_service() {
    let server = server();
    let api = objects(&server, "", "Pod", "pods");
    let pod = object("v1", "Pod", json!({"spec": template()["spec"]}));
    let created = api.create(&PostParams::default(), &pod).await.expect("created");
    assert_eq!(created.data["status"], json!({"phase": "Pending", "qosClass": "BestEffort"}));
    let change = json!({"spec": {"nodeName": "n"}});
    let (code, _, message) = refused(api.patch("a", &PatchParams::default(), &Patch::Merge(change)).await);
    assert_eq!(code, 422);
    let start = "Pod \"a\" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`";
    assert!(message.starts_with(start), "{message}");
}

#[tokio::test]
async fn claims_are_pending_and_protected() {
    let server = server();
    let api = objects(&server, "", "PersistentVolumeClaim", "persistentvolumeclaims");
    let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}});
    let claim = object("v1", "PersistentVolumeClaim", json!({ "spec": spec }));
    let created = api.create(&PostParams::default(), &claim).await.expect("created");
    assert_eq!(created.metadata.finalizers, Some(vec!["kubernetes.io/pvc-protection".to_owned()]));
    assert_eq!(created.data["status"], json!({"phase": "Pending"}));
    assert_eq!(created.data["spec"]["resources"]["requests"]["storage"], "1Gi");
}

#[tokio::test]
async fn roles_are_created_by_updates() {
    let server = server();
    let api = objects(&server, "rbac.authorization.k8s.io", "Role", "roles");
    let rule = json!({"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]});
    let role = object("rbac.authorization.k8s.io/v1", "Role", json!({"rules": [rule]}));
    let created = api.replace("a", &PostParams::default(), &role).await.expect("created");
    assert_eq!(created.metadata.generation, None);
    let wrong = object("rbac.authorization.k8s.io/v1", "Role", json!({"rules": [{"verbs": ["get"]}]}));
    let (_, _, message) = refused(api.replace("a", &PostParams::default(), &wrong).await);
    assert_eq!(
        message,
        "Role.rbac.authorization.k8s.io \"a\" is invalid: [rules[0].apiGroups: Required value: resource rules must supply at least one api group, rules[0].resources: Required value: resource rules must supply at least one resource]"
    );
}
